"""What happens under load: models change, workers die, clients leave, the process is to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mainspring.serve import create_app
from mainspring.serve.load import Load
from mainspring.serve.replies import Refusal
from tests.serve.bad_requests import GOOD, over_wire
from tests.serve.client import post
from tests.serve.conftest import ROW
from tests.serve.test_http import Raw, head
from tests.serve.test_process import Server
from tests.serve.test_repository import put
from tests.serve.test_workers import children


class Askers:
    """Connections that ask again and again until they are told to end."""

    def __init__(self, server: Server, count: int, data: bytes = over_wire(GOOD)) -> None:
        self.server, self.data = server, data
        self.answers: list[tuple[int, bytes]] = []
        self.broken = 0
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._done.is_set():
            try:
                with contextlib.closing(Raw(self.server)) as connection:
                    while not self._done.is_set():
                        connection.send(self.data)
                        status, _, body = connection.answer()
                        self.answers.append((status, body))
            except (OSError, IndexError):  # noqa: PERF203
                self.broken += 1

    def end(self) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("path", [[], ["--no-hot-path"]], ids=["hot", "asgi"])
@pytest.mark.parametrize(
    "swaps", [8, pytest.param(100, marks=pytest.mark.slow)], ids=["short", "100"]
)
def test_models_change_under_load_without_a_failed_request(
    folder: Path, tmp_path: Path, swaps: int, path: list[str]
) -> None:
    """Every answer is that of exactly one version; none is missing."""
    put(tmp_path / "m.spring", folder / "two.spring")
    server = Server("--reload-dir", str(tmp_path), *path)
    names = ("two.spring", "three.spring")
    expected = [post(create_app({"m": folder / name}), "/predict", ROW).body for name in names]
    least = 0 if swaps < 100 else 100_000
    askers = Askers(server, 4)
    try:
        for number in range(1, swaps + 1):
            put(tmp_path / "m.spring", folder / names[number % 2])
            deadline = time.monotonic() + 30
            while askers.answers[-1:] == [] or askers.answers[-1][1] != expected[number % 2]:
                assert time.monotonic() < deadline
                time.sleep(0.005)
        while len(askers.answers) < least:
            time.sleep(0.1)
    finally:
        askers.end()
        assert server.stop(signal.SIGTERM)[0] == 0
    assert askers.broken == 0
    assert {status for status, _ in askers.answers} == {200}
    assert {body for _, body in askers.answers} == set(expected)


def test_worker_that_is_killed_fails_its_own_requests_alone(folder: Path) -> None:
    server = Server(str(folder / "two.spring"), "--workers", "2")
    askers = Askers(server, 6)
    try:
        while len(askers.answers) < 200:
            time.sleep(0.01)
        victim = children(server.process.pid)[0]
        killed = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        while len(set(children(server.process.pid)) - {victim}) < 2:
            assert time.monotonic() - killed < 30
            time.sleep(0.005)
        at = len(askers.answers)
        while len(askers.answers) < at + 200:
            time.sleep(0.01)
    finally:
        askers.end()
        server.stop(signal.SIGTERM)
    assert askers.broken <= 6  # one for each connection at most
    assert {status for status, _ in askers.answers} == {200}


@pytest.mark.parametrize("path", [[], ["--no-hot-path"]], ids=["hot", "asgi"])
def test_requests_in_flight_are_answered_when_the_server_stops(
    folder: Path, path: list[str]
) -> None:
    server = Server(str(folder / "two.spring"), *path)
    connections = [Raw(server) for _ in range(256)]
    for connection in connections:
        connection.send(head(len(GOOD)), GOOD[:10])
    assert server.post("/predict", GOOD)[0] == 200
    server.process.send_signal(signal.SIGTERM)
    refused = time.monotonic() + 30
    while True:  # until it takes no new connections
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
        except OSError:
            break
        assert time.monotonic() < refused
        time.sleep(0.01)
    for connection in connections:
        connection.send(GOOD[10:])
    statuses = [connection.answer()[0] for connection in connections]
    assert statuses == [200] * 256
    for connection in connections:
        connection.close()
    assert server.process.wait(timeout=60) == 0
    server.process.communicate()


def test_server_without_descriptors_answers_again_once_it_has_some(folder: Path) -> None:
    server = Server(str(folder / "two.spring"))
    try:
        assert server.post("/predict", GOOD)[0] == 200  # what the loop needs it has by now
        used = max(int(name) for name in os.listdir(f"/proc/{server.process.pid}/fd"))  # noqa: PTH208
        _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 8, hard))
        kept = Raw(server)
        kept.send(over_wire(GOOD))
        assert kept.answer()[0] == 200
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        kept.send(over_wire(GOOD))
        assert kept.answer()[0] == 200  # those that it has are answered
        for connection in idle:
            connection.close()
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError, IndexError):
                if server.post("/predict", GOOD)[0] == 200:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        kept.close()
    finally:
        server.stop(signal.SIGTERM)


def test_rates_follow_a_clock_that_never_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [1e9]
    monkeypatch.setattr(time, "time", lambda: moments[0])
    load = Load(rate_limit=0.001)
    load.check_rate("a")
    moments[0] += 1e8  # a clock that was set
    with pytest.raises(Refusal, match="requests a second"):
        load.check_rate("a")
    moments[0] -= 2e8
    load.check_rate("b")


@pytest.fixture
def busy(folder: Path) -> Iterator[Server]:
    started = Server(str(folder / "two.spring"))
    yield started
    started.stop(signal.SIGTERM)


@pytest.mark.parametrize(
    "seconds", [0.5, pytest.param(5.0, marks=pytest.mark.slow)], ids=["short", "5s"]
)
def test_fresh_request_is_answered_at_once_behind_overload(busy: Server, seconds: float) -> None:
    """What was sent by 256 clients that have left is dropped: nothing of it is in the way."""
    rows = b"[" + b",".join([GOOD] * 2000) + b"]"
    data = head(len(rows)) + rows
    until = time.monotonic() + seconds

    async def flood() -> None:
        async def one() -> None:
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", busy.port)
                    writer.write(data)
                    await asyncio.sleep(0.2)
                    writer.transport.abort()

        await asyncio.gather(*(one() for _ in range(256)))
        await asyncio.sleep(0.1)  # for those that were aborted last to be closed

    asyncio.run(flood())
    status, _ = busy.post("/predict", GOOD)
    assert status == 200
    deadline = time.monotonic() + 30
    while num_waiting(busy):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_nothing_is_predicted_for_clients_that_left_before_they_were_read(
    busy: Server, is_reset: bool
) -> None:
    rows = b"[" + b",".join([GOOD] * 2000) + b"]"
    assert busy.post("/predict", GOOD)[0] == 200
    os.kill(busy.process.pid, signal.SIGSTOP)  # it does not come to read them meanwhile
    gone = [socket.create_connection(("127.0.0.1", busy.port)) for _ in range(300)]
    for one in gone:
        one.setblocking(False)
        one.send(head(len(rows)) + rows)
        if is_reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()
    os.kill(busy.process.pid, signal.SIGCONT)
    assert busy.post("/predict", GOOD)[0] == 200
    # The end of some may have been on its way when the rest of them was read.
    assert predicted_rows(busy) < 2 + 30 * 2000
    live = socket.create_connection(("127.0.0.1", busy.port))
    live.sendall(head(len(rows)) + rows)
    assert live.recv(12) == b"HTTP/1.1 200"
    live.close()


def predicted_rows(server: Server) -> float:
    with contextlib.closing(server.connect()) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    lines = [line for line in text.splitlines() if line.startswith("mainspring_rows_total")]
    return sum(float(line.split()[-1]) for line in lines)


def num_waiting(server: Server) -> float:
    connection = server.connect()
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    (line,) = [line for line in text.splitlines() if 'in_flight{state="waiting"}' in line]
    return float(line.split()[-1])


def test_answers_are_json_of_their_own_request(busy: Server) -> None:
    """Pieces that come at any cut are one request to whatever reads them."""
    data = over_wire(GOOD) * 3 + over_wire(b"{") + over_wire(GOOD)
    for cut in (1, 7, len(over_wire(GOOD)) - 1, len(over_wire(GOOD)) + 1, 300):
        connection = Raw(busy)
        for at in range(0, len(data), cut):
            connection.send(data[at : at + cut])
        found: list[Any] = [connection.answer() for _ in range(5)]
        assert [status for status, _, _ in found] == [200, 200, 200, 400, 200]
        assert len({body for status, _, body in found if status == 200}) == 1
        assert "error" in json.loads(found[3][2])
        connection.close()
