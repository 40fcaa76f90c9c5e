"""A predictor whose plan takes every kind of input, made without the fitting half."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from tests.steps.plans import (
    AFFINE,
    DATE_PART,
    F64,
    FLOAT,
    HASH,
    HASH_BUCKET,
    I32,
    I64,
    INTEGER,
    LOOKUP,
    MICRO,
    TEXT,
    TIME,
    Plan,
    lookup_table,
    transform,
)

META = b'{"model":{"pandas_categorical":false},"name":"mixed","preprocessor":true}'
CARRIERS = ["UA", "AA", "B6", "a carrier whose name does not fit a slot"]


def mixed_plan() -> Plan:
    plan = Plan()
    distance = plan.load("distance", FLOAT)
    plan.store(plan.step(AFFINE, [distance], F64, numbers=(500.0, 250.0)))
    flight = plan.load("flight", INTEGER)
    table = lookup_table([1, 2, 3, 40])
    plan.store(plan.step(LOOKUP, [flight], I32, integers=(0, 0, 0, 6), payload=table))
    carrier = plan.load("carrier", TEXT)
    table = lookup_table([name.encode() for name in CARRIERS])
    plan.store(plan.step(LOOKUP, [carrier], I32, integers=(0, 0, 0, 6), payload=table))
    hashed = plan.step(HASH, [carrier], I64)
    plan.store(plan.step(HASH_BUCKET, [hashed], I32, integers=(0, 0, 0, 64)))
    departure = plan.load("departure", TIME, MICRO)
    for part in range(1, 10):
        plan.store(plan.step(DATE_PART, [departure], F64, integers=(part, MICRO)))
    return plan


def mixed_table(num_rows: int) -> pa.Table:
    random = np.random.default_rng(3)
    carriers = [*CARRIERS, None, "??", ""]
    missing = random.random((2, num_rows)) < 0.1
    moments = random.integers(-(10**15), 2 * 10**15, num_rows)
    return pa.table(
        {
            "distance": pa.array(random.normal(500, 300, num_rows), mask=missing[0]),
            "unused": pa.array(random.random(num_rows)),
            "flight": pa.array(random.integers(0, 6, num_rows), mask=missing[1]),
            "carrier": pa.array([carriers[i] for i in random.integers(0, len(carriers), num_rows)]),
            "departure": pa.array(
                [
                    None if i % 11 == 0 else datetime.fromtimestamp(t / 1e6, timezone.utc)
                    for i, t in enumerate(moments.tolist())
                ],
                pa.timestamp("us", "UTC"),
            ),
        }
    )


@pytest.fixture(scope="session")
def table() -> pa.Table:
    return mixed_table(1500)


@pytest.fixture(scope="session")
def bundle(table: pa.Table) -> Any:
    return _engine.Bundle.open(bundle_bytes(table, "binary", 2), "mixed")


@pytest.fixture(scope="session")
def three_classes(table: pa.Table) -> Any:
    return _engine.Bundle.open(bundle_bytes(table, "multiclass", 3), "classes")


def bundle_bytes(table: pa.Table, objective: str, num_classes: int) -> bytes:
    plan = mixed_plan().open()
    features = transform(plan, table)
    label = np.nan_to_num(features[:, 0]) + features[:, 2] % 2 + features[:, 3] % 3
    classes = np.digitize(label, np.quantile(label, np.arange(1, num_classes) / num_classes))
    params = {"objective": objective, "num_leaves": 15, "verbose": -1, "num_threads": 1}
    if num_classes > 2:
        params["num_class"] = num_classes
    booster = lightgbm.train(params, lightgbm.Dataset(features, label=classes), 8)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    return bytes(_engine.write_bundle(META, plan, None, image.section, b""))


def predict(bundle: Any, table: pa.Table, kind: str = "raw") -> np.ndarray:
    width = bundle.output_width(kind)
    out = np.full((table.num_rows, width) if width > 1 else table.num_rows, 777.0)
    bundle.predict_table(_engine.Table.from_stream(table.__arrow_c_stream__()), kind, out)
    return out
