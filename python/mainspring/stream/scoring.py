"""From messages to results: read, joined with the past, predicted, watched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mainspring.errors import ParameterError
from mainspring.models.output_kinds import check_kind
from mainspring.stream.arguments import check_choice
from mainspring.stream.columns import ColumnTypes
from mainspring.stream.formats import FORMATS, decode
from mainspring.stream.history_feed import HistoryFeed
from mainspring.stream.message import Message
from mainspring.stream.rows import ArrowRows, DeadLetter, Rows, split_bad
from mainspring.stream.sink import Scored
from mainspring.stream.watch import DriftWatch, QualityWatch

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.predictor import Predictor

__all__ = ["Scoring"]


class Scoring:
    """What a stream does with rows, events and labels, and the states that this has.

    Parameters
    ----------
    predictor : Predictor
        What predicts.
    form : str
        The format of payloads.
    kind : str
        "predict", "proba" or "raw".
    keep : sequence of str
        Columns of the rows that stand beside the results.
    csv_columns : sequence of str or None
        Names of CSV without a line of them.
    drift : DriftWatch or None
        Watches rows.
    quality : QualityWatch or None
        Watches results.
    history : HistoryFeed or None
        Adds features.

    Raises
    ------
    ParameterError
        When an argument cannot be.
    """

    def __init__(  # noqa: PLR0913 - each is a part of what is done
        self,
        predictor: Predictor,
        *,
        form: str,
        kind: str,
        keep: Sequence[str],
        csv_columns: Sequence[str] | None,
        drift: DriftWatch | None,
        quality: QualityWatch | None,
        history: HistoryFeed | None,
    ) -> None:
        check_choice(form, FORMATS, "format")
        check_kind(kind)
        self.predictor, self.form, self.kind = predictor, form, kind
        self.keep = [keep] if isinstance(keep, str) else list(keep)
        taken = sorted(set(self.keep) & set(predictor.column_names(kind)))
        if taken:
            raise ParameterError(
                f"keep names {taken[0]!r}, which the results have already.", column=taken[0]
            )
        self.csv_columns = csv_columns
        self.drift, self.quality, self.history = drift, quality, history
        self.types = ColumnTypes(predictor.bundle.inputs, ())

    def open(self, states: dict[str, bytes]) -> None:
        """Take the states of a checkpoint; the history has been opened before.

        Parameters
        ----------
        states : dict of str to bytes
            What :meth:`states` returned.
        """
        times: list[str] = []
        if self.drift is not None:
            self.drift.open(self.predictor, states.get("drift", b""))
        if self.quality is not None:
            self.quality.open(states.get("quality", b""))
            times.append(self.quality.time)
        if self.history is not None:
            times += self.history.times
        self.types = ColumnTypes(self.predictor.bundle.inputs, times)

    def states(self) -> dict[str, bytes]:
        """Return the states, for a checkpoint.

        Returns
        -------
        dict of str to bytes
            By name.
        """
        watches = {"drift": self.drift, "quality": self.quality}
        return {name: watch.to_bytes() for name, watch in watches.items() if watch is not None}

    def predict(self, messages: list[Message]) -> tuple[list[Scored], list[DeadLetter]]:
        """Predict the rows of messages.

        Parameters
        ----------
        messages : list of Message
            In order.

        Returns
        -------
        scored : list of Scored
            Results, in order.
        dead : list of DeadLetter
            Messages that could not be read.
        """
        groups, dead = decode(self.form, messages, self.types, self.csv_columns)
        scored = []
        for rows in groups:
            read: Rows = rows
            if self.history is not None:
                read, refused = self._with_history(rows, self.history)
                dead += refused
            read, outputs, refused = split_bad(
                read, lambda some: some.predict(self.predictor, self.kind)
            )
            dead += refused
            if outputs is not None:
                scored.append(self._watched(read, outputs))
        return scored, dead

    def take_events(self, messages: list[Message]) -> list[DeadLetter]:
        """Take the events of messages into the history.

        Parameters
        ----------
        messages : list of Message
            In order.

        Returns
        -------
        list of DeadLetter
            Those that could not be read.
        """
        history = self.history
        assert history is not None
        columns = history.state.plan.event_columns

        def take(rows: Rows) -> None:
            table = _with_nulls(rows, columns, self.types)
            history.ingest(table, _row_times(rows))

        return self._take(messages, take)

    def take_labels(self, messages: list[Message]) -> list[DeadLetter]:
        """Take the labels of messages.

        Parameters
        ----------
        messages : list of Message
            In order.

        Returns
        -------
        list of DeadLetter
            Those that could not be read.
        """
        quality = self.quality
        assert quality is not None
        return self._take(
            messages, lambda rows: quality.add_labels(rows.table(quality.label_columns))
        )

    def _take(self, messages: list[Message], take: Any) -> list[DeadLetter]:
        groups, dead = decode(self.form, messages, self.types, self.csv_columns)
        for rows in groups:
            dead += split_bad(rows, take)[2]
        return dead

    def _with_history(self, rows: Rows, history: HistoryFeed) -> tuple[ArrowRows, list[DeadLetter]]:
        """Make tables of the rows, and add what is known about the past of each."""
        features = set(history.state.feature_names)
        wanted = [*self.predictor.input_names, *self.keep, *history.request_columns]
        if self.quality is not None:
            wanted += self.quality.prediction_columns
        if self.drift is not None:
            wanted += self.drift.columns
        names = [name for name in dict.fromkeys(wanted) if name not in features]

        def checked(some: Rows) -> pa.Table:
            table = _with_nulls(some, history.request_columns, self.types, names)
            history.check(table)
            first = history.state.features(table.slice(0, 0))
            self.predictor.predict_arrow(first, self.kind)
            return table

        good, table, dead = split_bad(rows, checked)
        if table is None:
            return ArrowRows([], []), dead
        whole = history.extend(table, _row_times(good)).combine_chunks()
        tables, at = [], 0
        for count in good.counts:
            tables.append(whole.slice(at, count))
            at += count
        return ArrowRows(list(good.messages), tables), dead

    def _watched(self, rows: Rows, outputs: pa.Table) -> Scored:
        if self.drift is not None:
            self.drift.update(rows.table(self.drift.columns))
        if self.quality is not None:
            named = rows.table(self.quality.prediction_columns)
            self.quality.add_predictions(_side_by_side(named, outputs))
        table = _side_by_side(rows.table(self.keep), outputs) if self.keep else outputs
        return Scored(rows.messages, rows.counts, table, self.form)


def _with_nulls(
    rows: Rows, needed: Sequence[str], types: ColumnTypes, names: Sequence[str] | None = None
) -> pa.Table:
    """Make a table; of JSON a column that no row has is null, as it is where some lack it."""
    table = rows.table(needed if names is None else names)
    if isinstance(rows, ArrowRows):
        return table
    for name in needed:
        if name not in table.column_names:
            table = table.append_column(name, types.column(name, [None] * table.num_rows))
    return table


def _row_times(rows: Rows) -> list[int]:
    return [
        message.time_ms
        for message, count in zip(rows.messages, rows.counts, strict=True)
        for _ in range(count)
    ]


def _side_by_side(first: pa.Table, outputs: pa.Table) -> pa.Table:
    for name in outputs.column_names:
        if name not in first.column_names:
            first = first.append_column(name, outputs[name])
    return first
