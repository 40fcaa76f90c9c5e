"""How long each of the eighty bad requests waits for its answer, over a real socket.

``python -m tests.serve.answer_times [--rounds 5] [--no-hot-path]`` prints a line for each. What a
client still sends is its own time: a request is sent but for the byte that decides it, the server
reads what has come, then the clock starts with that byte and stops with the first of the answer.
That byte is the last one, or, where the answer comes before, the end of the headers that say too
much or the byte with which a body becomes too long.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.runtime.conftest import bundle_bytes, mixed_table
from tests.serve.bad_requests import MAX_BODY_BYTES, MAX_ROWS, BadRequest, bad_requests
from tests.serve.test_http import Raw
from tests.serve.test_process import Server

__all__ = ["Waited", "cpu_seconds", "decisive", "options", "wait_of"]

MOST_SECONDS = 0.010


@dataclass(frozen=True)
class Waited:
    """One answer.

    Attributes
    ----------
    seconds : float
        From the byte that decides to the first of the answer.
    cpu : float
        CPU seconds of the server in this time.
    sending : float
        Seconds before, in which the server got the rest.
    status : int
        Of the answer.
    """

    seconds: float
    cpu: float
    sending: float
    status: int


def cpu_seconds(server: Server) -> float:
    """CPU time of the server, which says more on a busy machine than a clock."""
    nanos = 0
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that ended
            nanos += int((task / "schedstat").read_text().split()[0])
    return nanos * 1e-9


def options(*more: str) -> list[str]:
    """Name the limits that the requests are made for."""
    limits = ["--max-body-mb", str(MAX_BODY_BYTES / 2**20), "--max-rows", str(MAX_ROWS)]
    return [*limits, *more]


def decisive(case: BadRequest) -> int:
    """Count the bytes that a server needs to see what is wrong."""
    if 413 in case.statuses:
        head = case.data.index(b"\r\n\r\n") + 4
        if b"Transfer-Encoding: chunked" in case.data[:head]:
            return len(case.data) - len(b"\r\n0\r\n\r\n")  # the byte that is one too many
        if len(case.data) - head > MAX_BODY_BYTES or len(case.data) == head:
            return head
    return len(case.data)


def wait_of(server: Server, case: BadRequest) -> Waited:
    """Send a request, and measure from the byte that decides."""
    end = decisive(case)
    connection = Raw(server)
    try:
        begun = time.perf_counter()
        connection.send(case.data[: end - 1])
        sending = time.perf_counter() - begun
        before, still = cpu_seconds(server), 0
        while still < 3:  # until it has read all, and does nothing any more
            time.sleep(0.01)
            cpu = cpu_seconds(server)
            before, still = cpu, still + 1 if cpu == before else 0
        sent = time.perf_counter()
        connection.send(case.data[end - 1 : end])
        connection.socket.recv(1)
        waited = time.perf_counter() - sent
        used = cpu_seconds(server) - before
        connection.socket.recv(8)
        return Waited(waited, used, sending, int(connection.socket.recv(3)))
    finally:
        connection.close()


def is_measured(case: BadRequest) -> bool:
    """Say whether there is an answer to wait for: not where nothing more is to come."""
    return 408 not in case.statuses


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.serve.answer_times",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-hot-path", action="store_true")
    given = parser.parse_args()
    late = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.spring"
        path.write_bytes(bundle_bytes(mixed_table(1300), "binary", 2))
        more = ["--no-hot-path"] if given.no_hot_path else []
        server = Server(f"mixed={path}", *options(*more))
        print(f"{'ms':>8} {'CPU ms':>8} {'sent ms':>8} {'bytes':>12} status case")
        for case in filter(is_measured, bad_requests()):
            found = [wait_of(server, case) for _ in range(given.rounds)]
            best = min(found, key=lambda one: one.seconds)
            late += best.seconds >= MOST_SECONDS
            times = (best.seconds, best.cpu, best.sending)
            words = " ".join(f"{1e3 * one:8.2f}" for one in times)
            print(f"{words} {len(case.data):12,} {best.status} {case}", flush=True)
        server.process.terminate()
        server.process.communicate(timeout=60)
    print(f"{late} later than {1e3 * MOST_SECONDS:g} ms")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
