"""Every statistic of an exact column equals plain Python's."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.profile.tables import NUMBERS, TEXTS
from tests.reference import profile as reference


def same(got: object, wanted: object, name: str) -> bool:
    if name == "std" and got is not None and wanted is not None:
        # One rounding of the exact sum of squares, one division, one square root.
        return math.isclose(float(got), float(wanted), rel_tol=4e-16, abs_tol=0.0)
    return got == wanted and type(got) is type(wanted)


def assert_same(column: ms.profiles.ColumnProfile, wanted: dict[str, Any]) -> None:
    wrong = {
        name: (getattr(column, name), value)
        for name, value in wanted.items()
        if not same(getattr(column, name), value, name)
    }
    assert wrong == {}


@given(st.lists(NUMBERS, max_size=60))
def test_numbers_when_few_equal_fractions(values: list[float | None]) -> None:
    table = pa.table({"x": pa.array(values, pa.float64(), from_pandas=False)})
    column = ms.profile(table).column("x")
    wanted = reference.number_statistics(values)
    if wanted["std"] is not None and not math.isfinite(float(wanted["sum"])):  # type: ignore[arg-type]
        wanted.pop("std")  # the mean itself is beyond the largest float
    assert_same(column, wanted)
    assert column.exact
    assert column.rank_error == 0


@given(st.lists(TEXTS.filter(lambda text: text is None or len(text) < 99), max_size=60))
def test_texts_when_few_equal_counter(values: list[str | None]) -> None:
    column = ms.profile(pa.table({"s": pa.array(values, pa.string())})).column("s")
    assert_same(column, reference.text_statistics(values))
    assert column.exact


@given(
    st.sampled_from(["", "a", "carrier_"]),
    st.lists(st.text(st.sampled_from("\0ab\u00e9"), max_size=12), min_size=1, max_size=80),
    st.text(st.sampled_from("\0a"), max_size=3),
)
def test_texts_when_as_frequent_come_in_order_of_their_bytes(
    before: str, middles: list[str], after: str
) -> None:
    values = [before + middle + after for middle in middles]
    wanted = sorted(Counter(values).items(), key=lambda one: (-one[1], one[0].encode()))
    profile = ms.profile(pa.table({"s": values}))
    for one in (profile, type(profile).from_bytes(profile.to_bytes())):
        top = list(one.column("s").top)
        assert top == wanted[: len(top)]
        assert len(top) >= min(len(wanted), 10)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_quantile_when_exact_equals_numpy(values: list[float], q: float) -> None:
    profile = ms.profile(pa.table({"x": values}))
    got = profile.quantile("x", q)
    assert got == pytest.approx(reference.quantile(values, q), rel=1e-15, abs=0)
    assert got == pytest.approx(float(np.quantile(values, q)), rel=1e-13, abs=1e-12)


@pytest.mark.parametrize("count", [1000, 20_000])
def test_moments_when_mean_is_huge_keep_their_digits(count: int) -> None:
    """Sum of squares less square of sum would have no digit left here."""
    values = 1e12 + np.random.default_rng(0).integers(0, 50, count) / 8
    column = ms.profile(pa.table({"x": values})).column("x")
    wanted = reference.number_statistics([float(v) for v in values])
    assert_same(column, wanted)


def test_moments_when_sketched_equal_fractions() -> None:
    values = np.random.default_rng(1).normal(1e8, 1.0, 20_000)
    column = ms.profile(pa.table({"x": values})).column("x")
    assert not column.exact
    wanted = reference.number_statistics([float(v) for v in values])
    wanted.pop("distinct")
    assert_same(column, wanted)


def test_infinities_when_sketched_are_counted_and_left_out_of_moments() -> None:
    values = np.random.default_rng(2).normal(size=30_000)
    values[::1000] = np.inf
    values[7::1000] = -np.inf
    column = ms.profile(pa.table({"x": values})).column("x")
    wanted = reference.number_statistics([float(v) for v in values])
    wanted.pop("distinct")
    assert_same(column, wanted)


@pytest.mark.parametrize(
    "cast",
    [
        lambda a: a.cast(pa.large_string()),
        lambda a: a.cast(pa.string_view()),
        lambda a: a.dictionary_encode(),
        lambda a: pa.chunked_array(
            [a.slice(0, 3), a.slice(3).dictionary_encode().cast(pa.string())]
        ),
    ],
)
def test_texts_when_laid_out_otherwise_are_the_same(cast: Callable[[pa.Array], Any]) -> None:
    values = pa.array(["a", None, "b", "a", "", "ccc", None, "a"])
    plain = ms.profile(pa.table({"s": values})).column("s").to_dict()
    other = ms.profile(pa.table({"s": cast(values)})).column("s").to_dict()
    plain.pop("type")
    other.pop("type")
    assert other == plain


@pytest.mark.parametrize("index", [pa.int8(), pa.uint16(), pa.int32(), pa.int64()], ids=str)
@pytest.mark.parametrize(("rows", "entries"), [(5, 100), (799, 100), (800, 100), (10_003, 100)])
def test_dictionary_when_counted_by_its_indices_is_that_of_its_texts(
    index: pa.DataType, rows: int, entries: int
) -> None:
    """In one table where rows are few, in many where they are not, and what is left of eight."""
    codes = np.random.default_rng(rows).integers(0, entries - 1, rows)
    codes[: rows // 3] = 7  # equal ones in a row
    texts = pa.array([f"entry {i}" for i in range(entries)])
    coded = pa.DictionaryArray.from_arrays(pa.array(codes).cast(index), texts)
    for first in (0, 3):
        column = ms.profile(pa.table({"s": coded.slice(first)})).column("s")
        wanted = Counter(f"entry {code}" for code in codes[first:])
        assert column.distinct == len(wanted)
        assert column.num_rows == rows - first
        assert dict(column.top) == {value: wanted[value] for value, _ in column.top}


def test_dictionary_of_numbers_when_null_or_nan_inside_counts_both() -> None:
    entries = pa.array([1.5, None, float("nan")], from_pandas=False)
    values = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None, 0, 2, 2]), entries)
    column = ms.profile(pa.table({"x": values})).column("x")
    assert (column.nulls, column.nans, column.missing, column.mean) == (2, 3, 5, 1.5)


def test_booleans_when_profiled_give_the_share_of_true() -> None:
    column = ms.profile(pa.table({"b": [True, False, None, True]})).column("b")
    assert (column.kind, column.mean, column.missing) == ("boolean", 2 / 3, 1)
    assert column.top == (("true", 2), ("false", 1))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_when_of_any_unit_are_microseconds(unit: str) -> None:
    seconds = [0, 86_400, 1_700_000_000]
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    array = pa.array([s * scale for s in seconds], pa.timestamp(unit, "UTC"))
    column = ms.profile(pa.table({"t": array})).column("t")
    assert (column.kind, column.min, column.max) == ("timestamp", 0.0, 1.7e15)


def test_columns_when_unreadable_or_null_are_listed() -> None:
    table = pa.table({"x": [1, 2], "row": [{"a": 1}, {"a": 2}], "nothing": pa.nulls(2)})
    profile = ms.profile(table)
    assert [profile.column(name).kind for name in profile.columns] == [
        "number",
        "skipped",
        "unknown",
    ]
    assert profile.column("row").type.startswith("struct")
    assert profile.column("nothing").missing == 2


def test_long_text_when_kept_is_shortened_with_its_hash() -> None:
    first, second = "é" * 200 + "a", "é" * 200 + "b"
    top = ms.profile(pa.table({"s": [first, second, first]})).column("s").top
    assert [count for _, count in top] == [2, 1]
    assert all(value.startswith("é" * 119 + "#") for value, _ in top)
    assert all(len(value.encode()) <= 256 for value, _ in top)


@pytest.mark.parametrize(
    "name", ["nulls", "nans", "sum", "mean", "std", "distinct", "zeros", "max"]
)
def test_oracle_when_a_statistic_is_changed_bites(name: str) -> None:
    values = [1.0, None, float("nan"), 0.0, 2.5, 2.5]
    column = ms.profile(pa.table({"x": pa.array(values, pa.float64(), from_pandas=False)})).column(
        "x"
    )
    wanted = reference.number_statistics(values)
    assert_same(column, wanted)
    changed = wanted[name]
    wanted[name] = (
        changed + 1 if isinstance(changed, int) else math.nextafter(changed, 9) * (1 + 1e-15)
    )  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        assert_same(column, wanted)
