"""A request that is answered inside uvicorn's protocol."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainspring.serve.predictions import Prediction
    from mainspring.serve.replies import RequestBody

__all__ = ["HotRequest"]

# Pieces of a longer body are put together as they come: behind the last one that would take
# milliseconds. (A block that large grows without a copy: mremap.)
_LONG_BYTES = 1 << 20


class HotRequest:
    """One request on the hot path; stands where uvicorn has its cycle, and looks like one."""

    __slots__ = (
        "expects",
        "keep_alive",
        "long_body",
        "message_event",
        "num_bytes",
        "pieces",
        "prediction",
        "response_complete",
        "started",
    )

    def __init__(self, keep_alive: bool, expects: bool) -> None:
        self.keep_alive = keep_alive
        self.expects = expects
        self.num_bytes = 0
        self.pieces: list[bytes] = []
        self.long_body: bytearray | None = None
        self.prediction: Prediction | None = None
        self.response_complete = False
        self.message_event = _NoEvent
        self.started = time.perf_counter()

    disconnected = property(lambda self: False, lambda self, value: self.leave())

    def add(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        self.num_bytes += len(piece)
        if self.long_body is not None:
            self.long_body += piece
            return
        self.pieces.append(piece)
        if self.num_bytes > _LONG_BYTES:
            self.long_body = bytearray(b"".join(self.pieces))
            self.pieces = []

    def take_body(self) -> RequestBody:
        """Give the body away."""
        pieces, long_body = self.pieces, self.long_body
        self.pieces, self.long_body = [], None
        if long_body is not None:
            return long_body
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def end(self) -> None:
        """Note that the answer is written: an idle connection must not keep its model in memory."""
        self.response_complete = True
        self.prediction = None

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        if self.prediction is not None:
            self.prediction.leave()


class _NoEvent:
    """Nobody waits for pieces of a body here."""

    @staticmethod
    def set() -> None:
        """Do nothing."""
