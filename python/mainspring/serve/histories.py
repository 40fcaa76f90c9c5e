"""What a server knows of the past: events that were posted, and features of them in predictions.

A state for each model and source of events, as :class:`mainspring.HistoryState` has it. Rows that
lack the features get them before the engine reads the body.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mainspring import _engine, errors
from mainspring.serve.replies import Refusal, RequestBody

if TYPE_CHECKING:
    from mainspring.history import HistoryState
    from mainspring.serve.hosted_model import HostedModel

__all__ = ["HistoryOptions", "ModelHistory", "ServedHistories", "time_us"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND_US = 1_000_000
# Digits behind microseconds are cut, as times of tables are.
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


@dataclass(frozen=True)
class HistoryOptions:
    """How the past is kept.

    Parameters
    ----------
    folder : path, optional
        Where snapshots and logs are; None: in memory alone, and gone with the process.
    durability : {"process", "disk"}, default "process"
        What an event that was acknowledged survives.
    max_bytes : int, optional
        Most memory of the events and keys of each source; more is refused with 503.
    """

    folder: str | Path | None = None
    durability: str = "process"
    max_bytes: int | None = None


class ModelHistory:
    """The states of one model's sources.

    Parameters
    ----------
    model : HostedModel
        Its bundle holds the plans.
    options : HistoryOptions
        How they are kept.

    Raises
    ------
    MainspringError
        When files cannot be read, or were changed.
    """

    def __init__(self, model: HostedModel, options: HistoryOptions) -> None:
        from mainspring.history import HistoryPlans, HistoryState

        plans = HistoryPlans.from_bytes(_engine.history_of(model.bundle))
        self.model_name = model.name
        self.states: dict[str, HistoryState] = {}
        self.definitions = {
            name: f"{plans.plan(name).definition_hash:016x}" for name in plans.sources
        }
        for name, definition in self.definitions.items():
            folder = None
            if options.folder is not None:
                # Another definition is another history: it begins empty, beside the old one.
                folder = Path(options.folder) / quote(model.name, safe="") / f"{name}-{definition}"
            self.states[name] = HistoryState(
                plans,
                name,
                folder=folder,
                durability=options.durability,
                max_bytes=options.max_bytes,
            )

    def extend_rows(self, rows: list[Any]) -> None:
        """Put the features into rows that lack them.

        Parameters
        ----------
        rows : list
            Of dicts; features that are there stay. A row without a time is asked for now.

        Raises
        ------
        Refusal
            400 when a key or a time cannot be one.
        """
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                return  # the engine says what is wrong
            for state in self.states.values():
                if all(name in row for name in state.feature_names):
                    continue
                plan = state.plan
                key = tuple(row.get(name) for name in plan.keys)
                for name, value in zip(plan.keys, key, strict=True):
                    if isinstance(value, (dict, list)):
                        raise Refusal(
                            400,
                            f"Row {number}, column '{name}': a key is a number, a text or null, "
                            f"got {json.dumps(value)[:60]}.",
                        )
                at = time_us(row.get(plan.at), f"Row {number}, column '{plan.at}'")
                moment = self.now(state) if at is None else at
                row.update({**state.query(*key, at=moment), **row})

    def extend_table(self, body: RequestBody) -> RequestBody:
        """Put the features into an Arrow stream.

        Parameters
        ----------
        body : bytes
            As it came.

        Returns
        -------
        bytes
            With a column for each feature that was not there; as it came where it is no stream.

        Raises
        ------
        Refusal
            400 when a column is missing or of a wrong type.
        """
        import pyarrow as pa

        try:
            table = pa.ipc.open_stream(body).read_all()
        except (pa.ArrowInvalid, OSError):
            return body
        for state in self.states.values():
            missing = [name for name in state.feature_names if name not in table.column_names]
            if not missing:
                continue
            try:
                asked = table
                if state.plan.at not in table.column_names:
                    now = pa.array([self.now(state)] * len(table), pa.timestamp("us", "UTC"))
                    asked = table.append_column(state.plan.at, now)
                found = state.features(asked.select([state.plan.at, *state.plan.keys]))
            except (errors.SchemaError, KeyError) as error:
                raise Refusal(400, str(error)) from error
            for name in missing:
                table = table.append_column(name, found[name])
        out = io.BytesIO()
        with pa.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table)
        return out.getvalue()

    @staticmethod
    def now(state: HistoryState) -> int:
        """Say when a request is that does not say it: after all that was acknowledged.

        Parameters
        ----------
        state : HistoryState
            Whose clock goes only forward.

        Returns
        -------
        int
            Microseconds.
        """
        return max(time.time_ns() // 1000, state.clock_us + 1)

    def save(self) -> None:
        """Write snapshots, where there is a folder."""
        for state in self.states.values():
            if state.has_folder:
                state.save()


class ServedHistories:
    """The histories of all models that have one.

    Parameters
    ----------
    options : HistoryOptions
        How they are kept.
    """

    def __init__(self, options: HistoryOptions) -> None:
        self.options = options
        self._lock = threading.Lock()
        self._of: dict[tuple[str, tuple[int, ...]], ModelHistory] = {}
        self._known: dict[int, tuple[HostedModel, ModelHistory | None]] = {}

    def of(self, model: HostedModel) -> ModelHistory | None:
        """Find the history of a model; versions with equal features share one.

        Parameters
        ----------
        model : HostedModel
            What is asked.

        Returns
        -------
        ModelHistory or None
            None: none of its features is about the past.
        """
        known = self._known.get(id(model))
        if known is not None and known[0] is model:
            return known[1]
        with self._lock:
            found = self._find(model)
            self._known[id(model)] = (model, found)
        return found

    def _find(self, model: HostedModel) -> ModelHistory | None:
        section = _engine.history_of(model.bundle)
        if not section:
            return None
        plans = _engine.HistoryPlan.many_from_bytes(section)
        place = model.name, tuple(plan.definition_hash for plan in plans)
        if place not in self._of:
            self._of[place] = ModelHistory(model, self.options)
        return self._of[place]

    def keep(self, served: list[HostedModel]) -> None:
        """Open the histories of these models, and let go of what belongs to none of them.

        Parameters
        ----------
        served : list of HostedModel
            All that there are now.

        Raises
        ------
        MainspringError
            When files of a history cannot be read, or were changed.
        """
        for model in served:
            self.of(model)
        with self._lock:
            kept = {id(model) for model in served}
            self._known = {key: value for key, value in self._known.items() if key in kept}
            used = {id(history) for _, history in self._known.values()}
            self._of = {key: value for key, value in self._of.items() if id(value) in used}

    def extend(self, model: HostedModel, protocol: str, body: RequestBody) -> RequestBody:
        """Put features into the body of a prediction.

        Parameters
        ----------
        model : HostedModel
            What will answer.
        protocol : str
            ``rows``, ``v1``, ``arrow`` and so on.
        body : bytes
            Unpacked.

        Returns
        -------
        bytes
            What the engine reads; as it came where rows are not written as objects.

        Raises
        ------
        Refusal
            400 when a key or time cannot be one.
        """
        if protocol == "infer":
            return body
        history = self.of(model)
        if history is None:
            return body
        if protocol == "arrow":
            return history.extend_table(body)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return body
        rows = value
        if isinstance(value, dict):
            rows = value.get("instances" if protocol == "v1" else "rows", value)
        if isinstance(rows, dict):
            rows = [rows]
        if not isinstance(rows, list):
            return body
        history.extend_rows(rows)
        return json.dumps(value, ensure_ascii=False).encode()

    def all(self) -> list[ModelHistory]:
        """Return those that are open, each once.

        Returns
        -------
        list of ModelHistory
        """
        return list(self._of.values())

    def save(self) -> None:
        """Write snapshots of all that have a folder."""
        for history in self.all():
            history.save()


def time_us(value: object, where: str) -> int | None:
    """Read a time as JSON has it.

    Parameters
    ----------
    value : object
        RFC 3339 text with a zone, an integer of microseconds since 1970, or None.
    where : str
        Row and column, for messages.

    Returns
    -------
    int or None
        Microseconds.

    Raises
    ------
    Refusal
        400 for another thing.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and -(2**62) < value < 2**62:
        return value
    if isinstance(value, str):
        text = _FRACTION.sub(r"\1", value.replace("Z", "+00:00").replace("z", "+00:00"))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            passed = moment - _EPOCH
            return (passed.days * 86_400 + passed.seconds) * _SECOND_US + passed.microseconds
    raise Refusal(
        400,
        f"{where}: expected a time with a zone such as '2013-01-31T14:30:00Z', or microseconds "
        f"since 1970, got {json.dumps(value)[:60]}.",
    )
