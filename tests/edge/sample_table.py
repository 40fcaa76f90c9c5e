"""Rows for the sample bundle: known and unknown values, missing ones, extremes."""

from __future__ import annotations

import random

import pyarrow as pa

CARRIERS = ["UA", "AA", "", "a carrier of more than 23 bytes", "Ö", "unseen", "u" * 40, None]
FLOATS = [0.0, -0.0, 1.5, 2.25, 3.5, -1.5, 1e300, -1e-40, float("inf"), float("nan"), None, 0.5]
INTEGERS = [7, 0, -5, 8, None, -(2**63), 2**63 - 1]


def sample_table(num_rows: int, seed: int = 1) -> pa.Table:
    generator = random.Random(seed)

    def column(values: list[object], type_: pa.DataType) -> pa.Array:
        return pa.array([generator.choice(values) for _ in range(num_rows)], type_)

    floats = [*FLOATS, *(generator.uniform(-10, 1000) for _ in range(40))]
    stops = [generator.sample(CARRIERS, count % 4) for count in range(30)]
    times = [None, *(generator.randrange(-(2**45), 2**52) for _ in range(200))]
    return pa.table(
        {
            "flights": column(INTEGERS, pa.int64()),
            "distance": column(floats, pa.float64()),
            "when": column(times, pa.timestamp("us", "UTC")),
            "unused": column(INTEGERS, pa.int64()),
            "größe": column(FLOATS, pa.float64()),
            "carrier": column(CARRIERS, pa.string()),
            "stops": column([None, *stops], pa.list_(pa.string())),
        }
    )
