"""Many requests over sockets, good and bad: every answer is checked, and memory must stay.

``python -m tests.serve.soak [--good 1000000] [--bad 10000] [--seed 1] [--no-hot-path]`` starts
``mainspring serve``. Good requests are a thousand rows in turn, each of which must get the same
bytes again and again. Bad ones are drawn from the requests of every protocol and from the list in
bad_requests.py: cut, spliced, bytes changed. Whatever comes, the answer is never a 5xx, an error
says what is wrong, the process lives, and the next good request is answered.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.runtime.conftest import bundle_bytes, mixed_table
from tests.serve.bad_requests import (
    ARROW_TYPE,
    GOOD,
    INFER,
    JSON_TYPE,
    arrow,
    bad_requests,
    binary,
    over_wire,
    tensors,
)
from tests.serve.conftest import ROW
from tests.serve.test_http import Raw
from tests.serve.test_process import Server

CONNECTIONS = 32
MAX_GROWTH_KIB = 1024
# A body that would only measure how fast a socket is.
MOST_BYTES = 1 << 16


@dataclass
class Outcome:
    """What came of it.

    Attributes
    ----------
    statuses : Counter
        Answers by their status; 0: closed without one, which only what is no HTTP may be.
    grown_kib : int
        How much more memory the server has than before.
    seconds : float
        How long it took.
    slowest : list of float
        Of the answers, in seconds, the longest ten.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    grown_kib: int = 0
    seconds: float = 0.0
    slowest: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        found = sorted(self.statuses.items())
        counts = ", ".join(f"{count:,} x {status}" for status, count in found)
        late = f", slowest {1e3 * self.slowest[-1]:.1f} ms" if self.slowest else ""
        return f"{counts} in {self.seconds:.1f} s{late}; memory {self.grown_kib:+,} KiB"


def send_good(server: Server, count: int) -> Outcome:
    """Send good requests over several connections, and compare every answer with the first."""
    requests = []
    for number in range(1000):
        row = {**ROW, "distance": number + 0.5, "flight": number % 5, "carrier": "UA"}
        requests.append(over_wire(json.dumps(row).encode()))
    expected: list[bytes | None] = [None] * len(requests)
    outcome = Outcome()

    def ask(connections: Sequence[Raw], times: int) -> None:
        sent = 0
        while sent < times:
            asked = [(sent + place) % len(requests) for place in range(CONNECTIONS)]
            for connection, number in zip(connections, asked, strict=True):
                connection.socket.sendall(requests[number])
            for connection, number in zip(connections, asked, strict=True):
                head, body = _receive(connection.socket)
                assert head.startswith(b"HTTP/1.1 200"), (head, body[:300])
                if expected[number] is None:
                    expected[number] = body
                assert body == expected[number], (number, body)
            sent += CONNECTIONS
        outcome.statuses[200] += sent

    with contextlib.ExitStack() as opened:
        made = [opened.enter_context(contextlib.closing(Raw(server))) for _ in range(CONNECTIONS)]
        ask(made, len(requests))  # what is needed once is there from now on
        outcome.statuses.clear()
        before, begun = server.resident_kib(), time.monotonic()
        ask(made, count)
        outcome.seconds = time.monotonic() - begun
        outcome.grown_kib = server.resident_kib() - before
    return outcome


def _receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer; cheaper than header by header."""
    answer = connection.recv(1 << 16)
    while True:
        head, end, body = answer.partition(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if end and len(body) >= int(length):
            return head, body
        more = connection.recv(1 << 16)
        assert more, answer
        answer += more


def seeds() -> list[bytes]:
    """Requests that bad ones are made from: one of each form, and the list of what is wrong."""
    split = {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())] * 3}}
    columns = {"columns": {name: [value] * 3 for name, value in ROW.items()}}
    rows = json.dumps([ROW] * 5).encode()
    packed = (JSON_TYPE, "Content-Encoding: gzip")
    csv = ",".join(ROW) + "\n" + ",".join(map(str, ROW.values())) + "\n"
    good = [
        over_wire(GOOD),
        over_wire(rows),
        over_wire(json.dumps(columns).encode()),
        over_wire(rows, "/models/mixed/predict?kind=proba"),
        over_wire(gzip.compress(rows), lines=packed),
        over_wire(arrow(), lines=(ARROW_TYPE,)),
        over_wire(tensors(), INFER),
        binary(),
        over_wire(json.dumps(split).encode(), "/invocations"),
        over_wire(csv.encode(), "/invocations", ("Content-Type: text/csv",)),
        over_wire(b'{"instances":[%s]}' % GOOD, "/v1/models/mixed:predict"),
    ]
    listed = [one.data for one in bad_requests() if len(one.data) <= MOST_BYTES]
    return good * 4 + listed


def mutate(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Change a few bytes, cut a piece out, put one in again, or go on with another text."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5))):
        if not changed:
            break
        at = draw.randrange(len(changed))
        kind = draw.randrange(6)
        if kind == 0:
            changed[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[at] = draw.choice(b'\x00\xff"\\{}[],:0-9eE.\n')
        elif kind == 2:
            del changed[at : at + draw.randrange(1, 9)]
        elif kind == 3:
            changed[at:at] = changed[at : at + draw.randrange(1, 9)]
        elif kind == 4:
            del changed[at:]
        elif other:
            changed[at:] = other[draw.randrange(len(other)) :]
    return bytes(changed)


def draw_bad(draw: random.Random, found: Sequence[bytes]) -> tuple[bytes, bool]:
    """Draw a request: mostly a changed body behind a right head, now and then a changed head.

    The second says whether it is whole, so that there must be an answer.
    """
    head, _, body = draw.choice(found).partition(b"\r\n\r\n")
    other = draw.choice(found).partition(b"\r\n\r\n")[2]
    if draw.random() < 0.1:
        return mutate(draw, head, other) + b"\r\n\r\n" + body, False
    body = mutate(draw, body, other)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    if any(line.lower().startswith(b"transfer-encoding") for line in lines):
        return b"\r\n".join([*lines, b"", b""]) + body, False
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body, True


def is_error(body: bytes) -> bool:
    """Say whether a body is what every refusal has."""
    try:
        return list(json.loads(body)) == ["error"]
    except ValueError:
        return False


def send_bad(server: Server, count: int, seed: int) -> Outcome:
    """Send requests that were drawn, each over a connection of its own."""
    found, outcome = seeds(), Outcome()
    warm = random.Random(f"warm {seed}")
    for _ in range(max(500, count // 5)):  # what is needed once is there from then on
        _ask_bad(server, *draw_bad(warm, found))
    before, begun = server.resident_kib(), time.monotonic()
    draw = random.Random(seed)
    for number in range(count):
        data, is_whole = draw_bad(draw, found)
        started = time.perf_counter()
        status, body = _ask_bad(server, data, is_whole)
        outcome.slowest = sorted([*outcome.slowest, time.perf_counter() - started])[-10:]
        outcome.statuses[status] += 1
        assert status < 500, (data, body)
        assert status or not is_whole, data
        if status >= 400 and body.startswith(b"{"):
            assert is_error(body), (data, body)
        assert server.process.poll() is None, data
        if number % 100 == 0:
            assert _ask_bad(server, over_wire(GOOD), True)[0] == 200
    outcome.seconds = time.monotonic() - begun
    outcome.grown_kib = server.resident_kib() - before
    return outcome


def _ask_bad(server: Server, data: bytes, is_whole: bool) -> tuple[int, bytes]:
    """Send; where that may be half a request say that there is no more. 0: there is no answer."""
    connection = Raw(server)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(data)
            if not is_whole:
                connection.socket.shutdown(socket.SHUT_WR)
        with contextlib.suppress(IndexError, ConnectionResetError, ValueError):
            status, _, body = connection.answer()
            return status, body
        return 0, b""
    finally:
        connection.close()


class Log:
    """What a server says meanwhile, so that its pipe is never full."""

    def __init__(self, server: Server) -> None:
        self.lines: Counter[str] = Counter()
        self._process = server.process
        self._thread = threading.Thread(target=self._read, args=[server.process.stderr])
        self._thread.start()

    def _read(self, stream: Iterable[str]) -> None:
        for line in stream:
            self.lines[line.rstrip()] += 1

    def end(self) -> Counter[str]:
        """Return the lines that are not about requests which are no HTTP."""
        self._thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return Counter(
            {line: count for line, count in self.lines.items() if "Invalid HTTP" not in line}
        )


def soak(path: Path, good: int, bad: int, seed: int, *options: str) -> tuple[Outcome, Outcome]:
    """Send both to a server of its own, which must end as it should, with nothing in its log."""
    server = Server(f"mixed={path}", *options)
    log = Log(server)
    try:
        found = send_bad(server, bad, seed), send_good(server, good)
    finally:
        server.process.send_signal(signal.SIGTERM)
        status, lines = server.process.wait(timeout=60), log.end()
    assert (status, dict(lines.most_common(20))) == (0, {})
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.serve.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--good", type=int, default=1_000_000)
    parser.add_argument("--bad", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-hot-path", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.spring"
        path.write_bytes(bundle_bytes(mixed_table(1300), "binary", 2))
        options = ["--no-hot-path"] if given.no_hot_path else []
        bad, good = soak(path, given.good, given.bad, given.seed, *options)
    print(f"bad:  {bad}\ngood: {good}")
    return 1 if max(bad.grown_kib, good.grown_kib) >= MAX_GROWTH_KIB else 0


if __name__ == "__main__":
    sys.exit(main())
