"""The operator that says where values are missing."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["MissingFlag"]


@dataclass(frozen=True, repr=False)
class MissingFlag(Transform, op="missing_flag"):
    """Give 1 where the value is missing, else 0.

    Takes a column of any kind, lists too: an empty list is not missing, whatever its elements are.
    In a column of numbers, nulls and NaN are both missing. The feature is called ``NAME_missing``.
    Stands beside ``impute``, not behind it, where nothing is missing: ``col("x").impute(),
    col("x").missing_flag()``. Learns nothing.

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
