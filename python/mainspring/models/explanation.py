"""What each feature adds to a model's raw scores: the result, and how it is asked of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mainspring import _engine, errors
from mainspring.models.matrix import as_matrix, has_columns
from mainspring.models.row_work import as_named_table, work_on

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from mainspring._engine import Bundle, Explainer, Table

    Floats = npt.NDArray[np.float64]

__all__ = ["Explanation", "explain", "make_explainer"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions of the features to the raw scores of rows.

    The contributions of a row and the base value add up to its raw score, but for rounding.

    Attributes
    ----------
    values : ndarray of float64
        Shape (num_rows, num_features), or (num_rows, num_outputs, num_features) where
        ``predict_raw`` gives several scores a row. With interactions one more axis of features at
        the end: what two features add together, half of it in each of the two places, and on the
        diagonal what is left to a feature alone; a row of the matrix adds up to the contribution.
    base_values : float or ndarray of float64
        What contributions are added to, the same for every row: the mean raw score of the training
        data as the trees know it, or of the background. One for each output where there are
        several.
    feature_names : list of str
        Names of the last axis.

    Examples
    --------
    >>> import lightgbm, numpy as np, mainspring as ms
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, label=X[:, 1]), 5)
    >>> explanation = ms.Predictor(booster).explain(X)
    >>> explanation
    Explanation(200 x 3: 3 features)
    >>> explanation.feature_names[np.abs(explanation.values).mean(axis=0).argmax()]
    'Column_1'
    """

    values: Floats
    base_values: float | Floats
    feature_names: list[str]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        shape = " x ".join(f"{count:,}" for count in self.values.shape)
        return f"Explanation({shape}: {len(self.feature_names)} features)"


def make_explainer(
    bundle: Bundle,
    features: list[str],
    background: object,
    means: Callable[[], list[float]],
    check_columns: Callable[[], None],
) -> Explainer:
    """Prepare explanations of a bundle's model.

    Parameters
    ----------
    bundle : Bundle
        With a model.
    features : list of str
        Names of the features where columns are features; empty where the bundle has transforms.
    background : object
        Rows as ``predict`` takes them, or None.
    means : callable
        Returns the means of the features without a background, or nothing where they are unknown.
    check_columns : callable
        Raises where the model takes no columns by name.

    Returns
    -------
    Explainer
        Immutable, safe to use from many threads.
    """
    if background is None:
        return _engine.Explainer.by_means(bundle, means())
    if features and not has_columns(background):
        return _engine.Explainer.by_matrix(bundle, as_matrix(background, len(features)))
    check_columns()
    return _engine.Explainer.by_table(bundle, _table(background, features))


def explain(
    explainer: Explainer,
    features: list[str],
    feature_names: list[str],
    data: object,
    interactions: bool,
    check_columns: Callable[[], None],
) -> Explanation:
    """Explain rows.

    Parameters
    ----------
    explainer : Explainer
        Of the model.
    features : list of str
        As of :func:`make_explainer`.
    feature_names : list of str
        Of the model.
    data : object
        As ``predict`` takes it.
    interactions : bool
        Whether to part contributions into those of two features each.
    check_columns : callable
        Raises where the model takes no columns by name.

    Returns
    -------
    Explanation
        Of every row.
    """
    width, outputs = explainer.num_features, explainer.num_outputs
    each = (width, width) if interactions else (width,)

    def room(num_rows: int) -> Floats:
        return np.empty((num_rows, *(() if outputs == 1 else (outputs,)), *each))

    values = work_on(explainer.work(interactions), data, features, room, check_columns)
    bases = np.array(explainer.bases)
    return Explanation(values, float(bases[0]) if outputs == 1 else bases, list(feature_names))


def _table(data: object, features: list[str]) -> Table:
    if isinstance(data, list):
        import pyarrow as pa

        try:
            data = pa.Table.from_pylist(data)
        except (pa.ArrowException, TypeError, AttributeError) as error:
            raise errors.SchemaError(
                f"The background's rows are no table ({error}); expected dicts of the same columns."
            ) from error
    return as_named_table(data, features)
