"""Labels that come late: joined once, measured over all versions and workers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine, errors
from mainspring.serve import create_app
from tests.serve.client import JSON, ask, ask_async, post
from tests.serve.conftest import ROW
from tests.serve.test_metrics import samples
from tests.serve.test_process import HEADERS, Server
from tests.serve.test_workers import children

sklearn_metrics = pytest.importorskip("sklearn.metrics")


def labels(app: Any, body: object, path: str = "/v2/models/m/labels") -> Any:
    return post(app, path, body)


def test_labels_by_id_and_with_predictions_measure_the_same(
    folder: Path, rows: list[dict[str, Any]]
) -> None:
    by_id = create_app({"m": folder / "two.spring"}, keep_predictions=5000)
    given = create_app({"m": folder / "two.spring"})
    truth = np.random.default_rng(1).integers(0, 2, 600)
    scores: list[float] = []
    for first in range(0, 600, 3):
        few = rows[first : first + 3]
        answer = post(by_id, "/predict", few)
        found = answer.json["predictions"]
        scores += found
        ids = [[answer.headers["x-request-id"], number] for number in range(3)]
        some = truth[first : first + 3].tolist()
        joined = labels(by_id, {"labels": some, "ids": ids})
        assert joined.json == {"joined": 3, "unmatched": 0}
        assert labels(given, {"labels": some, "predictions": found}).json["joined"] == 3
    quality = samples(by_id)["mainspring_quality"]
    assert quality == samples(given)["mainspring_quality"]
    values = {name: value for (name,), value in quality.items()}
    assert set(values) == {"accuracy", "f1", "roc_auc_histogram", "log_loss", "brier"}
    score = np.array(scores)
    assert values["accuracy"] == sklearn_metrics.accuracy_score(truth, score > 0.5)
    assert values["brier"] == pytest.approx(np.mean((score - truth) ** 2), rel=1e-12)
    assert values["log_loss"] == pytest.approx(sklearn_metrics.log_loss(truth, score), rel=1e-12)
    exact = sklearn_metrics.roc_auc_score(truth, score)
    assert values["roc_auc_histogram"] == pytest.approx(exact, abs=5e-3)  # scores repeat
    assert samples(by_id)["mainspring_labels_total"] == {("joined",): 600, ("unmatched",): 0}


def test_label_counts_once_and_only_for_what_is_known(folder: Path) -> None:
    app = create_app({"m": folder / "two.spring"}, keep_predictions=100)
    mine = [JSON, ("x-request-id", "mine")]
    assert post(app, "/predict", ROW, headers=mine).status == 200
    body = {"labels": [1, 1, 1, 0], "ids": ["mine", ["mine", 0], ["mine", 1], "other"]}
    assert labels(app, body).json == {"joined": 1, "unmatched": 3}
    assert labels(app, body).json == {"joined": 0, "unmatched": 4}
    assert samples(app)["mainspring_labels_total"] == {("joined",): 1, ("unmatched",): 7}


def test_other_outputs_and_failed_requests_are_not_kept(folder: Path) -> None:
    app = create_app({"m": folder / "two.spring"}, keep_predictions=100)
    mine = [JSON, ("x-request-id", "mine")]
    post(app, "/predict?kind=raw", ROW, headers=mine)
    post(app, "/predict", {}, headers=mine)
    assert labels(app, {"labels": [1], "ids": ["mine"]}).json == {"joined": 0, "unmatched": 1}


def test_newest_predictions_push_out_the_oldest(folder: Path) -> None:
    app = create_app({"m": folder / "two.spring"}, keep_predictions=1000)
    body = [ROW] * 500
    for number in range(20):
        headers = [JSON, ("x-request-id", f"r{number}")]
        assert post(app, "/predict", body, headers=headers).status == 200

    def joined(number: int) -> int:
        ids = [[f"r{number}", row] for row in range(500)]
        found: int = labels(app, {"labels": [1] * 500, "ids": ids}).json["joined"]
        return found

    assert joined(19) > 400
    assert joined(0) < 5


def test_version_that_answered_is_the_one_that_is_judged(folder: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    keys = tmp_path / "keys"
    keys.write_text(f"a {hashlib.sha256(b'k').hexdigest()} predict,metrics,admin\n")
    (models / "m.spring").write_bytes((folder / "two.spring").read_bytes())
    app = create_app(repository=models, keep_predictions=100, access=keys)
    key = [JSON, ("x-api-key", "k")]

    def predict(name: str) -> None:
        assert post(app, "/predict", ROW, headers=[*key, ("x-request-id", name)]).status == 200

    predict("old")
    (models / "m.spring").write_bytes((folder / "two.spring").read_bytes())
    os.utime(models / "m.spring", ns=(1, 1))
    app.state.server.repository.scan()
    predict("new")
    body = {"labels": [1, 0], "ids": ["old", "new"]}
    assert post(app, "/v2/models/m/labels", body, headers=key).json["joined"] == 2
    counts = {model.version: model.quality.counts for model in app.state.server.models.loaded()}
    assert [counts[version]["joined"] for version in ("1", "2")] == [1, 1]
    assert ask(app, "POST", "/v2/models/m/labels", [b"{}"], [JSON]).status == 401


def predictor_of(objective: str, num_classes: int) -> ms.Predictor:
    random = np.random.default_rng(3)
    features = random.normal(size=(400, 2))
    target = features[:, 0] if num_classes == 0 else (features[:, 0] * 3).astype(int) % num_classes
    options = {"objective": objective, "verbose": -1, "num_threads": 1}
    if num_classes > 2:
        options["num_class"] = num_classes
    return ms.Predictor(lightgbm.train(options, lightgbm.Dataset(features, target), 5), name="m")


def test_numbers_and_classes_have_their_own_metrics() -> None:
    regression = create_app(predictor_of("regression", 0))
    assert labels(regression, {"labels": [1.5, 2], "predictions": [1, 4.0]}).status == 200
    values = {name: value for (name,), value in samples(regression)["mainspring_quality"].items()}
    assert values["mae"] == 1.25
    assert abs(values["mean_error"]) == 0.75
    assert set(values) == {"mae", "rmse", "r2", "mean_error"}
    classes = create_app(predictor_of("multiclass", 3), keep_predictions=10)
    answer = post(classes, "/predict", {"Column_0": 0.1, "Column_1": 0.2})
    best = int(np.argmax(answer.json["predictions"][0]))
    name = answer.headers["x-request-id"]
    assert labels(classes, {"labels": [best], "ids": [name]}).json["joined"] == 1
    assert labels(classes, {"labels": [1], "predictions": [[0.5, 0.2, 0.3]]}).status == 200
    assert samples(classes)["mainspring_quality"]["accuracy",] == 0.5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        {},
        {"labels": [1]},
        {"labels": [1], "ids": ["a"], "predictions": [1]},
        {"labels": [1], "predictions": []},
        {"labels": 1, "predictions": [1]},
        {"labels": [2], "predictions": [0.5]},
        {"labels": [0.5], "predictions": [0.5]},
        {"labels": ["late"], "predictions": [0.5]},
        {"labels": [None], "predictions": [0.5]},
        {"labels": [[]], "predictions": [0.5]},
        {"labels": [1], "predictions": ["x"]},
        {"labels": [1], "predictions": [None]},
        {"labels": [1], "predictions": [True]},
        {"labels": [1], "predictions": [[0.5]]},
        b'{"labels": [1], "predictions": [NaN]}',
        {"labels": [1], "ids": [5]},
        {"labels": [1], "ids": [["a", -1]]},
        {"labels": [1], "ids": [["a", 2**64]]},
        {"labels": [1], "ids": [["a", 1, 2]]},
    ],
)
def test_labels_when_wrong_are_refused_and_change_nothing(folder: Path, body: object) -> None:
    app = create_app({"m": folder / "two.spring"}, keep_predictions=10)
    answer = labels(app, body)
    assert (answer.status, len(answer.error) > 10) == (400, True)
    assert samples(app)["mainspring_labels_total"] == {("joined",): 0, ("unmatched",): 0}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"labels": ["\xc3\xa9", }', "not JSON at byte 18"),  # a letter of two bytes before it
        (b'{"labels": ["\xff"]}', "not UTF-8 at byte 13"),
        (b"[" * 100_000, "too deep"),
        (b"9" * 10_000, "too long a number"),
    ],
)
def test_labels_that_are_no_json_are_told_where(folder: Path, body: bytes, error: str) -> None:
    answer = labels(create_app({"m": folder / "two.spring"}), body)
    assert answer.status == 400
    assert error in answer.error


def test_ids_are_refused_where_nothing_is_kept(folder: Path) -> None:
    app = create_app({"m": folder / "two.spring"}, max_body_bytes=1000)
    assert "--keep-predictions" in labels(app, {"labels": [1], "ids": ["a"]}).error
    assert labels(app, {"labels": [1] * 500, "ids": ["a"] * 500}).status == 413
    assert labels(app, {}, "/v2/models/none/labels").status == 404
    assert ask(app, "GET", "/v2/models/m/labels").status == 405
    with pytest.raises(errors.ParameterError, match="keep_predictions"):
        create_app({"m": folder / "two.spring"}, keep_predictions=-1)


def test_labels_that_come_together_are_each_counted(folder: Path) -> None:
    app = create_app({"m": folder / "two.spring"})
    body = json.dumps({"labels": [1, 0], "predictions": [0.9, 0.8]}).encode()

    async def all_at_once() -> None:
        path = "/v2/models/m/labels"
        await asyncio.gather(*(ask_async(app, "POST", path, [body]) for _ in range(50)))

    asyncio.run(all_at_once())
    assert samples(app)["mainspring_quality"]["accuracy",] == 0.5
    assert samples(app)["mainspring_labels_total"]["joined",] == 100


def test_state_that_is_shared_is_read_whole() -> None:
    state = _engine.SharedState("some", 16)
    assert (state.mine(), state.all()) == (b"", [])
    for value in (b"abc", b"0123456789abcdef", b"x"):
        state.put(value)
        assert (state.mine(), state.all()) == (value, [value])
    with pytest.raises(errors.ParameterError, match="17 bytes"):
        state.put(b"x" * 17)


def test_workers_join_what_others_predicted_and_go_on_where_one_died(folder: Path) -> None:
    server = Server(f"m={folder / 'two.spring'}", "--workers", "3", "--keep-predictions", "1000")
    try:
        ids = []
        for _ in range(60):
            connection = server.connect()
            connection.request("POST", "/predict", json.dumps(ROW).encode(), HEADERS)
            answer = connection.getresponse()
            answer.read()
            ids.append(answer.headers["x-request-id"])
            connection.close()
        assert len(set(ids)) == 60
        path = "/v2/models/m/labels"

        def post_labels(some: list[str]) -> None:
            for one in some:
                body = json.dumps({"labels": [1], "ids": [one]}).encode()
                assert server.post(path, body) == (200, {"joined": 1, "unmatched": 0})

        post_labels(ids[:30])
        workers = children(server.process.pid)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(set(children(server.process.pid)) - set(workers)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        post_labels(ids[30:])
        connection = server.connect()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        assert 'mainspring_labels_total{model="m",outcome="joined",version="1"} 60.0' in text
        assert 'metric="brier"' in text
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0
