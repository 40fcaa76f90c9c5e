"""A pipeline that searches with Optuna and registers with MLflow, as its page has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

mlflow = pytest.importorskip("mlflow", reason="MLflow: not installed; run .ci/ecosystem mlflow")
pytest.importorskip("optuna", reason="Optuna: not installed; run .ci/ecosystem mlflow")

from mainspring.mlflow import load_model  # noqa: E402
from mainspring.pipeline import load_pipeline  # noqa: E402
from tests.docs import flights  # noqa: E402
from tests.integrations.pages import programs  # noqa: E402

# MLflow and what it builds on warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")


def test_pipeline_of_the_page_searches_and_registers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = flights.names()["train"]
    pq.write_table(rows, "flights.parquet")
    file = tmp_path / "searched.py"
    file.write_text(programs("search.md")[0], encoding="utf-8")
    pipeline = load_pipeline(str(file))
    # In a process of its own, for MLflow keeps what it was set to, in the environment too.
    settings = {name: text for name, text in os.environ.items() if not name.startswith("MLFLOW_")}
    command = [sys.executable, "-m", "mainspring", "run", str(file), "--set", "trials=3"]
    subprocess.run(command, env=settings, check=True, capture_output=True)
    run = pipeline.run({"trials": 3}, progress=False)
    assert set(run.states.values()) == {"cached"}
    best = run["best"]
    assert best["trials"] == 3
    assert set(best["parameters"]) == {"num_leaves", "min_data_in_leaf"}
    assert 2 <= best["parameters"]["num_leaves"] <= 31
    assert run["registered"]["version"] == 1
    mlflow.set_tracking_uri(pipeline.parameters["registry"])
    assert len(mlflow.MlflowClient().search_model_versions("name='late'")) == 1
    registered = load_model("models:/late/1")
    assert (registered.predict(rows) == run["model"].predict(rows)).all()
    more = pipeline.run({"trials": 4}, only="best", progress=False)
    assert more.reasons["best"] == ("parameter trials: 3 -> 4",)
    assert more.states == {"rows": "cached", "parts": "cached", "best": "ran"}
