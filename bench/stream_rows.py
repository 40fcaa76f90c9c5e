"""Rows that streams are measured with: 18 numbers and two categories."""

from __future__ import annotations

import json

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import col

__all__ = ["arrow_messages", "booster_and_predictor", "json_messages", "row_table"]

NUMBERS = [f"number_{at}" for at in range(18)]


def row_table(num_rows: int) -> pa.Table:
    """Return drawn rows."""
    rng = np.random.default_rng(7)
    columns = {name: rng.normal(size=num_rows).round(4) for name in NUMBERS}
    return pa.table(
        {
            **columns,
            "carrier": rng.choice(["UA", "AA", "DL", "B6"], num_rows),
            "origin": rng.choice(["JFK", "LGA", "EWR"], num_rows),
        }
    )


def booster_and_predictor() -> tuple[lightgbm.Booster, ms.Predictor]:
    """Return 100 trees of 31 leaves, behind two ordinal encodings."""
    table = row_table(20_000)
    prep = ms.Preprocessor(col(*NUMBERS), col("carrier", "origin").ordinal())
    matrix = prep.fit_transform(table)
    label = (matrix[:, 0] + matrix[:, 1] * matrix[:, 18] > 0).astype(int)
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(matrix, label=label), 100)
    return booster, ms.Predictor(booster, prep, name="stream")


def json_messages(table: pa.Table) -> list[bytes]:
    """Return an object for each row."""
    return [json.dumps(row).encode() for row in table.to_pylist()]


def arrow_messages(table: pa.Table, num_rows: int) -> list[bytes]:
    """Return an Arrow stream for each so many rows."""
    found = []
    for at in range(0, table.num_rows, num_rows):
        out = pa.BufferOutputStream()
        with pa.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table.slice(at, num_rows))
        found.append(out.getvalue().to_pybytes())
    return found
