"""A request that is answered inside uvicorn's protocol."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainspring.serve.predictions import Prediction

__all__ = ["HotRequest"]


class HotRequest:
    """One request on the hot path; stands where uvicorn has its cycle, and looks like one."""

    __slots__ = (
        "body",
        "expects",
        "keep_alive",
        "message_event",
        "prediction",
        "response_complete",
        "started",
    )

    def __init__(self, keep_alive: bool, expects: bool) -> None:
        self.keep_alive = keep_alive
        self.expects = expects
        self.body: list[bytes] = []
        self.prediction: Prediction | None = None
        self.response_complete = False
        self.message_event = _NoEvent
        self.started = time.perf_counter()

    disconnected = property(lambda self: False, lambda self, value: self.leave())

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
