"""Claim: over sockets, a server of bundles costs little more than HTTP itself.

One process on one core, the client on the other; a thousand distinct bodies are rotated. Servers
are asked in turns, and the medians of the turns are reported.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

import mainspring as ms
from bench.load import Measured, ServerProcess, ask_for, http_request, started

TREES, LEAVES, ROWS = 200, 31, 20_000
TEXTS = [f"c{i}" for i in range(10)]
NUMBERS = [f"n{i}" for i in range(20)]
ARROW = "application/vnd.apache.arrow.stream"


def columns(num_rows: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    texts = {name: random.choice([f"v{k}" for k in range(200)], num_rows) for name in TEXTS}
    return {**texts, **{name: random.normal(size=num_rows) for name in NUMBERS}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the one model that every server has."""
    pd = pytest.importorskip("pandas")
    made = tmp_path_factory.mktemp("served")
    table = columns(ROWS, 1)
    score = table["n0"] + table["n1"] * table["n2"] + (table["c0"] > "v5")
    labels = (score + np.random.default_rng(2).normal(size=ROWS) > 0).astype(int)
    frame = pd.DataFrame(table)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prep = ColumnTransformer([("text", encoder, TEXTS), ("number", StandardScaler(), NUMBERS)])
    features = prep.fit_transform(frame)
    model = lightgbm.LGBMClassifier(
        n_estimators=TREES, num_leaves=LEAVES, n_jobs=1, verbose=-1
    ).fit(features, labels)
    pipeline = Pipeline([("prep", prep), ("model", model)])
    (made / "pipeline.pickle").write_bytes(pickle.dumps(pipeline))
    model.booster_.save_model(made / "model.txt")
    scaler = prep.named_transformers_["number"]
    categories = prep.named_transformers_["text"].categories_
    learnt = {
        "codes": {
            name: {str(value): float(code) for code, value in enumerate(values)}
            for name, values in zip(TEXTS, categories, strict=True)
        },
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
    }
    (made / "learnt.pickle").write_bytes(pickle.dumps(learnt))
    kinds = dict.fromkeys(TEXTS, "text") | dict.fromkeys(NUMBERS, "number")
    (made / "columns.json").write_text(json.dumps(kinds))
    fitted = ms.from_sklearn(prep)
    profile = ms.profile(pa.table(table))
    ms.Predictor(model.booster_, fitted, name="m", profile=profile).save(made / "m.spring")
    return made


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    table = pa.table(columns(1000, 3))
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def serve(folder: Path, *options: str) -> list[str]:
    words = ["-m", "mainspring", "serve", str(folder / "m.spring"), "--port", "{port}"]
    return [*words, *options]


def peer(folder: Path, name: str) -> list[str]:
    return ["-m", "bench.jobs.serving_peers", name, str(folder), "{port}"]


@pytest.fixture(scope="module")
def servers(folder: Path, rows: list[dict[str, Any]]) -> Iterator[dict[str, ServerProcess]]:
    first = http_request("/predict", json.dumps(rows[0]).encode())
    commands = {
        "hot": serve(folder),
        "asgi": serve(folder, "--no-hot-path"),
        "echo": peer(folder, "echo"),
        "expert": peer(folder, "expert"),
        "fastapi": peer(folder, "fastapi"),
    }
    pytest.importorskip("msgspec")
    pytest.importorskip("fastapi")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(started(command, first)) for name, command in commands.items()
        }


def in_turns(
    request: pytest.FixtureRequest,
    servers: dict[str, ServerProcess],
    requests: list[bytes],
    connections: int,
) -> dict[str, list[Measured]]:
    """Ask every server for a while, again and again."""
    quick = request.config.getoption("--quick")
    turns, seconds = (2, 0.5) if quick else (5, 2.0)
    found: dict[str, list[Measured]] = {name: [] for name in servers}
    for _ in range(turns):
        for name, server in servers.items():
            found[name].append(ask_for(seconds, server, requests, connections))
    for turns_of_one in found.values():
        assert all(one.failed == 0 and one.latencies for one in turns_of_one)
    return found


def median(measured: list[Measured], number: Callable[[Measured], float]) -> float:
    return statistics.median(number(one) for one in measured)


PEERS = {
    "echo": ("starlette", "request.json() and JSONResponse, no model"),
    "expert": ("msgspec", "msgspec, dicts of categories, Booster.predict"),
    "fastapi": ("fastapi", "pydantic, pandas, scikit-learn, LightGBM"),
}


@pytest.mark.one_thread
@pytest.mark.parametrize("connections", [32, 256])
def test_single_rows(
    connections: int,
    request: pytest.FixtureRequest,
    servers: dict[str, ServerProcess],
    rows: list[dict[str, Any]],
    record: Any,
) -> None:
    requests = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    found = in_turns(request, servers, requests, connections)
    case = f"one row, {connections} connections"
    for path in ("hot", "asgi"):
        ours = median(found[path], lambda one: one.rate)
        record.value(f"{case}, {path}: rate", ours, unit="requests/s")
        cpu = median(found[path], lambda one: one.cpu_us)
        record.value(f"{case}, {path}: CPU of a request", cpu, unit="us")
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            late = median(found[path], lambda one, share=share: 1e3 * one.quantile(share))
            record.value(f"{case}, {path}: {name}", late, unit="ms")
        for name, (distribution, api) in PEERS.items():
            their_cpu = median(found[name], lambda one: one.cpu_us)
            record.value(
                f"{case}, {path}: CPU of {name} for that of one request",
                their_cpu / cpu,
                unit="x",
                theirs=1.0,
                peer=distribution,
                api=api,
            )
            theirs = median(found[name], lambda one: one.rate)
            record.value(
                f"{case}, {path}: times the rate of {name}",
                ours / theirs,
                unit="x",
                theirs=1.0,
                peer=distribution,
                api=api,
            )


@pytest.mark.one_thread
@pytest.mark.skipif("MAINSPRING_PEER_PYTHON" not in os.environ, reason="needs a Python with mosec")
def test_beside_batches(
    request: pytest.FixtureRequest, folder: Path, rows: list[dict[str, Any]], record: Any
) -> None:
    """Mosec lives in an environment of its own, with the versions that wrote the pipeline."""
    requests = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    command = ["bench/jobs/batching_peers.py", str(folder), "{port}"]
    python = os.environ["MAINSPRING_PEER_PYTHON"]
    with (
        started(serve(folder), requests[0]) as ours,
        started(command, requests[0], python) as theirs,
    ):
        found = in_turns(request, {"hot": ours, "mosec": theirs}, requests, 256)
    rates = {name: median(turns, lambda one: one.rate) for name, turns in found.items()}
    record.value(
        "one row, 256 connections, hot: times the rate of mosec",
        rates["hot"] / rates["mosec"],
        unit="x",
        theirs=1.0,
        peer="lightgbm",
        api="mosec, batches of 64, pandas, scikit-learn",
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("form", ["JSON", "Arrow"])
def test_thousand_rows(
    form: str,
    request: pytest.FixtureRequest,
    servers: dict[str, ServerProcess],
    rows: list[dict[str, Any]],
    record: Any,
) -> None:
    if form == "JSON":
        sent = http_request("/predict", json.dumps(rows).encode())
    else:
        table = pa.Table.from_pylist(rows)
        body = io.BytesIO()
        with pa.ipc.new_stream(body, table.schema) as stream:
            stream.write_table(table)
        sent = http_request("/predict", body.getvalue(), ARROW)
    found = in_turns(request, {"hot": servers["hot"]}, [sent], 4)["hot"]
    speed = median(found, lambda one: 1000 / (one.cpu_us * 1e-6))
    record.value(f"1000 rows of {form}: rows for a second of CPU", speed, unit="rows/s")


def test_start_and_memory(folder: Path, rows: list[dict[str, Any]], record: Any) -> None:
    first = http_request("/predict", json.dumps(rows[0]).encode())
    starts = []
    for _ in range(5):
        with started(serve(folder), first) as server:
            starts.append(server.start_seconds)
            memory = server.memory_mib()
    record.value("from start to the first answer", statistics.median(starts), unit="s")
    record.value("memory behind the first answer", memory, unit="MiB")


def test_memory_stays(
    request: pytest.FixtureRequest, folder: Path, rows: list[dict[str, Any]], record: Any
) -> None:
    seconds = 2.0 if request.config.getoption("--quick") else 40.0
    good = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    bad = [http_request("/predict", json.dumps(row).encode()[:-9]) for row in rows]
    with started(serve(folder), good[0]) as server:
        ask_for(1.0, server, good, 32)
        ask_for(0.3, server, bad, 32)
        before = server.memory_mib()
        count = len(ask_for(seconds, server, good, 32).latencies)
        ask_for(0.5, server, bad, 32)
        grown = server.memory_mib() - before
    record.value(f"memory that requests leave behind ({count:,} of them)", grown, unit="MiB")
