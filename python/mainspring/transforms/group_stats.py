"""Statistics of groups, joined back to their rows."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["GroupStats"]


@dataclass(frozen=True, repr=False)
class GroupStats(Transform, op="group_stats"):
    """Replace a number by statistics of all numbers of its group.

    Groups are the rows with the same value of another column; what is learnt of them is joined back
    to every row, those of new tables among them. Gives one feature for each statistic, called
    ``NAME_<stat>_by_<BY>``. Operators before it apply to the numbers, not to the other column.

    Parameters
    ----------
    by : str
        The column that groups the rows, of any kind: strings, integers, floats, dates, timestamps.
    stats : tuple of str, default ("mean",)
        One or more of ``"count"`` (values that are there), ``"sum"``, ``"mean"``, ``"std"`` (of the
        sample: divided by count - 1), ``"min"``, ``"max"``, ``"nunique"`` (different values).

    Raises
    ------
    ParameterError
        When ``by`` is empty, or ``stats`` names none, one twice, or one that is not there.
    DataError
        While fitting: a value is infinite; for ``"std"``, one is beyond 2**500.

    Notes
    -----
    Formula
        The statistic of the group's values that are there, from exact sums, in float64.
    Missing
        A missing value counts for nothing; its row gets the statistics of its group all the same.
        Rows whose group is missing are a group of their own.
    Unseen
        As a group without a value: count, sum and nunique are 0, the others missing. The std of a
        single value is missing, too.
    Infinity
        An error while fitting; afterwards values do not matter, only their groups. In the column
        that groups, infinity is a group like any other.
    Memory
        The distinct groups, 8 bytes for each count, 16 to 48 for each exact sum, 16 for min and
        max; ``"nunique"`` keeps about 40 bytes for each different value of each group.
    Merging
        Exact: any batches, threads and shards give the same bits.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [
    ...     {"city": "Rome", "price": 2.0},
    ...     {"city": "Rome", "price": 4.0},
    ...     {"city": "Oslo", "price": 9.0},
    ... ]
    >>> prep = ms.Preprocessor(ms.col("price").group_stats(by="city", stats=("count", "mean")))
    >>> prep.fit_transform(train).tolist()
    [[2.0, 3.0], [2.0, 3.0], [1.0, 9.0]]
    >>> prep.feature_names_out_
    ['price_count_by_city', 'price_mean_by_city']
    """

    by: str = ""
    stats: tuple[str, ...] = ("mean",)

    def __post_init__(self) -> None:
        """Take one statistic by its name alone, too."""
        if isinstance(self.stats, str):
            object.__setattr__(self, "stats", (self.stats,))
        super().__post_init__()

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The column that groups the rows.

        Returns
        -------
        tuple of str
            Of this one name.
        """
        return (self.by,)
