"""Eighty ways to be wrong, over sockets: each has its stated answer, and the server goes on.

Numbers are those of the list in bad_requests.py; those that are no single request (68, 75, 76, 78,
80) are tests of their own here, in test_http.py and in test_repository.py. How long each answer
takes is in test_answer_times.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.bad_requests import (
    GOOD,
    MAX_BODY_BYTES,
    MAX_ROWS,
    BadRequest,
    bad_requests,
    over_wire,
)
from tests.serve.test_http import Raw
from tests.serve.test_process import Server

CASES = bad_requests()
ELSEWHERE = {75, 76, 80}


@pytest.fixture(scope="module", params=["hot", "asgi"])
def server(request: pytest.FixtureRequest, folder: Path) -> Iterator[Server]:
    options = ["--no-hot-path"] if request.param == "asgi" else []
    started = Server(
        str(folder / "two.spring"),
        *("--max-body-mb", str(MAX_BODY_BYTES / 2**20), "--max-rows", str(MAX_ROWS)),
        *("--request-timeout", "1.6", *options),
    )
    started.is_hot = request.param == "hot"  # type: ignore[attr-defined]
    yield started
    assert started.stop(signal.SIGTERM)[0] == 0


def answer_of(server: Server, data: bytes) -> tuple[int, bytes]:
    """Send; a server may answer and close before all has been sent."""
    connection = Raw(server)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(data)
    try:
        status, _, body = connection.answer()
    finally:
        connection.close()
    return status, body


def test_every_number_of_the_list_is_there() -> None:
    assert {case.number for case in CASES} | ELSEWHERE == set(range(1, 81))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_request_has_its_answer(server: Server, case: BadRequest) -> None:
    if case.number == 68 and 408 in case.statuses and not server.is_hot:  # type: ignore[attr-defined]
        pytest.skip("other servers have timeouts of their own")
    status, body = answer_of(server, case.data)
    assert status in case.statuses, body[:300]
    if body.startswith(b"{"):
        assert (status == 200) != (list(json.loads(body)) == ["error"])
        assert status == 200 or len(body) < 700
    else:  # of what is no HTTP
        assert (status, case.number in (68, 69)) == (400, True)
    for text in case.texts:
        assert text in json.loads(body)["error"], body[:300]
    assert answer_of(server, over_wire(GOOD))[0] == 200


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(90, marks=pytest.mark.slow)], ids=["short", "10^4"]
)
def test_memory_is_as_before_behind_bad_requests(server: Server, rounds: int) -> None:
    # The largest bodies are left out: they would only measure how fast a socket is.
    few = [case for case in CASES if len(case.data) < 1 << 20 and 408 not in case.statuses]
    assert len(few) > 100

    def send_all() -> None:
        for case in few:
            answer_of(server, case.data)

    send_all()
    before = server.resident_kib()
    for _ in range(rounds):
        send_all()
    assert server.resident_kib() - before < 1024
    assert server.process.poll() is None
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) < 40  # noqa: PTH208
