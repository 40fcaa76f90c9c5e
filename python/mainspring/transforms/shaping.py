"""Operators that give numbers another distribution: about normal ones, or their ranks."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["BoxCox", "QuantileTransform", "YeoJohnson"]


@dataclass(frozen=True, repr=False)
class YeoJohnson(Transform, op="yeo_johnson"):
    """Make numbers of any sign about normal, by a power transform.

    Its exponent is the one that makes the transformed values most likely to be normal. It is learnt
    from the finite values, whose exact counts are summed in ascending order: any batches, threads
    and shards give the same bits. Missing stays missing.

    Parameters
    ----------
    standardize : bool, default True
        Bring the transformed values to mean 0 and standard deviation 1 (ddof 0), as
        :class:`Standardize` does.

    Raises
    ------
    DataError
        While fitting: the values lie further apart than float64 can say once they are transformed.

    Notes
    -----
    Formula
        ``((1 + x)**L - 1) / L`` from 0 on and ``-((1 - x)**(2 - L) - 1) / (2 - L)`` below, the
        logarithms where ``L`` is 0 or 2. ``L`` is the root of the likelihood's derivative, within
        ``[-1024, 1024]``, where no learnt value comes out beyond ``e**300``, and where values that
        all lie far from 0 are not pressed together: ``(1 + x)**L`` is above ``e**-12`` for one of
        them. It is 1 for fewer than two different values.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        What the formula tends to: infinite, or ``-1 / L`` for a negative ``L``. Not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them, and
        48 bytes more at its end.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    References
    ----------
    I.-K. Yeo and R. A. Johnson, "A new family of power transformations to improve normality or
    symmetry", Biometrika 87, 2000.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (0.0, 1.0, 3.0, 7.0, 15.0, None)]
    >>> features = ms.Preprocessor(ms.col("x").yeo_johnson()).fit_transform(rows)
    >>> [round(float(value), 3) for value in features.ravel()]
    [-1.414, -0.707, 0.0, 0.707, 1.414, nan]
    """

    standardize: bool = True


@dataclass(frozen=True, repr=False)
class BoxCox(Transform, op="box_cox"):
    """Make positive numbers about normal, by a power transform.

    As :class:`YeoJohnson`, for numbers that are above 0 and whose ratios count: prices, durations,
    concentrations. Others are not learnt from and become missing.

    Parameters
    ----------
    standardize : bool, default True
        Bring the transformed values to mean 0 and standard deviation 1 (ddof 0), as
        :class:`Standardize` does.

    Raises
    ------
    DataError
        While fitting: the values lie further apart than float64 can say once they are transformed.

    Notes
    -----
    Formula
        ``(x**L - 1) / L``, ``log(x)`` where ``L`` is 0. ``L`` is found as in :class:`YeoJohnson`.
    Missing
        Stays missing, and is not learnt from; so do values that are not above 0.
    Infinity
        What the formula tends to: infinite, or ``-1 / L`` for a negative ``L``; minus infinity
        becomes missing. Not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them, and
        48 bytes more at its end.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    References
    ----------
    G. E. P. Box and D. R. Cox, "An analysis of transformations", Journal of the Royal Statistical
    Society B 26, 1964.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (1.0, 10.0, 100.0, 0.0, None)]
    >>> features = ms.Preprocessor(ms.col("x").box_cox(standardize=False)).fit_transform(rows)
    >>> [round(float(value), 3) for value in features.ravel()]
    [0.0, 2.303, 4.605, nan, nan]
    """

    standardize: bool = True


@dataclass(frozen=True, repr=False)
class QuantileTransform(Transform, op="quantile_transform"):
    """Replace values by their rank among learnt quantiles, uniform or normal.

    Whatever the distribution of a column is, its ranks are uniform on ``[0, 1]``, or normal once
    they go through the quantiles of the normal distribution. The quantiles are learnt from all
    finite values, exactly: any batches, threads and shards give the same bits. Missing stays
    missing; a column without finite values gives missing ones only.

    Parameters
    ----------
    quantiles : int, default 1000
        How many are learnt, 2 to 1,000,000; no more than there are values.
    output : {"uniform", "normal"}, default "uniform"
        The distribution of the ranks.

    Raises
    ------
    ParameterError
        When ``quantiles`` is out of range, or for another ``output``.
    DataError
        While fitting: two quantiles lie further apart than float64 can say.

    Notes
    -----
    Formula
        The place of the value between two quantiles of ``numpy.quantile``, method ``"linear"``, as
        a share of all of them; a value that several quantiles share gets the middle of its places,
        the smallest 0 and the largest 1. Normal ranks are the standard normal quantiles of it,
        within ``[-5.2, 5.2]``: shares of at least 1e-7.
    Missing
        Stays missing, and is not learnt from.
    Infinity
        1; minus infinity 0. Not learnt from.
    Memory
        16 bytes for each distinct value while fitting, at most ``max_values`` of them; 32 bytes for
        each quantile in the plan.
    Merging
        Exact while no more than ``max_values`` numbers differ, else within the error that a
        warning states.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": x} for x in (1.0, 2.0, 30.0, 400.0, 5000.0, None)]
    >>> ms.Preprocessor(ms.col("x").quantile_transform()).fit_transform(rows).ravel().tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0, nan]
    """

    quantiles: int = 1000
    output: str = "uniform"
