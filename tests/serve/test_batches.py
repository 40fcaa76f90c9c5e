"""Rows of several requests together: the same bits, nobody's mistake in another's answer."""

from __future__ import annotations

import asyncio
import json
import select
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring import _engine, errors
from mainspring.serve import BatchOptions, create_app
from tests.serve.client import JSON, ask_async, post
from tests.serve.conftest import ROW, infer_body
from tests.serve.test_metrics import samples
from tests.serve.test_process import Server

WHOLE = 2**64 - 1
ROWS_FORM = _engine.RequestForm("rows")


@pytest.fixture
def batched(folder: Path) -> Any:
    options = BatchOptions(max_rows=64, delay_us=2000)
    return create_app({"two": folder / "two.spring"}, batching=options)


async def all_at_once(app: Any, requests: list[tuple[str, Any]]) -> list[Any]:
    return await asyncio.gather(
        *(ask_async(app, "POST", path, [json.dumps(body).encode()]) for path, body in requests)
    )


def test_every_protocol_answers_as_it_does_alone(
    app: Any, batched: Any, rows: list[dict[str, Any]]
) -> None:
    requests: list[tuple[str, Any]] = []
    for first in range(0, 300, 5):
        few = rows[first : first + 1 + first % 7]
        whole = [row for row in few if None not in row.values()]
        columns = {name: [row[name] for row in few] for name in ROW}
        requests += [
            ("/predict", few),
            ("/predict?kind=proba", few),
            ("/predict?kind=raw", {"columns": columns}),
            ("/v2/models/two/infer", infer_body(whole, id=str(first))),
            ("/v1/models/two:predict", {"instances": few}),
            ("/invocations", {"dataframe_records": few}),
            ("/predict", {**few[0], "distance": "far"}),
        ]
    answers = asyncio.run(all_at_once(batched, requests))
    for (path, body), answer in zip(requests, answers, strict=True):
        alone = post(app, path, body)
        assert (answer.status, answer.body) == (alone.status, alone.body), path
    counted = samples(batched)
    num_batches = counted["mainspring_batches_total"][()]
    assert 3 <= num_batches < len(requests) / 2
    assert counted["mainspring_phase_seconds_total"]["queue",] > 0
    requests_ok = counted["mainspring_requests_total"]
    assert requests_ok["data", "rows"] == 60
    assert sum(requests_ok.values()) == len(requests)


def test_what_a_batch_has_no_room_for_is_answered_alone(
    app: Any, batched: Any, rows: list[dict[str, Any]]
) -> None:
    for body in (rows[:65], rows[:1000], []):
        assert post(batched, "/predict", body).body == post(app, "/predict", body).body
    packed = [JSON, ("content-encoding", "identity")]
    assert post(batched, "/predict", ROW, headers=packed).status == 200


class Queue:
    """A queue of its own, whose first batch waits long enough to fill it."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        app = create_app({"two": folder / "two.spring"})
        self.model = next(iter(app.state.server.models)).native
        self.port = _engine.BatchPort()
        given = {"max_rows": 50, "delay_seconds": 0.3, "max_queued_rows": 100, "num_threads": 1}
        self.queue = _engine.BatchQueue(self.model, self.port, **{**given, **limits})

    def submit(
        self, ticket: int, body: Any = ROW, priority: int = 0, timeout: float = 0.0
    ) -> tuple[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.queue.submit(ROWS_FORM, data, b"", WHOLE, ticket, priority, timeout)

    def replies(self, count: int) -> list[tuple[int, Any]]:
        found: list[tuple[int, Any]] = []
        deadline = time.monotonic() + 60
        while len(found) < count:
            assert time.monotonic() < deadline
            select.select([self.port.descriptor], [], [], 1.0)
            found += self.port.take()
        return found


def test_urgent_requests_come_first_and_equal_ones_in_their_order(folder: Path) -> None:
    queue = Queue(folder)
    for ticket, priority in enumerate((0, 200, 1, 0, 1, 10**6)):
        assert queue.submit(ticket, priority=priority)[0] == "queued"
    assert queue.queue.queued_rows == 6
    assert [ticket for ticket, _ in queue.replies(6)] == [2, 4, 0, 3, 1, 5]
    assert queue.queue.queued_rows == 0
    assert queue.queue.num_batches == 1


def test_priority_and_timeout_of_a_body_come_before_those_of_headers(folder: Path) -> None:
    queue = Queue(folder)
    urgent = json.dumps(infer_body([ROW], parameters={"priority": 1})).encode()
    late = json.dumps(infer_body([ROW], parameters={"timeout": 1})).encode()
    form = _engine.RequestForm("infer")
    assert queue.submit(1)[0] == "queued"
    assert queue.queue.submit(form, urgent, b"", WHOLE, 2, 9, 0.0)[0] == "queued"
    assert queue.queue.submit(form, late, b"", WHOLE, 3, 0, 60.0)[0] == "queued"
    replies = queue.replies(3)
    by_ticket = dict(replies)
    assert [by_ticket[ticket][0] for ticket in (1, 2, 3)] == [200, 200, 503]
    order = [ticket for ticket, _ in replies]
    assert order.index(2) < order.index(1)


def test_request_whose_time_is_over_is_not_predicted(folder: Path) -> None:
    queue = Queue(folder)
    queue.submit(1, timeout=0.01)
    queue.submit(2, timeout=60.0)
    found = dict(queue.replies(2))
    assert (found[1][0], found[2][0]) == (503, 200)
    assert "over before its turn" in json.loads(found[1][1])["error"]
    assert queue.model.counters["rows"]["requests"]["late"] == 1
    assert queue.model.counters["rows"]["rows"] == 1


def test_rows_are_what_fills_a_queue(folder: Path) -> None:
    queue = Queue(folder, max_queued_rows=10)
    assert queue.submit(1, [ROW] * 9)[0] == "queued"
    assert queue.submit(2, [ROW] * 9)[0] == "queued"  # there was room for a row
    assert queue.submit(3)[0] == "full"
    assert queue.submit(4, [ROW] * 51)[0] == "full"
    assert queue.queue.cancel(2)
    assert not queue.queue.cancel(2)
    assert queue.submit(5, [ROW] * 51)[0] == "alone"
    state, reply = queue.submit(6, b"{")
    assert (state, reply[0]) == ("answered", 400)
    assert queue.submit(7, [])[0] == "answered"
    assert [ticket for ticket, _ in queue.replies(1)] == [1]
    assert queue.queue.num_batches == 1


def test_rows_that_wait_for_different_outputs_are_different_batches(folder: Path) -> None:
    queue = Queue(folder, max_rows=100)
    body = json.dumps(ROW).encode()
    for ticket in range(10):
        form = _engine.RequestForm("rows", "proba" if ticket % 2 else "predict")
        queue.queue.submit(form, body, b"", WHOLE, ticket, 0, 0.0)
    found = dict(queue.replies(10))
    assert queue.queue.num_batches == 2
    assert found[1] == found[9] != found[0] == found[8]


def test_end_of_a_queue_with_requests_is_quiet(folder: Path) -> None:
    queue = Queue(folder, delay_seconds=0.5)
    queue.submit(1)
    del queue.queue  # joins its thread


def test_client_that_leaves_is_not_predicted_for(folder: Path) -> None:
    options = BatchOptions(max_rows=4, delay_us=300_000)
    app = create_app({"two": folder / "two.spring"}, batching=options)
    body = json.dumps(ROW).encode()

    async def ask_and_leave() -> None:
        pieces = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
        scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}

        async def receive() -> Any:
            return pieces.pop(0)

        async def send(message: Any) -> None:
            raise AssertionError("nobody is there")

        await app({**scope, "headers": [(b"content-type", b"application/json")]}, receive, send)

    async def both() -> Any:
        stays = asyncio.create_task(ask_async(app, "POST", "/predict", [body]))
        await asyncio.gather(*(ask_and_leave() for _ in range(2)))
        return await stays

    assert asyncio.run(both()).status == 200
    assert app.state.server.load.num_abandoned == 2
    assert sum(samples(app)["mainspring_rows_total"].values()) == 1


def test_full_queue_says_when_to_come_again(folder: Path) -> None:
    options = BatchOptions(max_rows=9, delay_us=300_000, max_queued_rows=1)
    app = create_app({"two": folder / "two.spring"}, batching=options)
    answers = asyncio.run(all_at_once(app, [("/predict", ROW)] * 3))
    assert sorted(answer.status for answer in answers) == [200, 429, 429]
    assert all(
        int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status == 429
    )


@pytest.mark.parametrize("name", ["x-priority", "x-timeout-ms"])
@pytest.mark.parametrize("value", ["-1", "high", "1" * 10, "1.5", ""])
def test_headers_that_are_no_numbers_are_refused(batched: Any, name: str, value: str) -> None:
    answer = post(batched, "/predict", ROW, headers=[JSON, (name, value)])
    assert (answer.status, name in answer.error.lower()) == (400, True)
    assert post(batched, "/predict", ROW, headers=[JSON, (name, "5000")]).status == 200


@pytest.mark.parametrize(
    "wrong", [{"max_rows": 0}, {"num_threads": True}, {"delay_us": -1}, {"max_queued_rows": 2.5}]
)
def test_options_when_wrong_are_refused(folder: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.ParameterError, match=next(iter(wrong))):
        create_app({"two": folder / "two.spring"}, batching=BatchOptions(**wrong))


@pytest.mark.parametrize("path", [[], ["--no-hot-path"]])
def test_command_answers_clients_from_batches(
    folder: Path, rows: list[dict[str, Any]], expected: np.ndarray, path: list[str]
) -> None:
    server = Server(
        str(folder / "two.spring"), "--batch-rows", "32", "--batch-delay-us", "500", *path
    )

    def ask(first: int) -> None:
        connection = server.connect()
        for row in range(first, first + 25):
            body = json.dumps(rows[row] if row % 5 else [rows[row]] * 3).encode()
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            data = json.loads(answer.read())
            assert answer.status == 200
            np.testing.assert_array_equal(
                data["predictions"], [expected[row]] * (1 if row % 5 else 3)
            )
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(0, 400, 25)))
    assert server.post("/predict", b"{")[0] == 400
    assert server.stop(signal.SIGTERM) == (0, "")
