"""Every operator against its oracle, and what must not change what it learns."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainspring import DataError
from mainspring.transforms import operator_classes
from tests.reference.columns import is_missing
from tests.tolerances import differences
from tests.transforms.cases import CASES, Case, num_threads

by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def draw_columns(data: st.DataObject, case: Case, label: str, **size: int) -> list[list[Any]]:
    rows = data.draw(st.lists(st.tuples(*case.values), **size), label=label)
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in case.values]


def draw_target(data: st.DataObject, num_rows: int) -> list[float]:
    values = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0])
    return data.draw(st.lists(values, min_size=num_rows, max_size=num_rows), label="target")


def bits(matrix: np.ndarray) -> bytes:
    return matrix.tobytes()


def test_cases_cover_every_operator() -> None:
    assert {case.op for case in CASES} == set(operator_classes())


@by_case
@given(data=st.data())
def test_features_when_fitted_equal_the_oracle(case: Case, data: st.DataObject) -> None:
    train = draw_columns(data, case, "train", min_size=1, max_size=30)
    rows = draw_columns(data, case, "rows", max_size=10)
    target = draw_target(data, len(train[0]))
    if case.needs_value:
        assume(any(not is_missing(value) for value in train[0]))
    prep = case.preprocessor().fit(case.table(train), np.array(target))
    for columns in (train, rows):
        got = prep.transform(case.table(columns))
        expected = case.expected(train, columns, target)
        assert got.shape == (len(columns[0]), prep.n_features_out_)
        assert differences(case.op, got, expected).size == 0, (got, expected)


@by_case
@given(data=st.data())
def test_fit_when_batches_threads_and_order_change_gives_the_same_bits(
    case: Case, data: st.DataObject
) -> None:
    train = draw_columns(data, case, "train", min_size=2, max_size=40)
    if case.needs_value:
        assume(any(not is_missing(value) for value in train[0]))
    target = np.array(draw_target(data, len(train[0])))
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

    merged = case.preprocessor()
    for a, b in shards:
        merged.merge(case.preprocessor().partial_fit(table.slice(a, b - a), target[a:b]))
    assert merged.bundle.to_bytes() == plan
    assert merged.state_bytes() == prep.state_bytes()
    assert type(prep).from_state_bytes(prep.state_bytes()).bundle.to_bytes() == plan


@by_case
@given(data=st.data())
def test_rows_when_alone_equal_rows_of_the_batch(case: Case, data: st.DataObject) -> None:
    train = draw_columns(data, case, "train", min_size=1, max_size=10)
    if case.needs_value:
        assume(any(not is_missing(value) for value in train[0]))
    table = case.table(train)
    prep = case.preprocessor().fit(table, np.zeros(table.num_rows))
    batch = prep.transform(table)
    for row in range(table.num_rows):
        assert bits(prep.transform(table.slice(row, 1))) == bits(batch[row : row + 1])


@by_case
def test_fit_when_tables_are_long_does_not_depend_on_threads(case: Case) -> None:
    columns = [
        [eleven_values(case, i)[row * (7 + i) % 11] for row in range(3000)]
        for i in range(len(case.values))
    ]
    table = case.table(columns)
    target = np.sin(np.arange(3000.0))
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


def eleven_values(case: Case, column: int) -> list[Any]:
    """Eleven values of the column's kind, the first one missing."""
    kind = case.types[column]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        ticks = [None, *(86_400 * 400 * i + 3_600 * i + 61 * i for i in range(10))]
        stamps = pa.array(ticks, pa.int64()).cast(pa.timestamp("s", "UTC"))
        return stamps.cast(
            kind if pa.types.is_date(kind) else pa.timestamp("us", "UTC")
        ).to_pylist()
    if pa.types.is_boolean(kind):
        return [None, *([True, False] * 5)]
    if pa.types.is_integer(kind):
        return [None, 1, 2, 3, 4, 4, 4, 7, 8, 9, 1]
    if pa.types.is_floating(kind):
        return [None, 0.5, -0.25, 3.0, 3.0, 1.5, 0.0, -1.0, 8.0, 0.125, 3.0]
    return [None, "", "a", "b", "a", "long enough to leave the slot", "c", "d", "a", "é", "b"]


@by_case
def test_fit_when_all_rows_are_missing(case: Case) -> None:
    columns: list[list[Any]] = [[None] * 3 for _ in case.types]
    table = case.table(columns)
    if case.needs_value:
        with pytest.raises(DataError, match="'c0' has no value to learn"):
            case.preprocessor().fit(table, np.zeros(3))
        return
    prep = case.preprocessor().fit(table, np.array([1.0, 2.0, 6.0]))
    expected = case.expected(columns, columns, [1.0, 2.0, 6.0])
    assert differences(case.op, prep.transform(table), expected).size == 0


@by_case
def test_fit_when_table_is_empty_is_an_error_but_an_empty_shard_is_not(case: Case) -> None:
    empty = case.table([[] for _ in case.types])
    with pytest.raises(DataError, match="no rows"):
        case.preprocessor().fit(empty, np.zeros(0))
    columns = [eleven_values(case, i) for i in range(len(case.types))]
    table = case.table(columns)
    target = np.arange(11.0)
    prep = case.preprocessor().partial_fit(empty, np.zeros(0)).partial_fit(table, target)
    assert prep.bundle.to_bytes() == case.preprocessor().fit(table, target).bundle.to_bytes()
    assert prep.transform(empty).shape == (0, prep.n_features_out_)


# Where the operator is the identity, that is no mutant.
MUTANTS = [
    (case, mutant)
    for case in CASES
    for mutant in ("zeros", "identity")
    if mutant == "zeros" or (case.op != "identity" and (case.op, case.params) != ("clip", {}))
]


@pytest.mark.parametrize(("case", "mutant"), MUTANTS, ids=lambda value: getattr(value, "id", value))
def test_oracle_when_the_operator_is_replaced_bites(case: Case, mutant: str) -> None:
    columns = [eleven_values(case, i) for i in range(len(case.types))]
    target = list(np.arange(11.0))
    got = (
        case.preprocessor()
        .fit(case.table(columns), np.array(target))
        .transform(case.table(columns))
    )
    expected = case.expected(columns, columns, target)
    assert differences(case.op, got, expected).size == 0
    mutated = np.zeros_like(got)
    if mutant == "identity":
        mutated[:] = np.array([as_number(value) for value in columns[0]])[:, None]
    assert differences(case.op, mutated, expected).size > 0


def as_number(value: Any) -> float:
    """What a feature without any operator could hold of a value."""
    return float(value) if isinstance(value, (bool, int, float)) else np.nan
