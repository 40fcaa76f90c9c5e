"""Claim: a row of forty fields is counted for drift, while it is served, in a microsecond."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.sensors import NUMBERS, TEXTS, sensors
from mainspring import _engine, col  # noqa: TID251 - the server has no switch

ROWS, CALLS, TURNS = 20_000, 500, 60
FLAGS = ["b0", "b1"]


def bundle(table: pa.Table) -> bytes:
    """Return a small model of 25 numbers, 12 strings, two bools and a time."""
    lightgbm = pytest.importorskip("lightgbm")
    target = np.asarray(table["num05"]) > 0
    prep = ms.Preprocessor(
        col(*NUMBERS).identity(),
        col(*TEXTS).ordinal(),
        col(*FLAGS).identity(),
        col("ts").datetime("hour"),
    )
    features = prep.fit_transform(table)
    data = lightgbm.Dataset(features, target)
    parameters = {"objective": "binary", "num_leaves": 7, "verbose": -1, "num_threads": 1}
    return ms.Predictor(lightgbm.train(parameters, data, 5), prep, name="m").bundle


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, float) and value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.one_thread
def test_row_that_is_counted(record: Any, request: pytest.FixtureRequest) -> None:
    """What counting adds: the same requests to a model that counts, and to one that does not."""
    table = sensors(ROWS, seed=1, moved=False)
    packed = bundle(table)
    rows = [{k: plain(v) for k, v in row.items()} for row in table.slice(0, CALLS).to_pylist()]
    bodies = [json.dumps([row]).encode() for row in rows]
    form = _engine.RequestForm("rows", "predict", True)
    sides = [
        _engine.ServedModel(packed, "m", "1", ["label"], 100, counts_values=counts)
        for counts in (True, False)
    ]
    assert sides[0].answer(form, bodies[0]) == sides[1].answer(form, bodies[0])
    assert len(sides[0].columns) == len(table.column_names) == 40

    def seconds(model: Any) -> float:
        started = time.process_time()
        for body in bodies:
            model.answer(form, body)
        return (time.process_time() - started) / CALLS

    turns = 5 if request.config.getoption("--quick") else TURNS
    pairs = [[seconds(model) for model in sides] for _ in range(turns)]
    counted = statistics.median(one - other for one, other in pairs)
    whole = statistics.median(one for one, _ in pairs)
    record.value(
        "a row of 40 fields counted while it is served",
        1e6 * counted,
        unit="us",
        api=f"of {1e6 * whole:.1f} us for the request, JSON in and out",
    )
