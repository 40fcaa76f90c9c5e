"""A client that speaks ASGI to an app, so that any header and any piece of a body can be sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

JSON = ("content-type", "application/json")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        assert list(self.json) == ["error"]
        return str(self.json["error"])


async def ask_async(
    app: Any,
    method: str,
    target: str,
    pieces: Sequence[bytes] = (b"",),
    headers: Sequence[tuple[str, str]] = (JSON,),
    disconnect: bool = False,
) -> Answer:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    waiting = list(pieces)
    sent: list[dict[str, Any]] = []
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not waiting:
            if not disconnect:
                await answered.wait()
            return {"type": "http.disconnect"}
        piece = waiting.pop(0)
        more = bool(waiting) or disconnect
        return {"type": "http.request", "body": piece, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            answered.set()

    await app(scope, receive, send)
    start = sent[0]
    assert start["type"] == "http.response.start"
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def ask(app: Any, method: str, target: str, *arguments: Any, **options: Any) -> Answer:
    return asyncio.run(ask_async(app, method, target, *arguments, **options))


def post(app: Any, target: str, body: object, **options: Any) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(app, "POST", target, [data], **options)
