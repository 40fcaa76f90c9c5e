"""Operators that scale numbers unmoved by a few extreme rows, or that pull those rows in."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["MaxAbs", "RobustScale", "Winsorize"]


@dataclass(frozen=True, repr=False)
class MaxAbs(Transform, op="max_abs"):
    """Divide by the largest magnitude, so that values lie in ``[-1, 1]``.

    Zero stays zero: a sparse column stays sparse. The magnitude is learnt from the rows that are
    not missing, exactly: any batches, threads and shards give the same bits. Missing stays missing;
    a column of zeros stays as it is. Values beyond the learnt magnitude fall outside ``[-1, 1]``.

    Raises
    ------
    DataError
        While fitting: a value is infinite.

    Notes
    -----
    Formula
        ``x / max(abs(x))`` in float64, one rounding.
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
    >>> prep = ms.Preprocessor(ms.col("x").max_abs()).fit([{"x": -4.0}, {"x": 1.0}])
    >>> prep.transform([{"x": -4.0}, {"x": 1.0}, {"x": 8.0}, {"x": None}]).ravel().tolist()
    [-1.0, 0.25, 2.0, nan]
    """


@dataclass(frozen=True, repr=False)
class RobustScale(Transform, op="robust_scale"):
    """Subtract the median and divide by the distance of two quantiles.

    As :class:`Standardize`, but extreme rows have no weight: by default the distance is the
    interquartile range. Median and quantiles are learnt from the finite values, exactly: any
    batches, threads and shards give the same bits. Missing stays missing. Where both quantiles are
    equal, nothing is divided.

    Parameters
    ----------
    low : float, default 0.25
        Level of the lower quantile, from 0.
    high : float, default 0.75
        Level of the upper quantile, above ``low``, to 1.
    with_median : bool, default True
        Subtract the median.
    with_range : bool, default True
        Divide by the distance of the quantiles.

    Raises
    ------
    ParameterError
        When a level is out of range.
    DataError
        While fitting: the quantiles lie further apart than float64 can say.

    Notes
    -----
    Formula
        ``(x - median) / (quantile(high) - quantile(low))`` in float64, two roundings. The quantiles
        are those of ``numpy.quantile``, method ``"linear"``, to the bit, and so is the median.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        Stays infinite, and is not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (1.0, 2.0, 3.0, 4.0, 1000.0, None)]
    >>> ms.Preprocessor(ms.col("x").robust_scale()).fit_transform(rows).ravel().tolist()
    [-1.0, -0.5, 0.0, 0.5, 498.5, nan]
    """

    low: float = 0.25
    high: float = 0.75
    with_median: bool = True
    with_range: bool = True


@dataclass(frozen=True, repr=False)
class Winsorize(Transform, op="winsorize"):
    """Force values between two learnt quantiles.

    What lies outside becomes the quantile on its side, in new rows too. The quantiles are learnt
    from the finite values, exactly: any batches, threads and shards give the same bits. Missing
    stays missing; a column without finite values learns no limits.

    Parameters
    ----------
    low : float, default 0.05
        Level of the lower quantile, from 0.
    high : float, default 0.95
        Level of the upper quantile, above ``low``, to 1.

    Raises
    ------
    ParameterError
        When a level is out of range.

    Notes
    -----
    Formula
        ``min(max(x, quantile(low)), quantile(high))``. The quantiles are those of
        ``numpy.quantile``, method ``"linear"``, to the bit: they may lie between two values of the
        column, where ``scipy.stats.mstats.winsorize`` takes the nearest value that it keeps.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        Becomes the limit on its side, and is not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (-900.0, 1.0, 2.0, 3.0, 700.0, None)]
    >>> ms.Preprocessor(ms.col("x").winsorize(0.25, 0.75)).fit_transform(rows).ravel().tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0, nan]
    """

    low: float = 0.05
    high: float = 0.95
