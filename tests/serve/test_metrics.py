"""Metrics: what they count, that drift is seen, and that Prometheus and Grafana can use them."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
from prometheus_client.parser import text_string_to_metric_families

import mainspring as ms
from mainspring import _engine, col
from mainspring.serve import create_app
from mainspring.serve.drift_window import DriftWindow
from mainspring.serve.metric_list import METRICS
from mainspring.serve.monitoring import dashboard, rules, write_monitoring
from tests.serve.client import ask, ask_async, post
from tests.serve.test_history import CLICKS, EVENTS
from tests.serve.test_history import predictor as clicks_predictor
from tests.serve.test_process import Server

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")


def made(num_rows: int, seed: int, shift: float = 0.0, others: bool = False) -> pa.Table:
    random = np.random.default_rng(seed)
    names = ["a", "b", "c"] if not others else ["c", "d"]
    age = random.normal(size=num_rows) + shift
    return pa.table(
        {
            "age": pa.array(np.where(random.random(num_rows) < 0.1, None, age).tolist(), "double"),
            "kind": random.choice(names, num_rows),
            "flag": random.random(num_rows) < 0.3,
            "count": random.integers(0, 50, num_rows),
        }
    )


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    table = made(4000, 1)
    prep = ms.Preprocessor(
        col("age").impute("median").standardize(),
        col("kind").ordinal(),
        col("flag"),
        col("count").ordinal(),
    )
    features = prep.fit_transform(table)
    labels = (np.nan_to_num(features[:, 0]) > 0).astype(float)
    options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(features, labels), 5)
    return ms.Predictor(booster, prep, name="m")


def samples(app: Any) -> dict[str, dict[tuple[str, ...], float]]:
    text = ask(app, "GET", "/metrics").body.decode()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k not in ("model", "version")}
            found.setdefault(sample.name, {})[tuple(labels.values())] = sample.value
    return found


def test_values_are_counted_by_column_and_kind(predictor: ms.Predictor) -> None:
    app = create_app(predictor)
    rows = [
        {"age": 0.5, "kind": "a", "flag": True, "count": 3},
        {"age": None, "kind": "zzz", "flag": False, "count": 1000},
        {"age": 99.0, "kind": None, "flag": None, "count": 4},
    ]
    for row in rows:  # one by one, and as a tile
        post(app, "/predict", row)
    post(app, "/predict", rows)
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pylist(rows)
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    arrow = [("content-type", "application/vnd.apache.arrow.stream")]
    post(app, "/predict", sink.getvalue().to_pybytes(), headers=arrow)
    counted = samples(app)["mainspring_column_values_total"]
    assert {key: value / 3 for key, value in counted.items()} == {
        ("age", "present"): 2,
        ("age", "missing"): 1,
        ("age", "unseen"): 0,
        ("age", "out_of_range"): 1,
        ("kind", "present"): 2,
        ("kind", "missing"): 1,
        ("kind", "unseen"): 1,
        ("kind", "out_of_range"): 0,
        ("flag", "present"): 2,
        ("flag", "missing"): 1,
        ("flag", "unseen"): 0,
        ("flag", "out_of_range"): 0,
        ("count", "present"): 3,
        ("count", "missing"): 0,
        ("count", "unseen"): 0,
        ("count", "out_of_range"): 1,
    }
    buckets = samples(app)["mainspring_predictions_bucket"]
    assert list(buckets.values()) == sorted(buckets.values())
    assert max(buckets.values()) == 9


def effects_of(app: Any, table: pa.Table) -> dict[tuple[str, ...], float]:
    for first in range(0, len(table), 500):
        body = table.slice(first, 500).to_pylist()
        assert post(app, "/predict", body).status == 200
    return samples(app).get("mainspring_drift_effect", {})


def test_drift_is_seen_where_there_is_one_and_nowhere_else(predictor: ms.Predictor) -> None:
    same = effects_of(create_app(predictor), made(3000, 2))
    moved_table = made(3000, 3, shift=0.8, others=True)
    moved = effects_of(create_app(predictor), moved_table)
    assert same["age", "ks"] < 0.05
    assert same["kind", "js_debiased"] < 0.05
    assert abs(same["age", "missing_rate"]) < 0.03
    assert same["kind", "unseen_rate"] == 0
    assert moved["kind", "js_debiased"] > 0.3
    assert 0.4 < moved["kind", "unseen_rate"] < 0.6
    assert moved["count", "ks"] < 0.05
    report = ms.detect_drift(predictor.profile, moved_table)
    exact = report.column("age").statistics["ks"].value
    assert exact - 0.06 < moved["age", "ks"] <= exact + 1e-9


def test_drift_is_silent_below_enough_rows(predictor: ms.Predictor) -> None:
    effects = effects_of(create_app(predictor), made(150, 4, shift=5))
    assert effects == {}


def test_window_forgets_what_is_old() -> None:
    window = DriftWindow(seconds=60, num_steps=6)
    assert window.move([5], now=0) == [5]
    assert window.move([7], now=30) == [7]
    assert window.move([9], now=75) == [9]
    assert window.move([10], now=95) == [3]
    assert window.move([11], now=500) == [1]
    assert window.move([11], now=600) == [0]


def test_every_metric_is_in_the_list_and_on_the_page(predictor: ms.Predictor) -> None:
    app = create_app(predictor)
    post(app, "/predict", [])
    text = ask(app, "GET", "/metrics").body.decode()
    families = {family.name for family in text_string_to_metric_families(text)}
    listed = {one.name.removesuffix("_total") for one in METRICS}
    assert {name for name in families if name.startswith("mainspring_")} == listed
    page = Path("docs/serving.md").read_text("utf-8")
    for one in METRICS:
        assert f"| `{one.name}` |" in page
        assert one.kind != "counter" or one.name.endswith("_total")


def test_long_work_of_a_client_that_left_is_dropped(predictor: ms.Predictor) -> None:
    app = create_app(predictor)
    load = app.state.server.load
    load._num_threads = 1
    body = json.dumps(made(20_000, 5).to_pylist()).encode()

    async def ask_and_leave() -> None:
        pieces = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
        scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}
        headers = [(b"content-type", b"application/json")]

        async def receive() -> Any:
            return pieces.pop(0)

        async def send(message: Any) -> None:
            raise AssertionError("nobody is there")

        await app({**scope, "headers": headers}, receive, send)

    async def leave_early() -> None:
        stays = asyncio.create_task(ask_async(app, "POST", "/predict", [body]))
        while load.running == 0:
            await asyncio.sleep(0)
        await asyncio.gather(*(ask_and_leave() for _ in range(5)))
        assert (await stays).status == 200

    asyncio.run(leave_early())
    assert load.num_abandoned == 5
    rows = samples(app)["mainspring_rows_total"]
    assert sum(rows.values()) == 20_000


def test_too_many_waiting_are_sent_away(predictor: ms.Predictor) -> None:
    app = create_app(predictor, max_waiting=2)
    app.state.server.load._num_threads = 1
    body = json.dumps(made(20_000, 6).to_pylist()).encode()

    async def many() -> list[Any]:
        return await asyncio.gather(
            *(ask_async(app, "POST", "/predict", [body]) for _ in range(12))
        )

    answers = asyncio.run(many())
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {200, 429}
    assert all(
        1 <= int(answer.headers["retry-after"]) <= 60 for answer in answers if answer.status == 429
    )


@needs_promtool
def test_rules_and_their_tests_pass_promtool(tmp_path: Path) -> None:
    paths = write_monitoring(tmp_path)
    panels = [
        {"record": f"panel:x:{panel['id']}", "expr": panel["targets"][0]["expr"]}
        for panel in dashboard()["panels"]
    ]
    extra = tmp_path / "panels.yml"
    extra.write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
    for command in (["check", "rules", paths[0], extra], ["test", "rules", paths[1]]):
        done = subprocess.run(
            ["promtool", *map(str, command)], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_page_tells_prometheus_what_it_understands(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (command,) = re.findall(r"`mainspring serve --write-monitoring (\w+)`", page)
    rules_path = write_monitoring(tmp_path / command)[0]
    assert f"rule_files: [{rules_path.relative_to(tmp_path)}]" in block
    if shutil.which("promtool") is not None:
        (tmp_path / "prometheus.yml").write_text(block)
        done = subprocess.run(
            ["promtool", "check", "config", "prometheus.yml"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")
def test_prometheus_scrapes_and_every_panel_shows_something(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    predictor.save(folder / "m.spring")
    clicks_predictor().save(folder / "clicks.spring")
    past = ["--history", str(tmp_path / "past"), "--history-max-mb", "64"]
    server = Server("--reload-dir", str(folder), "--batch-rows", "64", *past)
    labels = json.dumps({"labels": [1, 0], "predictions": [0.9, 0.2]}).encode()
    row = json.dumps(made(1, 8).to_pylist()).encode()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = {
        "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
        "scrape_configs": [
            {
                "job_name": "mainspring",
                "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}],
            }
        ],
    }
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    prometheus = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    expressions = [panel["targets"][0]["expr"] for panel in dashboard()["panels"]]
    expressions += [rule["expr"] for rule in rules()["groups"][0]["rules"]]
    try:
        body = json.dumps(made(500, 7).to_pylist()).encode()
        deadline = time.monotonic() + 60
        empty = set(expressions)
        while empty:
            assert time.monotonic() < deadline, empty
            assert server.post("/models/m/predict", body)[0] == 200
            assert server.post("/models/m/predict", row)[0] == 200
            assert server.post(EVENTS, json.dumps(CLICKS).encode())[0] == 200
            assert server.post("/v2/models/m/labels", labels)[0] == 200
            server.post("/models/m/predict", b"{")
            server.post("/models/none/predict", b"{}")
            empty = {one for one in empty if not query(port, one)}
            time.sleep(0.1)
    finally:
        prometheus.terminate()
        prometheus.wait(timeout=60)
        assert server.stop(signal.SIGTERM)[0] == 0


def query(port: int, expression: str) -> list[Any]:
    words = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{words}") as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
    except OSError:
        return []
    return [one for one in found if one["value"][1] != "NaN"]


def test_counts_of_rows_one_by_one_are_those_of_a_batch() -> None:
    """A single row is counted where JSON left it, several are a tile."""
    random = np.random.default_rng(8)
    words = ["", "a", "twelve bytes", "thirteen byte", "a text of many more bytes than that"]
    table = pa.table(
        {
            "age": random.normal(size=600),
            "count": random.integers(0, 9, 600),
            "flag": random.random(600) < 0.4,
            "word": random.choice(words, 600),
            "at": pa.array(random.integers(0, 10**12, 600), pa.timestamp("us")),
        }
    )
    prep = ms.Preprocessor(
        ms.col("age", "count", "flag").identity(),
        ms.col("word").ordinal(),
        ms.col("at").datetime("hour"),
    )
    labels = np.arange(600) % 2
    options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(prep.fit_transform(table), labels)
    predictor = ms.Predictor(lightgbm.train(options, data, 2), prep, name="m")
    rows = [{**row, "at": row["at"].isoformat()} for row in table.slice(0, 60).to_pylist()]
    for row in rows[::7]:
        row.update(age=99.0, count=None, word="never seen before, and long")
    rows += [dict.fromkeys(rows[0]), {**rows[0], "flag": None, "word": "b", "at": None}]
    form = _engine.RequestForm("rows", "predict", True)
    counted = []
    for batches in ([rows], [[row] for row in rows]):
        model = _engine.ServedModel(predictor.bundle, "m", "1", ["label"], 100)
        for batch in batches:
            assert model.answer(form, json.dumps(batch).encode())[0] == 200
        counted.append(model.value_counts)
    assert counted[0] == counted[1]
    assert sum(counted[0]) > 5 * len(rows)
