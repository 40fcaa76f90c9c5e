"""Bundles go through MLflow's registry and back with the same bits; reports become metrics."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
import mainspring.mlflow
from mainspring import col
from mainspring.errors import MissingExtraError, ParameterError

# MLflow and what it builds on warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")
RNG = np.random.default_rng(0)
ROWS = 400


def table(seed: int, rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(seed)
    wind = rng.gamma(2.0, 5.0, rows)
    missing = rng.random(rows) < 0.1
    return pa.table(
        {
            "distance": rng.integers(100, 3000, rows),
            "wind": wind,
            "seats": pa.array(rng.integers(50, 300, rows), mask=missing),
            "carrier": pa.array(rng.choice(["UA", "AA"], rows), mask=missing),
            "at": pa.array(rng.integers(0, 10**9, rows), pa.timestamp("s")),
            "due": pa.array(rng.integers(0, 10**9, rows), pa.timestamp("s", "America/New_York")),
            "late": (rng.random(rows) < 1 / (1 + np.exp(2 - 0.1 * wind))).astype(np.int64),
        }
    )


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    lightgbm = pytest.importorskip("lightgbm")
    rows = table(1)
    prep = ms.Preprocessor(
        col("wind", "distance").standardize(),
        col("seats").impute("median"),
        col("carrier").ordinal(),
        col("at", "due").datetime("hour"),
    )
    data = lightgbm.Dataset(prep.fit_transform(rows), label=rows["late"].to_numpy())
    params = {"objective": "binary", "verbose": -1, "num_threads": 1}
    return ms.Predictor(lightgbm.train(params, data, 5), prep, name="late flights")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """MLflow with a store of its own in SQLite; nothing of it leaves the folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.chdir(folder)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        warnings.simplefilter("ignore")
        module = pytest.importorskip("mlflow")
        pytest.importorskip("sqlalchemy")
        module.set_tracking_uri(f"sqlite:///{folder}/store.db")
        module.create_experiment("tests", artifact_location=(folder / "files").as_uri())
        module.set_experiment("tests")
        yield module


@pytest.fixture
def mlflow(store: Any) -> Iterator[Any]:
    """The same without a run that an earlier test has begun."""
    yield store
    while store.active_run() is not None:
        store.end_run()


def test_predictor_when_registered_predicts_the_same_bits(
    mlflow: Any, predictor: ms.Predictor
) -> None:
    with mlflow.start_run():
        info = ms.mlflow.log_model(predictor, registered_model_name="flights")
    mlflow.MlflowClient().set_registered_model_alias("flights", "live", 1)
    frame = table(2).drop_columns(["late"]).to_pandas()
    wanted = predictor.predict(frame)
    for uri in (info.model_uri, "models:/flights/1", "models:/flights@live"):
        loaded = mlflow.pyfunc.load_model(uri)
        assert (loaded.predict(frame) == wanted).all()
        assert ms.mlflow.load_model(uri).to_bytes() == predictor.to_bytes()
    proba = loaded.predict(frame, params={"kind": "proba"})
    assert (proba == predictor.predict_proba(frame)).all()
    with pytest.raises(ParameterError, match="kind is 'classes'"):
        loaded.predict(frame, params={"kind": "classes"})


def test_signature_when_made_is_that_of_the_columns(mlflow: Any, predictor: ms.Predictor) -> None:
    signature = ms.mlflow.signature_of(predictor)
    types = {column.name: str(column.type) for column in signature.inputs.inputs}
    assert types == {
        "wind": "DataType.double",
        "distance": "DataType.long",
        "seats": "DataType.double",  # pandas holds integers with missing values so
        "carrier": "DataType.string",
        "at": "DataType.datetime",
        "due": "Any",  # MLflow's own type takes no times of a zone
    }
    assert [param.name for param in signature.params.params] == ["kind"]
    assert signature.outputs.is_tensor_spec()


def test_rows_when_unlike_the_signature_are_refused_by_mlflow(
    mlflow: Any, predictor: ms.Predictor, tmp_path: Path
) -> None:
    ms.mlflow.save_model(predictor, tmp_path / "saved")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "saved"))
    frame = table(3).to_pandas()
    assert len(loaded.predict(frame)) == ROWS  # further columns are left out
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        loaded.predict(frame.drop(columns=["wind"]))
    with pytest.raises(mlflow.MlflowException, match="wind"):
        loaded.predict(frame.assign(wind="fast"))


def test_model_when_logged_holds_no_pickle_and_asks_for_little(
    mlflow: Any, predictor: ms.Predictor, tmp_path: Path
) -> None:
    ms.mlflow.save_model(predictor, tmp_path / "saved")
    files = {path.name for path in (tmp_path / "saved").rglob("*") if path.is_file()}
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".joblib"))]
    assert {"late_flights.spring", "pyfunc_model.py", "MLmodel"} <= files
    needed = (tmp_path / "saved" / "requirements.txt").read_text(encoding="utf-8")
    assert {line.partition("==")[0] for line in needed.split()} == {"mlflow", "mainspring"}
    assert f"mainspring=={ms.__version__}" in needed


def test_model_when_loaded_in_another_process_predicts(
    mlflow: Any, predictor: ms.Predictor, tmp_path: Path
) -> None:
    ms.mlflow.save_model(predictor, tmp_path / "saved")
    table(4).drop_columns(["late"]).to_pandas().to_parquet(tmp_path / "rows")
    code = (
        "import sys, mlflow, pandas; rows = pandas.read_parquet(sys.argv[1]); "
        "print(mlflow.pyfunc.load_model(sys.argv[2]).predict(rows).sum().hex())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "rows"), str(tmp_path / "saved")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wanted = float(predictor.predict(table(4)).sum())
    assert done.stdout.split()[-1] == wanted.hex()


def test_predictor_of_labels_when_logged_gives_them(mlflow: Any, tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    x = RNG.normal(size=(200, 2))
    y = np.where(x[:, 0] > 0, "late", "in time")
    predictor = ms.Predictor(linear.LogisticRegression().fit(x, y), name="labels")
    ms.mlflow.save_model(predictor, tmp_path / "saved")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "saved"))
    import pandas as pd

    frame = pd.DataFrame(x, columns=predictor.input_names)
    assert list(loaded.predict(frame)) == list(predictor.predict(x))


def test_reports_when_logged_are_metrics_and_artifacts(mlflow: Any) -> None:
    before, now = table(5), table(6)
    now = now.set_column(1, "wind", [now["wind"].to_numpy() + 20])
    rng = np.random.default_rng(1)
    p = rng.random(8000)
    scored = {"p": p, "late": (rng.random(8000) < p).astype(int)}
    reports = {
        "drift": ms.detect_drift(before, now),
        "quality": ms.evaluate(scored, target="late", score="p", intervals=20),
        "checks": ms.check(before, now, target="late"),
        "estimate": ms.monitor.estimate_performance(scored, scored, target="late", score="p"),
    }
    with mlflow.start_run() as run:
        logged = {name: ms.mlflow.log_report(report) for name, report in reports.items()}
        ms.mlflow.log_report(reports["drift"], "weekly", step=7)
    client = mlflow.MlflowClient()
    found = client.get_run(run.info.run_id).data.metrics
    for name, metrics in logged.items():
        assert metrics
        assert all(key.startswith(f"{name}/") and math.isfinite(v) for key, v in metrics.items())
        assert {key: found[key] for key in metrics} == metrics
        files = {file.path for file in client.list_artifacts(run.info.run_id, name)}
        wanted = {f"{name}/report.json"}
        wanted |= set() if name == "estimate" else {f"{name}/report.html"}
        wanted |= {f"{name}/report.xml"} if name in ("drift", "checks") else set()
        assert files == wanted
    assert found["drift/drifted_columns"] == len(reports["drift"].drifted)
    assert found["quality/roc_auc"] == reports["quality"].value("roc_auc")
    assert found["quality/roc_auc/low"] <= found["quality/roc_auc"]
    assert found["estimate/trusted"] == 1
    (point,) = client.get_metric_history(run.info.run_id, "weekly/effect/wind")
    assert point.step == 7
    text = mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/drift/report.html")
    assert text == reports["drift"].to_html()


def test_names_of_columns_when_mlflow_does_not_take_them_are_changed_and_stay_apart(
    mlflow: Any,
) -> None:
    names = {"a/b": [1.0, 2.0] * 300, "a?b": [2.0, 1.0] * 300, "grün": [0.0, 1.0] * 300}
    report = ms.detect_drift(pa.table(names), pa.table(names))
    metrics = ms.mlflow.log_report(report)
    assert {"drift/effect/a_b", "drift/effect/a_b_2", "drift/effect/gr_n"} <= set(metrics)


def test_metrics_when_there_are_thousands_are_logged(mlflow: Any) -> None:
    wide = pa.table({f"c{i}": [0.0, 1.0] * 150 for i in range(1100)})
    with mlflow.start_run() as run:
        metrics = ms.mlflow.log_report(ms.detect_drift(wide, wide))
    assert len(metrics) == 1101
    assert len(mlflow.MlflowClient().get_run(run.info.run_id).data.metrics) == 1101


def test_what_is_no_predictor_or_report_is_refused(mlflow: Any, predictor: ms.Predictor) -> None:
    with pytest.raises(ParameterError, match="must be a Predictor, got dict"):
        ms.mlflow.log_model({})  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="signature is decided by the predictor"):
        ms.mlflow.log_model(predictor, signature=None)
    with pytest.raises(ParameterError, match="must be a report"):
        ms.mlflow.log_report(7)  # type: ignore[arg-type]


def test_model_of_others_when_loaded_is_refused(mlflow: Any, tmp_path: Path) -> None:
    code = tmp_path / "other.py"
    code.write_text(
        "import mlflow\n"
        "class Other(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input\n"
        "mlflow.models.set_model(Other())\n",
        encoding="utf-8",
    )
    mlflow.pyfunc.save_model(path=str(tmp_path / "saved"), python_model=str(code))
    with pytest.raises(ParameterError, match="has no bundle of mainspring"):
        ms.mlflow.load_model(str(tmp_path / "saved"))


def test_mlflow_when_it_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setitem(sys.modules, "mlflow.pyfunc", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mainspring\[mlflow\]'"):
        ms.mlflow.load_model("models:/flights/1")
    report = ms.detect_drift(table(1), table(2))
    with pytest.raises(MissingExtraError, match="MLflow"):
        ms.mlflow.log_report(report)
