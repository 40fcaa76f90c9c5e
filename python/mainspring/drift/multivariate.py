"""Drift of columns together: asked for, never part of the default report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring import _engine
from mainspring.drift.matrix import Matrices, matrices
from mainspring.errors import DataError, MissingExtraError, ParameterError

__all__ = ["MultivariateDrift", "domain_classifier", "mmd", "pca_error"]

Floats = npt.NDArray[np.float64]
_BLOCK = 8_192
_PARTS = 10
_FOLDS = 5


@dataclass(frozen=True)
class MultivariateDrift:
    """What was found of all columns together.

    Attributes
    ----------
    method : str
        "pca_error", "mmd" or "domain_classifier".
    value : float
        The statistic.
    low, high : float
        Where it lies without drift, for ``pca_error``; an interval of 95 % around ``value`` for
        ``domain_classifier``; both equal ``value`` for ``mmd``.
    p_value : float or None
        Of the method's test; None without one.
    drifted : bool
        The decision.
    reason : str
        One sentence that says why.
    columns : tuple of tuple
        Names with their part of what was found, largest first; parts sum to 1.
    """

    method: str
    value: float
    low: float
    high: float
    p_value: float | None
    drifted: bool
    reason: str
    columns: tuple[tuple[str, float], ...]


def pca_error(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    variance: float = 0.65,
) -> MultivariateDrift:
    """Measure how much worse current rows fit the principal components of the reference.

    Rows are standardized by the reference, strings taken by their frequency there, projected on the
    fewest components that hold ``variance`` of it, and back. The statistic is the mean distance
    between rows and their projections. The reference's own rows are held out in ten parts in turn;
    drift is more than three standard deviations of the parts, at the size of the current data,
    from their mean, and more than 1 % of it.

    Parameters
    ----------
    reference, current : table or path
        Anything :func:`mainspring.profile` takes.
    columns : sequence of str, optional
        All columns of numbers, strings and booleans that both sides have when not given.
    variance : float, default 0.65
        In (0, 1).

    Returns
    -------
    MultivariateDrift
        ``columns`` are parts of the change of the squared error.

    Raises
    ------
    ParameterError
        When ``variance`` is out of range.
    DataError
        When there are fewer than 100 rows on a side.

    Notes
    -----
    Finds changes of how columns go together, which no single column shows. Time in rows times
    columns squared.
    """
    if not 0 < variance < 1:
        raise ParameterError(
            f"variance must be between 0 and 1, got {variance!r}.",
            expected="0 < variance < 1",
            got=repr(variance),
        )
    both = _enough(matrices(reference, current, columns))
    part = np.random.default_rng(0).permutation(len(both.reference)) % _PARTS
    held_out, squares = [], np.zeros(len(both.names))
    for number in range(_PARTS):
        mine = part == number
        residuals = _residuals(both.reference[~mine], both.reference[mine], variance)
        held_out.append(float(np.sqrt((residuals**2).sum(axis=1)).mean()))
        squares += (residuals**2).mean(axis=0) / _PARTS
    residuals = _residuals(both.reference, both.current, variance)
    value = float(np.sqrt((residuals**2).sum(axis=1)).mean())
    mean = float(np.mean(held_out))
    rows_of_part = len(both.reference) / _PARTS
    spread = float(np.std(held_out, ddof=1)) * np.sqrt(rows_of_part / len(both.current))
    width = max(3 * float(np.hypot(spread, np.std(held_out, ddof=1) / 3)), 0.01 * mean)
    drifted = abs(value - mean) > width
    change = np.abs((residuals**2).mean(axis=0) - squares)
    return MultivariateDrift(
        "pca_error",
        value,
        mean - width,
        mean + width,
        None,
        drifted,
        f"reconstruction error {value:.3g}; {mean - width:.3g} to {mean + width:.3g} is no drift.",
        _parts(both.names, change),
    )


def mmd(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    features: int = 128,
    seed: int = 0,
    level: float = 0.01,
) -> MultivariateDrift:
    """Measure the maximum mean discrepancy of a Gaussian kernel, in time linear in the rows.

    The kernel is that of random Fourier features; its width is the median distance of pairs of
    reference rows. The statistic is unbiased: 0 on average without drift, and it may be negative.
    Its p-value is that of a gamma law with the mean and the variance that the features' covariance
    gives. Drift: p below ``level`` and a value above 0.0005.

    Parameters
    ----------
    reference, current : table or path
        Anything :func:`mainspring.profile` takes.
    columns : sequence of str, optional
        All columns of numbers, strings and booleans that both sides have when not given.
    features : int, default 128
        Random frequencies; each gives a cosine and a sine.
    seed : int, default 0
        Of the frequencies: equal seeds give equal values.
    level : float, default 0.01
        What the p-value is held against.

    Returns
    -------
    MultivariateDrift
        ``columns`` are parts by how far their standardized means have moved.

    Raises
    ------
    ParameterError
        When a number is out of range.
    DataError
        When there are fewer than 100 rows on a side.

    References
    ----------
    A. Gretton et al. 2012, A kernel two-sample test, JMLR 13; A. Rahimi and B. Recht 2007, Random
    features for large-scale kernel machines.
    """
    if not 1 <= features <= 4_096 or not 0 < level < 1:
        raise ParameterError(
            f"features must be from 1 to 4096 and level between 0 and 1, got {features!r} and "
            f"{level!r}.",
            expected="1 <= features <= 4096, 0 < level < 1",
            got=f"{features!r}, {level!r}",
        )
    both = _enough(matrices(reference, current, columns))
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, len(both.reference), (2, 2_000))
    distances = np.linalg.norm(both.reference[pairs[0]] - both.reference[pairs[1]], axis=1)
    width = float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0
    frequencies = rng.normal(0, 1 / width, (len(both.names), features)).astype(np.float32)
    (n, mean, covariance), (m, now, other) = (
        _wave_moments(side, frequencies) for side in (both.reference, both.current)
    )
    gap = now - mean
    biased = float(gap @ gap)
    noise = covariance / n + other / m
    expected = float(np.trace(noise))
    spread = 2 * float((noise**2).sum())
    value = biased - expected
    shape, scale = expected**2 / spread, spread / expected
    p_value = float(_engine.gamma_tail(shape, biased / scale))
    drifted = p_value < level and value > 0.0005
    moved = both.current.mean(axis=0) - both.reference.mean(axis=0)
    return MultivariateDrift(
        "mmd",
        value,
        value,
        value,
        p_value,
        drifted,
        f"squared discrepancy {value:.3g}, p {p_value:.2g}.",
        _parts(both.names, np.abs(moved)),
    )


def domain_classifier(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    limit: float = 0.55,
) -> MultivariateDrift:
    """Measure how well a model tells current rows from those of the reference.

    Boosted trees of LightGBM, or of scikit-learn where that is not installed, are trained on four
    fifths of both sides to score the last fifth, five times; the statistic is the area under the
    ROC curve of the scores, 0.5 when nothing tells the sides apart. Rows of the larger side are
    weighted down. Drift: the lower end of its interval is above 0.5, and the value reaches
    ``limit``.

    Parameters
    ----------
    reference, current : table or path
        Anything :func:`mainspring.profile` takes.
    columns : sequence of str, optional
        All columns of numbers, strings and booleans that both sides have when not given. Leave out
        times and counters: they tell the sides apart by themselves.
    limit : float, default 0.55
        Smallest area that is drift.

    Returns
    -------
    MultivariateDrift
        ``columns`` are parts of the trees' gain: which columns tell the sides apart.

    Raises
    ------
    MissingExtraError
        When neither library is installed.
    DataError
        When there are fewer than 100 rows on a side.
    """
    fit = _booster()
    both = _enough(matrices(reference, current, columns))
    rows = np.concatenate([both.reference, both.current])
    label = np.repeat([0.0, 1.0], [len(both.reference), len(both.current)])
    fold = np.random.default_rng(0).permutation(len(rows)) % _FOLDS
    scores = np.empty(len(rows))
    gains = np.zeros(len(both.names))
    for number in range(_FOLDS):
        held_out = fold == number
        predicted, gain = fit(rows[~held_out], label[~held_out], rows[held_out])
        scores[held_out] = predicted
        gains += gain
    # Each fold has a model of its own: areas are of one fold at a time.
    areas = [_area(scores[fold == k], label[fold == k]) for k in range(_FOLDS)]
    value = float(np.mean(areas))
    n, m = len(both.reference), len(both.current)
    # Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (m - 1) * (first - value**2) + (n - 1) * (second - value**2)
    width = 1.96 * float(np.sqrt(max(variance, 0.0) / (n * m)))
    drifted = value >= limit and value - width > 0.5
    return MultivariateDrift(
        "domain_classifier",
        value,
        max(0.0, value - width),
        min(1.0, value + width),
        None,
        drifted,
        f"area under the curve {value:.3g}, 0.5 where the sides are alike, limit {limit:g}.",
        _parts(both.names, gains),
    )


def _enough(both: Matrices) -> Matrices:
    rows = min(len(both.reference), len(both.current))
    if rows < 100:
        raise DataError(f"A side has {rows} rows, at least 100 are needed.")
    return both


def _residuals(reference: Floats, rows: Floats, variance: float) -> Floats:
    mean = reference.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(reference.T).reshape(len(mean), -1))
    order = np.argsort(values)[::-1]
    held = np.cumsum(values[order]) / max(values.sum(), 1e-300)
    kept = vectors[:, order[: int(np.searchsorted(held, variance)) + 1]]
    centered = rows - mean
    residuals: Floats = centered - centered @ kept @ kept.T
    return residuals


def _wave_moments(rows: Floats, frequencies: npt.NDArray[np.float32]) -> tuple[int, Floats, Floats]:
    """Mean and covariance of cosines and sines, block by block."""
    size = 2 * frequencies.shape[1]
    total, squares = np.zeros(size), np.zeros((size, size))
    root = np.float32(np.sqrt(1 / frequencies.shape[1]))
    for start in range(0, len(rows), _BLOCK):
        angles = rows[start : start + _BLOCK].astype(np.float32) @ frequencies
        waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1) * root
        total += waves.sum(axis=0, dtype=np.float64)
        squares += waves.T @ waves
    mean = total / len(rows)
    return len(rows), mean, squares / len(rows) - np.outer(mean, mean)


Booster = Callable[[Floats, Floats, Floats], "tuple[Floats, Floats]"]


def _booster() -> Booster:
    try:
        import lightgbm
    except ImportError:
        return _booster_of_sklearn()

    def fit(rows: Floats, label: Floats, held_out: Floats) -> tuple[Floats, Floats]:
        params = {
            "objective": "binary",
            "verbose": -1,
            "num_leaves": 15,
            "learning_rate": 0.1,
            "is_unbalance": True,
            "deterministic": True,
            "seed": 0,
        }
        booster = lightgbm.train(params, lightgbm.Dataset(rows, label), 50)
        return np.asarray(booster.predict(held_out)), booster.feature_importance("gain")

    return fit


def _booster_of_sklearn() -> Booster:
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise MissingExtraError(
            "domain_classifier needs LightGBM or scikit-learn, and neither is installed. Run: pip "
            "install 'mainspring[sklearn]'",
            hint="pip install 'mainspring[sklearn]'",
        ) from error

    def fit(rows: Floats, label: Floats, held_out: Floats) -> tuple[Floats, Floats]:
        model = HistGradientBoostingClassifier(
            max_iter=50, max_leaf_nodes=15, class_weight="balanced", random_state=0
        ).fit(rows, label)
        scores = model.predict_proba(held_out)[:, 1]
        gains = np.zeros(rows.shape[1])
        for (tree,) in model._predictors:
            inner = tree.nodes[tree.nodes["is_leaf"] == 0]
            np.add.at(gains, inner["feature_idx"], inner["gain"])
        return scores, gains

    return fit


def _area(scores: Floats, label: Floats) -> float:
    """Return the area under the ROC curve, ties counted half."""
    order = np.argsort(scores, kind="stable")
    _, start, counts = np.unique(scores[order], return_index=True, return_counts=True)
    ranks = np.repeat(start + (counts + 1) / 2, counts)
    ones = label[order] == 1
    num_ones = int(ones.sum())
    above = ranks[ones].sum() - num_ones * (num_ones + 1) / 2
    return float(above / (num_ones * (len(label) - num_ones)))


def _parts(names: Sequence[str], sizes: npt.ArrayLike) -> tuple[tuple[str, float], ...]:
    parts = np.asarray(sizes, float)
    parts = parts / parts.sum() if parts.sum() > 0 else parts
    order = np.argsort(-parts, kind="stable")
    return tuple((names[i], float(parts[i])) for i in order)
