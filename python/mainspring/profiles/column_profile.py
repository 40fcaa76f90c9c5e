"""What a profile knows about one column, as a small typed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mainspring.profiles.histogram import Histogram, histogram
from mainspring.profiles.text_table import format_count, format_number, format_time

__all__ = ["ColumnProfile", "column_profile"]


@dataclass(frozen=True)
class ColumnProfile:
    """The statistics of one column. Which of them are there depends on ``kind``.

    Attributes
    ----------
    name, type : str
        The column, and its Arrow type; several types of one kind are joined by " | ".
    kind : str
        "number", "boolean", "text", "timestamp", "list", "unknown" (all rows missing, no type) or
        "skipped" (a type that is not read; only rows are counted).
    num_rows, missing, nulls, nans : int
        Missing is nulls and NaN together.
    distinct : int or float
        Distinct present values: an int where it is exact, an estimate (0.8 % standard error) where
        it is a float.
    exact : bool
        Every distinct value is counted, so quantiles, categories and drift are exact: up to 16,384
        distinct numbers or 65,536 distinct strings.
    min, max, mean, std, sum : float or None
        Of numbers and timestamps (microseconds since 1970-01-01T00:00); ``mean``, ``std`` (divided
        by n) and ``sum`` are those of the finite values and exactly rounded from exact sums. Of
        booleans, ``mean`` is the share of true.
    zeros, negatives, positive_infinities, negative_infinities : int
        Counts among the present numbers.
    integer_valued : bool
        Every finite number is an integer.
    quantiles : dict of float to float
        From 0.01 to 0.99, between two values by straight line.
    rank_error : float
        No quantile's rank is off by more than this share of the rows; 0 where exact.
    histogram : Histogram or None
        Of numbers and timestamps with finite values; sketched where the column is.
    top : tuple of (str, int)
        Most frequent strings with their counts.
    count_error : int
        A count in ``top`` may be too low by this much; 0 where exact.
    min_bytes, max_bytes, mean_bytes
        Lengths of strings.
    elements : ColumnProfile or None
        Of lists: their elements, as if they were the rows of a column; it is called ``NAME[]``. The
        statistics of numbers above are then those of the lists' lengths, and ``distinct`` counts
        different lengths.
    """

    name: str
    type: str
    kind: str
    num_rows: int
    missing: int
    nulls: int
    nans: int
    distinct: float
    exact: bool
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    sum: float | None = None
    zeros: int = 0
    negatives: int = 0
    positive_infinities: int = 0
    negative_infinities: int = 0
    integer_valued: bool = False
    quantiles: dict[float, float] = field(default_factory=dict)
    rank_error: float = 0.0
    histogram: Histogram | None = field(default=None, repr=False)
    top: tuple[tuple[str, int], ...] = ()
    count_error: int = 0
    min_bytes: int | None = None
    max_bytes: int | None = None
    mean_bytes: float | None = None
    elements: ColumnProfile | None = None

    @property
    def missing_rate(self) -> float:
        """Share of rows that are missing; 0 of no rows."""
        return self.missing / self.num_rows if self.num_rows else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return what applies to this kind of column, ready for JSON.

        Returns
        -------
        dict
            Statistics that a column of this kind does not have are left out, and so is the
            histogram.
        """
        names = "name type kind num_rows missing nulls nans distinct exact".split()
        if self.kind in ("number", "timestamp"):
            names += ["min", "max", "mean", "std", "sum", "zeros", "negatives"]
            names += ["positive_infinities", "negative_infinities", "integer_valued", "rank_error"]
        if self.kind == "list":
            names += ["min", "max", "mean", "std", "sum", "zeros", "rank_error"]
        if self.kind == "text":
            names += ["count_error", "min_bytes", "max_bytes", "mean_bytes"]
        if self.kind == "boolean":
            names.append("mean")
        fields = {name: getattr(self, name) for name in names}
        if self.quantiles:
            fields["quantiles"] = {str(q): value for q, value in self.quantiles.items()}
        if self.top:
            fields["top"] = [list(entry) for entry in self.top]
        if self.elements is not None:
            fields["elements"] = self.elements.to_dict()
        return fields

    def _with_elements(self) -> list[ColumnProfile]:
        """Return what has a line of its own: the column, and the elements of its lists."""
        return [self] if self.elements is None else [self, self.elements]

    def _cells(self) -> list[str]:
        """Return this column's line in a profile's table."""
        low, middle, high = "", "", ""
        if self.kind == "timestamp":
            low, high = format_time(self.min), format_time(self.max)
        elif self.kind in ("number", "list"):
            low, middle, high = (format_number(v) for v in (self.min, self.mean, self.max))
        elif self.kind == "boolean":
            middle = format_number(self.mean)
        elif self.top:
            middle = self.top[0][0]
        if self.kind == "skipped":
            return [self.name, self.type, "", "skipped", "", "", ""]
        return [
            self.name,
            self.type,
            f"{100 * self.missing_rate:.1f}%",
            format_count(self.distinct),
            low,
            middle,
            high,
        ]


def column_profile(fields: Mapping[str, Any], quantiles: tuple[float, ...]) -> ColumnProfile:
    """Make a column's object from the engine's plain values.

    Parameters
    ----------
    fields : mapping
        One element of the engine's summary.
    quantiles : tuple of float
        Which quantiles were asked.

    Returns
    -------
    ColumnProfile
        The typed object.
    """
    values = dict(fields)
    values["quantiles"] = (
        dict(zip(quantiles, values.get("quantiles", ()), strict=False)) if "min" in values else {}
    )
    values["histogram"] = histogram(values.get("histogram"))
    values["top"] = tuple(values.get("top", ()))
    if "elements" in values:
        values["elements"] = column_profile(values["elements"], quantiles)
    present = values["num_rows"] - values["missing"]
    sum_bytes = values.pop("sum_bytes", 0)
    if values["kind"] == "boolean":
        for name in ("min_bytes", "max_bytes"):
            values.pop(name)
        if present:
            values["mean"] = dict(values["top"]).get("true", 0) / present
    elif values["kind"] == "text" and present:
        values["mean_bytes"] = sum_bytes / present
    return ColumnProfile(**values)
