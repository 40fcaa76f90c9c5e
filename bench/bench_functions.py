"""Claim: a function's first request for work comes little later than that of one that does nothing.

awslambdaric, the client that AWS Lambda runs functions with, is started on this machine and asks a
server of ours for its first event, which it does when the handler is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from mainspring import pack

NOTHING = "def handler(event, context):\n    return {}\n"
TURNS = 15


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the package of 100 trees of 31 leaves over 30 columns, and a bare handler."""
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 30))
    label = features[:, 0] * features[:, 1] + random.normal(size=20_000) > 0
    data = lightgbm.Dataset(features, label.astype(float))
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    bundle = ms.Predictor(lightgbm.train(options, data, 100), name="model").to_bytes()
    folder = tmp_path_factory.mktemp("functions")
    made = {"package": folder / "package", "nothing": folder / "nothing"}
    for path in made.values():
        path.mkdir()
    for name, content in pack.function_package(bundle, "lambda").items():
        (made["package"] / name).write_bytes(content)
    (made["nothing"] / "function.py").write_text(NOTHING, encoding="utf-8")
    return made


@pytest.fixture
def asked() -> Iterator[tuple[str, Queue[float]]]:
    """Run a server that notes when an event is asked for, and has none."""
    times: Queue[float] = Queue()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            times.put(time.perf_counter())
            over.wait()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", times
    over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.one_thread
def test_first_request_for_an_event(
    folders: dict[str, Path], asked: tuple[str, Queue[float]], record: Any
) -> None:
    pytest.importorskip("awslambdaric")
    address, times = asked
    wall: dict[str, list[float]] = {name: [] for name in folders}
    cpu: dict[str, list[float]] = {name: [] for name in folders}
    for _ in range(TURNS):
        for name, folder in folders.items():
            environment = {
                **os.environ,
                "AWS_LAMBDA_RUNTIME_API": address,
                "LAMBDA_TASK_ROOT": str(folder),
                "AWS_LAMBDA_FUNCTION_NAME": "model",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                "AWS_LAMBDA_LOG_GROUP_NAME": "model",
                "AWS_LAMBDA_LOG_STREAM_NAME": "model",
            }
            command = [sys.executable, "-m", "awslambdaric", "function.handler"]
            started = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            wall[name].append((times.get(timeout=60) - started) * 1e3)
            process.kill()
            used = os.wait4(process.pid, 0)[2]
            process.returncode = 0
            cpu[name].append((used.ru_utime + used.ru_stime) * 1e3)
    best = {name: (min(wall[name]), min(cpu[name])) for name in folders}
    record.value("Lambda, start to first /next", best["package"][0], unit="ms")
    record.value("Lambda, start to first /next, handler of nothing", best["nothing"][0], unit="ms")
    beyond = [ours - bare for ours, bare in zip(best["package"], best["nothing"], strict=True)]
    record.value("Lambda, first /next beyond a handler of nothing", beyond[0], unit="ms")
    record.value("Lambda, CPU time beyond a handler of nothing", beyond[1], unit="ms")
