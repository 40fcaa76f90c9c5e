"""Labels, predictions and scores of a table as the engine's metrics take them: complete rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mainspring._columns import codes_of, column_of, numbers_of
from mainspring.errors import DataError, ParameterError, SchemaError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

__all__ = [
    "Classes",
    "CompleteRows",
    "Names",
    "checked_score",
    "class_codes",
    "complete_rows",
    "task_of",
]

_MAX_INTEGER_CLASSES = 20


@dataclass(frozen=True)
class Names:
    """Which columns hold what.

    Attributes
    ----------
    target : str
        The label, or the relevance.
    prediction : str or None
        A predicted class or number.
    score : str, dict or None
        A probability or score of the positive class, or a column for each class.
    weight, query : str or None
        The weight of a row, and the key of its ranking.
    """

    target: str
    prediction: str | None = None
    score: str | dict[Any, str] | None = None
    weight: str | None = None
    query: str | None = None


@dataclass
class CompleteRows:
    """Rows of which nothing is missing.

    Attributes
    ----------
    columns : dict of str to numpy.ndarray
        What the engine takes.
    kept : numpy.ndarray
        Which rows of the table they are.
    missing_labels, missing_predictions : int
        Rows that were left out.
    """

    columns: dict[str, npt.NDArray[Any]]
    kept: npt.NDArray[np.int64]
    missing_labels: int = 0
    missing_predictions: int = 0

    def take(self, rows: npt.NDArray[Any]) -> CompleteRows:
        """Return some of the rows.

        Parameters
        ----------
        rows : numpy.ndarray
            Their places.

        Returns
        -------
        CompleteRows
            A copy.
        """
        return CompleteRows(
            {name: values[rows] for name, values in self.columns.items()}, self.kept[rows]
        )


@dataclass
class Classes:
    """The classes met so far, in the order in which they were met.

    Attributes
    ----------
    values : list
        Their labels: str, bytes, int, float, bool or dates.
    positive : object
        Of two classes, the one that scores speak of.
    """

    values: list[Any] = field(default_factory=list)
    positive: Any = None


def task_of(table: pa.Table, names: Names) -> str:
    """Choose the task by the columns that are named, and by what the label holds.

    Parameters
    ----------
    table : pyarrow.Table
        The first rows.
    names : Names
        Its columns.

    Returns
    -------
    str
        "binary", "multiclass", "regression" or "ranking".
    """
    if names.query is not None:
        return "ranking"
    if isinstance(names.score, dict):
        return "multiclass" if len(names.score) != 2 else "binary"
    values = _distinct(table, names.target)
    numeric = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )
    if names.score is not None:
        return "binary"
    whole = numeric and all(float(value).is_integer() for value in values)
    if not numeric or len(values) <= 2 or (whole and len(values) <= _MAX_INTEGER_CLASSES):
        return "multiclass" if len(values) > 2 else "binary"
    return "regression"


def _distinct(table: pa.Table, name: str) -> list[Any]:
    return _plain_values(codes_of(column_of(table, name, "target"), name)[1], name)


def _plain_values(values: pa.Array, name: str) -> list[Any]:
    """Return distinct values of a column; whole floats and decimals are ints."""
    import pyarrow as pa

    found: list[Any] = values.to_pylist()
    if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        return [int(value) if value == value // 1 else float(value) for value in found]
    return found


def class_codes(
    table: pa.Table, name: str, what: str, classes: Classes, *, grow: bool
) -> npt.NDArray[np.int64]:
    """Return the code of each row's class; -1 where it is missing.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    name, what : str
        The column, and the argument that names it.
    classes : Classes
        The classes met so far; new ones are added.
    grow : bool
        Whether new classes may be added; otherwise they are a DataError.

    Returns
    -------
    numpy.ndarray
        int64.
    """
    import numpy as np

    codes, values = codes_of(column_of(table, name, what), name)
    places = np.empty(len(values) + 1, np.int64)
    places[-1] = -1
    known = {(isinstance(value, str | bytes), value): i for i, value in enumerate(classes.values)}
    for code, value in enumerate(_plain_values(values, name)):
        key = (isinstance(value, str | bytes), value)
        if key not in known:
            if not grow:
                row = int(np.argmax(codes == code))
                raise DataError(
                    f"Column '{name}', row {row}: there is no score for a class of the label. "
                    f"Scores are given for {len(classes.values)} classes.",
                    column=name,
                    row=row,
                    expected="a class with a score",
                )
            if any(text != key[0] for text, _ in known):
                raise SchemaError(
                    f"Column '{name}' has type {values.type}, but the other classes are "
                    f"{'no ' if key[0] else ''}strings. Cast one of them.",
                    column=name,
                    got=str(values.type),
                )
            known[key] = len(classes.values)
            classes.values.append(value)
        places[code] = known[key]
    return places[codes]


def complete_rows(
    table: pa.Table, names: Names, task: str, classes: Classes, threshold: float
) -> CompleteRows:
    """Read the rows of a table of which nothing is missing.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    names : Names
        Its columns.
    task : str
        As :func:`task_of` returns it.
    classes : Classes
        The classes met so far; new ones are added.
    threshold : float
        The score from which on a row is predicted as positive.

    Returns
    -------
    CompleteRows
        Rows with a label and a prediction; rows without are counted.
    """
    import numpy as np

    columns: dict[str, Any] = {}
    if task in ("binary", "multiclass"):
        there = _read_classes(table, names, task, classes, threshold, columns)
    else:
        if names.prediction is None:
            raise ParameterError(
                f"prediction must be given for the task '{task}': the column of "
                f"{'scores to rank by' if task == 'ranking' else 'predicted numbers'}.",
                expected="prediction=",
            )
        columns["targets"] = _numbers(table, names.target, "target")
        columns["predictions"] = _numbers(table, names.prediction, "prediction")
        there = ~np.isnan(columns["predictions"])
        if names.query is not None:
            codes, _ = codes_of(column_of(table, names.query, "query"), names.query)
            columns["queries"] = codes
            there = there & (codes >= 0)
    if names.weight is not None:
        columns["weights"] = _weights(table, names.weight)
    labels = columns["labels"] if "labels" in columns else columns["targets"]
    labelled = labels >= 0 if "labels" in columns else ~np.isnan(labels)
    kept = np.flatnonzero(labelled & there)
    complete = len(kept) == table.num_rows
    for name, values in columns.items():
        wanted = np.uint32 if name in ("labels", "predicted", "queries") else np.float64
        columns[name] = np.ascontiguousarray(values if complete else values[kept], dtype=wanted)
    return CompleteRows(columns, kept, int((~labelled).sum()), int((labelled & ~there).sum()))


def _read_classes(
    table: pa.Table,
    names: Names,
    task: str,
    classes: Classes,
    threshold: float,
    columns: dict[str, Any],
) -> npt.NDArray[np.bool_]:
    """Read labels, predicted classes and scores; return where predictions are there."""
    import numpy as np

    scored = isinstance(names.score, dict)
    labels = class_codes(table, names.target, "target", classes, grow=not scored)
    predicted = None
    if names.prediction is not None:
        predicted = class_codes(table, names.prediction, "prediction", classes, grow=not scored)
    there = np.ones(table.num_rows, bool) if predicted is None else predicted >= 0
    if task == "binary":
        positive = _positive_code(classes, names)
        labels, predicted = _signed(labels, positive), _signed(predicted, positive)
    scores = _scores(table, names, task, classes)
    if scores is not None:
        columns["scores"] = scores
        there = there & ~np.isnan(scores).any(axis=1)
        if predicted is None:
            high = scores[:, 0] >= threshold if task == "binary" else scores.argmax(axis=1)
            predicted = high.astype(np.int64)
    columns["labels"] = labels
    if predicted is None:
        raise ParameterError(
            "Neither prediction nor score is given: there is nothing to compare the label with.",
            expected="prediction= or score=",
        )
    columns["predicted"] = predicted
    return there


def _signed(codes: Any, positive: int) -> Any:
    import numpy as np

    return None if codes is None else np.where(codes < 0, -1, codes == positive)


def _positive_code(classes: Classes, names: Names) -> int:
    """Return the code of the positive class, chosen when both classes are known."""
    if len(classes.values) > 2:
        raise DataError(
            f"Column '{names.target}' and its predictions have {len(classes.values)} distinct "
            "values, expected two for task 'binary'. Use task 'multiclass'.",
            column=names.target,
            expected="2",
            got=str(len(classes.values)),
        )
    if classes.positive is None:
        if set(classes.values) <= {0, 1}:
            classes.positive = True if True in [v for v in classes.values if v is True] else 1
        elif len(classes.values) == 2:
            classes.positive = max(classes.values)
        else:
            raise ParameterError(
                f"Column '{names.target}' has one value; which class is the positive one cannot "
                "be told. Name it with positive=.",
                column=names.target,
                expected="positive=",
            )
    if classes.positive not in classes.values:
        classes.values.append(classes.positive)
        if len(classes.values) > 2:
            raise DataError(
                f"Column '{names.target}' has two values, and positive={classes.positive!r} is "
                "neither of them.",
                column=names.target,
                expected="one of the values",
                got=repr(classes.positive),
            )
    return classes.values.index(classes.positive)


def _scores(table: pa.Table, names: Names, task: str, classes: Classes) -> Any:
    import numpy as np

    if names.score is None:
        return None
    if isinstance(names.score, str):
        return _numbers(table, names.score, "score").reshape(-1, 1)
    if task == "binary":
        return _numbers(table, names.score[classes.positive], "score").reshape(-1, 1)
    return np.column_stack([_numbers(table, column, "score") for column in names.score.values()])


def _numbers(table: pa.Table, name: str, what: str) -> npt.NDArray[np.float64]:
    return numbers_of(column_of(table, name, what), name)


def _weights(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    import numpy as np

    weights = _numbers(table, name, "weight")
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Column '{name}', row {row}: a weight must be a number of 0 or more, got "
            f"{weights[row]}.",
            column=name,
            row=row,
            expected="a number of 0 or more",
            got=str(weights[row]),
        )
    return weights


def checked_score(score: Any) -> str | dict[Any, str] | None:
    """Check the argument ``score``.

    Parameters
    ----------
    score : str, mapping or None
        A column, or a column for each class.

    Returns
    -------
    str, dict or None
        The same.
    """
    if score is None or isinstance(score, str):
        return score
    if isinstance(score, Mapping) and len(score) >= 2:
        return dict(score)
    raise ParameterError(
        f"score must be a column, or a mapping of each class to its column, got {score!r}.",
        expected="str or mapping of two classes or more",
        got=repr(score),
    )
