"""Predictions behind ASGI: in front of the routes, which cost more than a row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mainspring.serve.replies import (
    Receive,
    Refusal,
    Reply,
    RequestBody,
    Scope,
    Send,
    read_body,
    send_reply,
)
from mainspring.serve.server import AccessRecord

if TYPE_CHECKING:
    from mainspring.serve.predictions import Prediction
    from mainspring.serve.server import Server

__all__ = ["PredictMiddleware"]

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class PredictMiddleware:
    """Answers what is a prediction, and passes everything else on.

    Parameters
    ----------
    app : callable
        An ASGI app.
    server : Server
        What answers.
    """

    def __init__(self, app: App, server: Server) -> None:
        self.app = app
        self.server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope : mapping
            ASGI's.
        receive : callable
            ASGI's.
        send : callable
            ASGI's.
        """
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        root = scope.get("root_path", "")
        if root and path.startswith(root):
            path = path[len(root) :]
        started = time.perf_counter()
        try:
            target = self.server.routes.find(path, scope["query_string"].decode("latin-1"))
            if target is None:
                await self.app(scope, receive, send)
                return
            prediction = self.server.handler.begin(target, dict(scope["headers"]))
            body = await read_body(receive, self.server.options.max_body_bytes)
            found = await self._answer(prediction, body, receive)
            if found is None:
                return  # nobody is there any more
            reply = found
        except Refusal as refusal:
            reply = self.server.refuse(refusal)
        await send_reply(send, reply)
        if self.server.on_request is not None:
            client = scope.get("client") or ("", 0)
            self.server.on_request(
                AccessRecord(
                    client[0], "POST", path, reply.status, len(reply.body), started, reply.headers
                )
            )

    async def _answer(
        self, prediction: Prediction, body: RequestBody, receive: Receive
    ) -> Reply | None:
        batches = self.server.handler.batches
        if batches is not None and prediction.is_batched(len(body)):
            batched: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

            def finish(reply: Reply) -> None:
                if not batched.done():  # the server's own task may have been given up
                    batched.set_result(reply)

            if batches.submit(prediction, body, finish):
                if batched.done():
                    return batched.result()
                return await self._wait_for(batched, prediction, receive)
        if prediction.is_inline(len(body)):
            return prediction.answer(body)
        prediction.submitted = time.perf_counter()
        work = self.server.load.submit(
            lambda: prediction.answer(body), lambda: prediction.is_abandoned
        )
        return await self._wait_for(asyncio.wrap_future(work), prediction, receive)

    @staticmethod
    async def _wait_for(
        work: asyncio.Future[Any], prediction: Prediction, receive: Receive
    ) -> Reply | None:
        """Wait for an answer; work that has not begun when the client leaves is dropped."""
        leaving = asyncio.ensure_future(_wait_for_leaving(receive))
        try:
            await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                prediction.leave()
                if prediction.ticket:
                    return None
            found: Reply | None = await work
            return found
        finally:
            leaving.cancel()


async def _wait_for_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)  # a receive that never waits must not hold up the answer
