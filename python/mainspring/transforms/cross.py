"""Operators that join columns."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["Cross"]


@dataclass(frozen=True, repr=False)
class Cross(Transform, op="cross"):
    """Hash the combination of two or more columns to one id.

    Missing is a value like any other. The feature is called ``A_x_B``, is categorical and holds
    ids in ``[0, buckets)``. Learns nothing.

    Parameters
    ----------
    buckets : int, default 4096
        Number of ids, 2 to 16,777,216. Combinations that fall into one bucket share its id.

    Raises
    ------
    ParameterError
        When ``buckets`` is out of range, or the expression has one column only.

    Notes
    -----
    Formula
        ``floor(hash * buckets / 2**64)``, where the hashes of the columns, those of ``hash``, are
        combined in their order: ``col("a", "b")`` and ``col("b", "a")`` differ.
    Missing
        Has a hash of its own.
    Unseen
        Nothing is seen or unseen: every combination has a bucket.
    Infinity
        A value like any other.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"a": "JFK", "b": "BOS"}, {"a": "JFK", "b": None}]
    >>> ms.Preprocessor(ms.col("a", "b").cross(buckets=100)).fit_transform(rows).ravel().tolist()
    [99.0, 5.0]
    """

    buckets: int = 4096
