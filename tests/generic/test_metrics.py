"""Every quality metric against its oracle, and what must not change a bit of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from mainspring.quality import Evaluation
from tests.generic.columns import chunked, num_threads, sliced
from tests.reference import quality_metrics as oracles
from tests.tolerances import metric_is_close

METRICS = {str(row["name"]): row for row in _engine.quality_metrics()}
by_metric = pytest.mark.parametrize("name", sorted(METRICS))

# A few scores often, so that there are ties.
SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.5 + 2**-20, 1.0]) | st.floats(0, 1, width=32)
NUMBERS = st.sampled_from([-2.0, 0.0, 1.0]) | st.floats(-1e6, 1e6, width=32)
WEIGHTS = st.sampled_from([0.0, 1.0, 0.5, 3.0]) | st.floats(0.125, 8, width=32)


def task_of(name: str) -> str:
    return str(METRICS[name]["tasks"][0])


def row_of(task: str) -> st.SearchStrategy[oracles.Row]:
    if task == "binary":
        label = st.sampled_from([0.0, 1.0])
        return st.builds(oracles.Row, label, label, SCORES, WEIGHTS)
    if task == "regression":
        return st.builds(oracles.Row, NUMBERS, NUMBERS, weight=WEIGHTS)
    return st.builds(
        oracles.Row, st.sampled_from([0.0, 0.0, 1.0, 2.5]), SCORES, query=st.integers(0, 4)
    )


def table_of(rows: oracles.Rows, task: str) -> pa.Table:
    columns: dict[str, Any] = {
        field: [getattr(row, field) for row in rows]
        for field in ("label", "prediction", "score", "weight", "query")
    }
    return pa.table(columns)


def arguments_of(name: str, weighted: bool) -> dict[str, Any]:
    task = task_of(name)
    return {
        "target": "label",
        "prediction": "prediction",
        "task": task,
        "metrics": [name],
        "weight": "weight" if weighted else None,
        **({"score": "score", "positive": 1} if task == "binary" else {}),
        **({"query": "query"} if task == "ranking" else {}),
    }


def fixed_rows(task: str, count: int = 300) -> oracles.Rows:
    rng = np.random.default_rng(7)
    if task == "binary":
        score = np.round(rng.random(count), 2)
        label = (rng.random(count) < score).astype(float)
        guess = (score > 0.4).astype(float)
    elif task == "regression":
        label, score = rng.normal(1e6, 1, count), np.zeros(count)
        guess = label + rng.normal(0, 0.5, count)
    else:
        label = rng.integers(0, 4, count) * (rng.random(count) < 0.3)
        guess, score = np.round(rng.random(count) + label / 5, 1), np.zeros(count)
    weight = rng.integers(0, 5, count) / 2 if task != "ranking" else np.ones(count)
    queries = rng.integers(0, 40, count)
    columns = zip(label, guess, score, weight, queries, strict=True)
    return [oracles.Row(*map(float, row[:4]), int(row[4])) for row in columns]


# Of drawn rows the likelihood of a line is often all but flat: two searches end in two places.
@pytest.mark.parametrize("name", sorted(name for name in METRICS if "calibration" not in name))
@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=40)
@given(data=st.data())
def test_value_when_rows_are_drawn_equals_the_oracle(
    name: str, weighted: bool, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(row_of(task_of(name)), min_size=1, max_size=60))
    if not weighted or sum(row.weight for row in rows) == 0 or task_of(name) == "ranking":
        rows = [oracles.Row(*(vars(row) | {"weight": 1.0}).values()) for row in rows]
    found = ms.evaluate(table_of(rows, task_of(name)), **arguments_of(name, weighted))
    expected = getattr(oracles, name)(rows)
    value = found.metrics[name]
    assert metric_is_close(name, value.value, expected)
    assert value.reason or not math.isnan(value.value)
    if name == "roc_auc_histogram" and not math.isnan(expected):
        exact = oracles.roc_auc(rows)
        slack = 2e-6 if weighted else 1e-12  # weights are rounded
        assert value.low - slack <= exact <= value.high + slack


@by_metric
@pytest.mark.parametrize("weighted", [False, True])
def test_value_when_rows_are_many_equals_the_oracle_and_nothing_else(
    name: str, weighted: bool
) -> None:
    rows = fixed_rows(task_of(name))
    table = table_of(rows, task_of(name))
    if not weighted:
        rows = [oracles.Row(*(vars(row) | {"weight": 1.0}).values()) for row in rows]
    value = ms.evaluate(table, **arguments_of(name, weighted)).value(name)
    expected = getattr(oracles, name)(rows)
    assert metric_is_close(name, value, expected)
    # The oracle finds out when the value is another.
    assert not metric_is_close(name, value * (1 + 1e-5) + 1e-5, expected)
    assert not metric_is_close(name, 0.0, expected)


@by_metric
def test_bits_when_batches_threads_and_shards_differ_are_the_same(name: str) -> None:
    task = task_of(name)
    table = table_of(fixed_rows(task), task)
    arguments = arguments_of(name, False)
    expected = ms.evaluate(table, **arguments)
    assert not math.isnan(expected.value(name))
    for count in (1, 3):
        with num_threads(count):
            assert ms.evaluate(chunked(sliced(table, 5), [1, 64, 65]), **arguments) == expected
    shards = [table.slice(at, 77) for at in range(0, 300, 77)]
    states = [Evaluation(**arguments).update(shard) for shard in shards]
    merged = Evaluation(**arguments)
    for state in reversed(states):
        merged.merge(Evaluation.from_bytes(state.to_bytes()))
    assert merged.report() == expected
    batches = Evaluation(**arguments)
    for shard in shards:
        batches.update(shard)
    assert batches.report() == expected
    assert Evaluation.from_bytes(merged.to_bytes()).to_bytes() == merged.to_bytes()
