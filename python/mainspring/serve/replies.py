"""Bodies in and replies out, at the level of ASGI: what every route shares."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "JSON_TYPE",
    "Receive",
    "Refusal",
    "Reply",
    "RequestBody",
    "Scope",
    "Send",
    "error_body",
    "read_body",
    "refusal_reply",
    "send_reply",
    "too_long",
]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A long body stays where its pieces were put together: one more copy costs as much as reading it.
RequestBody = bytes | bytearray

JSON_TYPE = b"application/json"


class Refusal(Exception):
    """A request that never reaches a model.

    Parameters
    ----------
    status : int
        A 4xx, or 503.
    message : str
        What is wrong, and what to send instead.
    headers : sequence of (bytes, bytes), optional
        Further headers of the answer.
    """

    def __init__(
        self, status: int, message: str, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = tuple(headers)


@dataclass(slots=True)
class Reply:
    """The whole answer to a request.

    Attributes
    ----------
    status : int
        HTTP status.
    body : bytes
        The content.
    content_type : bytes
        Its type.
    headers : tuple of (bytes, bytes)
        Further headers.
    """

    status: int
    body: bytes
    content_type: bytes = JSON_TYPE
    headers: tuple[tuple[bytes, bytes], ...] = ()


def refusal_reply(refusal: Refusal) -> Reply:
    """Write a refusal as every route does.

    Parameters
    ----------
    refusal : Refusal
        What is wrong.

    Returns
    -------
    Reply
        With ``{"error": message}``.
    """
    return Reply(refusal.status, error_body(refusal.message), JSON_TYPE, refusal.headers)


def error_body(message: str) -> bytes:
    """Write an error as every route does.

    Parameters
    ----------
    message : str
        One or two sentences.

    Returns
    -------
    bytes
        ``{"error": message}``.
    """
    return json.dumps({"error": message}, ensure_ascii=False).encode("utf-8", "replace")


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a whole response.

    Parameters
    ----------
    send : callable
        ASGI's.
    reply : Reply
        What to send.
    """
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def read_body(receive: Receive, max_bytes: int) -> RequestBody:
    """Read the body of a request.

    Parameters
    ----------
    receive : callable
        ASGI's.
    max_bytes : int
        A longer body is refused before it is kept.

    Returns
    -------
    bytes or bytearray
        The whole body.

    Raises
    ------
    Refusal
        413 when it is too long, 400 when the client went away.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        if len(whole) > max_bytes:
            raise too_long(max_bytes)
        return whole
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The connection was closed before the body was whole.")
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise too_long(max_bytes)
        if not message.get("more_body", False):
            return body
        message = await receive()


def too_long(max_bytes: int) -> Refusal:
    """Make the refusal of a body that is too long.

    Parameters
    ----------
    max_bytes : int
        What is allowed.

    Returns
    -------
    Refusal
        413.
    """
    return Refusal(413, f"The body is longer than {max_bytes} bytes. Send fewer rows at a time.")
