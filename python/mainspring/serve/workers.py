"""Several processes that serve one port: forked from one that has loaded the models.

The bundles are in memory once, for all of them. Each has a socket of its own on the port; this
process holds them too, so that connections which a dead worker had not taken wait for the next.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

from mainspring import _engine

__all__ = ["be_worker", "run_workers", "share_counters"]

_log = logging.getLogger("mainspring.serve")
# A worker that dies at once again and again is not started forever.
MAX_QUICK_DEATHS = 5
QUICK_SECONDS = 1.0


def share_counters(num_workers: int) -> None:
    """Count in memory that workers will share; before models are opened.

    Parameters
    ----------
    num_workers : int
        How many there will be.
    """
    _engine.share_counters(num_workers)


def be_worker(number: int) -> None:
    """Count as one of the workers, in a process that was forked.

    Parameters
    ----------
    number : int
        From 0.
    """
    _engine.set_counter_worker(number)


def run_workers(sockets: list[socket.socket], serve: Callable[[int, socket.socket], None]) -> int:
    """Fork a worker for each socket, put new ones in the place of those that die, and wait.

    Parameters
    ----------
    sockets : list of socket.socket
        One for each worker.
    serve : callable
        Called in each worker with its number and its socket; serves until SIGTERM.

    Returns
    -------
    int
        0 when all ended because they were asked to; 1 when workers could not be kept alive.
    """
    supervisor = _Supervisor(sockets, serve)
    return supervisor.run()


class _Supervisor:
    def __init__(
        self, sockets: list[socket.socket], serve: Callable[[int, socket.socket], None]
    ) -> None:
        self.sockets = sockets
        self.serve = serve
        self.workers: dict[int, int] = {}  # process id to number
        self.started: dict[int, float] = {}
        self.quick_deaths = 0
        self.is_stopping = False

    def run(self) -> int:
        gc.collect()
        gc.freeze()  # what is loaded is not touched again, and stays shared
        before = {
            number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            for number in range(len(self.sockets)):
                self._start(number)
            while self.workers:
                self._wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self.quick_deaths < MAX_QUICK_DEATHS else 1

    def _start(self, number: int) -> None:
        process = os.fork()
        if process != 0:
            self.workers[process] = number
            self.started[process] = time.monotonic()
            if self.is_stopping:
                os.kill(process, signal.SIGTERM)
            return
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self.serve(number, self.sockets[number])
            status = 0
        except BaseException:  # the stack of the parent must not be unwound here
            _log.exception("Worker %d has ended.", number)
        finally:
            sys.stdout.flush()
            os._exit(status)

    def _wait(self) -> None:
        process, status = os.waitpid(-1, 0)
        number = self.workers.pop(process, None)
        if number is None or self.is_stopping:
            return
        if time.monotonic() - self.started.pop(process) < QUICK_SECONDS:
            self.quick_deaths += 1
        if self.quick_deaths >= MAX_QUICK_DEATHS:
            _log.error("Workers end as soon as they begin; the server stops.")
            self._stop(signal.SIGTERM, None)
            return
        _log.error("Worker %d has died (%s); another takes its place.", number, _cause(status))
        self._start(number)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True
        for process in list(self.workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"status {code}"
