"""Bodies in and replies out, at the level of ASGI: what every route shares."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

__all__ = ["BodyReader", "Refusal", "error_body", "send_reply"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON_TYPE = b"application/json"


class Refusal(Exception):
    """A request that never reaches a model.

    Parameters
    ----------
    status : int
        A 4xx.
    message : str
        What is wrong, and what to send instead.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


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


async def send_reply(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = JSON_TYPE,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Send a whole response.

    Parameters
    ----------
    send : callable
        ASGI's.
    status : int
        HTTP status.
    body : bytes
        The content.
    content_type : bytes, default b"application/json"
        Its type.
    headers : iterable of (bytes, bytes), optional
        Further headers.
    """
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


class BodyReader:
    """Reads JSON bodies up to a size, and counts what it refuses.

    Parameters
    ----------
    max_bytes : int
        A longer body is refused before it is kept.
    refused : Counter
        Counts refusals by status.
    """

    def __init__(self, max_bytes: int, refused: Counter[int]) -> None:
        self.max_bytes = max_bytes
        self.refused = refused

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """Read the body of a request.

        Parameters
        ----------
        scope : mapping
            ASGI's, of an HTTP request.
        receive : callable
            ASGI's.

        Returns
        -------
        bytes
            The whole body.

        Raises
        ------
        Refusal
            When the headers or the size are wrong, or the client went away.
        """
        self._check_headers(scope["headers"])
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            if len(body) > self.max_bytes:
                raise self._too_long()
            return body
        return await self._read_pieces(message, receive)

    async def _read_pieces(self, message: MutableMapping[str, Any], receive: Receive) -> bytes:
        body = bytearray()
        while True:
            if message["type"] == "http.disconnect":
                raise Refusal(400, "The connection was closed before the body was whole.")
            body += message.get("body", b"")
            if len(body) > self.max_bytes:
                raise self._too_long()
            if not message.get("more_body", False):
                return bytes(body)
            message = await receive()

    def _check_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        content_type = b""
        for name, value in headers:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                if not value.isdigit():
                    raise Refusal(400, "Content-Length is no number.")
                if len(value) > 18 or int(value) > self.max_bytes:
                    raise self._too_long()
            elif name == b"content-encoding" and value.strip().lower() != b"identity":
                raise Refusal(415, "Compressed bodies are not read; send the JSON as it is.")
            elif name == b"inference-header-content-length":
                raise Refusal(
                    400,
                    "Tensors are taken as JSON data, not as binary data behind it; leave "
                    "Inference-Header-Content-Length out (tritonclient: binary_data=False).",
                )
        media = content_type.partition(b";")[0].strip().lower()
        if media != JSON_TYPE:
            got = media.decode("ascii", "replace")[:60] or "none"
            raise Refusal(
                415, f"Content-Type is {got}; expected application/json. Send that header."
            )

    def _too_long(self) -> Refusal:
        return Refusal(
            413, f"The body is longer than {self.max_bytes} bytes. Send fewer rows at a time."
        )
