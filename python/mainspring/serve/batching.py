"""Requests that wait for others, so that the model sees their rows together.

Opt-in: a forest on a CPU gains nothing by it, a network does. The queue is the engine's; here are
its options and the way back to the event loop.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mainspring import _engine, errors
from mainspring.serve.replies import Refusal, Reply, RequestBody

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.load import Load
    from mainspring.serve.predictions import Prediction

__all__ = ["BatchOptions", "Batches"]

_WHOLE_BODY = 2**64 - 1

Finish = Callable[[Reply], None]


@dataclass(frozen=True)
class BatchOptions:
    """How requests are put together.

    Parameters
    ----------
    max_rows : int, default 256
        Rows of one batch; a request with more is answered alone.
    delay_us : float, default 0
        How long the first request of a batch waits for more, in microseconds; 0: a batch is what
        has come while the one before was predicted.
    max_queued_rows : int, default 16384
        When so many rows wait, requests are answered with 429.
    num_threads : int, default 1
        Batches of one model at a time.

    Examples
    --------
    >>> from mainspring.serve import BatchOptions
    >>> BatchOptions(max_rows=64, delay_us=500).max_rows
    64
    """

    max_rows: int = 256
    delay_us: float = 0.0
    max_queued_rows: int = 16384
    num_threads: int = 1

    def check(self) -> None:
        """Check what was asked for.

        Raises
        ------
        ParameterError
            When a number is not in its range.
        """
        for name, most in (("max_rows", 2**20), ("max_queued_rows", 2**31), ("num_threads", 256)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
                raise errors.ParameterError(
                    f"BatchOptions: {name} must be an integer from 1 to {most}, got {value!r}.",
                    expected=f"an integer from 1 to {most}",
                    got=repr(value),
                )
        if not 0 <= self.delay_us <= 1e6:
            raise errors.ParameterError(
                f"BatchOptions: delay_us must be 0 to 1000000 microseconds, got {self.delay_us!r}.",
                expected="0 to 1000000",
                got=repr(self.delay_us),
            )


class Batches:
    """The queues of one process, one for each version of a model.

    Parameters
    ----------
    options : BatchOptions
        The same for all models.
    load : Load
        Where requests are counted whose client has left.
    """

    def __init__(self, options: BatchOptions, load: Load) -> None:
        self.options = options
        self.load = load
        self._port: _engine.BatchPort | None = None
        self._queues: WeakKeyDictionary[HostedModel, _engine.BatchQueue] = WeakKeyDictionary()
        self._waiting: dict[int, tuple[Prediction, RequestBody, Finish]] = {}
        self._tickets = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def num_waiting(self) -> int:
        """Requests that have not been answered."""
        return len(self._waiting)

    def num_batches(self, model: HostedModel) -> int:
        """Count the batches of a model.

        Parameters
        ----------
        model : HostedModel
            One of the server's.

        Returns
        -------
        int
            Over all workers, once this process has had a batch of it.
        """
        queue = self._queues.get(model)
        return 0 if queue is None else queue.num_batches

    def submit(self, prediction: Prediction, body: RequestBody, finish: Finish) -> bool:
        """Let a request wait for its batch; on the thread of a running event loop.

        Parameters
        ----------
        prediction : Prediction
            Whose headers have been read.
        body : bytes
            The whole body.
        finish : callable
            Called with the reply, on the event loop: at once where nothing has to wait.

        Returns
        -------
        bool
            False: this one is to be answered alone.

        Raises
        ------
        Refusal
            429 when too much waits, 400 for headers that are no numbers.
        """
        queue = self._queue_of(prediction.model)
        form, json_bytes = prediction.form()
        priority, seconds = prediction.demand()
        ticket = next(self._tickets)
        size = json_bytes or _WHOLE_BODY
        state, reply = queue.submit(
            form, bytes(body), prediction.request_id, size, ticket, priority, seconds
        )
        if state == "alone":
            return False
        if state == "full":
            seconds = max(1, round(queue.queued_rows * queue.seconds_per_row))
            raise Refusal(
                429,
                f"{queue.queued_rows} rows wait already. Send it again later.",
                [(b"retry-after", b"%d" % min(seconds, 60))],
            )
        if state == "answered":
            finish(prediction.reply_of(body, *reply))
            return True
        prediction.ticket = ticket
        self._waiting[ticket] = (prediction, body, finish)
        return True

    def forget(self, prediction: Prediction) -> None:
        """Predict nothing for a client that has left.

        Parameters
        ----------
        prediction : Prediction
            What was submitted.
        """
        if self._waiting.pop(prediction.ticket, None) is None:
            return
        if self._queue_of(prediction.model).cancel(prediction.ticket):
            self.load.num_abandoned += 1

    def _queue_of(self, model: HostedModel) -> _engine.BatchQueue:
        if self._port is None:  # after a fork: threads do not survive one
            self._port = _engine.BatchPort()
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            loop.add_reader(self._port.descriptor, self._deliver)
            self._loop = loop
        queue = self._queues.get(model)
        if queue is None:
            options = self.options
            queue = _engine.BatchQueue(
                model.native,
                self._port,
                options.max_rows,
                options.delay_us * 1e-6,
                options.max_queued_rows,
                options.num_threads,
            )
            self._queues[model] = queue
        return queue

    def _deliver(self) -> None:
        assert self._port is not None
        for ticket, reply in self._port.take():
            waited = self._waiting.pop(ticket, None)
            if waited is not None:
                prediction, body, finish = waited
                finish(prediction.reply_of(body, *reply))
