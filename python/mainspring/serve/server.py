"""Everything that one server is made of, whatever speaks HTTP for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._names import did_you_mean
from mainspring.serve.access import Access
from mainspring.serve.batching import Batches, BatchOptions
from mainspring.serve.histories import HistoryOptions, ServedHistories
from mainspring.serve.hosted_model import open_models
from mainspring.serve.load import Load
from mainspring.serve.model_table import ModelTable
from mainspring.serve.payload_log import PayloadLog, PayloadLogOptions
from mainspring.serve.predictions import PredictionHandler, Watcher
from mainspring.serve.replies import Refusal, Reply, refusal_reply
from mainspring.serve.shadow import ShadowComparison
from mainspring.serve.targets import PredictRoutes, Target

if TYPE_CHECKING:
    from mainspring.serve.repository import ModelRepository

__all__ = ["AccessRecord", "Server", "ServerOptions"]

_log = logging.getLogger("mainspring.serve")

MAX_BODY_BYTES = 16 << 20
MAX_ROWS = 100_000
# Statuses of refusals, each with its place in the shared counters.
STATUSES = (400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 500, 503)


@dataclass(frozen=True)
class ServerOptions:
    """What :func:`mainspring.serve.create_app` takes beside the models; see there."""

    max_body_bytes: int = MAX_BODY_BYTES
    max_rows: int = MAX_ROWS
    repository: str | Path | None = None
    access: Access | None = None
    max_waiting: int = 256
    rate_limit: float | None = None
    batching: BatchOptions | None = None
    keep_predictions: int = 0
    payload_log: PayloadLogOptions | None = None
    history: HistoryOptions | None = None

    def check(self) -> None:
        """Check the limits.

        Raises
        ------
        ParameterError
            When one is not a positive integer.
        """
        for name in ("max_body_bytes", "max_rows", "max_waiting"):
            limit = getattr(self, name)
            if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit < 2**31:
                raise errors.ParameterError(
                    f"create_app: {name} must be an integer from 1 to 2^31 - 1, got {limit!r}.",
                    expected="an integer from 1 to 2^31 - 1",
                    got=repr(limit),
                )
        kept = self.keep_predictions
        if isinstance(kept, bool) or not isinstance(kept, int) or not 0 <= kept <= 10**7:
            raise errors.ParameterError(
                f"create_app: keep_predictions must be an integer from 0 to 10^7, got {kept!r}.",
                expected="an integer from 0 to 10^7",
                got=repr(kept),
            )
        if self.rate_limit is not None and not self.rate_limit > 0:
            raise errors.ParameterError(
                f"create_app: rate_limit must be a number above 0, got {self.rate_limit!r}.",
                got=repr(self.rate_limit),
            )
        if self.batching is not None:
            self.batching.check()
        if self.payload_log is not None:
            self.payload_log.check()


class Server:
    """Models, access, load and counters of one server.

    Parameters
    ----------
    models : path, Predictor, sequence of these, or mapping from names to these
        What is served from the beginning.
    options : ServerOptions
        Limits and the like.
    """

    def __init__(self, models: object, options: ServerOptions) -> None:
        options.check()
        self.options = options
        self.models = ModelTable()
        self.access = options.access or Access()
        self.load = Load(options.max_waiting, options.rate_limit)
        self.refusals = _engine.CounterBlock("refusals", len(STATUSES))
        self.routes = PredictRoutes()
        self.handler = PredictionHandler(
            self.models, self.access, self.load, options.max_body_bytes
        )
        if options.batching is not None:
            self.handler.batches = Batches(options.batching, self.load)
        if options.history is not None:
            self.handler.histories = ServedHistories(options.history)
            self.models.on_change.append(self._forget_histories)
        self.shadows = ShadowComparison(self.models, self.load)
        self.payloads = None if options.payload_log is None else PayloadLog(options.payload_log)
        self._keeps_payloads = True
        self._choose_watchers()
        self.repository: ModelRepository | None = None
        self.on_request: Callable[[AccessRecord], None] | None = None
        for model in open_models(models, options.max_rows, options.keep_predictions):
            self.models.put(model)
        if options.repository is not None:
            from mainspring.serve.repository import ModelRepository

            self.repository = ModelRepository(
                Path(options.repository), self.models, options.max_rows, options.keep_predictions
            )
            self.repository.scan()
            self.models.on_change.append(self._wait_for_redacted)
            self._wait_for_redacted()
        elif not self.models.slots:
            raise errors.ParameterError(
                "There is no model to serve; expected at least one.",
                expected="at least one model",
                got="none",
            )
        else:
            self._check_redacted()

    def _not_redacted(self) -> dict[str, str]:
        """Say which columns to redact no model reads: a misspelt one would be written as it is."""
        known = {name for model in self.models.loaded() for name in model.columns}
        asked = frozenset() if self.payloads is None else self.payloads.redacted
        return {
            name: f"{name!r}, which is a column of no model.{did_you_mean(name, sorted(known))}"
            for name in sorted(asked - known)
        }

    def _check_redacted(self) -> None:
        for name, what in self._not_redacted().items():
            raise errors.ParameterError(
                f"PayloadLogOptions: redact names {what}",
                column=name,
                expected="columns of the models",
                got=repr(name),
            )

    def _wait_for_redacted(self) -> None:
        """Keep no request while a column to redact is unknown: its model may come yet."""
        unknown = self._not_redacted()
        for what in unknown.values():
            _log.warning("No request is kept: to be redacted is %s", what)
        self._keeps_payloads = not unknown
        self._choose_watchers()

    @property
    def is_ready(self) -> bool:
        """Whether a model is there and the server is not stopping."""
        return bool(self.models.slots) and not self.load.is_draining

    def start(self) -> None:
        """Begin what goes on beside requests: looking for new models."""
        if self.repository is not None:
            self.repository.start()

    def stop(self) -> None:
        """End what :meth:`start` began."""
        if self.repository is not None:
            self.repository.stop()
        if self.payloads is not None:
            self.payloads.close()
        if self.handler.histories is not None:
            self.handler.histories.save()

    def _forget_histories(self) -> None:
        if self.handler.histories is not None:
            self.handler.histories.keep(self.models.loaded())

    def set_traffic(self, name: str, shares: dict[str, float], shadow: str | None) -> None:
        """Send shares of a model's requests to other versions, and copies to a shadow.

        Parameters
        ----------
        name : str
            The model's.
        shares : dict of str to float
            Share of each version; the current one takes the rest.
        shadow : str or None
            A version that is asked beside.

        Raises
        ------
        Refusal
            404 for a version that is not loaded, 400 for shares that are none.
        """
        self.models.split(name, shares, shadow)
        self._choose_watchers()

    def _choose_watchers(self) -> None:
        """Watch answers only where somebody wants to: it costs the shortest way."""
        has_shadow = any(slot.shadow is not None for slot in self.models.slots.values())
        watchers: list[Watcher] = [self.shadows] if has_shadow else []
        if self.payloads is not None and self._keeps_payloads:
            watchers.append(self.payloads)
        self.handler.watchers = tuple(watchers)

    def count_refusal(self, status: int) -> None:
        """Count a request that no model saw.

        Parameters
        ----------
        status : int
            Of the answer.
        """
        if status in STATUSES:
            self.refusals.add(STATUSES.index(status))

    def refused(self) -> dict[int, int]:
        """Count requests that no model saw.

        Returns
        -------
        dict of int to int
            By the status of the answer; over all workers.
        """
        counts = zip(STATUSES, self.refusals.sum(), strict=True)
        return {status: count for status, count in counts if count}

    def refuse(self, refusal: Refusal) -> Reply:
        """Count a refusal and write it.

        Parameters
        ----------
        refusal : Refusal
            What is wrong.

        Returns
        -------
        Reply
            To send.
        """
        self.count_refusal(refusal.status)
        return refusal_reply(refusal)

    def answer(
        self, path: str, query: str, headers: dict[bytes, bytes], body: bytes
    ) -> Reply | None:
        """Answer a POST in one call, for servers that have the whole body already.

        Parameters
        ----------
        path : str
            Decoded.
        query : str
            What stands behind the question mark.
        headers : dict of bytes to bytes
            In lower case.
        body : bytes
            As it came.

        Returns
        -------
        Reply or None
            None when no prediction is at this path.
        """
        try:
            target: Target | None = self.routes.find(path, query)
            if target is None:
                return None
            return self.handler.begin(target, headers).answer(body)
        except Refusal as refusal:
            return self.refuse(refusal)


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One line of the access log."""

    client: str
    method: str
    path: str
    status: int
    num_bytes: int
    started: float
    headers: tuple[tuple[bytes, bytes], ...]

    def fields(self) -> dict[str, Any]:
        """Give what is written, for JSON.

        Returns
        -------
        dict
            No header of the request is in it but the ids that were checked.
        """
        sent = dict(self.headers)
        line: dict[str, Any] = {
            "time": round(time.time(), 3),
            "client": self.client,
            "method": self.method,
            "path": self.path[:200],
            "status": self.status,
            "bytes": self.num_bytes,
            "seconds": round(time.perf_counter() - self.started, 6),
        }
        for name, key in ((b"x-request-id", "request_id"), (b"traceparent", "traceparent")):
            if name in sent:
                line[key] = sent[name].decode("ascii")
        return line
