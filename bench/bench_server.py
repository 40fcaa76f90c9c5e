"""Claim: over sockets, a server of bundles costs little more than HTTP itself.

One process on one core, the client on the other; a thousand distinct bodies are rotated. Servers
are asked in turns, and the medians of the turns are reported.
"""

from __future__ import annotations

import io
import json
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bench.data.served import served_rows, write_models
from bench.load import ServerProcess, ask_for, http_request, in_turns, median, started

ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train the one model that every server has."""
    pytest.importorskip("pandas")
    made = tmp_path_factory.mktemp("served")
    write_models(made)
    return made


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return served_rows()


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
    found = in_turns(request.config.getoption("--quick"), servers, requests, connections)
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
    found = in_turns(request.config.getoption("--quick"), {"hot": servers["hot"]}, [sent], 4)["hot"]
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
