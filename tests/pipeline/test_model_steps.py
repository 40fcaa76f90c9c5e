"""Ready steps from features to a model in use do what the package's functions do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from mainspring.pipeline import steps

Make = Callable[..., ms.Pipeline]
PARAMETERS = {"objective": "binary", "num_threads": 1, "min_data_in_leaf": 20, "num_leaves": 4}
LEARNER = steps.Learner("lightgbm", PARAMETERS, rounds=40)


def rows(count: int, seed: int, shift: float = 0.0) -> pa.Table:
    random = np.random.default_rng(seed)
    x = random.normal(size=count) + shift
    city = random.choice(["Rome", "Oslo", "Bonn"], count)
    y = (x + (city == "Oslo") + random.normal(size=count) > 0).astype(np.int64)
    return pa.table({"x": x, "city": city, "late": y})


@pytest.fixture(scope="module")
def parts() -> tuple[pa.Table, pa.Table]:
    return steps.split(rows(3000, 1), test_size=0.4, stratify="late")


def prep() -> ms.Preprocessor:
    return ms.Preprocessor(col("x"), col("city").target_mean(folds=3))


@pytest.fixture(scope="module")
def predictor(parts: Any) -> ms.Predictor:
    pytest.importorskip("lightgbm")
    return steps.train(parts, preprocessor=prep(), learner=LEARNER, target="late", name="late")


def test_check_refuses_data_that_leaks(parts: Any) -> None:
    assert steps.check(*parts, target="late")["ok"]
    leak = parts[0].append_column("known", parts[0]["late"])
    with pytest.raises(ms.DataError, match=r"checks failed.*'known'") as caught:
        steps.check(leak, target="late")
    assert caught.value.column == "known"


def test_fit_and_transform_keep_the_declared_preprocessor_unfitted(parts: Any) -> None:
    declared = ms.Preprocessor(col("x").standardize(), col("city").ordinal(min_count=1))
    fitted = steps.fit(parts, preprocessor=declared)
    with pytest.raises(ms.NotFittedError):
        declared.transform(parts[0])
    features = steps.transform(fitted, parts[1])
    assert features["x"].to_numpy().tolist() == fitted.transform(parts[1])[:, 0].tolist()


def test_training_of_each_kind_is_what_its_library_gives(parts: Any) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    own = prep()
    X, y = own.fit_transform(parts[0], target="late"), parts[0]["late"].to_numpy()
    made = steps.train(parts, preprocessor=prep(), learner=LEARNER, target="late")
    booster = lightgbm.train({**PARAMETERS, "verbose": -1}, lightgbm.Dataset(X, y), 40)
    wanted = booster.predict(own.transform(parts[1]), raw_score=True)
    assert (made.predict_raw(parts[1]) == wanted).all()
    linear_model = pytest.importorskip("sklearn.linear_model")
    estimator = linear_model.LogisticRegression()
    made = steps.train(parts, preprocessor=prep(), learner=estimator, target="late")
    expected = linear_model.LogisticRegression().fit(X, y).predict_proba(own.transform(parts[1]))
    np.testing.assert_allclose(made.predict_proba(parts[1]), expected, rtol=1e-4)
    assert not hasattr(estimator, "coef_")
    pytest.importorskip("xgboost")
    learner = steps.Learner("xgboost", {"objective": "binary:logistic", "nthread": 1}, rounds=5)
    made = steps.train(parts, preprocessor=prep(), learner=learner, target="late")
    assert steps.evaluate(made, parts, target="late")["metrics"]["roc_auc"]["value"] > 0.75
    function = steps.train(
        parts, preprocessor=prep(), learner=lambda X, y, p: LEARNER(X, y, p), target="late"
    )
    assert (function.predict_raw(parts[1]) == wanted).all()
    with pytest.raises(ms.ParameterError, match="expected a Learner, an estimator"):
        steps.train(parts, preprocessor=prep(), learner=3, target="late")
    with pytest.raises(ms.ParameterError, match="library must be 'lightgbm' or 'xgboost'"):
        steps.Learner("catboost")


def test_training_a_network_of_torch_is_a_function(parts: Any) -> None:
    torch = pytest.importorskip("torch")

    def network(X: Any, y: Any, preprocessor: Any) -> Any:
        torch.manual_seed(0)
        model = ms.train.MLP.from_features(preprocessor, hidden=(8,), width=4)
        ms.train.fit(
            model,
            parts[0],
            preprocessor=preprocessor,
            label="late",
            epochs=20,
            rate=0.05,
            batch_size=128,
            progress=False,
        )
        return model

    features = ms.Preprocessor(col("x").standardize(), col("city").ordinal(min_count=1))
    made = steps.train(parts, preprocessor=features, learner=network, target="late")
    assert steps.evaluate(made, parts, target="late")["metrics"]["roc_auc"]["value"] > 0.7


def test_tuning_finds_parameters_that_training_takes(parts: Any) -> None:
    pytest.importorskip("optuna").logging.set_verbosity(30)
    found = steps.tune(
        parts,
        preprocessor=prep(),
        learner=LEARNER,
        target="late",
        space={"num_leaves": (2, 6), "learning_rate": (0.05, 0.3), "rounds": [2, 20]},
        trials=3,
        folds=2,
    )
    assert found["trials"] == 3
    assert 0.7 < found["value"] < 1
    made = steps.train(parts, preprocessor=prep(), learner=LEARNER, target="late", tuned=found)
    assert made.bundle is not None
    with pytest.raises(ms.ParameterError, match="tune needs a Learner"):
        steps.tune(parts, preprocessor=prep(), learner=len, target="late", space={"a": [1]})


def test_evaluation_is_that_of_the_test_rows(predictor: ms.Predictor, parts: Any) -> None:
    found = steps.evaluate(predictor, parts, target="late", metrics=["roc_auc"])
    table = {"y": parts[1]["late"], "p": predictor.predict(parts[1])}
    wanted = ms.evaluate(table, target="y", score="p", metrics=["roc_auc"]).value("roc_auc")
    assert found["metrics"]["roc_auc"]["value"] == wanted
    assert found["num_rows"] == parts[1].num_rows


def test_evaluation_of_several_classes_and_of_numbers(parts: Any) -> None:
    pytest.importorskip("lightgbm")
    table = rows(900, 5).append_column("kind", pa.array(np.arange(900) % 3))
    learner = steps.Learner("lightgbm", {"objective": "multiclass", "num_class": 3}, rounds=2)
    made = steps.train(table, preprocessor=prep(), learner=learner, target="kind")
    assert steps.evaluate(made, table, target="kind")["task"] == "multiclass"
    learner = steps.Learner("lightgbm", {"objective": "l2", "num_threads": 1}, rounds=2)
    plain = ms.Preprocessor(col("city").ordinal(min_count=1))
    made = steps.train(table, preprocessor=plain, learner=learner, target="x")
    assert steps.evaluate(made, table, target="x")["task"] == "regression"


def test_gate_lets_a_good_model_pass(predictor: ms.Predictor, parts: Any, tmp_path: Path) -> None:
    gone = str(tmp_path / "none.spring")
    found = steps.gate(predictor, parts, target="late", least=0.7, champion=gone)
    assert found["champion"] is None
    assert (
        steps.gate(predictor, parts, target="late", champion=predictor)["champion"]
        == (found["value"])
    )


def test_gate_refuses_what_is_worse_and_says_every_reason(
    predictor: ms.Predictor, parts: Any, tmp_path: Path
) -> None:
    predictor.save(tmp_path / "champion.spring")
    weak = steps.train(
        parts, preprocessor=ms.Preprocessor(col("city").ordinal()), learner=LEARNER, target="late"
    )
    with pytest.raises(
        ms.DataError, match=r"roc_auc is 0\.\d+, 0.99 is demanded; roc_auc is .* in"
    ):
        steps.gate(
            weak, parts, target="late", champion=str(tmp_path / "champion.spring"), least=0.99
        )
    assert steps.gate(
        weak, parts, target="late", champion=predictor, tolerance=0.9, checks=["overfit"]
    )
    with pytest.raises(ms.DataError, match="log_loss is"):
        steps.gate(
            weak, parts, target="late", champion=predictor, metric="log_loss",
            higher_is_better=False,
        )  # fmt: skip


def test_gate_refuses_what_overfits_leaks_or_has_drifted(parts: Any) -> None:
    train = rows(300, 3)
    deep = steps.Learner(
        "lightgbm", {**PARAMETERS, "num_leaves": 200, "min_data_in_leaf": 1}, rounds=150
    )
    features = ms.Preprocessor(col("x"))
    learnt = steps.train(train, preprocessor=features, learner=deep, target="late")
    both, alone = (train, parts[1]), {"target": "late", "checks": ["overfit"]}
    with pytest.raises(ms.DataError, match="refused: overfit of 'late'"):
        steps.gate(learnt, both, **alone)
    assert steps.gate(learnt, both, refused=(), **alone)["value"] > 0.5
    moved = rows(1200, 4, shift=2.0)
    good = steps.train(parts, preprocessor=prep(), learner=LEARNER, target="late")
    with pytest.raises(ms.DataError, match="prediction_drift"):
        steps.gate(good, (parts[0], moved), target="late")
    leak = tuple(part.append_column("known", part["late"]) for part in parts)
    with pytest.raises(ms.DataError, match="'known'"):
        steps.gate(good, leak, target="late")


def test_register_counts_versions_and_keeps_equal_ones(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    folder = str(tmp_path / "models")
    first = steps.register(predictor, folder=folder, name="late")
    assert steps.register(predictor, folder=folder, name="late") == first
    assert first["version"] == 1
    other = ms.Predictor.from_bytes(predictor.to_bytes())
    other_bytes = steps.train(rows(200, 9), preprocessor=prep(), learner=LEARNER, target="late")
    assert steps.register(other_bytes, folder=folder, name="late")["version"] == 2
    assert ms.load(tmp_path / "models" / "late" / "1.spring").name == other.name
    assert sorted(path.name for path in (tmp_path / "models" / "late").iterdir()) == [
        "1.spring",
        "2.spring",
    ]
    with pytest.raises(ms.ParameterError, match="cannot be a model's"):
        steps.register(predictor, folder=folder, name="../up")


class Answers(BaseHTTPRequestHandler):
    """A server of models that knows one."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        good = self.path == "/v2/repository/models/late/load"
        body = b"{}" if good else json.dumps({"error": "no such model"}).encode()
        self.send_response(200 if good else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_deploy_replaces_the_file_and_asks_the_server(
    predictor: ms.Predictor, tmp_path: Path, url: str
) -> None:
    folder = str(tmp_path / "live")
    done = steps.deploy(predictor, folder=folder, name="late", url=url)
    assert done["name"] == "late"
    assert ms.load(tmp_path / "live" / "late.spring").to_bytes() == predictor.to_bytes()
    with pytest.raises(ms.StepError, match="does not serve 'other': no such model"):
        steps.deploy(predictor, folder=folder, name="other", url=url)
    with pytest.raises(ms.ParameterError, match="expected http"):
        steps.deploy(predictor, folder=folder, name="late", url="file:///etc")
    with pytest.raises(ms.StepError, match="cannot be reached"):
        steps.deploy(predictor, folder=folder, name="late", url="http://127.0.0.1:1")


def test_deploy_is_served_between_two_looks_of_a_server(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    pytest.importorskip("starlette")
    from mainspring.serve.model_table import ModelTable
    from mainspring.serve.repository import ModelRepository

    steps.deploy(predictor, folder=str(tmp_path), name="late")
    models = ModelTable()
    repository = ModelRepository(tmp_path, models, max_rows=10)
    repository.scan()
    first = models.find("late").version
    other = steps.train(rows(200, 9), preprocessor=prep(), learner=LEARNER, target="late")
    steps.deploy(other, folder=str(tmp_path), name="late")
    repository.scan()
    assert (first, models.find("late").version) == ("1", "2")


def test_watching_decides_by_drift_and_by_quality(predictor: ms.Predictor, parts: Any) -> None:
    same = steps.monitor(predictor, parts[1], target="late", metrics=["roc_auc"])
    assert steps.needs_retraining(same) == {"retrain": False, "reasons": []}
    moved = steps.monitor(predictor, rows(800, 7, shift=1.0))
    assert moved["quality"] is None
    assert steps.needs_retraining(moved) == {"retrain": True, "reasons": ["drifted: x"]}
    assert not steps.needs_retraining(moved, drifted=2)["retrain"]
    found = steps.needs_retraining(same, least={"roc_auc": 0.999})
    assert found["retrain"]
    assert found["reasons"][0].endswith("below 0.999")
    assert steps.needs_retraining(same, most={"roc_auc": 0.1})["reasons"][0].endswith("above 0.1")


def test_retraining_keeps_the_model_or_trains_again(predictor: ms.Predictor, parts: Any) -> None:
    options = {"preprocessor": prep(), "learner": LEARNER, "target": "late"}
    assert steps.retrain({"retrain": False}, predictor, parts, **options) is predictor
    again = steps.retrain({"retrain": True}, predictor, parts, **options, name="late")
    assert again is not predictor
    assert (again.predict(parts[1]) == predictor.predict(parts[1])).all()


def test_ready_steps_have_keys_of_their_settings(make: Make, parts: Any) -> None:
    def key(**settings: Any) -> str | None:
        pipeline = make()
        pipeline.add("parts", lambda: parts, version="1")
        options = {"preprocessor": prep(), "learner": LEARNER, "target": "late", **settings}
        pipeline.add("model", steps.train, needs={"table": "parts"}, settings=options)
        return pipeline.plan()["model"].key

    assert key() == key()
    others = {
        key(learner=steps.Learner("lightgbm", PARAMETERS, rounds=9)),
        key(preprocessor=ms.Preprocessor(col("x"))),
        key(name="other"),
        key(),
    }
    assert len(others) == 4
    with pytest.raises(ms.ParameterError, match=r"setting learner: .*cannot be part of a key"):
        key(learner=threading.Lock())


def test_objects_in_settings_have_keys_of_what_they_have_learnt(
    make: Make, predictor: ms.Predictor, parts: Any
) -> None:
    def key(value: Any) -> str | None:
        pipeline = make()
        pipeline.add("used", lambda value: 1, settings={"value": value}, version="1")
        return pipeline.plan()["used"].key

    other = steps.train(rows(3000, 2), preprocessor=prep(), learner=LEARNER, target="late")
    plain = ms.Preprocessor(col("x").standardize())
    fitted = [ms.Preprocessor(col("x").standardize()).fit(table) for table in (parts[0], parts[1])]
    values = [predictor, other, plain, *fitted, ms.profile(parts[0]), ms.profile(parts[1])]
    assert len({key(value) for value in values}) == len(values)
    assert key(predictor) == key(ms.Predictor.from_bytes(predictor.to_bytes()))
    one = steps.Learner("lightgbm", {"a": 1, "b": 2})
    assert key(one) == key(steps.Learner("lightgbm", {"b": 2, "a": 1}))
    linear_model = pytest.importorskip("sklearn.linear_model")
    estimators = [linear_model.Ridge(alpha=alpha) for alpha in (1.0, 2.0, 2.0)]
    assert len({key(estimator) for estimator in estimators}) == 2
    with pytest.raises(ms.ParameterError, match=r"this Ridge is fitted \(\w+_\)"):
        key(linear_model.Ridge().fit([[1.0], [2.0]], [1.0, 2.0]))


def test_register_mlflow_needs_mlflow_or_registers(predictor: ms.Predictor, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    try:
        import mlflow
    except ImportError:
        with pytest.raises(ms.MissingExtraError, match=r"mainspring\[mlflow\]"):
            steps.register_mlflow(predictor, name="late", tracking_uri=address)
        return
    del mlflow
    assert steps.register_mlflow(predictor, name="late", tracking_uri=address)["name"] == "late"
