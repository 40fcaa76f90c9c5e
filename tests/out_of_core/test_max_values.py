"""More different numbers than fitting keeps: ranks within the stated error, in bounded memory."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import ApproximationWarning, ParameterError, Preprocessor, _engine, col
from tests.out_of_core.sample import slices

ROWS = 60_000


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ApproximationWarning)
        yield


def sketched(prep: Preprocessor) -> dict[str, int]:
    return dict(prep._fitter.sketched_columns)


def orders() -> dict[str, np.ndarray]:
    """Columns that a sketch of ranks could get wrong."""
    random = np.random.default_rng(3)
    normal = random.normal(size=ROWS)
    row = np.arange(ROWS, dtype=float)
    return {
        "random": normal,
        "ascending": np.sort(normal),
        "descending": np.sort(normal)[::-1].copy(),
        "from both ends": np.where(row % 2 == 0, row, -row),
        "sawtooth": row % 4096 + row / 1e6,
        "zipf": random.zipf(1.3, ROWS).astype(float) + random.integers(0, 2, ROWS) / 3,
        "half zero": np.where(random.random(ROWS) < 0.5, 0.0, normal),
        "huge ones last": np.concatenate([normal[10:], np.full(10, 1e300)]),
        "missing between": np.where(random.random(ROWS) < 0.3, np.nan, normal),
    }


ORDERS = orders()


def check_edges(prep: Preprocessor, values: np.ndarray, buckets: int) -> int:
    """Every learnt edge lies at a rank that one of the quantiles asks for, within the error."""
    ordered = np.sort(values[~np.isnan(values)])
    asked = np.unique(ordered)
    steps = np.diff(prep.transform(pa.table({"x": asked}))[:, 0])
    error = sketched(prep).get("x", 0)
    wanted = np.arange(1, buckets) / buckets * (len(ordered) - 1)
    for place in np.flatnonzero(steps):
        # The edge lies above the first of two neighbours, and not above the second.
        low = np.searchsorted(ordered, asked[place], "right") - 1 - error
        high = np.searchsorted(ordered, asked[place + 1], "right") + error
        assert ((low <= wanted) & (wanted <= high)).any(), asked[place]
    return error


@pytest.mark.parametrize("name", list(ORDERS))
@pytest.mark.parametrize("max_values", [1, 3000, 20_000])
def test_quantiles_when_numbers_are_too_many_are_within_the_stated_error(
    name: str, max_values: int
) -> None:
    values = ORDERS[name]
    prep = Preprocessor(col("x").quantile_bucketize(37), profile=False, max_values=max_values)
    with quiet():
        prep.fit(pa.table({"x": values}))
    error = check_edges(prep, values, 37)
    assert error <= ROWS * (np.log2(ROWS / 4096) + 3) / (2 * 4096)
    assert (error > 0) == (len(np.unique(values[~np.isnan(values)])) > max_values)


def test_edges_when_the_error_is_denied_are_found_wrong() -> None:
    values = ORDERS["random"]
    prep = Preprocessor(col("x").quantile_bucketize(37), profile=False, max_values=1)
    with quiet():
        prep.fit(pa.table({"x": values + 0.01}))
    with pytest.raises(AssertionError):
        check_edges(prep, values, 37)


def everything(max_values: int) -> Preprocessor:
    """All that learns ranks."""
    return Preprocessor(
        col("x").impute("median").alias("filled"),
        col("x").impute("median").robust_scale().alias("scaled behind"),
        col("x").robust_scale(low=0.1, high=0.8).alias("scaled"),
        col("x").winsorize().alias("winsorized"),
        col("x").quantile_bucketize(10),
        col("x").quantile_transform(100, output="normal").alias("normal"),
        col("x").yeo_johnson().alias("yeo_johnson"),
        col("p").box_cox().alias("box_cox"),
        profile=False,
        max_values=max_values,
    )


def table_of(values: np.ndarray) -> pa.Table:
    return pa.table({"x": pa.array(values, from_pandas=True), "p": np.exp(np.nan_to_num(values))})


def test_numbers_when_as_many_as_are_kept_give_the_same_bits() -> None:
    table = table_of(ORDERS["missing between"]).slice(0, 30_000)
    most = len(set(table["x"].to_pylist()) - {None})
    most = max(most, len(set(table["p"].to_pylist())))
    whole = everything(10**9).fit(table).bundle.to_bytes()
    kept = everything(most)
    assert kept.fit(table).bundle.to_bytes() == whole
    assert kept.fit(slices(table, [1, 700, 0])).bundle.to_bytes() == whole
    assert sketched(kept) == {}


def test_operators_when_numbers_are_too_many_come_near_the_exact_ones() -> None:
    table = table_of(ORDERS["missing between"])
    with quiet():
        some = everything(2000).fit(table)
    assert set(sketched(some)) == {"x", "p"}
    got, expected = some.transform(table), everything(10**9).fit(table).transform(table)
    bucket = some.feature_names_out_.index("x_bucket")
    differ = got[:, bucket] != expected[:, bucket]
    assert 0 < differ.mean() < 0.01  # rows beside the ten edges
    numbers = [i for i in range(got.shape[1]) if i != bucket]
    np.testing.assert_allclose(got[:, numbers], expected[:, numbers], rtol=0.02, atol=0.02)
    ends = Preprocessor(col("x").winsorize(0, 1), profile=False, max_values=1)
    with quiet():
        ends.fit(table)
    asked = pa.table({"x": [-1e9, 1e9]})
    x = ORDERS["missing between"]
    assert ends.transform(asked).ravel().tolist() == [
        np.float32(np.nanmin(x)),
        np.float32(np.nanmax(x)),
    ]


@pytest.mark.parametrize("max_values", [1, 2000, 1 << 17])
def test_fit_when_numbers_are_too_many_does_not_depend_on_batches_or_threads(
    max_values: int,
) -> None:
    table = table_of(ORDERS["missing between"])
    before = int(ms.build_info()["num_threads"])  # type: ignore[call-overload]
    bundles = set()
    try:
        for threads, sizes in ((1, [ROWS]), (3, [1, 511, 0, 513]), (2, [20_000, 3])):
            ms.set_num_threads(threads)
            with quiet():
                prep = everything(max_values).fit(slices(table, sizes))
            bundles.add(prep.bundle.to_bytes())
    finally:
        ms.set_num_threads(before)
    assert len(bundles) == 1


@settings(max_examples=15)
@given(
    name=st.sampled_from(list(ORDERS)),
    max_values=st.integers(1, 9000),
    cuts=st.lists(st.integers(0, ROWS), max_size=5),
    seed=st.integers(0, 99),
)
def test_quantiles_when_shards_are_merged_in_any_order_are_within_the_error(
    name: str, max_values: int, cuts: list[int], seed: int
) -> None:
    values = ORDERS[name]
    bounds = [0, *sorted(cuts), ROWS]
    parts = [values[a:b] for a, b in itertools.pairwise(bounds)]
    preps = []
    with quiet():
        for part in parts:
            prep = Preprocessor(
                col("x").quantile_bucketize(11), profile=False, max_values=max_values
            )
            preps.append(prep.partial_fit(pa.table({"x": part})))
        for place in np.random.default_rng(seed).permutation(len(preps)):
            if preps[place] is not preps[0]:
                preps[0].merge(preps[place])
    check_edges(preps[0], values, 11)
    again = Preprocessor.from_state_bytes(preps[0].state_bytes())
    assert again.state_bytes() == preps[0].state_bytes()
    assert sketched(again) == sketched(preps[0])
    assert again.bundle.to_bytes() == preps[0].bundle.to_bytes()


def test_warning_names_column_limit_and_error_once() -> None:
    table = table_of(ORDERS["random"])
    prep = Preprocessor(
        col("x").robust_scale(), col("x").winsorize().alias("w"), profile=False, max_values=1000
    )
    with pytest.warns(ApproximationWarning) as caught:
        prep.fit(table)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert text.startswith("Column 'x' has more distinct numbers than the 1,000 of which fitting")
    assert f"at most {sketched(prep)['x']} of 60,000 rows (0.00" in text
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prep.partial_fit(table)  # it has been named
        prep.fit(table.slice(0, 900))
    with pytest.warns(ApproximationWarning, match="'x'"):
        prep.merge(pickle.loads(pickle.dumps(prep.partial_fit(table.slice(0, 9)))).fit(table))


def test_limit_travels_with_states_and_pickles() -> None:
    prep = Preprocessor(col("x").winsorize(), max_values=7)
    assert repr(prep) == "Preprocessor(col('x').winsorize(), max_values=7)"
    assert repr(pickle.loads(pickle.dumps(prep))) == repr(prep)
    prep.partial_fit(pa.table({"x": [1.0, 2.0]}))
    assert repr(Preprocessor.from_state_bytes(prep.state_bytes())) == repr(prep)
    default = Preprocessor("x")
    specs = [expression._spec() for expression in default.expressions]
    assert default._fitter.max_values == _engine.Fitter(specs).max_values


@pytest.mark.parametrize("max_values", [0, -1, 1.5, True, "9", None, 1 << 63])
def test_limit_when_wrong_is_refused_by_name(max_values: Any) -> None:
    with pytest.raises(ParameterError, match=r"max_values must be an integer of 1 or more, got"):
        Preprocessor(col("x").winsorize(), max_values=max_values)


@pytest.mark.parametrize("values", [[1.0, 3.0, 3.0, 1.0, None], [None, 2.5], [-0.0, 0.0, 7.0]])
def test_most_frequent_number_is_the_smallest_of_equals(values: list[float | None]) -> None:
    table = pa.table({"x": pa.array(values, pa.float64())})
    prep = Preprocessor(col("x").impute("most_frequent"), profile=False, max_keys=100)
    got = prep.fit(table).transform(pa.table({"x": pa.array([None], pa.float64())}))
    present = [value for value in values if value is not None]
    best = max(present, key=lambda value: (present.count(value), -value))
    assert got.ravel().tolist() == [best]


MANY_NUMBERS = """
import resource, warnings
import numpy as np, pyarrow as pa
import mainspring as ms
from mainspring import col

def batches():
    random = np.random.default_rng(1)
    for _ in range(200):
        yield pa.table({"x": random.normal(size=50_000)})

prep = ms.Preprocessor(
    col("x").robust_scale(), col("x").quantile_bucketize(100), profile=False, max_values=200_000
)
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    prep.fit(batches())
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10) - base
((name, error),) = prep._fitter.sketched_columns
assert 0 < error <= 10_000_000 * (np.log2(10_000_000 / 8192) + 3) / (2 * 8192), error
assert len(caught) == 1, caught
print(more)
"""


def test_ten_million_numbers_take_bounded_memory() -> None:
    # Exactly they would take 160 MB for each of the two operators.
    command = [sys.executable, "-c", MANY_NUMBERS]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 100, f"{ran.stdout} MiB"
