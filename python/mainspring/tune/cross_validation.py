"""Cross-validation of a preprocessor and a model together: no fold sees what it is scored on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring._columns import arrow_table
from mainspring.predictor import Predictor
from mainspring.quality import evaluate
from mainspring.splits import StratifiedFolds

if TYPE_CHECKING:
    from mainspring.quality import QualityReport
    from mainspring.transforms import Preprocessor

__all__ = ["CrossValidation", "cross_validate", "evaluation_of"]


@dataclass(frozen=True)
class CrossValidation:
    """Scores of all folds.

    Attributes
    ----------
    metric : str
        What was measured.
    scores : tuple of float
        Of each fold's held-out rows.
    """

    metric: str
    scores: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the folds: what a search maximizes or minimizes."""
        return float(np.mean(self.scores))

    @property
    def std(self) -> float:
        """Standard deviation over the folds."""
        return float(np.std(self.scores))


def cross_validate(
    preprocessor: Preprocessor,
    train: Callable[[Any, Any, Preprocessor], Any],
    data: Any,
    *,
    target: str,
    metric: str = "roc_auc",
    folds: Any = 5,
    on_fold: Callable[[int, float], Any] | None = None,
) -> CrossValidation:
    """Score a preprocessor and a model on rows that neither has seen.

    In each fold a copy of the preprocessor is fitted on the other folds alone, cross-fitted where
    it learns from the target, the model is trained on its features, and both are scored, as a
    Predictor, on the rows that were held out.

    Parameters
    ----------
    preprocessor : Preprocessor
        Stays as it is.
    train : callable
        Takes features (float32 matrix), labels (float64) and the fitted preprocessor, whose
        ``categorical_indices`` boosters want to know; returns any model that a Predictor takes.
    data : table
        A pyarrow, pandas, polars or DuckDB table, a list of dicts or a dict of columns.
    target : str
        The column of the label: numbers, of two classes 0 and 1.
    metric : str, default "roc_auc"
        Of :func:`mainspring.evaluate`.
    folds : int or object with ``split``, default 5
        How many, stratified by the target; or :class:`mainspring.TimeFolds`,
        :class:`mainspring.GroupFolds` and the like.
    on_fold : callable, optional
        Called with the number of each fold and its score. For pruning.

    Returns
    -------
    CrossValidation
        ``mean`` is what to compare.

    Raises
    ------
    ParameterError, SchemaError, DataError
        As fitting, folds and metrics do.

    Examples
    --------
    >>> import lightgbm, numpy as np, mainspring as ms
    >>> random = np.random.default_rng(0)
    >>> x = random.normal(size=400)
    >>> table = {"x": x, "y": (x + random.normal(size=400) > 0).astype(int)}
    >>> options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    >>> def train(X, y, prep):
    ...     return lightgbm.train(options, lightgbm.Dataset(X, y), 5)
    >>> found = ms.tune.cross_validate(ms.Preprocessor("x"), train, table, target="y", folds=3)
    >>> len(found.scores), 0.7 < found.mean < 0.9
    (3, True)
    """
    table = arrow_table(data, "cross_validate")
    if isinstance(folds, int):
        folds = StratifiedFolds(folds, target=target)
    scores = []
    for number, (rest, held_out) in enumerate(folds.split(table)):
        own = copy.deepcopy(preprocessor)
        train_rows, test_rows = table.take(rest), table.take(held_out)
        features = own.fit_transform(train_rows, target=target, output="numpy")
        labels = train_rows[target].to_numpy().astype(np.float64)
        predictor = Predictor(train(features, labels, own), own)
        score = evaluation_of(predictor, test_rows, target, [metric]).value(metric)
        scores.append(score)
        if on_fold is not None:
            on_fold(number, score)
    return CrossValidation(metric, tuple(scores))


def evaluation_of(
    predictor: Predictor, rows: Any, target: str, metrics: Sequence[str] | None = None
) -> QualityReport:
    """Measure a predictor on rows with labels.

    Parameters
    ----------
    predictor : Predictor
        Of two classes, scored by the probability of the second; of more, by that of each; or of
        numbers.
    rows : table
        Not seen in training.
    target : str
        The label's column.
    metrics : sequence of str, optional
        Of :func:`mainspring.evaluate`; by default those that fit the task.

    Returns
    -------
    QualityReport
        With these metrics.
    """
    columns: dict[str, Any] = {target: rows[target]}
    classes = predictor.classes_ if predictor.num_classes > 2 else None
    if predictor.num_classes == 2:
        columns["predicted"] = predictor.predict_proba(rows)[:, 1]
        return evaluate(columns, target=target, score="predicted", metrics=metrics)
    if classes is not None:
        chances = predictor.predict_proba(rows)
        names = {value: f"predicted {number}" for number, value in enumerate(classes.tolist())}
        columns |= {name: chances[:, number] for number, name in enumerate(names.values())}
        return evaluate(columns, target=target, score=names, metrics=metrics)
    columns["predicted"] = predictor.predict(rows)
    return evaluate(
        columns, target=target, prediction="predicted", task="regression", metrics=metrics
    )
