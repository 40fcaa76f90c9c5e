"""A function that scores one row with next to no overhead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    from mainspring._engine import Bundle

__all__ = ["Score", "row_scorer"]

Score = float | list[float] | int | bool | str


def row_scorer(
    bundle: Bundle,
    kind: str,
    features: list[str],
    batch: Callable[[Any], Any],
    check_columns: Callable[[], None],
) -> Callable[[object], Score]:
    """Make a function of one row.

    Parameters
    ----------
    bundle : Bundle
        With a model.
    kind : str
        One of ``KINDS``.
    features : list of str
        Names of the features in order; empty where the bundle has transforms, which take columns.
    batch : callable
        The method of a predictor for this kind; takes a matrix.
    check_columns : callable
        Raises where the model takes no columns by name.

    Returns
    -------
    callable
        Takes a dict, or with features a buffer of them.
    """

    def otherwise(row: object) -> Score:
        if isinstance(row, Mapping):
            check_columns()
            score: Score = bundle.predict_row(row if isinstance(row, dict) else dict(row), kind)
            return score
        if not features:
            raise errors.ParameterError(
                f"The scorer takes a mapping of column names to values, got {type(row).__name__}. "
                "Pass a dict: the predictor has transforms, which need columns.",
                expected="a mapping",
                got=type(row).__name__,
            )
        import numpy as np

        values = np.require(np.asarray(row), requirements="A")
        if values.ndim != 1 or len(values) != len(features):
            raise errors.SchemaError(
                f"The row has shape {values.shape}, expected ({len(features)},): the features of "
                "the model in order.",
                expected=f"({len(features)},)",
                got=str(values.shape),
            )
        result: Score = batch(values[None])[0].tolist()
        return result

    try:
        check_columns()
        reads_dicts = True
    except errors.MainspringError:
        reads_dicts = False
    scorer: Callable[[object], Score] = _engine.make_scorer(
        bundle, kind, features, reads_dicts, otherwise
    )
    return scorer
