"""A pipeline that searches with Optuna and registers with MLflow, as its page has it."""

from __future__ import annotations

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
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    rows = flights.names()["train"]
    pq.write_table(rows, "flights.parquet")
    file = tmp_path / "searched.py"
    file.write_text(programs("search.md")[0], encoding="utf-8")
    pipeline = load_pipeline(str(file))
    run = pipeline.run({"trials": 3}, progress=False)
    best = run["best"]
    assert best["trials"] == 3
    assert set(best["parameters"]) == {"num_leaves", "min_data_in_leaf"}
    assert 2 <= best["parameters"]["num_leaves"] <= 31
    assert run["registered"]["version"] == 1
    registered = load_model("models:/late/1")
    assert (registered.predict(rows) == run["model"].predict(rows)).all()
    again = pipeline.run({"trials": 3}, progress=False)
    assert set(again.states.values()) == {"cached"}
    assert again.keys == run.keys
    more = pipeline.run({"trials": 4}, progress=False)
    assert more.reasons["best"] == ("parameter trials: 3 -> 4",)
    assert more.states["parts"] == "cached"
    changed = more["model"].to_bytes() != run["model"].to_bytes()
    versions = mlflow.MlflowClient().search_model_versions("name='late'")
    assert (more.states["registered"] == "ran") >= changed
    assert len(versions) == 1 + (more.states["registered"] == "ran")
