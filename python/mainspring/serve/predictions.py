"""The one way from a request to its answer, for every server.

What the transport knows in, one native call, a reply out.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mainspring import _engine
from mainspring.serve.csv_body import csv_to_json
from mainspring.serve.encodings import compress, decompress, wanted_encoding
from mainspring.serve.replies import JSON_TYPE, Refusal, Reply, too_long
from mainspring.serve.targets import KINDS, Target

if TYPE_CHECKING:
    from mainspring.serve.access import Access
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.load import Load
    from mainspring.serve.model_table import ModelTable

__all__ = ["Prediction", "PredictionHandler", "Watcher"]

# Called behind each answer: what is compared or kept beside it.
Watcher = Callable[["HostedModel", _engine.RequestForm, bytes, int, bytes], None]

ARROW_TYPE = b"application/vnd.apache.arrow.stream"
BINARY_TYPE = b"application/octet-stream"
CSV_TYPE = b"text/csv"
# Clients of these protocols leave the content type out, or send the one of binary data.
_TYPES = {
    "rows": (JSON_TYPE, ARROW_TYPE),
    "infer": (JSON_TYPE, BINARY_TYPE, b""),
    "v1": (JSON_TYPE,),
    "invocations": (JSON_TYPE, CSV_TYPE, ARROW_TYPE),
}
_FORMS = {
    (protocol, kind, arrow): _engine.RequestForm(protocol, kind, arrow)
    for protocol in ("rows", "infer", "v1", "invocations", "arrow")
    for kind in KINDS
    for arrow in (False, True)
}
_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
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

    __slots__ = ("arrow", "content_type", "handler", "headers", "is_abandoned", "model", "target")

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

    def answer(self, body: bytes) -> Reply:
        """Answer.

        Parameters
        ----------
        body : bytes
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
        headers, target, model = self.headers, self.target, self.model
        protocol = target.protocol
        arrow_answer = False
        json_bytes = 0
        encoding = headers.get(b"content-encoding")
        if encoding is not None and encoding.strip().lower() != b"identity":
            body = decompress(body, encoding.strip().lower(), self.handler.max_body_bytes)
        if self.content_type == ARROW_TYPE:
            protocol = "arrow"
            arrow_answer = _accepts_arrow(headers.get(b"accept"))
        elif self.content_type == CSV_TYPE:
            body = csv_to_json(body, model.columns)
        if protocol == "infer":
            json_bytes = _json_bytes(headers)
        form = _FORMS[protocol, target.kind, arrow_answer]
        if json_bytes:
            status, content, binary_at = model.native.answer(form, body, json_bytes)
        else:
            status, content, binary_at = model.native.answer(form, body)
        if not json_bytes:
            for watch in self.handler.watchers:
                watch(model, form, body, status, content)
        reply_type = JSON_TYPE
        extra = self.handler.common_headers(headers)
        if status == 200:
            if arrow_answer:
                reply_type = ARROW_TYPE
            elif binary_at:
                reply_type = BINARY_TYPE
                extra += ((b"inference-header-content-length", b"%d" % binary_at),)
        accepted = wanted_encoding(headers.get(b"accept-encoding"), len(content))
        if accepted is not None:
            content = compress(content, accepted)
            extra += ((b"content-encoding", accepted), (b"vary", b"accept-encoding"))
        return Reply(status, content, reply_type, extra)


def _json_bytes(headers: Mapping[bytes, bytes]) -> int:
    written = headers.get(b"inference-header-content-length")
    if written is None:
        return 0
    if not written.isdigit() or len(written) > 18 or int(written) == 0:
        raise Refusal(
            400,
            "Inference-Header-Content-Length is not the number of bytes of JSON before the binary "
            "data.",
        )
    return int(written)


def _accepts_arrow(accept: bytes | None) -> bool:
    """Arrow is answered with Arrow, unless JSON alone is asked for."""
    if accept is None:
        return True
    return ARROW_TYPE in accept or b"*/*" in accept or JSON_TYPE not in accept


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
        if self.access.is_on:
            caller = self.access.require(headers, "predict", target.model)
            self.load.check_rate(caller)
        model = self.models.find(target.model, target.version)
        length = headers.get(b"content-length")
        if length is not None:
            if not length.isdigit():
                raise Refusal(400, "Content-Length is no number.")
            if len(length) > 18 or int(length) > self.max_body_bytes:
                raise too_long(self.max_body_bytes)
        content_type = headers.get(b"content-type", b"")
        if content_type != JSON_TYPE:
            content_type = content_type.partition(b";")[0].strip().lower()
            if content_type not in _TYPES[target.protocol]:
                got = content_type.decode("ascii", "replace")[:60] or "none"
                wanted = " or ".join(kind.decode() for kind in _TYPES[target.protocol] if kind)
                raise Refusal(415, f"Content-Type is {got}; expected {wanted}. Send that header.")
        return Prediction(self, model, target, headers, content_type)

    def common_headers(self, headers: Mapping[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
        """Give the headers that every answer has.

        Parameters
        ----------
        headers : mapping of bytes to bytes
            Of the request.

        Returns
        -------
        tuple of (bytes, bytes)
            The request's id, the client's or a new one, and its place in a trace.
        """
        given = headers.get(b"x-request-id")
        if given is None or not _ID.fullmatch(given):
            given = self._prefix + b"%x" % next(self._numbers)
        parent = headers.get(b"traceparent")
        if parent is None or not _TRACEPARENT.fullmatch(parent):
            return ((b"x-request-id", given),)
        return ((b"x-request-id", given), (b"traceparent", parent))
