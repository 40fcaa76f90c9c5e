"""HTTP itself, over sockets: the same answers in the same order with the hot path and without."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mainspring.serve import create_app
from mainspring.serve.hot_path import hot_protocol
from tests.serve.conftest import ROW
from tests.serve.test_process import Server

GOOD = json.dumps(ROW).encode()


@pytest.fixture(scope="module", params=["hot", "asgi"])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[Server]:
    options = ["--no-hot-path"] if request.param == "asgi" else ["--request-timeout", "1.6"]
    started = Server(str(folder / "two.spring"), "--max-body-mb", "1", *options)
    started.is_hot = request.param == "hot"  # type: ignore[attr-defined]
    yield started
    assert started.stop(signal.SIGTERM)[0] == 0


def head(
    length: int | None,
    path: str = "/predict",
    method: str = "POST",
    *lines: str,
    close: bool = False,
) -> bytes:
    parts = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *lines]
    if length is not None:
        parts.append(f"Content-Length: {length}")
    if close:
        parts.append("Connection: close")
    return "\r\n".join([*parts, "", ""]).encode()


class Raw:
    """A connection that says what it is told, and reads whole answers."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.read = self.socket.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self.read.readline().split()[1])
        headers = {}
        while (line := self.read.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self.read.read(int(headers.get("content-length", 0)))

    def close(self) -> None:
        self.read.close()
        self.socket.close()


@pytest.fixture
def raw(server: Server) -> Iterator[Raw]:
    connection = Raw(server)
    yield connection
    connection.close()


def test_answers_to_pipelined_requests_keep_their_order(raw: Raw) -> None:
    long = b"[" + b",".join([GOOD] * 3000) + b"]"  # leaves the event loop
    raw.send(
        head(len(GOOD)) + GOOD,
        head(len(long)) + long + head(len(GOOD)) + GOOD + head(None, "/healthz", "GET"),
        head(1) + b"{" + head(None, "/v2", "GET") + head(len(GOOD)) + GOOD,
    )
    seen = [raw.answer() for _ in range(7)]
    assert [status for status, _, _ in seen] == [200, 200, 200, 200, 400, 200, 200]
    counts = [len(json.loads(seen[i][2])["predictions"]) for i in (0, 1, 2, 6)]
    assert counts == [1, 3000, 1, 1]
    assert json.loads(seen[3][2]) == {"status": "ok"}
    assert json.loads(seen[5][2])["name"] == "mainspring"


def test_answers_have_date_id_and_type(raw: Raw) -> None:
    raw.send(head(len(GOOD)), GOOD)
    _, headers, _ = raw.answer()
    assert {"date", "x-request-id", "content-type", "content-length"} <= set(headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_connection_is_closed_when_the_client_wants_it(raw: Raw) -> None:
    raw.send(head(len(GOOD), close=True) + GOOD)
    assert raw.answer()[1]["connection"] == "close"
    assert raw.read.read() == b""


def test_http_1_0_is_answered_and_closed(raw: Raw) -> None:
    raw.send(head(len(GOOD)).replace(b"HTTP/1.1", b"HTTP/1.0") + GOOD)
    assert raw.answer()[0] == 200
    assert raw.read.read() == b""


def test_client_that_expects_is_told_to_continue(raw: Raw) -> None:
    raw.send(head(len(GOOD), "/predict", "POST", "Expect: 100-continue"))
    assert raw.answer()[0] == 100
    raw.send(GOOD)
    assert raw.answer()[0] == 200


def test_body_too_long_by_its_length_or_its_chunks_is_refused(raw: Raw) -> None:
    raw.send(head(2 << 20))
    assert raw.answer()[0] == 413


def test_body_too_long_by_its_chunks_is_refused(raw: Raw) -> None:
    raw.send(head(None, "/predict", "POST", "Transfer-Encoding: chunked"))
    for _ in range(33):
        raw.send(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
    assert raw.answer()[0] == 413


def test_body_in_chunks_of_one_byte_is_read(raw: Raw) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in b" " * 20_000 + GOOD)
    raw.send(head(None, "/predict", "POST", "Transfer-Encoding: chunked"), chunks, b"0\r\n\r\n")
    assert raw.answer()[0] == 200
    raw.send(head(len(GOOD)), GOOD)
    assert raw.answer()[0] == 200


def test_body_byte_by_byte_is_read(raw: Raw) -> None:
    raw.send(*(bytes([byte]) for byte in head(len(GOOD)) + GOOD))
    assert raw.answer()[0] == 200


@pytest.mark.parametrize(
    "text",
    [
        head(None, "/predict", "POST", "Content-Length: -1"),
        head(5, "/predict", "POST", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        head(5, "/predict", "POST", "Content-Length: 6") + b"{}",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /predict HTTP/9.9\r\n\r\n",
    ],
)
def test_requests_that_are_no_http_are_refused_and_closed(raw: Raw, text: bytes) -> None:
    raw.send(text)
    assert raw.socket.recv(4096)[:12] in (b"HTTP/1.1 400", b"")


def test_wrong_method_and_path_are_refused_behind_the_hot_path(raw: Raw) -> None:
    for method, path, status in (
        ("GET", "/predict", 405),
        ("PUT", "/predict", 405),
        ("POST", "/nothing", 404),
        ("POST", "/predict?kind=x", 400),
        ("POST", "/models/..%2ftwo/predict", 404),
        ("POST", f"/models/{'x' * 9000}/predict", 404),
    ):
        raw.send(head(2, path, method), b"{}")
        got, headers, body = raw.answer()
        assert (got, list(json.loads(body))) == (status, ["error"])
        assert status != 405 or headers["allow"] == "POST"


def test_thousand_idle_connections_leave_the_server_answering(server: Server) -> None:
    import resource

    least = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(1000, least - 200)
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    started = time.monotonic()
    assert server.post("/predict", GOOD)[0] == 200
    assert time.monotonic() - started < 5
    for each in idle:
        each.close()


def test_request_that_does_not_come_to_its_end_is_given_up(server: Server) -> None:
    if not server.is_hot:  # type: ignore[attr-defined]
        pytest.skip("other servers have timeouts of their own")
    slow_body, slow_head, silent = Raw(server), Raw(server), Raw(server)
    slow_body.send(head(1000), b"{")
    slow_head.send(b"POST /predict HTTP/1.1\r\nHost: x\r\n")
    status, headers, body = slow_body.answer()
    assert (status, headers["connection"]) == (408, "close")
    assert "too long" in json.loads(body)["error"]
    assert slow_head.read.read()[:12] in (b"HTTP/1.1 408", b"")
    assert silent.read.read() == b""
    for each in (slow_body, slow_head, silent):
        each.close()


@pytest.mark.parametrize("path", [[], ["--no-hot-path"]], ids=["hot", "asgi"])
def test_idle_connection_is_closed_at_one_time_whatever_it_asked(
    folder: Path, path: list[str]
) -> None:
    started = Server(str(folder / "two.spring"), "--request-timeout", "0.8", *path)
    plain = head(len(GOOD)) + GOOD
    page = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    # In one native call from the second on, by uvicorn's parser, by the app, and these in turn.
    asked = ([plain], [plain, plain], [b"{", plain], [page], [plain, page], [page, plain, plain])
    connections = []
    try:
        for requests in asked:
            connection = Raw(started)
            for data in requests:
                if data == b"{":
                    connection.send(head(1) + data)
                else:
                    connection.send(data)
                assert connection.answer()[0] == (400 if data == b"{" else 200)
            connections.append((connection, time.monotonic()))
        for connection, since in connections:
            assert connection.read.read() == b""
            assert time.monotonic() - since > 0.7
            connection.close()
        assert time.monotonic() - connections[-1][1] < 5
    finally:
        started.stop(signal.SIGTERM)


@pytest.mark.parametrize(
    "path", [b"POST /predict HTTP/1.1", b"GET /healthz HTTP/1.1"], ids=["predict", "healthz"]
)
def test_client_that_reads_no_answers_is_read_no_more(folder: Path, path: bytes) -> None:
    """What it sends waits in its own socket, not in the server's memory."""
    request = path + b"\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    body = GOOD if path.startswith(b"POST") else b""
    request += b"%d\r\n\r\n" % len(body) + body
    server = Server(str(folder / "two.spring"))
    unread = socket.socket()
    try:
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        unread.connect(("127.0.0.1", server.port))
        unread.settimeout(1.0)
        before, many, sent = server.resident_kib(), request * 200, 0
        with contextlib.suppress(TimeoutError):
            while sent < 64 << 20:
                sent += unread.send(many[sent % len(request) :])
        assert sent < 64 << 20
        assert server.resident_kib() - before < 40 << 10
        assert server.post("/predict", GOOD)[0] == 200  # others are answered meanwhile
        unread.settimeout(60)
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # it may hurry now
        count, left = sent // len(request), b""
        while count:
            more = unread.recv(1 << 20)
            assert more
            left += more
            count -= left.count(b"HTTP/1.1 200 ")
            left = left[-12:]  # the beginning of the next one, perhaps
    finally:
        unread.close()
        server.stop(signal.SIGTERM)


def read_all(client: socket.socket) -> None:
    while client.recv(1 << 20):
        pass


@pytest.mark.parametrize("reads", [True, False], ids=["slowly", "nothing"])
def test_client_is_late_when_it_reads_nothing_not_when_it_reads_slowly(
    folder: Path, reads: bool
) -> None:
    """What it sent waits in its socket until it has read: that is not the time a request takes."""
    request = head(len(GOOD)) + GOOD
    server = Server(str(folder / "two.spring"), "--request-timeout", "1.6")
    client = socket.socket()
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.settimeout(1.0)
        many, sent = request * 200, 0
        with contextlib.suppress(TimeoutError):
            while sent < 64 << 20:
                sent += client.send(many[sent % len(request) :])
        assert sent < 64 << 20
        client.settimeout(60)
        if reads:
            end, count = time.monotonic() + 5, 0
            while time.monotonic() < end:
                time.sleep(0.1)
                count += client.recv(1 << 12).count(b"HTTP/1.1 200 ")
            assert count > 100
        else:
            time.sleep(5)
            with pytest.raises(ConnectionError):  # in the middle of what waits for it
                read_all(client)
        assert server.post("/predict", GOOD)[0] == 200
    finally:
        client.close()
        server.stop(signal.SIGTERM)


def test_client_that_leaves_in_the_middle_is_forgotten(server: Server) -> None:
    long = b"[" + b",".join([GOOD] * 5000) + b"]"
    for _ in range(30):
        connection = Raw(server)
        connection.send(head(len(long)) + long)
        connection.close()
    assert server.post("/predict", GOOD)[0] == 200


def test_clients_that_leave_before_their_turn_leave_no_connection_behind(folder: Path) -> None:
    """Nothing is read from them while they wait, so their end has to be looked for."""
    started = Server(str(folder / "two.spring"))
    assert started.post("/predict", GOOD)[0] == 200
    before = started.num_sockets()
    long = b"[" + b",".join([GOOD] * 80_000) + b"]"  # a thread works on it for a while
    gone = [Raw(started) for _ in range(16)]
    for connection in gone:
        connection.send(head(len(long)) + long)
    for connection in gone:
        connection.close()
    deadline = time.monotonic() + 60
    while started.num_sockets() > before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    stopped = time.monotonic()
    assert started.stop(signal.SIGTERM)[0] == 0
    assert time.monotonic() - stopped < 10  # of the 30 s that requests have


def test_requests_that_have_begun_are_answered_when_the_server_stops(folder: Path) -> None:
    started = Server(str(folder / "two.spring"))
    connections = [Raw(started) for _ in range(50)]
    for connection in connections:
        connection.send(head(len(GOOD)), GOOD[:10])
    assert started.post("/predict", GOOD)[0] == 200
    started.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    for connection in connections:
        connection.send(GOOD[10:])
        status, headers, _ = connection.answer()
        assert (status, headers["connection"]) == (200, "close")
        connection.close()
    assert started.process.wait(timeout=60) == 0
    started.process.communicate()


def test_hot_path_is_left_out_where_uvicorn_is_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uvicorn.protocols.http import httptools_impl

    server: Any = create_app(folder / "two.spring").state.server
    assert hot_protocol(server) is not None
    monkeypatch.delattr(httptools_impl.HttpToolsProtocol, "on_response_complete")
    assert hot_protocol(server) is None
    monkeypatch.undo()
    monkeypatch.setattr(httptools_impl, "HttpToolsProtocol", type("Other", (), {}))
    assert hot_protocol(server) is None
