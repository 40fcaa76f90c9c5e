"""Predictions inside uvicorn's HTTP protocol, without ASGI.

A plain request in one piece, to a path that was asked before, is one native call from its bytes to
those of the answer. Others to a prediction's path are read by uvicorn's parser and answered when
their last byte has come; everything else goes uvicorn's own way. uvicorn's protocol is no public
interface: :func:`hot_protocol` looks at what it uses, and gives None where anything is not as it
was; then the app answers.
"""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mainspring.serve.connection_watch import (
    ConnectionWatch,
    has_left,
    left_long_request,
    unsent_bytes,
)
from mainspring.serve.hot_answers import HotAnswers
from mainspring.serve.hot_request import HotRequest
from mainspring.serve.known_uvicorn import known_uvicorn
from mainspring.serve.replies import Refusal, Reply, RequestBody, error_body, too_long
from mainspring.serve.server import AccessRecord, Server

if TYPE_CHECKING:
    from mainspring.serve.predictions import Prediction
    from mainspring.serve.targets import Target

__all__ = ["hot_protocol"]

_log = logging.getLogger("mainspring.serve")

MAX_KNOWN_PATHS = 1024
MAX_PATH_BYTES = 512
_LINES = {
    int(status): b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()) for status in HTTPStatus
}


def hot_protocol(server: Server, request_seconds: float = 30.0) -> type | None:
    """Make the protocol class that uvicorn is given.

    Parameters
    ----------
    server : Server
        What answers.
    request_seconds : float, default 30
        What a request may take to come, from its first byte to its last.

    Returns
    -------
    type or None
        A subclass of uvicorn's protocol over httptools; None where that is not there, or is not
        what this was written for.
    """
    found = known_uvicorn()
    if found is None:
        return None
    protocol, flow = found
    return type(
        "HotProtocol",
        (_HotPath, protocol),
        {
            "hot_server": server,
            "hot_watch": ConnectionWatch(request_seconds),
            "hot_answers": HotAnswers(server),
            "hot_flow": flow,
            "known": {},
        },
    )


class _HotPath:
    """What is put in front of uvicorn's protocol."""

    # uvicorn's.
    client: tuple[str, int] | None
    connections: set[Any]
    cycle: Any
    expect_100_continue: bool
    flow: Any
    headers: list[tuple[bytes, bytes]]
    limit_concurrency: int | None
    loop: Any
    on_response_complete: Any
    parser: Any
    pipeline: Any
    server_state: Any
    tasks: set[Any]
    timeout_keep_alive_task: Any
    transport: Any
    url: bytes
    # Ours.
    hot_server: Server
    hot_watch: ConnectionWatch
    hot_answers: HotAnswers
    hot_flow: Any
    known: dict[bytes, Target | None]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.descriptor = -1
        self.is_between = True  # the parser has seen the end of a request, and nothing behind it
        self.reading_since: float | None = None
        self.unwritten = 0  # bytes of answers that waited for the client at the watch's last look
        self.url = b""

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)  # type: ignore[misc]
        self.flow = self.hot_flow(transport, self.pipeline)
        self.descriptor = transport.get_extra_info("socket").fileno()
        if left_long_request(self.descriptor):
            transport.abort()
            return
        self.reading_since = self.loop.time()
        watch = self.hot_watch
        if not watch.is_running:
            watch.is_running = True
            self.loop.call_later(watch.seconds / 8, watch.look, self.loop, self.connections)

    def data_received(self, data: bytes) -> None:
        """Answer a whole plain request at once; the parser gets everything else."""
        if self.is_between:
            cycle = self.cycle
            answers = self.hot_answers
            is_free = cycle is None or cycle.response_complete
            if is_free and answers.is_open() and not self.transport.is_closing():
                head = answers.head(self.server_state.default_headers)
                response = answers.routes.answer(data, head)
                if response is not None:
                    self.transport.write(response)
                    self._end_at_once()
                    return
        super().data_received(data)  # type: ignore[misc]

    def _end_at_once(self) -> None:
        """Do what uvicorn does behind an answer; the watch has the time instead of a timer."""
        self.server_state.total_requests += 1
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        self.reading_since = self.loop.time()
        if self.flow.write_paused:
            self.flow.pause_reading()

    def on_message_begin(self) -> None:
        """Note what is needed; uvicorn's part of it waits until the path is known."""
        self.is_between = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self.reading_since = self.loop.time()

    def _pass_on(self) -> None:
        """Let uvicorn have the request."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # type: ignore[misc]
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = expects
        super().on_headers_complete()  # type: ignore[misc]

    def on_headers_complete(self) -> None:
        """Take a request over, or pass it on."""
        if self.transport.is_closing():
            self.cycle = HotRequest(False, False)
            self.cycle.response_complete = True
            return
        target = None
        if self.parser.get_method() == b"POST" and self._is_free():
            url = self.url
            target = self.known.get(url, _UNKNOWN)
            if target is _UNKNOWN:
                target = self._look_up(url)
        if target is None:
            self._pass_on()
            return
        keep_alive = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        request = HotRequest(keep_alive, self.expect_100_continue)
        self.cycle = request
        try:
            request.prediction = self.hot_server.handler.begin(target, dict(self.headers))
            self.hot_answers.learn(self.url, target)
        except Refusal as refusal:
            # A client that asked first sends no body now, and what comes next is none.
            request.keep_alive = keep_alive and not request.expects
            self._send(request, self.hot_server.refuse(refusal))
            return
        if request.expects:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _is_free(self) -> bool:
        """Whether nothing before this request is unanswered: answers keep their order."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            return False
        if self.parser.should_upgrade():
            return False
        limit = self.limit_concurrency
        return limit is None or (len(self.connections) < limit and len(self.tasks) < limit)

    def _look_up(self, url: bytes) -> Target | None:
        """Read an address; those that were read before are kept."""
        path, _, query = url.partition(b"?")
        if len(url) > MAX_PATH_BYTES or not path.startswith(b"/"):
            return None
        try:
            target = self.hot_server.routes.find(
                unquote(path.decode("latin-1")), query.decode("latin-1")
            )
        except Refusal:
            return None  # the app says what is wrong
        if len(self.known) >= MAX_KNOWN_PATHS:
            self.known.clear()
        self.known[url] = target
        return target

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, as long as it is not too long."""
        request = self.cycle
        if type(request) is not HotRequest:
            super().on_body(body)  # type: ignore[misc]
            return
        if request.response_complete:
            return  # of a body that was refused
        request.add(body)
        limit = self.hot_server.options.max_body_bytes
        if request.num_bytes > limit:
            request.take_body()
            self._send(request, self.hot_server.refuse(too_long(limit)))

    def on_message_complete(self) -> None:
        """Answer."""
        self.is_between = True
        self.reading_since = None
        request = self.cycle
        if type(request) is not HotRequest:
            super().on_message_complete()  # type: ignore[misc]
            return
        if request.response_complete or request.prediction is None:
            return
        prediction = request.prediction
        if not prediction.is_inline(request.num_bytes) and has_left(self.descriptor):
            self.hot_server.load.num_abandoned += 1
            request.end()
            self.transport.abort()
            return
        body = request.take_body()
        try:
            batched = prediction.is_batched(len(body))
            if batched and self._answer_in_batch(request, prediction, body):
                return
            if prediction.is_inline(len(body)):
                self._send(request, prediction.answer(body))
            else:
                self._answer_on_thread(request, prediction, body)
        except Exception as error:
            self._send(request, self._reply_to(error))

    def _reply_to(self, error: BaseException) -> Reply:
        if not isinstance(error, Refusal):
            _log.error("A request was not answered.", exc_info=error)
            error = Refusal(500, "The server made a mistake, which is in its log.")
        return self.hot_server.refuse(error)

    def _answer_in_batch(
        self, request: HotRequest, prediction: Prediction, body: RequestBody
    ) -> bool:
        """Let the request wait for others; what the client sends meanwhile waits in the socket."""
        batches = self.hot_server.handler.batches
        assert batches is not None
        if not batches.submit(prediction, body, lambda reply: self._send(request, reply)):
            return False
        if not request.response_complete:
            self.flow.pause_reading()
        return True

    def _answer_on_thread(
        self, request: HotRequest, prediction: Prediction, body: RequestBody
    ) -> None:
        """Hand long work to a thread; what the client sends meanwhile waits in the socket."""
        prediction.submitted = time.perf_counter()
        descriptor = self.descriptor
        work = self.hot_server.load.submit(
            lambda: prediction.answer(body),
            # That a client has left may stand behind much else that the loop has to read.
            lambda: prediction.is_abandoned or has_left(descriptor),
        )
        self.flow.pause_reading()
        loop = self.loop

        def finish(done: Any) -> None:
            error = done.exception()
            reply = done.result() if error is None else self._reply_to(error)
            if reply is not None:
                self._send(request, reply)
                return
            # The client has left. Nothing is read here any more, so the loop would never see that.
            request.end()
            self.transport.abort()

        work.add_done_callback(lambda done: loop.call_soon_threadsafe(finish, done))

    def _send(self, request: HotRequest, reply: Reply) -> None:
        transport = self.transport
        request.end()
        if transport.is_closing():
            return
        parts = [_LINES[reply.status]]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in reply.headers:
            if name == b"connection":
                request.keep_alive = False
            else:
                parts += (name, b": ", value, b"\r\n")
        if not request.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (
            b"content-type: ",
            reply.content_type,
            b"\r\ncontent-length: %d\r\n\r\n" % len(reply.body),
            reply.body,
        )
        transport.write(b"".join(parts))
        if self.hot_server.on_request is not None:
            self._log(request, reply)
        if not request.keep_alive:
            transport.close()
        self.on_response_complete()
        if self.flow.write_paused:
            # The client does not read: no more requests of it until it does.
            self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Take requests again from a client that reads again."""
        super().resume_writing()  # type: ignore[misc]
        # Also in the middle of a request: what is missing of it comes only if it is read.
        is_coming = self.reading_since is not None
        if is_coming or self.cycle is None or self.cycle.response_complete:
            self.flow.resume_reading()

    def has_read_some(self) -> bool:
        """Say whether a client with many answers before it has read some since this was asked.

        What it sent meanwhile waits in the socket: it is not late with it.
        """
        before, self.unwritten = self.unwritten, 0
        if not self.flow.write_paused:
            return False
        self.unwritten = self.transport.get_write_buffer_size() + unsent_bytes(self.descriptor)
        return self.unwritten != before

    def timeout_keep_alive_handler(self) -> None:
        """Let the watch decide about a client that has answers to read."""
        if self.flow.write_paused:
            self.reading_since = self.loop.time()
        else:
            super().timeout_keep_alive_handler()  # type: ignore[misc]

    def give_up(self) -> None:
        """Close a connection that has taken too long to send a request, or to read an answer."""
        if self.flow.write_paused:
            self.transport.abort()  # to close, it would wait until everything is read
            return
        cycle = self.cycle
        is_begun = bool(self.url) and (cycle is None or type(cycle) is HotRequest)
        if is_begun and (cycle is None or not cycle.response_complete):
            self.hot_server.count_refusal(408)
            body = error_body("The request took too long to come.")
            self.transport.write(
                _LINES[408]
                + b"connection: close\r\ncontent-type: application/json\r\n"
                + b"content-length: %d\r\n\r\n" % len(body)
                + body
            )
            if cycle is not None:
                cycle.response_complete = True
        self.transport.close()

    def _log(self, request: HotRequest, reply: Reply) -> None:
        log = self.hot_server.on_request
        if log is not None:
            client = self.client[0] if self.client else ""
            path = self.url.partition(b"?")[0].decode("latin-1")
            size, since = len(reply.body), request.started
            log(AccessRecord(client, "POST", path, reply.status, size, since, reply.headers))


_UNKNOWN: Any = object()
