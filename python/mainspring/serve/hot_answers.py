"""What is answered from socket to socket in one native call, and when nothing is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mainspring import _engine
from mainspring.serve.request_forms import form_of

if TYPE_CHECKING:
    from mainspring.serve.model_table import ModelSlot
    from mainspring.serve.server import Server
    from mainspring.serve.targets import Target

__all__ = ["HotAnswers"]

MAX_ROUTES = 1024


class HotAnswers:
    """The native routes of one process: learnt as they are asked, forgotten when models change.

    Parameters
    ----------
    server : Server
        Whose models answer.

    Attributes
    ----------
    routes : HotRoutes
        The engine's.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.routes = _engine.HotRoutes("")
        self._seen: set[bytes] = set()
        self._slots: Mapping[str, ModelSlot] = {}
        self._head_of: Sequence[tuple[bytes, bytes]] = ()
        self._head = b""
        server.models.on_change.append(self.forget)

    def forget(self) -> None:
        """Let go of all models: what is served no more must not stay in memory for this."""
        self.routes = _engine.HotRoutes("")
        self._slots = {}

    def is_open(self) -> bool:
        """Whether requests may be answered so: nobody wants to see them, and models are as learnt.

        Returns
        -------
        bool
            False also while nothing has been learnt.
        """
        server = self.server
        return (
            server.models.slots is self._slots
            and server.on_request is None
            and not server.handler.watchers
            and not server.load.is_draining
        )

    def learn(self, url: bytes, target: Target) -> None:
        """Answer an address from now on, if its requests need nothing but the model.

        Parameters
        ----------
        url : bytes
            Path and query as they are written.
        target : Target
            What they mean.
        """
        server = self.server
        slots = server.models.slots
        if slots is not self._slots:
            # Made in the process that answers: the ids of workers must differ.
            self.routes = _engine.HotRoutes(os.urandom(6).hex() + "-")
            self._slots = slots
            self._seen.clear()
        if (
            server.access.is_on
            or server.handler.batches is not None
            or url in self._seen
            or len(self._seen) >= MAX_ROUTES
        ):
            return
        self._seen.add(url)
        model = server.models.find(target.model, target.version)
        slot = slots.get(model.name)
        if slot is None or (slot.canary and target.version is None):
            return  # what answers is drawn for each request
        histories = server.handler.histories
        if histories is not None and histories.of(model) is not None:
            return  # its rows get features about the past first
        most = min(model.inline_bytes, server.options.max_body_bytes)
        form = form_of(target.protocol, target.kind)
        self.routes.add(url.decode("latin-1"), model.native, form, most)
        if server.models.slots is not slots:
            self.forget()  # they changed meanwhile, and nobody will say so again

    def head(self, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Write the headers that every answer has; kept as long as uvicorn keeps the list.

        Parameters
        ----------
        headers : sequence of (bytes, bytes)
            Names and values.

        Returns
        -------
        bytes
            Lines.
        """
        if headers is not self._head_of:
            self._head_of = headers
            self._head = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        return self._head
