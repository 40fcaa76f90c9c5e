"""A client that asks a server as fast as it answers, over many connections of one process.

Requests are written beforehand and rotated; of answers the status line and the length are read.
What a server costs is the CPU time of its process, which says more on a busy machine than the rate.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "Measured",
    "ServerProcess",
    "ask_for",
    "http_request",
    "in_turns",
    "in_turns_of",
    "median",
    "overload",
    "started",
]


@dataclass
class Measured:
    """What a while of asking brought.

    Attributes
    ----------
    seconds : float
        How long it took.
    latencies : list of float
        Of every request, in seconds.
    failed : int
        Answers that were not 200.
    cpu_seconds : float
        CPU time of the server meanwhile.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of the server for one request."""
        return 1e6 * self.cpu_seconds / max(1, len(self.latencies))

    def quantile(self, share: float) -> float:
        """Return a latency that so many were below."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], first: int, until: float, out: Measured) -> None:
        self.requests = requests
        self.next = first
        self.until = until
        self.out = out
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        now = time.perf_counter()
        if now >= self.until:
            self.transport.close()
            return
        self.asked = now
        self.transport.write(self.requests[self.next])  # type: ignore[attr-defined]
        self.next = (self.next + 1) % len(self.requests)

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        if _end_of_answer(buffer) is None:
            self.buffer = buffer
            return
        self.out.latencies.append(time.perf_counter() - self.asked)
        self.out.failed += not buffer.startswith(b"HTTP/1.1 200")
        self.buffer = b""
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _end_of_answer(buffer: bytes) -> int | None:
    """Return where an answer ends, or None while it does not."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    at = buffer.lower().find(b"content-length:", 0, end)
    length = int(buffer[at + 15 : buffer.find(b"\r\n", at)])
    return end + 4 + length if len(buffer) >= end + 4 + length else None


def http_request(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """Write a request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ask_for(
    seconds: float, server: ServerProcess, requests: Sequence[bytes], connections: int
) -> Measured:
    """Ask over so many connections for a while."""
    import uvloop

    out = Measured()

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        until = time.perf_counter() + seconds
        made = []
        for number in range(connections):
            first = number * len(requests) // connections
            _, protocol = await loop.create_connection(
                lambda first=first: _Connection(requests, first, until, out),  # type: ignore[misc]
                "127.0.0.1",
                server.port,
            )
            made.append(protocol.done)
        await asyncio.wait(made, timeout=seconds + 30)

    cpu, begun = server.cpu_seconds(), time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ask())
    out.seconds = time.perf_counter() - begun
    out.cpu_seconds = server.cpu_seconds() - cpu
    return out


def in_turns(
    quick: bool, servers: Mapping[str, ServerProcess], requests: Sequence[bytes], connections: int
) -> dict[str, list[Measured]]:
    """Ask every server for a while, again and again."""
    return in_turns_of(quick, servers, dict.fromkeys(servers, requests), connections)


def in_turns_of(
    quick: bool,
    servers: Mapping[str, ServerProcess],
    requests: Mapping[str, Sequence[bytes]],
    connections: int,
) -> dict[str, list[Measured]]:
    """Ask every server for a while, again and again, each for what it understands."""
    turns, seconds = (2, 0.5) if quick else (5, 2.0)
    found: dict[str, list[Measured]] = {name: [] for name in servers}
    for _ in range(turns):
        for name, server in servers.items():
            found[name].append(ask_for(seconds, server, requests[name], connections))
    for turns_of_one in found.values():
        assert all(one.failed == 0 and one.latencies for one in turns_of_one)
    return found


def median(measured: Sequence[Measured], number: Callable[[Measured], float]) -> float:
    """Return the median of a number over turns."""
    return statistics.median(number(one) for one in measured)


def overload(
    seconds: float, server: ServerProcess, requests: Sequence[bytes], connections: int
) -> None:
    """Ask as :func:`ask_for` does, and leave in the middle: nobody reads the last answers."""
    import uvloop

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        made = []
        for number in range(connections):
            first = number * len(requests) // connections
            _, protocol = await loop.create_connection(
                lambda first=first: _Connection(requests, first, math.inf, Measured()),  # type: ignore[misc]
                "127.0.0.1",
                server.port,
            )
            made.append(protocol)
        await asyncio.sleep(seconds)
        for protocol in made:
            protocol.transport.abort()  # type: ignore[attr-defined]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ask())


@dataclass
class ServerProcess:
    """A server on a port of its own.

    Attributes
    ----------
    process : subprocess.Popen
        Where it runs.
    port : int
        Where it listens.
    start_seconds : float
        From its start to the first answer.
    """

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float = 0.0

    def cpu_seconds(self) -> float:
        """CPU time of all its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        total = 0
        for task in tasks.iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total * 1e-9

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def memory_mib(self) -> float:
        """Its proportional share of memory."""
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
        raise ValueError("the kernel does not say Pss")


@contextlib.contextmanager
def started(
    command: Sequence[str], request: bytes, interpreter: str = sys.executable
) -> Iterator[ServerProcess]:
    """Run a server until the end of the block; ``{port}`` in the command is a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [word.replace("{port}", str(port)) for word in command]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [interpreter, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MAINSPRING_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    server = ServerProcess(process, port)
    try:
        while not _answers(port, request):
            if process.poll() is not None or time.perf_counter() - begun > 120:
                raise RuntimeError(f"{' '.join(words)} does not answer")
            time.sleep(0.005)
        server.start_seconds = time.perf_counter() - begun
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(port: int, request: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
