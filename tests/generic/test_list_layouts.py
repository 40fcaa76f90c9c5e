"""Lists in every layout that Arrow has: what is learnt and given stays the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.generic.case import Case
from tests.generic.columns import bits, draw_columns, many_rows, special_rows
from tests.generic.operators import CASES

LISTS = [case for case in CASES if isinstance(case.types[0], pa.ListType | pa.LargeListType)]
by_list_case = pytest.mark.parametrize("case", LISTS, ids=lambda case: case.id)
ROWS = 700  # more than a tile


def layouts_of(values: list[Any], element: pa.DataType) -> dict[str, pa.Array]:
    """The same lists in every layout."""
    plain = pa.array(values, pa.list_(element))
    layouts = {
        "list": plain,
        "large list": pa.array(values, pa.large_list(element)),
        "list view": pa.array(values, pa.list_view(element)),
        "large list view": pa.array(values, pa.large_list_view(element)),
        "backwards": backwards(values, element),
        "dictionary of elements": with_elements(plain, plain.values.dictionary_encode()),
        "slice": pa.concat_arrays([pa.array([values[0]] * 9, plain.type), plain]).slice(9),
        "hidden elements": hidden(plain),
    }
    if pa.types.is_string(element):
        for kind in (pa.large_string(), pa.string_view(), pa.binary()):
            layouts[str(kind)] = with_elements(plain, plain.values.cast(kind))
    return layouts


def with_elements(lists: pa.Array, elements: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(lists.offsets, elements, mask=lists.is_null())


def hidden(lists: pa.Array) -> pa.Array:
    """Missing lists that have elements, which nobody may see."""
    filled = pa.array(
        [
            value if value is not None else lists.values.to_pylist()[:3]
            for value in lists.to_pylist()
        ],
        lists.type,
    )
    return pa.ListArray.from_arrays(filled.offsets, filled.values, mask=lists.is_null())


def backwards(values: list[Any], element: pa.DataType) -> pa.Array:
    """Views whose elements lie in the opposite order of the rows."""
    sizes = [len(value or []) for value in values]
    elements = [part for value in reversed(values) for part in value or []]
    ends = np.cumsum(sizes[::-1])[::-1]
    offsets = pa.array(ends - np.array(sizes), pa.int32())
    mask = pa.array([value is None for value in values])
    flat = pa.array(elements, element)
    return pa.ListViewArray.from_arrays(offsets, pa.array(sizes, pa.int32()), flat, mask=mask)


def test_list_cases_are_there() -> None:
    assert {case.op for case in LISTS} >= {
        "list_pad",
        "list_pool",
        "list_slice",
        "missing_flag",
        "one_hot",
        "ordinal",
    }


@by_list_case
@settings(max_examples=15)
@given(data=st.data())
def test_lists_when_laid_out_in_any_way_give_the_same_bits(case: Case, data: st.DataObject) -> None:
    element = case.types[0].value_type
    train = draw_columns(data, case, "train", min_size=1, max_size=12)[0]
    rows = draw_columns(data, case, "rows", min_size=1, max_size=12)[0]
    compare_layouts(case, layouts_of(train, element), layouts_of(rows, element))


@by_list_case
def test_lists_when_long_and_special_give_the_same_bits_in_any_layout(case: Case) -> None:
    element = case.types[0].value_type
    rows = many_rows(case, ROWS)[0] + special_rows(case)[0]
    many = rows[1] or [None]
    rows.append((special_rows(case)[0][3] + many) * 100)  # more elements than a tile
    compare_layouts(case, layouts_of(rows, element), layouts_of(rows, element))


def compare_layouts(case: Case, train: dict[str, pa.Array], rows: dict[str, pa.Array]) -> None:
    plan, expected = None, b""
    for name, learnt in train.items():
        prep = case.preprocessor().fit(pa.table({"c0": learnt}))
        if plan is None:
            plan = prep
            expected = bits(prep.transform(pa.table({"c0": rows["list"]})))
        assert prep.feature_names_out_ == plan.feature_names_out_, name
        assert bits(prep.transform(pa.table({"c0": rows["list"]}))) == expected, name
    assert plan is not None
    for name, given_rows in rows.items():
        assert bits(plan.transform(pa.table({"c0": given_rows}))) == expected, name


@by_list_case
@pytest.mark.parametrize("width", [0, 1, 3])
def test_lists_when_of_a_fixed_size_equal_lists_of_that_size(case: Case, width: int) -> None:
    element = case.types[0].value_type
    flat = [part for value in many_rows(case, 60)[0] for part in value or []]
    values = [flat[i : i + width] if i % 5 else None for i in range(40)]
    plain = pa.table({"c0": pa.array(values, pa.list_(element))})
    fixed = pa.table({"c0": pa.array(values, pa.list_(element, width))})
    prep = case.preprocessor().fit(plain)
    assert case.preprocessor().fit(fixed).feature_names_out_ == prep.feature_names_out_
    assert bits(prep.transform(fixed)) == bits(prep.transform(plain))
    assert bits(prep.transform(fixed.slice(7))) == bits(prep.transform(plain.slice(7)))
