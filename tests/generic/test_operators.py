"""Every operator against its oracle, and what must not change what it learns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainspring import DataError
from mainspring.transforms import operator_classes
from tests.generic.case import Case, uses_target
from tests.generic.columns import (
    Columns,
    draw_columns,
    draw_target,
    eleven_rows,
    has_value,
    many_rows,
    num_threads,
    special_rows,
)
from tests.generic.operators import CASES, by_case
from tests.tolerances import differences


def test_cases_cover_every_operator() -> None:
    assert {case.op for case in CASES} == set(operator_classes())


@by_case
@given(data=st.data())
def test_features_when_fitted_equal_the_oracle(case: Case, data: st.DataObject) -> None:
    train = draw_columns(data, case, "train", min_size=1, max_size=30)
    rows = draw_columns(data, case, "rows", max_size=10)
    target = case.target(draw_target(data, len(train[0])))
    if case.needs_value:
        assume(has_value(train[0]))
    prep = case.preprocessor().fit(case.table(train), target)
    for columns in (train, rows):
        got = prep.transform(case.table(columns))
        expected = case.expected(train, columns, list(target))
        assert got.shape == (len(columns[0]), prep.n_features_out_)
        assert differences(case.op, got, expected).size == 0, (got, expected)


@by_case
@given(data=st.data())
def test_fit_when_batches_threads_and_order_change_gives_the_same_bits(
    case: Case, data: st.DataObject
) -> None:
    train = draw_columns(data, case, "train", min_size=2, max_size=40)
    if case.needs_value:
        assume(has_value(train[0]))
    target = case.target(draw_target(data, len(train[0])))
    table = case.table(train)
    plan = case.preprocessor().fit(table, target).bundle.to_bytes()

    cuts = sorted(data.draw(st.lists(st.integers(0, len(target)), max_size=4), label="cuts"))
    edges = [0, *cuts, len(target)]
    slices = list(pairwise(edges))
    chunked = pa.concat_tables([table.slice(a, b - a) for a, b in slices])
    assert case.preprocessor().fit(chunked, target).bundle.to_bytes() == plan

    order = data.draw(st.permutations(range(len(target))), label="order")
    shuffled = case.table([[column[row] for row in order] for column in train])
    assert case.preprocessor().fit(shuffled, target[order]).bundle.to_bytes() == plan

    shards = data.draw(st.permutations(slices), label="shards")
    prep = case.preprocessor()
    for a, b in shards:
        prep.partial_fit(table.slice(a, b - a), target[a:b])
    assert prep.bundle.to_bytes() == plan

    # Grouped as a list, and as a tree: merge() must be associative.
    parts = [case.preprocessor().partial_fit(table.slice(a, b - a), target[a:b]) for a, b in shards]
    merged = case.preprocessor()
    for a, b in shards:
        merged.merge(case.preprocessor().partial_fit(table.slice(a, b - a), target[a:b]))
    while len(parts) > 1:
        at = data.draw(st.integers(0, len(parts) - 2), label="pair")
        parts[at : at + 2] = [parts[at].merge(parts[at + 1])]
    for other in (merged, parts[0]):
        assert other.bundle.to_bytes() == plan
        assert other.state_bytes() == prep.state_bytes()
    assert type(prep).from_state_bytes(prep.state_bytes()).bundle.to_bytes() == plan


@by_case
def test_fit_when_tables_are_long_does_not_depend_on_threads(case: Case) -> None:
    columns = many_rows(case, 3000)
    table = case.table(columns)
    target = case.target(np.sin(np.arange(3000.0)))
    plans = set()
    for threads in (1, 2, 3):
        with num_threads(threads):
            plans.add(case.preprocessor().fit(table, target).bundle.to_bytes())
    prep = case.preprocessor().fit(table, target)
    assert len(plans) == 1
    # Tiles and batches of any size: the oracle knows none of them.
    some = [column[:600] for column in columns]
    expected = case.expected(columns, some, list(target))
    assert differences(case.op, prep.transform(case.table(some)), expected).size == 0


@by_case
def test_fit_when_all_rows_are_missing(case: Case) -> None:
    columns: Columns = [[None] * 3 for _ in case.types]
    table = case.table(columns)
    if case.needs_value:
        with pytest.raises(DataError, match="'c0' has no value to learn"):
            case.preprocessor().fit(table, np.zeros(3))
        return
    target = case.target([1.0, 2.0, 6.0])
    prep = case.preprocessor().fit(table, target)
    expected = case.expected(columns, columns, list(target))
    assert differences(case.op, prep.transform(table), expected).size == 0


@by_case
@pytest.mark.parametrize("row", [0, 3])
def test_fit_when_there_is_one_row_equals_the_oracle(case: Case, row: int) -> None:
    columns = [[values[row]] for values in eleven_rows(case)]
    if case.needs_value and row == 0:
        with pytest.raises(DataError, match="'c0' has no value to learn"):
            case.preprocessor().fit(case.table(columns), np.zeros(1))
        return
    target = case.target([2.5])
    prep = case.preprocessor().fit(case.table(columns), target)
    for rows in (columns, eleven_rows(case), [[None]] * len(columns)):
        expected = case.expected(columns, rows, list(target))
        assert differences(case.op, prep.transform(case.table(rows)), expected).size == 0


@by_case
def test_fit_when_table_is_empty_is_an_error_but_an_empty_shard_is_not(case: Case) -> None:
    empty = case.table([[] for _ in case.types])
    with pytest.raises(DataError, match="no rows"):
        case.preprocessor().fit(empty, np.zeros(0))
    table = case.table(eleven_rows(case))
    target = case.target(np.arange(11.0))
    prep = case.preprocessor().partial_fit(empty, np.zeros(0)).partial_fit(table, target)
    assert prep.bundle.to_bytes() == case.preprocessor().fit(table, target).bundle.to_bytes()
    assert prep.transform(empty).shape == (0, prep.n_features_out_)


@by_case
def test_values_when_special_equal_the_oracle_or_are_refused_with_their_column(case: Case) -> None:
    """Missing in two ways, infinite, extreme, empty and long values, to transform and to learn."""
    plain, special = eleven_rows(case), special_rows(case)
    target = list(case.target(np.arange(11.0)))
    prep = case.preprocessor().fit(case.table(plain), np.array(target))
    got = prep.transform(case.table(special))
    assert differences(case.op, got, case.expected(plain, special, target)).size == 0

    target = list(case.target(np.arange(float(len(special[0])))))
    error = refusal(case, special, target)
    if error is not None:
        assert error.column == "c0"
        assert np.isinf([v for v in special[0] if isinstance(v, float)]).any()
        assert "Put clip(low, high) before" in str(error)
        return
    got = case.preprocessor().fit_transform(case.table(special), np.array(target))
    expected = case.expected(special, special, target)
    if not uses_target(case.op):  # or each row is encoded without its own fold
        assert differences(case.op, got, expected).size == 0
    got = (
        case.preprocessor()
        .fit(case.table(special), np.array(target))
        .transform(case.table(special))
    )
    assert differences(case.op, got, expected).size == 0


def refusal(case: Case, columns: Columns, target: list[float]) -> DataError | None:
    """What fitting on the columns is refused with."""
    try:
        case.preprocessor().fit(case.table(columns), np.array(target))
    except DataError as error:
        return error
    return None
