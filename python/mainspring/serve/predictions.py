"""The one way from a request to its answer, for every server.

What the transport knows in, one native call, a reply out.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mainspring import _engine
from mainspring.serve.csv_body import csv_to_json
from mainspring.serve.encodings import compress, decompress, wanted_encoding
from mainspring.serve.replies import JSON_TYPE, Refusal, Reply, RequestBody, too_long
from mainspring.serve.request_forms import (
    ARROW_TYPE,
    BINARY_TYPE,
    CONTENT_TYPES,
    CSV_TYPE,
    accepts_arrow,
    form_of,
    json_bytes_of,
)
from mainspring.serve.targets import Target

if TYPE_CHECKING:
    from mainspring.serve.access import Access
    from mainspring.serve.batching import Batches
    from mainspring.serve.histories import ServedHistories
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.load import Load
    from mainspring.serve.model_table import ModelTable

__all__ = ["Prediction", "PredictionHandler", "Watcher"]

# Called behind each answer: what is compared or kept beside it.
Watcher = Callable[["Prediction", RequestBody, int, bytes], None]

_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_WHOLE_BODY = 2**64 - 1
# A longer body is a batch itself, and reading it would hold up the event loop.
MAX_BATCHED_BYTES = 1 << 16
_ID = re.compile(rb"[\x21-\x7e]{1,128}")


class Prediction:
    """A request whose headers have been read and allowed; what is left is its body.

    Parameters
    ----------
    handler : PredictionHandler
        Where it came from.
    model : HostedModel
        What answers.
    target : Target
        Where it was sent.
    headers : mapping of bytes to bytes
        In lower case.
    """

    __slots__ = (
        "content_type",
        "handler",
        "headers",
        "is_abandoned",
        "model",
        "request_id",
        "submitted",
        "target",
        "ticket",
    )

    def __init__(
        self,
        handler: PredictionHandler,
        model: HostedModel,
        target: Target,
        headers: Mapping[bytes, bytes],
        content_type: bytes,
    ) -> None:
        self.handler = handler
        self.model = model
        self.target = target
        self.headers = headers
        self.content_type = content_type
        self.is_abandoned = False
        self.submitted = 0.0  # when it began to wait for a thread
        self.ticket = 0
        self.request_id = handler.request_id(headers)

    def is_inline(self, num_bytes: int) -> bool:
        """Say whether a body is so short that its answer costs less than to hand it to a thread.

        Parameters
        ----------
        num_bytes : int
            Length of the body.

        Returns
        -------
        bool
            True: answer on the event loop.
        """
        return num_bytes <= self.model.inline_bytes and b"content-encoding" not in self.headers

    def is_batched(self, num_bytes: int) -> bool:
        """Say whether a body may wait for others, to be predicted together with them.

        Parameters
        ----------
        num_bytes : int
            Length of the body.

        Returns
        -------
        bool
            True: try :meth:`Batches.submit`.
        """
        histories = self.handler.histories
        return (
            self.handler.batches is not None
            and (histories is None or histories.of(self.model) is None)
            and num_bytes <= MAX_BATCHED_BYTES
            and self.content_type not in (ARROW_TYPE, CSV_TYPE)
            and b"content-encoding" not in self.headers
        )

    def leave(self) -> None:
        """Do no more for a client that has left."""
        self.is_abandoned = True
        if self.ticket and self.handler.batches is not None:
            self.handler.batches.forget(self)

    def demand(self) -> tuple[int, float]:
        """Read what the headers ask of a queue.

        Returns
        -------
        tuple of (int, float)
            Priority, of which 1 is the most urgent, and seconds that it may wait; 0: none.

        Raises
        ------
        Refusal
            400 when one is no number.
        """
        found = []
        for name in (b"x-priority", b"x-timeout-ms"):
            written = self.headers.get(name, b"0").strip()
            if not written.isdigit() or len(written) > 9:
                raise Refusal(400, f"{name.decode().title()} is not a number of at most 9 digits.")
            found.append(int(written))
        return found[0], found[1] * 1e-3

    @property
    def protocol(self) -> str:
        """The protocol that is spoken: that of the path, or ``arrow`` where the body is Arrow."""
        return "arrow" if self.content_type == ARROW_TYPE else self.target.protocol

    def form(self) -> tuple[_engine.RequestForm, int]:
        """Say what of the request stands outside its body.

        Returns
        -------
        tuple of (RequestForm, int)
            With the bytes of JSON before binary tensors, 0: all.

        Raises
        ------
        Refusal
            400 for a length that is none.
        """
        protocol = self.protocol
        arrow_answer = protocol == "arrow" and accepts_arrow(self.headers.get(b"accept"))
        json_bytes = json_bytes_of(self.headers) if protocol == "infer" else 0
        return form_of(protocol, self.target.kind, arrow_answer), json_bytes

    def answer(self, body: RequestBody) -> Reply:
        """Answer.

        Parameters
        ----------
        body : bytes or bytearray
            The whole body, as it came.

        Returns
        -------
        Reply
            With predictions, or with what is wrong.

        Raises
        ------
        Refusal
            When the body cannot be unpacked, or a header contradicts it.
        """
        waited = time.perf_counter() - self.submitted if self.submitted else 0.0
        encoding = self.headers.get(b"content-encoding")
        if encoding is not None and encoding.strip().lower() != b"identity":
            body = decompress(body, encoding.strip().lower(), self.handler.max_body_bytes)
        if self.content_type == CSV_TYPE:
            body = csv_to_json(body, self.model.columns)
        if self.handler.histories is not None:
            body = self.handler.histories.extend(self.model, self.protocol, body)
        form, json_bytes = self.form()
        size = json_bytes or _WHOLE_BODY
        return self.reply_of(
            body, *self.model.native.answer(form, body, size, self.request_id, waited)
        )

    def reply_of(self, body: RequestBody, status: int, content: bytes, binary_at: int) -> Reply:
        """Make a reply of what the engine has answered.

        Parameters
        ----------
        body : bytes or bytearray
            The request's, unpacked.
        status : int
            Of the answer.
        content : bytes
            The answer.
        binary_at : int
            Where binary tensors begin in it, or 0.

        Returns
        -------
        Reply
            With all headers.
        """
        headers, handler = self.headers, self.handler
        reply_type = JSON_TYPE
        extra = handler.common_headers(headers, self.request_id)
        for watch in handler.watchers:
            watch(self, body, status, content)
        if status == 200:
            if self.content_type == ARROW_TYPE and accepts_arrow(headers.get(b"accept")):
                reply_type = ARROW_TYPE
            elif binary_at:
                reply_type = BINARY_TYPE
                extra += ((b"inference-header-content-length", b"%d" % binary_at),)
        accepted = wanted_encoding(headers.get(b"accept-encoding"), len(content))
        if accepted is not None:
            content = compress(content, accepted)
            extra += ((b"content-encoding", accepted), (b"vary", b"accept-encoding"))
        return Reply(status, content, reply_type, extra)


class PredictionHandler:
    """Finds the model, checks headers and limits.

    Parameters
    ----------
    models : ModelTable
        All that are served.
    access : Access
        Who may do what.
    load : Load
        What else is going on.
    max_body_bytes : int
        A longer body is refused.
    """

    def __init__(self, models: ModelTable, access: Access, load: Load, max_body_bytes: int) -> None:
        self.models = models
        self.access = access
        self.load = load
        self.max_body_bytes = max_body_bytes
        self.watchers: tuple[Watcher, ...] = ()
        self.batches: Batches | None = None
        self.histories: ServedHistories | None = None
        self._prefix = os.urandom(6).hex().encode() + b"-"
        self._numbers = itertools.count(1)

    def begin(self, target: Target, headers: Mapping[bytes, bytes]) -> Prediction:
        """Check everything that stands before the body.

        Parameters
        ----------
        target : Target
            Where the request was sent.
        headers : mapping of bytes to bytes
            In lower case.

        Returns
        -------
        Prediction
            Wants the body.

        Raises
        ------
        Refusal
            With a 4xx, or 503 while the server is stopping.
        """
        if self.load.is_draining:
            raise Refusal(
                503, "The server is stopping. Send the request again.", [(b"retry-after", b"1")]
            )
        name = self.models.name_of(target.model)
        if self.access.is_on:
            caller = self.access.require(headers, "predict", name)
            self.load.check_rate(caller)
        model = self.models.find(name, target.version)
        length = headers.get(b"content-length")
        if length is not None:
            if not length.isdigit():
                raise Refusal(400, "Content-Length is no number.")
            if len(length) > 18 or int(length) > self.max_body_bytes:
                raise too_long(self.max_body_bytes)
        content_type = headers.get(b"content-type", b"")
        if content_type != JSON_TYPE:
            content_type = content_type.partition(b";")[0].strip().lower()
            types = CONTENT_TYPES[target.protocol]
            if content_type not in types:
                got = content_type.decode("ascii", "replace")[:60] or "none"
                wanted = " or ".join(kind.decode() for kind in types if kind)
                raise Refusal(415, f"Content-Type is {got}; expected {wanted}. Send that header.")
        return Prediction(self, model, target, headers, content_type)

    def request_id(self, headers: Mapping[bytes, bytes]) -> bytes:
        """Give a request its id: the client's, where it is well-formed, or a new one.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Of the request.

        Returns
        -------
        bytes
            Printable.
        """
        given = headers.get(b"x-request-id")
        if given is None or not _ID.fullmatch(given):
            return self._prefix + b"%x" % next(self._numbers)
        return given

    def renew_ids(self) -> None:
        """Begin ids anew, in a process that was forked: those of workers must differ."""
        self._prefix = os.urandom(6).hex().encode() + b"-"

    @staticmethod
    def common_headers(
        headers: Mapping[bytes, bytes], request_id: bytes
    ) -> tuple[tuple[bytes, bytes], ...]:
        """Give the headers that every answer has.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Of the request.
        request_id : bytes
            Its id.

        Returns
        -------
        tuple of (bytes, bytes)
            The id, and the request's place in a trace.
        """
        parent = headers.get(b"traceparent")
        if parent is None or not _TRACEPARENT.fullmatch(parent):
            return ((b"x-request-id", request_id),)
        return ((b"x-request-id", request_id), (b"traceparent", parent))
