"""Requests that are answered from socket to socket: the same answers, and never another framing."""

from __future__ import annotations

import gc
import json
import random
import weakref
from pathlib import Path
from typing import Any

import pytest

from mainspring import _engine
from mainspring.serve import create_app
from mainspring.serve.hot_answers import HotAnswers
from mainspring.serve.hot_request import HotRequest
from mainspring.serve.metrics import make_registry
from mainspring.serve.replies import Refusal
from mainspring.serve.targets import Target
from tests.serve.conftest import ROW, infer_body

httptools = pytest.importorskip("httptools")

GOOD = json.dumps(ROW).encode()
HEAD = b"date: now\r\n"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(
    *lines: str, body: bytes = GOOD, first: str = "POST /predict HTTP/1.1", length: str = ""
) -> bytes:
    length = length or f"Content-Length: {len(body)}"
    text = "\r\n".join([first, "Host: x", "Content-Type: application/json", length, *lines, "", ""])
    return text.encode("latin-1") + body


@pytest.fixture
def server(folder: Path) -> Any:
    return create_app({"two": folder / "two.spring"}).state.server


@pytest.fixture
def answers(server: Any) -> HotAnswers:
    made = HotAnswers(server)
    made.learn(b"/predict", Target("rows", None, None, "predict"))
    made.learn(b"/v2/models/two/infer", Target("infer", "two", None, "predict"))
    return made


def parts(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines)
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers, body


def counted(server: Any) -> int:
    model = next(iter(server.models))
    return sum(sum(one["requests"].values()) for one in model.native.counters.values())


@pytest.mark.parametrize("body", [GOOD, b"{", b"[]", b"[" + GOOD + b"," + GOOD + b"]"])
def test_answer_is_what_the_server_answers(server: Any, answers: HotAnswers, body: bytes) -> None:
    found = answers.routes.answer(request("X-Request-Id: abc", body=body), HEAD)
    assert found is not None
    status, headers, content = parts(found)
    expected = server.answer(
        "/predict", "", {b"content-type": b"application/json", b"x-request-id": b"abc"}, body
    )
    assert (status, content) == (expected.status, expected.body)
    assert headers == {
        "date": "now",
        "x-request-id": "abc",
        "content-type": "application/json",
        "content-length": str(len(content)),
    }


def test_tensors_are_answered_too_with_binary_data_where_asked(
    server: Any, answers: HotAnswers
) -> None:
    asked = infer_body([ROW], outputs=[{"name": "prediction", "parameters": {"binary_data": True}}])
    body = json.dumps(asked).encode()
    first = "POST /v2/models/two/infer HTTP/1.1"
    found = answers.routes.answer(request(first=first, body=body), HEAD)
    assert found is not None
    status, headers, content = parts(found)
    kind = {b"content-type": b"application/json"}
    expected = server.answer("/v2/models/two/infer", "", kind, body)
    assert (status, content) == (200, expected.body)
    assert headers["content-type"] == "application/octet-stream"
    json.loads(content[: int(headers["inference-header-content-length"])])


def test_ids_differ_and_only_well_formed_ones_pass(answers: HotAnswers) -> None:
    seen = set()
    for lines in ((), ("X-Request-Id: a b",), (f"X-Request-Id: {'x' * 129}",)):
        found = answers.routes.answer(request(*lines), HEAD)
        assert found is not None
        seen.add(parts(found)[1]["x-request-id"])
    assert len(seen) == 3
    assert all(len(one) < 30 for one in seen)


@pytest.mark.parametrize(
    ("parent", "passes"),
    [
        (PARENT, True),
        (PARENT.upper(), False),
        (PARENT[:-1], False),
        (PARENT + "0", False),
        ("ff" + PARENT[2:], False),
        ("00-" + "0" * 32 + PARENT[35:], False),
        (PARENT[:36] + "0" * 16 + PARENT[52:], False),
        (PARENT.replace("-", "_"), False),
        ("garbage", False),
    ],
)
def test_place_in_a_trace_is_passed_on(answers: HotAnswers, parent: str, passes: bool) -> None:
    found = answers.routes.answer(request(f"traceparent: {parent}"), HEAD)
    assert found is not None
    assert parts(found)[1].get("traceparent") == (parent if passes else None)


NOT_PLAIN = {
    "nothing": b"",
    "another method": request(first="GET /predict HTTP/1.1"),
    "lower method": request(first="post /predict HTTP/1.1"),
    "another path": request(first="POST /other HTTP/1.1"),
    "a query": request(first="POST /predict?kind=raw HTTP/1.1"),
    "HTTP/1.0": request(first="POST /predict HTTP/1.0"),
    "two spaces": request(first="POST  /predict HTTP/1.1"),
    "a control in the path": request(first="POST /predict\t HTTP/1.1"),
    "no length": request(length="X: 1"),
    "length twice": request(f"Content-Length: {len(GOOD)}"),
    "length signed": request(length=f"Content-Length: +{len(GOOD)}"),
    "length in a list": request(length=f"Content-Length: {len(GOOD)},{len(GOOD)}"),
    "length of hexadecimal": request(length=f"Content-Length: 0x{len(GOOD):x}"),
    "length too long": request(length=f"Content-Length: {len(GOOD) + 1}"),
    "length too short": request(length=f"Content-Length: {len(GOOD) - 1}"),
    "length empty": request(length="Content-Length:"),
    "length huge": request(length="Content-Length: " + "9" * 400),
    "chunks": request("Transfer-Encoding: chunked"),
    "chunks in other case": request("tRANSFER-eNCODING: identity"),
    "expect": request("Expect: 100-continue"),
    "upgrade": request("Upgrade: websocket", "Connection: upgrade"),
    "close": request("Connection: close"),
    "keep-alive and more": request("Connection: keep-alive, upgrade"),
    "trailer": request("Trailer: x"),
    "packed": request("Content-Encoding: gzip"),
    "binary tensors": request("Inference-Header-Content-Length: 5"),
    "another type": request("Content-Type: text/plain"),
    "space before the colon": request("X : 1"),
    "no name": request(": 1"),
    "folded": request("X: 1", " 2"),
    "no colon": request("X"),
    "control in a value": request("X: \x01"),
    "bare CR": request("X: a\rb"),
    "bare LF": request().replace(b"\r\n", b"\n"),
    "one bare LF": request("X: a\nY: b"),
    "id twice": request("X-Request-Id: a", "X-Request-Id: b"),
    "two requests": request() + request(),
    "a byte behind": request() + b"\n",
    "a line before": b"\r\n" + request(),
}


@pytest.mark.parametrize("case", NOT_PLAIN)
def test_what_is_not_plain_is_left_alone(server: Any, answers: HotAnswers, case: str) -> None:
    before = counted(server)
    assert answers.routes.answer(NOT_PLAIN[case], HEAD) is None
    assert counted(server) == before


def test_every_cut_of_a_request_is_left_alone(answers: HotAnswers) -> None:
    whole = request()
    assert answers.routes.answer(whole, HEAD) is not None
    assert all(answers.routes.answer(whole[:end], HEAD) is None for end in range(len(whole)))


def test_body_whose_answer_might_be_compressed_is_left_alone(answers: HotAnswers) -> None:
    rows = b"[" + b",".join([GOOD] * 20) + b"]"
    assert answers.routes.answer(request("Accept-Encoding: gzip", body=rows), HEAD) is None
    assert answers.routes.answer(request(body=rows), HEAD) is not None
    assert answers.routes.answer(request("Accept-Encoding: gzip"), HEAD) is not None


class Heard:
    """What uvicorn's own parser makes of the bytes."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.num_complete = 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.num_complete += 1


def mutated(data: bytes, draw: random.Random) -> bytes:
    pieces = [
        b"\r\n", b"\n", b"\r", b" ", b":", b"\t", b"\x00", b"Content-Length: 3\r\n", b"0",
        b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"\xff", b"HTTP/1.1", b",",
    ]  # fmt: skip
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(data))
        match draw.randrange(4):
            case 0:
                data = data[:at] + draw.choice(pieces) + data[at:]
            case 1:
                data = data[:at] + data[at + draw.randrange(1, 4) :]
            case 2:
                data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
            case _:
                data = data[:at] + data[draw.randrange(len(data)) :][:30] + data[at:]
    return data


def test_what_is_answered_is_one_request_to_the_other_parser_too(answers: HotAnswers) -> None:
    draw = random.Random(7)
    plain = [
        request("User-Agent: me", "Accept: */*", "X-Request-Id: 7", f"traceparent: {PARENT}"),
        request("Connection: Keep-Alive", "Accept-Encoding: gzip, deflate"),
        request(),
    ]
    num_answered = 0
    for _ in range(20_000):
        data = mutated(draw.choice(plain), draw)
        if answers.routes.answer(data, HEAD) is None:
            continue
        num_answered += 1
        heard = Heard()
        parser = httptools.HttpRequestParser(heard)
        parser.feed_data(data)
        assert heard.num_complete == 1
        assert parser.should_keep_alive()
        assert (heard.url, parser.get_method()) == (b"/predict", b"POST")
        assert data.endswith(b"\r\n\r\n" + heard.body)
    assert num_answered > 1000


def test_routes_are_open_only_while_nothing_else_is_wanted(folder: Path) -> None:
    server: Any = create_app({"two": folder / "two.spring"}).state.server
    answers = HotAnswers(server)
    target = Target("rows", None, None, "predict")
    assert not answers.is_open()
    answers.learn(b"/predict", target)
    assert answers.is_open()
    server.on_request = print
    assert not answers.is_open()
    server.on_request = None
    server.load.is_draining = True
    assert not answers.is_open()
    server.load.is_draining = False
    server.handler.watchers = (print,)
    assert not answers.is_open()
    server.handler.watchers = ()
    server.set_traffic("two", {"1": 0.5}, None)
    assert not answers.is_open()  # the table is another one
    answers.learn(b"/predict", target)
    assert answers.routes.answer(request(), HEAD) is None  # what answers is drawn


def test_models_that_are_served_no_more_leave_at_once(folder: Path) -> None:
    """Nothing holds them: neither the routes, nor an idle connection, nor the models themselves."""
    server = create_app({name: folder / f"{name}.spring" for name in ("two", "three")}).state.server
    answers = HotAnswers(server)
    answers.learn(b"/models/two/predict", Target("rows", "two", None, "predict"))
    plain = request(first="POST /models/two/predict HTTP/1.1")
    assert answers.routes.answer(plain, HEAD) is not None
    asked = HotRequest(True, False)
    target = Target("rows", "two", None, "predict")
    asked.prediction = server.handler.begin(target, {b"content-type": b"application/json"})
    assert asked.prediction.answer(GOOD).status == 200
    asked.end()
    list(make_registry(server).collect())
    left = weakref.ref(server.models.find("two"))
    gc.disable()  # it has no part in this
    try:
        server.models.remove("two")
        assert left() is None
    finally:
        gc.enable()
    assert len(answers.routes) == 0
    assert not answers.is_open()
    with pytest.raises(Refusal):
        server.handler.begin(target, {})


def test_routes_that_change_while_they_are_learnt_are_forgotten(
    server: Any, answers: HotAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = server.models.find

    def change_meanwhile(name: str | None, version: str | None = None) -> Any:
        model = find(name, version)
        server.models.put(model)
        return model

    monkeypatch.setattr(server.models, "find", change_meanwhile)
    answers.learn(b"/models/two/predict", Target("rows", "two", None, "predict"))
    assert len(answers.routes) == 0
    monkeypatch.undo()
    answers.learn(b"/models/two/predict", Target("rows", "two", None, "predict"))
    assert answers.is_open()


def test_routes_are_as_many_as_there_may_be(answers: HotAnswers) -> None:
    for number in range(2000):
        url = b"/models/two/predict?x=%d" % number
        answers.learn(url, Target("rows", "two", None, "predict"))
    assert len(answers.routes) == 1024


def test_native_routes_take_what_they_are_told(server: Any) -> None:
    routes = _engine.HotRoutes("id-")
    model = next(iter(server.models)).native
    routes.add("/x", model, _engine.RequestForm("rows"), len(GOOD) - 1)
    assert routes.answer(request(first="POST /x HTTP/1.1"), HEAD) is None
    routes.add("/x", model, _engine.RequestForm("rows"), len(GOOD))
    found = routes.answer(request(first="POST /x HTTP/1.1"), HEAD)
    assert found is not None
    assert parts(found)[1]["x-request-id"] == "id-1"
