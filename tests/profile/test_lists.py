"""Profiles of lists: their lengths as numbers, their elements as a column of their own."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.errors import BundleCorruptError, SchemaError
from tests.profile.test_bytes import resealed

WORDS = st.none() | st.sampled_from(["", "a", "b", "é", "a longer word than twelve bytes"])
ELEMENTS: dict[str, tuple[st.SearchStrategy[Any], pa.DataType]] = {
    "text": (WORDS, pa.string()),
    "number": (st.none() | st.floats(-9, 9) | st.sampled_from([math.nan, -0.0]), pa.float64()),
    "boolean": (st.none() | st.booleans(), pa.bool_()),
    "timestamp": (
        st.none() | st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2030, 1, 1)),
        pa.timestamp("us"),
    ),
}


def rows_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.none() | st.lists(values, max_size=6), min_size=1, max_size=40)


def table_of(rows: list[Any], element: pa.DataType) -> pa.Table:
    return pa.table({"x": pa.array(rows, pa.list_(element))})


def without_names(column: ms.profiles.ColumnProfile) -> dict[str, Any]:
    return {key: value for key, value in column.to_dict().items() if key not in ("name", "type")}


@pytest.mark.parametrize("kind", ELEMENTS)
@given(data=st.data())
def test_lists_are_profiled_as_a_column_of_lengths_and_one_of_elements(
    kind: str, data: st.DataObject
) -> None:
    values, element = ELEMENTS[kind]
    rows = data.draw(rows_of(values), label="rows")
    column = ms.profile(table_of(rows, element)).column("x")
    type_ = "float64" if kind == "number" else str(element)
    assert (column.kind, column.type, column.num_rows) == ("list", f"list<{type_}>", len(rows))
    lengths = [None if row is None else float(len(row)) for row in rows]
    plain = ms.profile(pa.table({"x": pa.array(lengths, pa.float64())})).column("x")
    for name in ("missing", "nulls", "nans", "distinct", "min", "max", "mean", "std", "sum"):
        assert getattr(column, name) == getattr(plain, name), name
    assert (column.quantiles, column.zeros) == (plain.quantiles, plain.zeros)
    flat = [value for row in rows for value in row or []]
    elements = column.elements
    assert elements is not None
    assert (elements.name, elements.kind, elements.type) == ("x[]", kind, type_)
    expected = ms.profile(pa.table({"x": pa.array(flat, element)})).column("x")
    assert without_names(elements) == without_names(expected)


@given(rows=rows_of(WORDS), cut=st.integers(0, 40))
def test_parts_when_merged_have_the_bytes_of_all(rows: list[Any], cut: int) -> None:
    table = table_of(rows, pa.string())
    whole = ms.profile(table)
    first, second = ms.profile(table.slice(0, cut)), ms.profile(table.slice(cut))
    assert second.merge(first).to_bytes() == whole.to_bytes()
    again = ms.Profile.from_bytes(whole.to_bytes())
    assert again.to_bytes() == whole.to_bytes()
    assert again.column("x") == whole.column("x")


@pytest.mark.parametrize("layout", ["large", "view", "fixed", "dictionary", "slice", "hidden"])
def test_lists_in_any_layout_have_the_same_statistics(layout: str) -> None:
    rows = [[f"w{i % 7}", None, "a"] if i % 5 else None for i in range(1500)]
    plain = table_of(rows, pa.string())
    lists = plain["x"].combine_chunks()
    table = {
        "large": lambda: pa.array(rows, pa.large_list(pa.string())),
        "view": lambda: pa.array(rows, pa.list_view(pa.string())),
        "fixed": lambda: pa.array(rows, pa.list_(pa.string(), 3)),
        "dictionary": lambda: pa.ListArray.from_arrays(
            lists.offsets, lists.values.dictionary_encode(), mask=lists.is_null()
        ),
        "slice": lambda: pa.concat_arrays([pa.array([["q"]] * 9, lists.type), lists]).slice(9),
        "hidden": lambda: pa.ListArray.from_arrays(
            pa.array(range(0, 4503, 3), pa.int32()),
            pa.array([part for row in rows for part in row or ["x", "y", "z"]]),
            mask=lists.is_null(),
        ),
    }[layout]()
    expected = ms.profile(plain).column("x")
    found = ms.profile(pa.table({"x": table})).column("x")
    assert without_names(found) | {"elements": None} == without_names(expected) | {"elements": None}
    assert found.elements is not None
    assert expected.elements is not None
    assert without_names(found.elements) == without_names(expected.elements)


def test_text_and_page_show_lengths_and_elements() -> None:
    table = table_of([["new", "sale"], [], None, ["new"]], pa.string())
    profile = ms.profile(table)
    lines = str(profile).splitlines()
    assert lines[0] == "4 rows, 1 columns"
    assert lines[-2].split() == ["x", "list<string>", "25.0%", "3", "0", "1", "2"]
    assert lines[-1].split() == ["x[]", "string", "0.0%", "2", "new"]
    for page in (profile.to_html(), profile._repr_html_()):
        assert "x[]" in page
    assert "mean length" in profile.to_html()
    assert "Of a type that is not read" not in profile.to_html()


def test_lists_without_elements_merge_with_lists_of_any_kind() -> None:
    empty = pa.table({"x": pa.array([[], None], pa.list_(pa.null()))})
    profile = ms.profile(empty)
    assert profile.column("x").elements is not None
    numbers = ms.profile(table_of([[1.0, 2.0]], pa.float64()))
    for merged in (
        profile.merge(numbers),
        ms.profile(empty).update(table_of([[1.0, 2.0]], pa.float64())),
    ):
        column = merged.column("x")
        assert (column.kind, column.num_rows, column.mean) == ("list", 3, 1.0)
        assert column.elements is not None
        assert (column.elements.kind, column.elements.sum) == ("number", 3.0)
    nothing = ms.profile(pa.table({"x": pa.nulls(2)}))
    assert nothing.merge(numbers).column("x").num_rows == 3


def test_lists_of_another_kind_are_refused() -> None:
    words = ms.profile(table_of([["a"]], pa.string()))
    for other in (table_of([[1.0]], pa.float64()), pa.table({"x": ["a"]})):
        with pytest.raises(SchemaError, match=r"'x' was profiled as list .list<string>."):
            words.merge(ms.profile(other))


def test_bytes_when_lengths_and_elements_disagree_are_refused() -> None:
    profile = ms.profile(table_of([["aa", "b"], ["c", "dd", "b"]], pa.string())).to_bytes()
    count = (5).to_bytes(8, "little")
    places = [at for at in range(16, len(profile)) if profile[at : at + 8] == count]
    assert places
    for at in places:
        changed = profile[:at] + (6).to_bytes(8, "little") + profile[at + 8 :]
        with pytest.raises(BundleCorruptError):
            ms.Profile.from_bytes(resealed(changed))
