"""Claim: the server keeps answering while much goes on, and beside servers that make batches.

The peers live in an environment of their own (``python -m bench.peer_environments DIR servers``,
then ``MAINSPRING_PEERS=DIR``), with the versions that wrote the pipeline; without it they are left
out.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.data.served import served_rows, write_models
from bench.load import (
    ServerProcess,
    ask_for,
    http_request,
    in_turns_of,
    median,
    overload,
    started,
)
from bench.open_loop import offer
from bench.peer_environments import python_of

JOB = "bench/jobs/batching_peers.py"
PEERS = {
    "mosec": "batches of 64 or 2 ms, pandas, scikit-learn, LightGBM",
    "bentoml": "adaptive batches of at most 256, pandas, scikit-learn, LightGBM",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pandas")
    made = tmp_path_factory.mktemp("served")
    write_models(made)
    return made


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return served_rows()


def serve(*words: str) -> list[str]:
    return ["-m", "mainspring", "serve", *words, "--port", "{port}"]


def score_of(server: ServerProcess, request: bytes) -> float:
    """Ask once, and read the one number of the answer."""
    with contextlib.closing(server.connect()) as connection:
        connection.sendall(request)
        body = connection.makefile("rb").read(65536).partition(b"\r\n\r\n")[2]
    answer = json.loads(body)
    (score,) = answer["predictions"] if isinstance(answer, dict) else answer
    return float(score)


@pytest.mark.one_thread
def test_beside_servers_of_batches(
    request: pytest.FixtureRequest, folder: Path, rows: list[dict[str, Any]], record: Any
) -> None:
    python = python_of(Path(os.environ.get("MAINSPRING_PEERS", "")), "servers")
    if not python.exists():
        pytest.skip("no environment for these servers: python -m bench.peer_environments")
    plain = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    wrapped = [http_request("/predict", json.dumps({"rows": [row]}).encode()) for row in rows]
    requests = {"hot": plain, "mosec": plain, "bentoml": wrapped}
    with ExitStack() as stack:
        servers = {"hot": stack.enter_context(started(serve(str(folder / "m.spring")), plain[0]))}
        for name in PEERS:
            command = [JOB, name, str(folder), "{port}"]
            servers[name] = stack.enter_context(started(command, requests[name][0], str(python)))
        closing = {
            name: sent[0].replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            for name, sent in requests.items()
        }
        scores = {name: score_of(server, closing[name]) for name, server in servers.items()}
        assert all(abs(score - scores["hot"]) < 1e-12 for score in scores.values()), scores
        quick = request.config.getoption("--quick")
        found = in_turns_of(quick, servers, requests, 256)
    rates = {name: median(turns, lambda one: one.rate) for name, turns in found.items()}
    late = {
        name: median(turns, lambda one: 1e3 * one.quantile(0.99)) for name, turns in found.items()
    }
    for name, api in PEERS.items():
        peer = f"{name} {version_of(python, name)} ({api})"
        case = f"one row, 256 connections: times the rate of {peer}"
        record.value(case, rates["hot"] / rates[name], unit="x", api=f"{rates[name]:,.0f} a second")
        case = f"one row, 256 connections: p99 for that of ours of {peer}"
        record.value(case, late[name] / late["hot"], unit="x")


def version_of(python: Path, name: str) -> str:
    """Return a distribution's version in another environment."""
    (found,) = python.parent.parent.glob(f"lib/*/site-packages/{name}-*.dist-info")
    return found.name.removesuffix(".dist-info").partition("-")[2]


@pytest.mark.one_thread
@pytest.mark.parametrize("many", [1, 1000], ids="{} rows".format)
def test_fresh_request_behind_overload(
    many: int,
    request: pytest.FixtureRequest,
    folder: Path,
    rows: list[dict[str, Any]],
    record: Any,
) -> None:
    """256 clients ask as fast as they are answered, and leave in the middle."""
    quick = request.config.getoption("--quick")
    singles = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    sent = singles if many == 1 else [http_request("/predict", json.dumps(rows).encode())]
    waits = []
    with started(serve(str(folder / "m.spring")), singles[0]) as server:
        for _ in range(1 if quick else 5):
            overload(0.5 if quick else 5.0, server, sent, 256)
            begun = time.perf_counter()
            with contextlib.closing(server.connect()) as connection:
                connection.sendall(singles[0])
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            waits.append(1e3 * (time.perf_counter() - begun))
    case = f"first answer behind 5 s of requests of {many:,} row" + "s" * (many > 1)
    record.value(f"{case}: median", statistics.median(waits), unit="ms")
    record.value(f"{case}: longest of 5", max(waits), unit="ms")


@pytest.mark.one_thread
def test_models_that_change_under_load(
    request: pytest.FixtureRequest,
    folder: Path,
    tmp_path: Path,
    rows: list[dict[str, Any]],
    record: Any,
) -> None:
    changes = 10 if request.config.getoption("--quick") else 100
    requests = [http_request("/models/m/predict", json.dumps(row).encode()) for row in rows]
    bundle = (folder / "m.spring").read_bytes()

    def put() -> None:
        (tmp_path / "new").write_bytes(bundle)
        (tmp_path / "new").rename(tmp_path / "m.spring")

    put()
    with started(serve("--reload-dir", str(tmp_path)), requests[0]) as server:
        done = threading.Event()

        def change() -> None:
            for _ in range(changes):
                put()
                time.sleep(1.1)  # the folder is looked at every second
            done.set()

        changer = threading.Thread(target=change)
        changer.start()
        answered = failed = 0
        while not done.is_set():
            measured = ask_for(1.0, server, requests, 8)
            answered += len(measured.latencies)
            failed += measured.failed
        changer.join()
    record.value(f"100 models changed under load, of {answered:,} requests", failed, unit="failed")


@pytest.mark.one_thread
def test_half_the_rate_in_an_open_loop(
    request: pytest.FixtureRequest, folder: Path, rows: list[dict[str, Any]], record: Any
) -> None:
    seconds = 0.5 if request.config.getoption("--quick") else 10.0
    requests = [http_request("/predict", json.dumps(row).encode()) for row in rows]
    with started(serve(str(folder / "m.spring")), requests[0]) as server:
        most = ask_for(seconds / 5, server, requests, 32).rate
        found = offer(most / 2, seconds, server, requests, 64)
    assert found.failed == 0
    case = "requests at random times, half the rate"
    record.value(f"{case}: offered", most / 2, unit="requests/s")
    record.value(f"{case}: CPU of a request", found.cpu_us, unit="us")
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        record.value(f"{case}: {name}", 1e3 * found.quantile(share), unit="ms")
