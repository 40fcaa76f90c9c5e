"""Operators that calculate with columns: ``+``, ``-``, ``*`` and ``/``, and powers and products."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["Arithmetic", "ArithmeticNumber", "Polynomial"]


@dataclass(frozen=True, repr=False)
class Arithmetic(Transform, op="arithmetic"):
    """Add, subtract, multiply or divide two columns.

    ``col("a") / col("b")`` is the short form of ``col("a", "b").arithmetic("/")``. Operators before
    it go over both columns; in ``col("a").log1p() / col("b").impute()`` each side has its own. The
    feature is called ``a_plus_b``, ``a_minus_b``, ``a_times_b`` or ``a_div_b``; a side that is
    calculated itself stands in parentheses, ``(a_minus_b)_div_c``, unless it has an alias. Learns
    nothing.

    Parameters
    ----------
    symbol : {"+", "-", "*", "/"}, default "/"
        What to do with the first column and the second.

    Raises
    ------
    ParameterError
        For another symbol, and where there are not two columns.

    Notes
    -----
    Formula
        ``a + b``, ``a - b``, ``a * b`` or ``a / b`` in float64, one rounding.
    Missing
        Missing where one of the two is missing, and where the result is not finite: divided by
        zero, or too large.
    Infinity
        Becomes missing, unless it is divided by: a number over infinity is 0.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"a": 1.0, "b": 4.0}, {"a": 1.0, "b": 0.0}, {"a": None, "b": 2.0}]
    >>> prep = ms.Preprocessor(ms.col("a") / ms.col("b"), ms.col("a") - ms.col("b"))
    >>> prep.fit_transform(rows).tolist()
    [[0.25, -3.0], [nan, 1.0], [nan, nan]]
    >>> prep.feature_names_out_
    ['a_div_b', 'a_minus_b']
    """

    symbol: str = "/"


@dataclass(frozen=True, repr=False)
class ArithmeticNumber(Transform, op="arithmetic_number"):
    """Add, subtract, multiply or divide by a number.

    ``col("a") / 2`` is the short form of ``col("a").arithmetic_number("/", 2)``, and
    ``2 / col("a")`` that of ``col("a").arithmetic_number("/", 2, number_first=True)``. Learns
    nothing.

    Parameters
    ----------
    symbol : {"+", "-", "*", "/"}, default "*"
        What to do with the column and the number.
    number : float, default 1.0
        The number, finite.
    number_first : bool, default False
        The number comes first: ``number - x`` instead of ``x - number``.

    Raises
    ------
    ParameterError
        For another symbol, and for a number that is not finite.

    Notes
    -----
    Formula
        ``x + number``, ``x - number``, ``x * number`` or ``x / number`` in float64, one rounding.
    Missing
        Stays missing; so does, from then on, a result that is not finite: divided by zero, or too
        large.
    Infinity
        Becomes missing, unless it is divided by: a number over infinity is 0.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 1.0}, {"x": 0.0}, {"x": None}]
    >>> ms.Preprocessor(1 / (ms.col("x") * 4)).fit_transform(rows).ravel().tolist()
    [0.25, nan, nan]
    """

    symbol: str = "*"
    number: float = 1.0
    number_first: bool = False


@dataclass(frozen=True, repr=False)
class Polynomial(Transform, op="polynomial"):
    """Make powers of several columns and products of them, up to a degree.

    ``col("a", "b").polynomial()`` gives ``a``, ``b``, ``a^2``, ``a_times_b`` and ``b^2``, in the
    order of scikit-learn's ``PolynomialFeatures`` without its column of ones. Learns nothing.

    Parameters
    ----------
    degree : int, default 2
        The largest sum of powers, 1 to 16.
    interaction_only : bool, default False
        Only products of different columns, no powers.

    Raises
    ------
    ParameterError
        For another degree, and where there would be more than 2,000 features.

    Notes
    -----
    Formula
        ``x[i] * (x[j] * (x[k] * ...))`` for ``i <= j <= k``, with ``<`` for ``interaction_only``,
        in float64, one rounding for each product.
    Missing
        A product is missing where one of its columns is, and where it is too large.
    Infinity
        Stays infinite in its own column; every product with it is missing.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> prep = ms.Preprocessor(ms.col("a", "b").polynomial())
    >>> prep.fit_transform([{"a": 2.0, "b": 3.0}]).tolist(), prep.feature_names_out_
    ([[2.0, 3.0, 4.0, 6.0, 9.0]], ['a', 'b', 'a^2', 'a_times_b', 'b^2'])
    """

    degree: int = 2
    interaction_only: bool = False
