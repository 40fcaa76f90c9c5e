"""Operators for numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["Bucketize", "Clip", "Identity", "Impute", "Log1p", "MinMax", "Standardize"]


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
    Memory while fitting: 16 bytes for each distinct value of ``"median"`` and
    ``"most_frequent"``; ``"mean"`` takes none. Mergeable.
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
    ``(x - mean) / std`` in float64, two roundings. 2 kB while fitting, mergeable.
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
    ``(x - min) / (max - min)`` in float64, then scaled to the limits. A few bytes while fitting,
    mergeable.
    """

    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, repr=False)
class Log1p(Transform, op="log1p"):
    """Take the logarithm of one more than the value.

    Below -1 the result is missing, at -1 it is minus infinity. Learns nothing.

    Notes
    -----
    Within 2 ulp, monotone, the same bits on every CPU.
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
    """

    edges: tuple[float, ...] = ()


@dataclass(frozen=True, repr=False)
class Identity(Transform, op="identity"):
    """Hand numbers or ids on as they are.

    What a column without operators does, too.
    """
