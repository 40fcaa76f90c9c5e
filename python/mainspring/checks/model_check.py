"""The contract of a check that needs a model: one object, in the one list of ``model_checks``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring._columns import codes_of, column_of, numbers_of
from mainspring.checks.report import Finding
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ModelCheck", "ModelData", "judged", "model_data"]


@dataclass(frozen=True)
class ModelCheck:
    """A check by its name, with what its reference page says.

    Attributes
    ----------
    name, summary, formula, missing, source, why, remedy : str
        As the engine's checks have them.
    run : callable
        From :class:`ModelData` and all limits to findings.
    """

    name: str
    summary: str
    formula: str
    missing: str
    source: str
    why: str
    remedy: str
    run: Callable[[ModelData, dict[str, float]], list[Finding]]


@dataclass
class ModelData:
    """A model, and what it says about labelled rows.

    Attributes
    ----------
    model : object
        With ``predict`` or ``predict_proba``.
    train, test : pyarrow.Table or None
        Labelled rows alone.
    target, task : str
        The label's column; "binary", "multiclass" or "regression".
    classes : list
        Labels, in the order of the probabilities.
    labels, scores : dict
        By "train" and "test": class codes or numbers, and what the model says of each row:
        probabilities of each class, or a number.
    time, group : str or None
        The columns of times, and of keys where there is one.
    """

    model: Any
    train: pa.Table
    test: pa.Table | None
    target: str
    task: str
    classes: list[Any]
    labels: dict[str, Any]
    scores: dict[str, Any]
    time: str | None = None
    group: str | None = None

    @property
    def held_out(self) -> str:
        """The rows that a model has not seen, where there are some."""
        return "train" if self.test is None else "test"

    def table(self, which: str) -> pa.Table:
        """Return the rows of one side.

        Parameters
        ----------
        which : str
            "train" or "test".

        Returns
        -------
        pyarrow.Table
            Labelled rows.
        """
        return self.train if which == "train" or self.test is None else self.test

    def losses(self, which: str, scores: Any = None) -> Any:
        """Return what each row loses: Brier's score, or the squared error.

        Parameters
        ----------
        which : str
            "train" or "test".
        scores : numpy.ndarray, optional
            Instead of the model's.

        Returns
        -------
        numpy.ndarray
            float64.
        """
        import numpy as np

        scores = self.scores[which] if scores is None else scores
        labels = self.labels[which]
        if self.task == "regression":
            return (scores - labels) ** 2
        return ((scores - (labels[:, None] == np.arange(len(self.classes)))) ** 2).sum(axis=1)

    def predict(self, table: pa.Table) -> Any:
        """Return what the model says of rows.

        Parameters
        ----------
        table : pyarrow.Table
            Rows.

        Returns
        -------
        numpy.ndarray
            (rows, classes) probabilities, or numbers.
        """
        import numpy as np

        features = table.drop_columns([self.target])
        if not type(self.model).__module__.startswith("mainspring"):
            features = features.to_pandas()
        if self.task == "regression":
            return np.asarray(self.model.predict(features), float).ravel()
        return np.asarray(self.model.predict_proba(features), float)

    def evaluation_columns(self, which: str) -> dict[str, Any]:
        """Return columns and arguments for an evaluation.

        Parameters
        ----------
        which : str
            "train" or "test".

        Returns
        -------
        dict
            Keyword arguments of :func:`mainspring.quality.evaluate`, and ``data``.
        """
        labels, scores = self.labels[which], self.scores[which]
        if self.task == "regression":
            data = {"y": labels, "p": scores}
            return {"data": data, "target": "y", "prediction": "p", "task": "regression"}
        if self.task == "binary":
            data = {"y": labels, "p": scores[:, 1]}
            return {"data": data, "target": "y", "score": "p", "task": "binary", "positive": 1}
        columns = {f"p{i}": scores[:, i] for i in range(len(self.classes))}
        score = {i: f"p{i}" for i in range(len(self.classes))}
        return {"data": {"y": labels, **columns}, "target": "y", "score": score, "task": self.task}


def model_data(
    model: Any, train: pa.Table, test: pa.Table | None, target: str, task: str
) -> ModelData:
    """Ask a model about all labelled rows.

    Parameters
    ----------
    model : object
        A Predictor, or anything with ``predict`` and, of classes, ``predict_proba``.
    train, test : pyarrow.Table or None
        The rows.
    target, task : str
        The label's column, and "auto" or a task.

    Returns
    -------
    ModelData
        What the checks read.

    Raises
    ------
    ParameterError
        When the model does not predict what the task needs.
    """
    from mainspring.quality.rows import Names, task_of

    if task == "auto":
        task = task_of(train, Names(target))
    needs = "predict" if task == "regression" else "predict_proba"
    if not hasattr(model, needs):
        raise ParameterError(
            f"model must have {needs} for the task '{task}', got {type(model).__name__}.",
            expected=needs,
            got=type(model).__name__,
        )
    data = ModelData(model, train, test, target, task, _classes(model, train, target, task), {}, {})
    for which, table in (("train", train), ("test", test)):
        if table is None:
            continue
        labels, kept = _labels(table, target, task, data.classes)
        rows = table if kept.all() else table.filter(kept.tolist())
        if which == "train":
            data.train = rows
        else:
            data.test = rows
        data.labels[which] = labels
        scores = data.predict(rows)
        wanted = (len(labels),) if task == "regression" else (len(labels), len(data.classes))
        if scores.shape != wanted:
            raise ParameterError(
                f"model gave scores of shape {scores.shape} for {len(labels)} rows, expected "
                f"{wanted}: name the task.",
                expected=str(wanted),
                got=str(scores.shape),
            )
        data.scores[which] = scores
    return data


def _classes(model: Any, train: pa.Table, target: str, task: str) -> list[Any]:
    if task == "regression":
        return []
    named = getattr(model, "classes_", None)
    if named is not None and len(named):
        return [value.item() if hasattr(value, "item") else value for value in named]
    _, values = codes_of(column_of(train, target, "target"), target)
    return sorted(values.to_pylist())


def _labels(table: pa.Table, target: str, task: str, classes: list[Any]) -> tuple[Any, Any]:
    import numpy as np

    column = column_of(table, target, "target")
    if task == "regression":
        numbers = numbers_of(column, target)
        kept = ~np.isnan(numbers)
        return numbers[kept], kept
    codes, values = codes_of(column, target)
    places = [classes.index(v) if v in classes else -1 for v in values.to_pylist()]
    found = np.array([*places, -1])[codes]
    return found[found >= 0], found >= 0


def judged(
    check: ModelCheck | str,
    column: str,
    value: float,
    limits: tuple[float, float],
    sentence: str,
    **fields: Any,
) -> Finding:
    """Make a finding of a value that warns or fails above its limits.

    Parameters
    ----------
    check : str
        The check's name.
    column : str
        What it looked at.
    value : float
        What was measured.
    limits : tuple of float
        From which on it warns, and fails.
    sentence : str
        What was found.
    **fields
        ``num_rows``, ``rows`` and ``table``.

    Returns
    -------
    Finding
        Without why and remedy, which are the check's.
    """
    name = check if isinstance(check, str) else check.name
    severity = "fail" if value > limits[1] else "warn" if value > limits[0] else "pass"
    return Finding(
        check=name,
        column=column,
        severity=severity,
        value=float(value),
        limit=limits[1] if severity == "fail" else limits[0],
        sentence=sentence,
        num_rows=fields.get("num_rows", 0),
        rows=tuple(int(row) for row in fields.get("rows", ())),
        table=fields.get("table", "test"),
    )
