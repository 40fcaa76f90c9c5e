"""An app with two models, over a plan that reads every kind of column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from mainspring.serve import create_app
from tests.runtime.conftest import bundle_bytes, mixed_table, predict

ROW: dict[str, Any] = {
    "distance": 700.5,
    "flight": 2,
    "carrier": "UA",
    "departure": "2013-03-31T17:45:12Z",
}
TENSORS = {"distance": "FP64", "flight": "INT64", "carrier": "BYTES", "departure": "BYTES"}


@pytest.fixture(scope="session")
def table() -> pa.Table:
    return mixed_table(1300)


@pytest.fixture(scope="session")
def rows(table: pa.Table) -> list[dict[str, Any]]:
    text = json.dumps(table.to_pylist(), default=lambda moment: moment.isoformat())
    decoded: list[dict[str, Any]] = json.loads(text)
    return decoded


@pytest.fixture(scope="session")
def folder(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``two.spring`` (two classes) and ``three.spring`` (three)."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "two.spring").write_bytes(bundle_bytes(table, "binary", 2))
    (folder / "three.spring").write_bytes(bundle_bytes(table, "multiclass", 3))
    return folder


@pytest.fixture(scope="session")
def expected(folder: Path, table: pa.Table) -> np.ndarray:
    return predict(_engine.Bundle.load(folder / "two.spring"), table, "predict")


@pytest.fixture(scope="session")
def app(folder: Path) -> Any:
    """One model, and limits that a test can reach."""
    return create_app({"two": folder / "two.spring"}, max_body_bytes=1 << 20, max_rows=2000)


@pytest.fixture(scope="session")
def both(folder: Path) -> Any:
    return create_app({"two": folder / "two.spring", "three": folder / "three.spring"})


def infer_body(rows: list[dict[str, Any]], **members: Any) -> dict[str, Any]:
    """Return an inference request with a tensor for each column."""
    inputs = [
        {
            "name": name,
            "datatype": datatype,
            "shape": [len(rows)],
            "data": [row[name] for row in rows],
        }
        for name, datatype in TENSORS.items()
    ]
    return {"inputs": inputs, **members}
