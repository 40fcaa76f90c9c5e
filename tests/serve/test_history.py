"""Events posted to a server, and features about them inside predictions."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from prometheus_client.parser import text_string_to_metric_families

import mainspring as ms
from mainspring import col
from mainspring.history import HistoryPlans
from mainspring.serve import BatchOptions, HistoryOptions, create_app
from mainspring.serve.hot_answers import HotAnswers
from mainspring.serve.targets import Target
from tests.serve.client import ask, post
from tests.serve.test_process import Server

linear_model = pytest.importorskip("sklearn.linear_model")
ARROW = [("content-type", "application/vnd.apache.arrow.stream")]
NOW = datetime.now(timezone.utc).replace(microsecond=0)
EVENTS = "/v2/models/clicks/events/clicks"


def click(user: int | None, minutes: int, amount: float | None = 1.0) -> dict[str, Any]:
    """Return a click so many minutes ago."""
    at = NOW - timedelta(minutes=minutes)
    return {"user": user, "at": at.isoformat(), "amount": amount, "kind": f"kind {minutes % 3}"}


CLICKS = [click(user, minutes, minutes / 4) for minutes in range(90, 0, -1) for user in (1, 2)]


def table(rows: list[dict[str, Any]]) -> pa.Table:
    times = [datetime.fromisoformat(row["at"]) for row in rows]
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "at"}
    return pa.table({**columns, "at": pa.array(times, pa.timestamp("us", "UTC"))})


def predictor(hours: int = 1, forever: bool = True) -> ms.Predictor:
    """Return a model of features, one of which sees all that ever was where it is asked for."""
    clicks = ms.events("clicks", key="user", time="at", skew="1h")
    window = clicks.window(f"{hours}h")
    prep = ms.Preprocessor(
        window.count(),
        window.sum("amount"),
        window.nunique("kind"),
        *([(clicks.since_last() / 60).impute("median")] if forever else []),
        col("price"),
    )
    rows = table(CLICKS)
    rows = rows.append_column("price", pa.array(np.arange(len(CLICKS), dtype=float)))
    features = prep.fit_transform(rows, events={"clicks": rows})
    model = linear_model.LinearRegression().fit(features, np.sin(np.arange(len(features))))
    return ms.Predictor(model, prep, name="clicks")


@pytest.fixture(scope="module")
def served() -> ms.Predictor:
    return predictor()


@pytest.fixture
def app(served: ms.Predictor) -> Any:
    return create_app(served, history=HistoryOptions())


def expected(model: ms.Predictor, rows: list[dict[str, Any]]) -> list[float]:
    asked = table(rows)
    plans = HistoryPlans.from_predictor(model)
    found: list[float] = model.predict(plans.extend(asked, {"clicks": table(CLICKS)})).tolist()
    return found


def requests() -> list[dict[str, Any]]:
    at = (NOW + timedelta(minutes=1)).isoformat()
    return [{"user": user, "at": at, "price": 3.5 * user} for user in (1, 2, 3)]


def test_predictions_of_posted_events_have_the_bits_of_training(
    app: Any, served: ms.Predictor
) -> None:
    assert post(app, EVENTS, CLICKS[0]).json["taken"] == 1
    answer = post(app, EVENTS, CLICKS[1:])
    assert (answer.status, answer.json["taken"]) == (200, len(CLICKS) - 1)
    want = expected(served, requests())
    assert len(set(want)) == 3
    assert post(app, "/predict", requests()).json["predictions"] == want
    assert post(app, "/predict", requests()[1]).json["predictions"] == [want[1]]
    assert post(app, "/predict", {"rows": requests()}).json["predictions"] == want
    tensors = {"instances": requests()}
    assert post(app, "/v1/models/clicks:predict", tensors).json["predictions"] == want
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table(requests()).schema) as writer:
        writer.write_table(table(requests()))
    body = ask(app, "POST", "/predict", [out.getvalue()], ARROW).body
    assert pa.ipc.open_stream(body).read_all().column(0).to_pylist() == want
    told = ask(app, "GET", "/v2/models/clicks/events").json["clicks"]
    assert (told["keys"], told["events"]) == (2, len(CLICKS))


def test_events_as_arrow_are_those_of_json(app: Any, served: ms.Predictor) -> None:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table(CLICKS).schema) as writer:
        writer.write_table(table(CLICKS))
    assert ask(app, "POST", EVENTS, [out.getvalue()], ARROW).json["taken"] == len(CLICKS)
    assert post(app, "/predict", requests()).json["predictions"] == expected(served, requests())


def test_features_that_a_row_has_are_taken_and_a_row_without_time_is_now(
    app: Any, served: ms.Predictor
) -> None:
    just_now = datetime.now(timezone.utc) - timedelta(minutes=1)  # NOW may be an hour old
    post(app, EVENTS, [*CLICKS, {**click(1, 1), "at": just_now.isoformat()}])
    names = HistoryPlans.from_predictor(served).sources["clicks"].features
    row = {"price": 1.0, **dict.fromkeys(names, 2.0)}
    want = served.predict_row(row)
    assert post(app, "/predict", row).json["predictions"] == [want]
    now = post(app, "/predict", {"user": 1, "price": 1.0}).json["predictions"][0]
    assert now != post(app, "/predict", {"user": 9, "price": 1.0}).json["predictions"][0]
    nobody = post(app, "/predict", {"user": None, "price": 1.0}).json["predictions"]
    assert nobody == post(app, "/predict", {"user": 9, "price": 1.0}).json["predictions"]


def test_models_without_a_history_keep_the_shortest_way_beside_one(served: ms.Predictor) -> None:
    model = linear_model.LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    plain = ms.Predictor(model, ms.Preprocessor(col("x")).fit(pa.table({"x": [0.0, 1.0]})))
    app = create_app({"clicks": served, "plain": plain}, history=HistoryOptions())
    answers = HotAnswers(app.state.server)
    found = {}
    for name, row in (("plain", {"x": 4.0}), ("clicks", requests()[0])):
        path = f"/models/{name}/predict"
        answers.learn(path.encode(), Target("rows", name, None, "predict"))
        body = json.dumps(row).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        asked = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        assert answers.is_open()
        found[name] = answers.routes.answer(asked, b"")
    assert found["clicks"] is None  # its features are put in first
    assert found["plain"] is not None
    content = json.loads(found["plain"].partition(b"\r\n\r\n")[2])
    assert content == post(app, "/models/plain/predict", {"x": 4.0}).json
    assert content["predictions"] == [plain.predict_row({"x": 4.0})]


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        (EVENTS, b"{", 400, "not JSON at byte 1"),
        (EVENTS, b"[[]]", 400, "list of events"),
        (EVENTS, b"7", 400, "list of events"),
        (EVENTS, [{"user": 1}], 400, "lack 'at'"),
        (EVENTS, [{**CLICKS[0], "at": "yesterday"}], 400, "Event 0, column 'at'"),
        (EVENTS, [{**CLICKS[0], "at": "2024-01-01T00:00:00"}], 400, "a time with a zone"),
        (EVENTS, [CLICKS[0], {**CLICKS[0], "at": True}], 400, "Event 1, column 'at'"),
        (EVENTS, [{**CLICKS[0], "amount": "much"}], 400, "amount"),
        (EVENTS, [CLICKS[0], {**CLICKS[0], "user": "x"}], 400, "user"),
        (EVENTS, [{**CLICKS[0], "user": 2**70}], 400, "user"),
        (EVENTS, [{**CLICKS[0], "user": {}}], 400, "user"),
        ("/v2/models/clicks/events/other", CLICKS, 404, "expected one of clicks"),
        ("/v2/models/none/events/clicks", CLICKS, 404, "none"),
        (EVENTS, [CLICKS[0]] * 3000, 413, "at most 2000"),
        (EVENTS, b" " * (2 << 20), 413, "1048576"),
        ("/predict", {"user": [1], "price": 1.0}, 400, "Row 0, column 'user'"),
        ("/predict", {"user": 1, "at": "soon", "price": 1.0}, 400, "Row 0, column 'at'"),
        ("/predict", {"user": 1, "at": 1.5, "price": 1.0}, 400, "Row 0, column 'at'"),
        ("/predict", {"user": 1}, 400, "price"),
        ("/predict", b"[1", 400, ""),
        ("/predict", [1], 400, ""),
    ],
)
def test_bad_requests_are_refused_and_change_nothing(
    served: ms.Predictor, path: str, body: Any, status: int, text: str
) -> None:
    app = create_app(served, history=HistoryOptions(), max_rows=2000, max_body_bytes=1 << 20)
    answer = post(app, path, body)
    assert answer.status == status, answer.body
    assert text in answer.error
    assert ask(app, "GET", "/v2/models/clicks/events").json["clicks"]["events"] == 0


def test_other_content_and_servers_without_a_history_are_refused(served: ms.Predictor) -> None:
    app = create_app(served, history=HistoryOptions())
    answer = ask(app, "POST", EVENTS, [b"a,b"], [("content-type", "text/csv")])
    assert (answer.status, "text/csv" in answer.error) == (415, True)
    assert ask(app, "POST", EVENTS, [b"ARROW"], ARROW).status == 400
    assert ask(app, "GET", EVENTS).status == 405
    plain = create_app(served)
    answer = post(plain, EVENTS, CLICKS)
    assert (answer.status, "--history" in answer.error) == (404, True)
    assert post(plain, "/predict", {"user": 1, "price": 1.0}).status == 400
    bare = linear_model.LinearRegression().fit(np.eye(3), np.arange(3))
    other = create_app({"bare": ms.Predictor(bare, name="bare")}, history=HistoryOptions())
    assert post(other, "/v2/models/bare/events/clicks", CLICKS).status == 404


def test_memory_that_is_full_answers_503_and_takes_none(served: ms.Predictor) -> None:
    app = create_app(served, history=HistoryOptions(max_bytes=200_000))
    assert post(app, EVENTS, CLICKS).status == 200
    answer = post(app, EVENTS, CLICKS * 100)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert "max_bytes = 200000" in answer.error
    told = ask(app, "GET", "/v2/models/clicks/events").json["clicks"]
    assert told["events"] == len(CLICKS)


def past_samples(app: Any) -> dict[tuple[str, ...], float]:
    """Return the metrics of histories by name, source and their last label."""
    found = {}
    text = ask(app, "GET", "/metrics").body.decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.startswith("mainspring_history_"):
                continue
            labels = dict(sample.labels)
            assert (labels.pop("model"), len(labels.pop("definition"))) == ("clicks", 16)
            name = sample.name.removeprefix("mainspring_history_")
            found[(name, labels.pop("source"), *labels.values())] = sample.value
    return found


def test_metrics_say_what_is_held_and_what_came_of_events(served: ms.Predictor) -> None:
    # A day of window: however late in a run of all tests this one comes, the clicks are not old.
    app = create_app(predictor(24, forever=False), history=HistoryOptions(max_bytes=200_000))
    post(app, EVENTS, CLICKS)
    wrong = [
        {**CLICKS[0], "user": None},
        {**CLICKS[0], "at": None},
        {**click(1, -600), "amount": 2.0},
        {**click(3, 30), "amount": 1e300},
        click(1, 4000),
    ]
    answer = post(app, EVENTS, wrong).json
    assert answer["taken"] == 1
    assert post(app, EVENTS, CLICKS * 100).status == 503
    told = ask(app, "GET", "/v2/models/clicks/events").json["clicks"]
    found = past_samples(app)
    outcomes = {key[2]: value for key, value in found.items() if key[0] == "events_total"}
    assert outcomes == {
        "taken": len(CLICKS) + 1,
        "expired": 1,
        "duplicate": 0,
        "future": 1,
        "without_time": 1,
        "without_key": 1,
        "refused": 100 * len(CLICKS),
    }
    assert found["values_total", "clicks", "off_grid"] == 1
    assert found["values_total", "clicks", "late"] == 0
    assert found["live_keys", "clicks"] == told["keys"] == 3
    assert found["live_events", "clicks"] == told["events"]
    assert found["bytes", "clicks", "events"] == told["event_bytes"] > 0
    assert found["bytes", "clicks", "keys"] == told["key_bytes"] > 0
    assert found["max_bytes", "clicks"] == 200_000
    assert told["totals"]["taken"] == len(CLICKS) + 1
    # What is gone is counted: all that was taken is held or was dropped.
    evicted = found["evicted_total", "clicks", "events"]
    assert evicted + told["events"] == told["totals"]["taken"]
    (history,) = app.state.server.handler.histories.all()
    history.states["clicks"].evict(NOW + timedelta(hours=48))
    found = past_samples(app)
    assert found["evicted_total", "clicks", "keys"] == 3
    assert found["evicted_total", "clicks", "events"] == len(CLICKS) + 1
    assert found["live_events", "clicks"] == found["bytes", "clicks", "events"] == 0
    bare = ask(create_app(served), "GET", "/metrics").body.decode()
    assert "mainspring_history_live_events{" not in bare


def test_models_without_a_past_are_batched_beside_one_that_has_it(served: ms.Predictor) -> None:
    plain = ms.Predictor(linear_model.LinearRegression().fit(np.eye(3), np.arange(3)), name="plain")
    app = create_app(
        {"clicks": served, "plain": plain},
        history=HistoryOptions(),
        batching=BatchOptions(max_rows=8),
    )
    post(app, EVENTS, CLICKS)
    row = {name: 1.0 for name in plain.feature_names}
    answer = post(app, "/models/plain/predict", row).json
    assert answer["predictions"] == [plain.predict_row(row)]
    asked = click(1, 0) | {"price": 1.0}
    answer = post(app, "/models/clicks/predict", asked).json
    assert answer["predictions"] == expected(served, [asked])
    batches = {
        sample.labels["model"]: sample.value
        for family in text_string_to_metric_families(ask(app, "GET", "/metrics").body.decode())
        for sample in family.samples
        if sample.name == "mainspring_batches_total"
    }
    assert batches == {"clicks": 0, "plain": 1}


def test_keys_say_who_may_post_events(served: ms.Predictor, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(
        f"a {hashlib.sha256(b'k').hexdigest()} predict\n"
        f"b {hashlib.sha256(b'm').hexdigest()} metrics\n"
    )
    app = create_app(served, history=HistoryOptions(), access=keys)
    json_type = ("content-type", "application/json")
    for key, status in (("k", 200), ("m", 403), ("?", 401)):
        headers = [json_type, ("x-api-key", key)]
        assert post(app, EVENTS, CLICKS[0], headers=headers).status == status


def test_document_says_how_events_are_posted(app: Any, served: ms.Predictor) -> None:
    document = ask(app, "GET", "/openapi.json").json
    operation = document["paths"][EVENTS]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]
    assert set(schema["properties"]) == {"user", "at", "amount", "kind"}
    assert schema["properties"]["at"]["format"] == "date-time"
    predict = document["paths"]["/models/clicks/predict"]["post"]["requestBody"]
    row = predict["content"]["application/json"]["schema"]["anyOf"][0]
    assert row["required"] == ["price"]
    assert {"user", "at"} <= set(row["properties"])
    plain = ask(create_app(served), "GET", "/openapi.json").json
    assert EVENTS not in plain["paths"]


def test_new_version_keeps_the_history_of_equal_features(
    served: ms.Predictor, tmp_path: Path
) -> None:
    models, states = tmp_path / "models", tmp_path / "states"
    models.mkdir()
    served.save(models / "clicks.spring")
    app = create_app(repository=models, history=HistoryOptions(states))
    assert post(app, EVENTS, CLICKS).json["taken"] == len(CLICKS)
    want = post(app, "/predict", requests()).json["predictions"]
    server = app.state.server
    time.sleep(0.02)
    served.save(models / "clicks.spring")
    server.repository.scan()
    assert post(app, "/predict", requests()).json["predictions"] == want
    predictor(hours=2).save(models / "clicks.spring")
    server.repository.scan()
    told = ask(app, "GET", "/v2/models/clicks/events").json["clicks"]
    assert told["events"] == 0  # other features: a history of its own
    assert len(list((states / "clicks").iterdir())) == 2


def test_command_keeps_its_events_over_a_kill(served: ms.Predictor, tmp_path: Path) -> None:
    path, folder = tmp_path / "clicks.spring", tmp_path / "states"
    served.save(path)
    server = Server(str(path), "--history", str(folder))
    status, answer = server.post(EVENTS, json.dumps(CLICKS).encode())
    assert (status, answer["taken"]) == (200, len(CLICKS))
    want = server.post("/predict", json.dumps(requests()).encode())[1]["predictions"]
    assert want == expected(served, requests())
    server.stop(signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGKILL):  # from the log, then from the snapshot
        server = Server(str(path), "--history", str(folder))
        status, answer = server.post("/predict", json.dumps(requests()).encode())
        assert (status, answer["predictions"]) == (200, want)
        code, err = server.stop(number)
        assert err == ""
    assert code == -signal.SIGKILL
    assert list(folder.glob("clicks/*/snapshot.history"))


def test_command_with_a_history_runs_one_process(
    served: ms.Predictor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from mainspring.cli import main

    served.save(tmp_path / "clicks.spring")
    arguments = ["serve", str(tmp_path / "clicks.spring"), "--workers", "2"]
    assert main([*arguments, "--history", str(tmp_path / "s")]) != 0
    assert "--workers is 2" in capsys.readouterr().err
