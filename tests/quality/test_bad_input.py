"""Tables that are empty, broken or unlike: stated in the report, or refused before it is begun."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import DataError, ParameterError, SchemaError

RNG = np.random.default_rng(0)
ROWS = 60
SCORES = RNG.random(ROWS)
BINARY = {"y": (RNG.random(ROWS) < SCORES).astype(int), "p": SCORES, "s": ["a", "b"] * 30}
NUMBERS = {"y": RNG.normal(size=ROWS), "p": RNG.normal(size=ROWS), "s": ["a", "b"] * 30}
TASKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "binary": (BINARY, {"score": "p", "positive": 1}),
    "regression": (NUMBERS, {"prediction": "p"}),
    "ranking": ({**NUMBERS, "y": RNG.integers(0, 3, ROWS)}, {"prediction": "p", "query": "s"}),
}
Change = Callable[[dict[str, Any]], dict[str, Any]]
BROKEN: dict[str, Change] = {
    "no rows": lambda t: {n: pa.array([], pa.array(v).type) for n, v in t.items()},
    "no labels": lambda t: {**t, "y": pa.nulls(ROWS, pa.float64())},
    "labels of type null": lambda t: {**t, "y": pa.nulls(ROWS)},
    "no predictions": lambda t: {**t, "p": [math.nan] * ROWS},
    "one row": lambda t: {name: values[:1] for name, values in t.items()},
    "constant labels": lambda t: {**t, "y": [1] * ROWS},
    "constant predictions": lambda t: {**t, "p": [0.5] * ROWS},
    "infinite predictions": lambda t: {**t, "p": [math.inf, -math.inf] * (ROWS // 2)},
    "a segment of one row": lambda t: {**t, "s": ["a", *["b"] * (ROWS - 1)]},
    "segments that are missing": lambda t: {**t, "s": pa.nulls(ROWS, pa.string())},
    "segments by the row": lambda t: {**t, "s": [f"s{i}" for i in range(ROWS)]},
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("task", TASKS)
def test_tables_when_broken_give_a_report_with_reasons(task: str, name: str) -> None:
    good, arguments = TASKS[task]
    segments = {} if task == "ranking" else {"segment": "s"}
    report = ms.evaluate(
        pa.table(BROKEN[name](good)), target="y", task=task, intervals=5, **arguments, **segments
    )
    parts = [report, *report.segments]
    for part in parts:
        for metric, value in part.metrics.items():
            assert not math.isnan(value.value) or value.reason, f"{metric} is NaN without a reason"
    assert json.loads(report.to_json())
    assert max(map(len, str(report).splitlines())) <= 80
    assert len(report.to_html().encode()) < 300_000
    report.to_arrow()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"y": ["late", "in time"] * 30}, DataError, "positive=1 is neither"),
        ({"p": ["high"] * ROWS}, SchemaError, "'p' has type string, expected numbers"),
        ({"p": [[0.5]] * ROWS}, SchemaError, "'p' has type list"),
        ({"y": [[1]] * ROWS}, SchemaError, "'y' has type list"),
        ({"y": list(range(ROWS))}, DataError, "60 distinct values, expected two"),
    ],
)
def test_columns_when_of_another_kind_are_refused_by_name(
    change: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        ms.evaluate({**BINARY, **change}, target="y", score="p", positive=1)
    with pytest.raises((SchemaError, ParameterError), match="'q'"):
        ms.evaluate(BINARY, target="q", score="p")
