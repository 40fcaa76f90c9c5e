"""Operators for columns of lists: their lengths, statistics of their elements, parts of them."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["ListLength", "ListPad", "ListPool", "ListSlice"]


@dataclass(frozen=True, repr=False)
class ListLength(Transform, op="list_length"):
    """Count the elements of a list.

    Learns nothing. Takes lists of numbers or strings, and lists of ids. The feature is called
    ``NAME_length``.

    Notes
    -----
    Formula
        The number of elements, missing ones among them, as ``list.len`` of polars.
    Missing
        Missing, where the list is; an empty list gives 0.
    Infinity
        An element like any other.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"tags": ["new", None]}, {"tags": []}, {"tags": None}]
    >>> ms.Preprocessor(ms.col("tags").list_length()).fit_transform(rows).ravel().tolist()
    [2.0, 0.0, nan]
    """


@dataclass(frozen=True, repr=False)
class ListPool(Transform, op="list_pool"):
    """Make one number of the elements of a list of numbers.

    Learns nothing. The feature is called ``NAME_<how>``.

    Parameters
    ----------
    how : str, default "mean"
        ``"mean"``, ``"sum"``, ``"min"``, ``"max"``, or ``"std"`` (of the sample: divided by
        count - 1).

    Raises
    ------
    ParameterError
        When ``how`` is none of these.

    Notes
    -----
    Formula
        The statistic of the elements that are there, in float64, added up in their order.
    Missing
        Missing, where the list is. Missing elements (null, NaN) count for nothing. Without an
        element the sum is 0 and the others are missing; the std of a single one is missing, too.
    Infinity
        As float64 computes with it: sums and means are infinite, of both signs missing; the std is
        missing. A sum beyond float64 is infinite.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"price": [2.0, None, 4.0]}, {"price": []}, {"price": None}]
    >>> ms.Preprocessor(ms.col("price").list_pool("mean")).fit_transform(rows).ravel().tolist()
    [3.0, nan, nan]
    >>> ms.Preprocessor(ms.col("price").list_pool("sum")).fit_transform(rows).ravel().tolist()
    [6.0, 0.0, nan]
    """

    how: str = "mean"


@dataclass(frozen=True, repr=False)
class ListSlice(Transform, op="list_slice"):
    """Keep a part of each list: the first or the last elements, or some between.

    Learns nothing. Gives lists again, for ``one_hot``, ``ordinal``, ``hash``, ``list_pool``,
    ``list_pad`` or ``list_length`` behind it.

    Parameters
    ----------
    offset : int, default 0
        Place of the first element that is kept; below 0 counted from the end of the list, so
        ``list_slice(-3)`` keeps the last three.
    length : int, optional
        How many elements at most; without it all behind the first.

    Raises
    ------
    ParameterError
        When ``length`` is below 0.

    Notes
    -----
    Formula
        The elements at places ``offset`` to ``offset + length - 1``, as ``list.slice`` of polars:
        where that begins before the list, what would lie there is lost.
    Missing
        A missing list stays missing. A missing element has its place like any other.
    Infinity
        An element like any other.
    Memory
        None; no element is copied.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"price": [2.0, 3.0, 4.0]}, {"price": [5.0]}]
    >>> last_two = ms.col("price").list_slice(-2).list_pool("sum")
    >>> ms.Preprocessor(last_two).fit_transform(rows).ravel().tolist()
    [7.0, 5.0]
    """

    offset: int = 0
    length: int | None = None


@dataclass(frozen=True, repr=False)
class ListPad(Transform, op="list_pad"):
    """Make one feature of each of the first places of a list.

    Learns nothing. Shorter lists are padded, longer ones cut; ``list_slice(-length)`` before it
    keeps the last elements instead. The features are called ``NAME_0``, ``NAME_1``, ...

    Takes lists of numbers. Behind ``ordinal()`` or ``hash()`` it takes lists of anything and gives
    ids, from one vocabulary or range for all places.

    Parameters
    ----------
    length : int
        How many places, 1 to 1024.
    fill_value : float, optional
        What a place without an element holds, 0 unless given; None leaves it missing. Ids are
        padded with 0 and nothing else.

    Raises
    ------
    ParameterError
        When ``length`` is out of range, ``fill_value`` is not finite, or is not 0 for ids.

    Notes
    -----
    Formula
        ``x[i]`` for each place i below ``length``, ``fill_value`` from the end of the list on.
    Missing
        A missing list is padded as an empty one; ``missing_flag()`` tells the two apart. A missing
        element (null, NaN) keeps its place and holds ``fill_value`` or the id 0.
    Unseen
        Behind ``ordinal()`` the id 1, as a rare one.
    Infinity
        Stays.
    Memory
        None while fitting; 8 kB for each place and thread while transforming.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"price": [2.0, 3.0, 4.0]}, {"price": [5.0]}, {"price": None}]
    >>> prep = ms.Preprocessor(ms.col("price").list_pad(2))
    >>> prep.fit_transform(rows).tolist(), prep.feature_names_out_
    ([[2.0, 3.0], [5.0, 0.0], [0.0, 0.0]], ['price_0', 'price_1'])
    >>> rows = [{"tags": ["new", "sale"]}, {"tags": ["sale"]}]
    >>> ms.Preprocessor(ms.col("tags").ordinal().list_pad(2)).fit_transform(rows).tolist()
    [[3.0, 2.0], [2.0, 0.0]]
    """

    length: int = 0
    fill_value: float | None = 0.0
