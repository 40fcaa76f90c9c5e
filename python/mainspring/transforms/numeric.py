"""Operators for numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = [
    "Bucketize",
    "Clip",
    "Identity",
    "Impute",
    "Log1p",
    "MinMax",
    "QuantileBucketize",
    "Standardize",
    "WidthBucketize",
]


@dataclass(frozen=True, repr=False)
class Impute(Transform, op="impute"):
    """Write a value where values are missing.

    Learns the value from the rows that are not missing, exactly: any batches, threads and shards
    give the same bits. Nulls and NaN are missing.

    Parameters
    ----------
    strategy : {"median", "mean", "most_frequent", "constant"}, default "median"
        The median is the mean of the two middle values; of equally frequent values the smallest
        wins. Strings take ``"most_frequent"`` and ``"constant"``.
    fill_value : float or str, optional
        The value of ``"constant"``, of the column's kind.

    Raises
    ------
    ParameterError
        For another strategy, or a ``fill_value`` without ``"constant"``.
    DataError
        While fitting: the column has no value to learn from.
    SchemaError
        While fitting: the column's kind does not fit the strategy.

    Notes
    -----
    Formula
        The value where there is one, else the learnt one.
    Missing
        Null and NaN become the learnt value; nothing missing is left.
    Infinity
        Stays. While fitting it is a value like any other for ``"median"`` and ``"most_frequent"``;
        ``"mean"`` refuses it, and so does a median between two infinities.
    Memory
        16 bytes for each distinct value of ``"median"`` while fitting, at most ``max_values`` of
        them; some 60 for each of ``"most_frequent"``, at most ``max_keys``; the same few kB for any
        ``"mean"``.
    Merging
        Exact while no more values differ than those limits, else within the error that a warning
        states.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 1.0}, {"x": None}, {"x": 2.0}, {"x": 9.0}]
    >>> ms.Preprocessor(ms.col("x").impute("median")).fit_transform(rows).ravel().tolist()
    [1.0, 2.0, 2.0, 9.0]
    """

    strategy: str = "median"
    fill_value: float | str | None = None


@dataclass(frozen=True, repr=False)
class Standardize(Transform, op="standardize"):
    """Subtract the mean and divide by the standard deviation.

    Both are learnt from the rows that are not missing and rounded once from exact sums, so that no
    digits are lost however far the mean lies from zero. Missing stays missing; a constant column
    becomes 0.

    Parameters
    ----------
    with_mean : bool, default True
        Subtract the mean.
    with_std : bool, default True
        Divide by the standard deviation of the population (ddof 0).

    Raises
    ------
    DataError
        While fitting: a value is infinite.

    Notes
    -----
    Formula
        ``(x - mean) / std`` in float64, two roundings. A constant column divides by 1.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        Refused while fitting; stays infinite afterwards.
    Memory
        2 kB while fitting.
    Merging
        Exact: the sums of values and squares lose nothing.

    References
    ----------
    R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015,
    arXiv:1505.05571.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 1.0}, {"x": 3.0}, {"x": None}]
    >>> ms.Preprocessor(ms.col("x").standardize()).fit_transform(rows).ravel().tolist()
    [-1.0, 1.0, nan]
    """

    with_mean: bool = True
    with_std: bool = True


@dataclass(frozen=True, repr=False)
class MinMax(Transform, op="min_max"):
    """Map the smallest value to ``low`` and the largest to ``high``.

    The extremes are learnt from the rows that are not missing, exactly: any batches, threads and
    shards give the same bits. Missing stays missing; the value of a constant column becomes
    ``low``. Values outside the learnt range fall outside ``[low, high]``.

    Parameters
    ----------
    low : float, default 0.0
        What the smallest value becomes.
    high : float, default 1.0
        What the largest value becomes, above ``low``.

    Raises
    ------
    ParameterError
        When a limit is not finite or ``high`` is not above ``low``.
    DataError
        While fitting: a value is infinite, or the range is more than float64 holds.

    Notes
    -----
    Formula
        ``(x - min) / (max - min)`` in float64, then ``low + (high - low)`` times it.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        Refused while fitting; stays infinite afterwards.
    Memory
        A few bytes while fitting.
    Merging
        Exact.

    Examples
    --------
    >>> import mainspring as ms
    >>> prep = ms.Preprocessor(ms.col("x").min_max()).fit([{"x": 2.0}, {"x": 6.0}])
    >>> prep.transform([{"x": 3.0}, {"x": 10.0}, {"x": None}]).ravel().tolist()
    [0.25, 2.0, nan]
    """

    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, repr=False)
class Log1p(Transform, op="log1p"):
    """Take the logarithm of one more than the value.

    Below -1 the result is missing, at -1 it is minus infinity. Learns nothing.

    Notes
    -----
    Formula
        ``log(1 + x)`` in float64, within 2 ulp, monotone, the same bits on every CPU.
    Missing
        Stays missing; so does, from then on, a value below -1.
    Infinity
        Infinity stays infinity, minus infinity becomes missing, -1 becomes minus infinity.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 0.0}, {"x": -1.0}, {"x": -2.0}]
    >>> ms.Preprocessor(ms.col("x").log1p()).fit_transform(rows).ravel().tolist()
    [0.0, -inf, nan]
    """


@dataclass(frozen=True, repr=False)
class Clip(Transform, op="clip"):
    """Force values into ``[low, high]``.

    Missing stays missing. Learns nothing.

    Parameters
    ----------
    low : float, default -inf
        Smallest value that is let through.
    high : float, default inf
        Largest value that is let through, not below ``low``.

    Raises
    ------
    ParameterError
        When a limit is NaN or ``high`` is below ``low``.

    Notes
    -----
    Formula
        ``min(max(x, low), high)``.
    Missing
        Stays missing.
    Infinity
        Becomes the limit on its side.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": -5.0}, {"x": 0.5}, {"x": float("inf")}, {"x": None}]
    >>> ms.Preprocessor(ms.col("x").clip(0, 1)).fit_transform(rows).ravel().tolist()
    [0.0, 0.5, 1.0, nan]
    """

    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, repr=False)
class Bucketize(Transform, op="bucketize"):
    """Number the interval that a value lies in.

    Missing gives 0, anything else 1 plus the number of edges that are not above it. The feature is
    called ``NAME_bucket`` and holds ids in ``[0, len(edges) + 2)``. Learns nothing.

    Parameters
    ----------
    edges : sequence of float
        Finite and strictly ascending; compared in float64.

    Raises
    ------
    ParameterError
        When there are no edges, or they do not ascend.

    Notes
    -----
    Formula
        ``1 + sum(edge <= x for edge in edges)``: an edge belongs to the interval above it.
    Missing
        0.
    Infinity
        The last interval; minus infinity the first, 1.
    Memory
        None while fitting; 8 bytes for each edge in the plan.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": -1.0}, {"x": 0.0}, {"x": 10.0}, {"x": None}]
    >>> ms.Preprocessor(ms.col("x").bucketize([0, 10])).fit_transform(rows).ravel().tolist()
    [1.0, 2.0, 3.0, 0.0]
    """

    edges: tuple[float, ...] = ()


@dataclass(frozen=True, repr=False)
class QuantileBucketize(Transform, op="quantile_bucketize"):
    """Number the interval that a value lies in, between learnt quantiles.

    The intervals hold about as many rows each. Their edges are the quantiles ``i / buckets`` of the
    finite values; equal edges count once, so a column with few different values has fewer
    intervals. Then as :class:`Bucketize`: missing gives 0, anything else 1 plus the number of edges
    that are not above it, in a feature ``NAME_bucket``. Infinite values are not learnt from; they
    fall into the first and the last interval.

    Parameters
    ----------
    buckets : int, default 10
        Number of intervals, 2 to 16,777,215.

    Raises
    ------
    ParameterError
        When ``buckets`` is out of range.

    Notes
    -----
    Formula
        ``1 + sum(edge <= x for edge in edges)`` with ``edges`` of ``numpy.quantile(values, i /
        buckets)``, method ``"linear"``: the rank is ``(count - 1) * i / buckets``, taken exactly,
        and between two ranks the quantile lies on the line between their values.
    Missing
        0, and not learnt from.
    Infinity
        The last interval; minus infinity the first, 1. Not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them; 8 bytes for
        each edge in the plan.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (1.0, 2.0, 3.0, 1000.0, None)]
    >>> ms.Preprocessor(ms.col("x").quantile_bucketize(2)).fit_transform(rows).ravel().tolist()
    [1.0, 1.0, 2.0, 2.0, 0.0]
    """

    buckets: int = 10


@dataclass(frozen=True, repr=False)
class WidthBucketize(Transform, op="width_bucketize"):
    """Number the interval that a value lies in, between edges of equal distance.

    The edges divide the way from the smallest to the largest finite value into intervals of one
    width. Then as :class:`Bucketize`: missing gives 0, anything else 1 plus the number of edges
    that are not above it, in a feature ``NAME_bucket``. New values beyond the learnt extremes fall
    into the first and the last interval, and so do infinite ones; a constant column has one
    interval.

    Parameters
    ----------
    buckets : int, default 10
        Number of intervals, 2 to 16,777,215.

    Raises
    ------
    ParameterError
        When ``buckets`` is out of range.

    Notes
    -----
    Formula
        ``1 + sum(edge <= x for edge in edges)`` with the edges between the ends of
        ``numpy.linspace(min, max, buckets + 1)``, to the bit.
    Missing
        0, and not learnt from.
    Infinity
        The last interval; minus infinity the first, 1. Not learnt from.
    Memory
        A few bytes while fitting; 8 bytes for each edge in the plan.
    Merging
        Exact.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (0.0, 4.0, 5.0, 10.0, None)]
    >>> ms.Preprocessor(ms.col("x").width_bucketize(2)).fit_transform(rows).ravel().tolist()
    [1.0, 1.0, 2.0, 2.0, 0.0]
    """

    buckets: int = 10


@dataclass(frozen=True, repr=False)
class Identity(Transform, op="identity"):
    """Hand numbers or ids on as they are.

    What a column without operators does, too.

    Notes
    -----
    Formula
        The value. Numbers are rounded once, to float32, when the feature is stored.
    Missing
        Stays missing.
    Infinity
        Stays.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> ms.Preprocessor(ms.col("x").identity()).fit_transform([{"x": 7}, {"x": None}]).tolist()
    [[7.0], [nan]]
    """
