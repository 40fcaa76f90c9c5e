"""SIGTERM and Ctrl-C end a stream between two batches."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["stop_on_signals"]


@contextmanager
def stop_on_signals(stop: Callable[[], None], *, wanted: bool) -> Iterator[None]:
    """Call a function on SIGTERM and SIGINT, in the main thread; elsewhere do nothing.

    Parameters
    ----------
    stop : callable
        What is called.
    wanted : bool
        False: do nothing.

    Yields
    ------
    None
        While the handlers are in place.
    """
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: Any) -> None:
        stop()

    before = {one: signal.signal(one, ask) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
