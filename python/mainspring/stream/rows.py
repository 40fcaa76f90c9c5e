"""The rows of several messages as one: predicted in one native call, or seen as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from mainspring.errors import DataError, MainspringError, SchemaError
from mainspring.stream.columns import ColumnTypes
from mainspring.stream.message import Message

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.predictor import Predictor

__all__ = ["ArrowRows", "DeadLetter", "JsonRows", "Rows", "outputs_of", "reason_of", "split_bad"]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be read, and why.

    Attributes
    ----------
    message : Message
        As it came.
    kind : str
        The class of the error.
    reason : str
        What was wrong.
    """

    message: Message
    kind: str
    reason: str


def reason_of(message: Message, error: Exception) -> DeadLetter:
    """Say why a message could not be read.

    Parameters
    ----------
    message : Message
        Which.
    error : Exception
        What was wrong.

    Returns
    -------
    DeadLetter
        With the error's words.
    """
    return DeadLetter(message, type(error).__name__, " ".join(str(error).split()))


class Rows(Protocol):
    """Rows of messages, in their order."""

    messages: list[Message]
    counts: list[int]

    def table(self, names: Sequence[str]) -> pa.Table:
        """Give columns.

        Parameters
        ----------
        names : sequence of str
            Those that are wanted; what the rows lack is left out.

        Returns
        -------
        pyarrow.Table
            All rows.
        """

    def predict(self, predictor: Predictor, kind: str) -> pa.Table:
        """Predict.

        Parameters
        ----------
        predictor : Predictor
            What predicts.
        kind : str
            "predict", "proba" or "raw".

        Returns
        -------
        pyarrow.Table
            The outputs, a row for each.
        """

    def without(self, dropped: Sequence[int]) -> Rows:
        """Leave messages out.

        Parameters
        ----------
        dropped : sequence of int
            Places in ``messages``.

        Returns
        -------
        Rows
            Of the others.
        """


class JsonRows:
    """Rows that were JSON or CSV.

    Parameters
    ----------
    messages : list of Message
        Where they came from.
    rows : list of list of dict
        Those of each message.
    texts : list of bytes
        The rows of each message as JSON objects with commas between them.
    types : ColumnTypes
        What columns are read as.
    """

    def __init__(
        self,
        messages: list[Message],
        rows: list[list[dict[str, Any]]],
        texts: list[bytes],
        types: ColumnTypes,
    ) -> None:
        self.messages, self.rows, self.texts, self.types = messages, rows, texts, types
        self.counts = [len(each) for each in rows]

    def table(self, names: Sequence[str]) -> pa.Table:
        """Give columns.

        Parameters
        ----------
        names : sequence of str
            Those that are wanted.

        Returns
        -------
        pyarrow.Table
            A column that no row has is left out; where some lack it, it is missing there.

        Raises
        ------
        DataError
            When a value does not fit; ``row`` says which.
        """
        import pyarrow as pa

        rows = [row for each in self.rows for row in each]
        columns = {}
        for name in names:
            values = [row.get(name) for row in rows]
            if values.count(None) < len(values) or any(name in row for row in rows):
                columns[name] = self.types.column(name, values)
        return pa.table(columns) if columns else _no_columns(len(rows))

    def predict(self, predictor: Predictor, kind: str) -> pa.Table:
        """Predict, all messages in one native call.

        Parameters
        ----------
        predictor : Predictor
            What predicts.
        kind : str
            "predict", "proba" or "raw".

        Returns
        -------
        pyarrow.Table
            The outputs.

        Raises
        ------
        SchemaError, DataError
            ``row`` says which row is wrong.
        """
        import numpy as np

        # Each text was read by itself, so that the sum of them is exactly the rows of all.
        text = b"[" + b",".join(filter(None, self.texts)) + b"]"
        scores = np.frombuffer(predictor.bundle.predict_json(text, kind), np.float64)
        return outputs_of(predictor, kind, scores)

    def without(self, dropped: Sequence[int]) -> JsonRows:
        """Leave messages out.

        Parameters
        ----------
        dropped : sequence of int
            Places in ``messages``.

        Returns
        -------
        JsonRows
            Of the others.
        """
        gone = set(dropped)
        kept = [place for place in range(len(self.messages)) if place not in gone]
        return JsonRows(
            [self.messages[place] for place in kept],
            [self.rows[place] for place in kept],
            [self.texts[place] for place in kept],
            self.types,
        )


class ArrowRows:
    """Rows that were Arrow streams.

    Parameters
    ----------
    messages : list of Message
        Where they came from.
    tables : list of pyarrow.Table
        The rows of each; of one schema.
    """

    def __init__(self, messages: list[Message], tables: list[pa.Table]) -> None:
        self.messages, self.tables = messages, tables
        self.counts = [each.num_rows for each in tables]

    def _whole(self) -> pa.Table:
        import pyarrow as pa

        return self.tables[0] if len(self.tables) == 1 else pa.concat_tables(self.tables)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Give columns.

        Parameters
        ----------
        names : sequence of str
            Those that are wanted.

        Returns
        -------
        pyarrow.Table
            What the rows lack is left out.
        """
        if not self.tables:
            return _no_columns(0)
        whole = self._whole()
        there = set(whole.column_names)
        return whole.select([name for name in names if name in there])

    def predict(self, predictor: Predictor, kind: str) -> pa.Table:
        """Predict.

        Parameters
        ----------
        predictor : Predictor
            What predicts.
        kind : str
            "predict", "proba" or "raw".

        Returns
        -------
        pyarrow.Table
            The outputs.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or has another type.
        """
        import pyarrow as pa

        return pa.table(pa.record_batch(predictor.predict_arrow(self._whole(), kind)))

    def without(self, dropped: Sequence[int]) -> ArrowRows:
        """Leave messages out.

        Parameters
        ----------
        dropped : sequence of int
            Places in ``messages``.

        Returns
        -------
        ArrowRows
            Of the others.
        """
        gone = set(dropped)
        kept = [place for place in range(len(self.messages)) if place not in gone]
        return ArrowRows(
            [self.messages[place] for place in kept], [self.tables[place] for place in kept]
        )


def outputs_of(predictor: Predictor, kind: str, scores: Any) -> pa.Table:
    """Name scores as ``predict_arrow`` names them.

    Parameters
    ----------
    predictor : Predictor
        Whose they are.
    kind : str
        "predict", "proba" or "raw".
    scores : numpy.ndarray of float64
        All values, row after row.

    Returns
    -------
    pyarrow.Table
        Labels where ``predict`` gives labels, else float64.
    """
    import numpy as np
    import pyarrow as pa

    width = predictor.bundle.output_width(kind)
    labels = predictor.bundle.labels if kind == "predict" else None
    names = predictor.column_names(kind)
    matrix = scores.reshape(-1, width)
    if labels is not None:
        return pa.table({names[0]: pa.array(np.asarray(labels)[matrix[:, 0].astype(np.int64)])})
    return pa.table({name: matrix[:, place].copy() for place, name in enumerate(names)})


def split_bad(rows: Rows, work: Any, worst: int = 3) -> tuple[Rows, Any, list[DeadLetter]]:
    """Do work on rows, and put those messages aside that it refuses.

    Parameters
    ----------
    rows : Rows
        All.
    work : callable
        Takes rows; raises SchemaError or DataError, whose ``row`` may say which row it is.
    worst : int, default 3
        After so many refusals each message is tried by itself.

    Returns
    -------
    rows : Rows
        Those that were taken.
    result : object
        What ``work`` returned for them; None when there is none.
    dead : list of DeadLetter
        The others.
    """
    dead: list[DeadLetter] = []
    while rows.messages:
        try:
            return rows, work(rows), dead
        except (SchemaError, DataError) as error:  # noqa: PERF203 - again without the message
            if error.row is None or len(dead) >= worst or len(rows.messages) == 1:
                break
            place = _place_of_row(rows.counts, error.row)
            dead.append(reason_of(rows.messages[place], error))
            rows = rows.without([place])
    bad = []
    for place in range(len(rows.messages)):
        others = [number for number in range(len(rows.messages)) if number != place]
        try:
            work(rows.without(others))
        except MainspringError as error:
            dead.append(reason_of(rows.messages[place], error))
            bad.append(place)
    rows = rows.without(bad)
    return rows, (work(rows) if rows.messages else None), dead


def _place_of_row(counts: Sequence[int], row: int) -> int:
    for place, count in enumerate(counts):
        if row < count:
            return place
        row -= count
    return len(counts) - 1


def _no_columns(num_rows: int) -> pa.Table:
    import pyarrow as pa

    return pa.table({"": pa.nulls(num_rows)}).select([])
