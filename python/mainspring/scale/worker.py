"""What a process keeps between two partitions: opened bundles, and one engine thread a task."""

from __future__ import annotations

import os
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import mainspring

__all__ = ["Worker", "num_opened", "opened_once"]

T = TypeVar("T")

# A process serves few predictors at a time; who comes back after these is opened again.
_MOST_OPENED = 8
_opened: OrderedDict[str, Any] = OrderedDict()
_num_opened: dict[str, int] = {}
_lock = threading.Lock()
_settled = False


@dataclass(frozen=True)
class Worker:
    """Who asked for the work, so that other processes know that they are others."""

    host: str
    pid: int

    @classmethod
    def here(cls) -> Worker:
        """Return one for work that this process hands out."""
        return cls(socket.gethostname(), os.getpid())

    def settle(self) -> None:
        """Run on one thread in the processes of a cluster, whose tasks already fill the cores.

        ``MAINSPRING_NUM_THREADS`` says otherwise. Results do not depend on it.
        """
        global _settled
        if _settled or "MAINSPRING_NUM_THREADS" in os.environ:
            return
        _settled = True
        if (self.host, self.pid) != (socket.gethostname(), os.getpid()):
            mainspring.set_num_threads(1)


def opened_once(key: str, open_it: Callable[[], T]) -> T:
    """Return what was opened under the key, opening it at the first call in this process."""
    with _lock:
        if key not in _opened:
            _opened[key] = open_it()
            _num_opened[key] = _num_opened.get(key, 0) + 1
            if len(_opened) > _MOST_OPENED:
                _opened.popitem(last=False)
        _opened.move_to_end(key)
        found: T = _opened[key]
        return found


def num_opened(key: str) -> int:
    """Return how often this process has opened what the key stands for."""
    return _num_opened.get(key, 0)
