"""How much a server takes on: rates of callers, work that waits for a thread, draining."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from mainspring.serve.replies import Refusal

__all__ = ["Load"]

T = TypeVar("T")


class Load:
    """Admission to one process.

    Parameters
    ----------
    max_waiting : int, default 256
        Requests that may wait for a thread; one more is refused with 429.
    rate_limit : float, optional
        Requests a second of one caller, with bursts of two seconds; None: any number.
    num_threads : int, optional
        Threads for requests that are too long for the event loop; default: those of the process.
    """

    def __init__(
        self,
        max_waiting: int = 256,
        rate_limit: float | None = None,
        num_threads: int | None = None,
    ) -> None:
        self.max_waiting = max_waiting
        self.rate_limit = rate_limit
        self.is_draining = False
        self.waiting = 0
        self.running = 0
        self.num_abandoned = 0
        self._num_threads = num_threads or max(1, len(os.sched_getaffinity(0)))
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}
        self._seconds_each = 0.01

    def check_rate(self, caller: str) -> None:
        """Count a request of a caller.

        Parameters
        ----------
        caller : str
            Name of the key.

        Raises
        ------
        Refusal
            429 when there were too many.
        """
        if self.rate_limit is None:
            return
        now = time.monotonic()
        burst = max(1.0, 2 * self.rate_limit)
        tokens, last = self._buckets.get(caller, (burst, now))
        tokens = min(burst, tokens + (now - last) * self.rate_limit)
        if tokens < 1:
            self._buckets[caller] = (tokens, now)
            seconds = max(1, round((1 - tokens) / self.rate_limit))
            raise Refusal(
                429,
                f"This key may send {self.rate_limit:g} requests a second.",
                [(b"retry-after", b"%d" % seconds)],
            )
        self._buckets[caller] = (tokens - 1, now)

    def submit(self, work: Callable[[], T], is_abandoned: Callable[[], bool]) -> Future[T | None]:
        """Hand work to a thread.

        Parameters
        ----------
        work : callable
            What to do.
        is_abandoned : callable
            Asked before the work begins: True when nobody waits for it any more.

        Returns
        -------
        concurrent.futures.Future
            Of the work's result; of None when it was abandoned.

        Raises
        ------
        Refusal
            429 when too much waits already.
        """
        with self._lock:
            if self.waiting >= self.max_waiting:
                seconds = max(1, round(self.waiting * self._seconds_each / self._num_threads))
                raise Refusal(
                    429,
                    f"{self.waiting} requests wait already. Send it again later.",
                    [(b"retry-after", b"%d" % min(seconds, 60))],
                )
            self.waiting += 1
            if self._pool is None:  # after a fork: threads do not survive one
                self._pool = ThreadPoolExecutor(self._num_threads, "mainspring-serve")
        return self._pool.submit(self._run, work, is_abandoned)

    def _run(self, work: Callable[[], T], is_abandoned: Callable[[], bool]) -> T | None:
        with self._lock:
            self.waiting -= 1
            self.running += 1
        started = time.monotonic()
        try:
            if is_abandoned():
                self.num_abandoned += 1
                return None
            result = work()
            # What one takes, over the last ones: for the next Retry-After.
            self._seconds_each += 0.1 * (time.monotonic() - started - self._seconds_each)
            return result
        finally:
            with self._lock:
                self.running -= 1
