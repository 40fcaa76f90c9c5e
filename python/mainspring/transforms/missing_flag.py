"""The operators that say where values are missing, and what is."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["KeepNan", "MissingFlag"]


@dataclass(frozen=True, repr=False)
class KeepNan(Transform, op="keep_nan"):
    """Take NaN for a value of a column of numbers: only null is missing.

    For columns where the two mean different things: null where nothing was measured, NaN where a
    calculation had no result. Comes first in an expression, since it says how the column is read;
    the feature keeps the column's name. Learns nothing, and nothing is learnt from NaN by the
    operators behind it: to them such rows are not there, neither in counts and totals nor in the
    mean of all rows. Null and NaN are told apart in Arrow data, in rows and columns of Python
    (``None`` and ``math.nan``) and in matrices, which have NaN alone. pandas makes NaN null
    before it hands a column over, and JSON has no NaN.

    Raises
    ------
    ParameterError
        When it stands behind another operator.
    SchemaError
        While fitting: the column has no numbers.

    Notes
    -----
    Formula
        ``x``. Behind it ``impute`` fills null alone, ``missing_flag`` gives 0 for NaN, and what
        makes numbers of numbers gives NaN for NaN.
    Missing
        Null. NaN has the id of unseen values, bucket 0 and one value of ``hash`` and ``cross``;
        ``arithmetic`` is missing where the result is not finite, as ever. A feature that leaves
        the plan does not tell the two apart: both are NaN in a matrix and null in Arrow.
    Infinity
        A value, as without it.
    Memory
        None while fitting, none in the plan. A GPU refuses such a plan.

    Examples
    --------
    >>> import math
    >>> import mainspring as ms
    >>> rows = [{"x": 2.5}, {"x": None}, {"x": math.nan}]
    >>> ms.Preprocessor(ms.col("x").keep_nan().impute()).fit_transform(rows).ravel().tolist()
    [2.5, 2.5, nan]
    >>> ms.Preprocessor(ms.col("x").keep_nan().missing_flag()).fit_transform(rows).ravel().tolist()
    [0.0, 1.0, 0.0]
    """


@dataclass(frozen=True, repr=False)
class MissingFlag(Transform, op="missing_flag"):
    """Give 1 where the value is missing, else 0.

    Takes a column of any kind, lists too: an empty list is not missing, whatever its elements are.
    In a column of numbers, nulls and NaN are both missing, behind ``keep_nan`` null alone. The
    feature is called ``NAME_missing``. Stands beside ``impute``, not behind it, where nothing is
    missing: ``col("x").impute(), col("x").missing_flag()``. Learns nothing.

    Notes
    -----
    Formula
        ``1 if missing(x) else 0``.
    Missing
        1. In a column of numbers NaN is missing, too.
    Infinity
        Not missing: 0.
    Memory
        None while fitting, none in the plan.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 2.5}, {"x": None}]
    >>> ms.Preprocessor(ms.col("x").missing_flag()).fit_transform(rows).ravel().tolist()
    [0.0, 1.0]
    """
