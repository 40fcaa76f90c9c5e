"""One column of a drift report: what was measured of it, and the decision."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mainspring.profiles.histogram import Histogram, histogram

__all__ = ["CategoryShare", "ColumnDrift", "DriftStatistic", "column_drift"]

_PLOTTED = frozenset(
    "statistics reference_histogram current_histogram categories rest unseen".split()
)


@dataclass(frozen=True)
class DriftStatistic:
    """One statistic of one column.

    Attributes
    ----------
    value : float
        The statistic; NaN where one side has no values.
    low, high : float
        Where a profile is a sketch: the exact value is certainly in between; NaN where nothing
        bounds that end. Of rates, a confidence interval at the report's level. Both equal ``value``
        otherwise.
    p_value : float or None
        Of the statistic's own test, uncorrected, for ``low`` where that differs; None without one,
        as of a sketch that nothing bounds.
    reason : str or None
        Why the value or a bound is NaN; None where none is.
    """

    value: float
    low: float
    high: float
    p_value: float | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not math.isnan(self.value + self.low + self.high):
            return
        for end in ("value", "low", "high"):
            if math.isnan(getattr(self, end)):
                # One NaN for all: the same findings are equal.
                object.__setattr__(self, end, math.nan)


@dataclass(frozen=True)
class CategoryShare:
    """How often a category occurs on both sides.

    Attributes
    ----------
    value : str
        The category.
    reference, current : int
        Rows; too low where a profile is a sketch.
    """

    value: str
    reference: int
    current: int


@dataclass(frozen=True)
class ColumnDrift:
    """One column measured and judged.

    Attributes
    ----------
    name, kind : str
        The column; "number", "boolean", "text", "timestamp" or "unknown".
    drifted : bool
        The decision.
    reason : str
        One sentence that says why.
    effect : float
        Largest effect divided by its limit, among those that drifted where the column did: what
        ``DriftReport.drifted`` is ordered by, times ``importance``.
    p_value : float or None
        Smallest corrected p-value; None where nothing could be tested.
    statistics : dict of str to DriftStatistic
        Every statistic that applies to this kind of column.
    exact : bool
        Nothing was approximated. Otherwise ``rank_error`` bounds what was.
    rank_error : float
        Largest error of a rank, as a share of the rows; 0 where exact.
    reference_rows, current_rows : int
        Rows on both sides, missing ones included.
    reference_missing, current_missing : int
        The missing ones.
    reference_histogram, current_histogram : Histogram or None
        Of numbers and timestamps, both over the same bins.
    categories : tuple of CategoryShare
        Of strings and booleans: up to eight that are frequent on either side.
    rest : tuple of int
        Rows of all other categories that the reference knows: in the reference, and now.
    unseen : int
        Rows now of all other categories that the reference does not know; 0 where a profile is a
        sketch, since what it does not list may have been there.
    broken : bool
        The current data lacks the column, or has it as another kind: nothing was measured, and it
        counts as drifted with an infinite effect.
    importance : float
        As given; 1 where none was.
    """

    name: str
    kind: str
    drifted: bool
    reason: str
    effect: float
    p_value: float | None
    exact: bool
    rank_error: float
    reference_rows: int
    current_rows: int
    statistics: dict[str, DriftStatistic] = field(default_factory=dict)
    reference_missing: int = 0
    current_missing: int = 0
    reference_histogram: Histogram | None = field(default=None, repr=False)
    current_histogram: Histogram | None = field(default=None, repr=False)
    categories: tuple[CategoryShare, ...] = field(default=(), repr=False)
    rest: tuple[int, int] = (0, 0)
    unseen: int = 0
    broken: bool = False
    importance: float = 1.0

    @property
    def rank(self) -> float:
        """Effect times importance: what reports are ordered by."""
        return self.effect * self.importance if self.importance else 0.0

    def value(self, statistic: str) -> float | None:
        """Return the value of a statistic, None where it does not apply to this kind of column.

        Parameters
        ----------
        statistic : str
            Such as "ks" or "js_debiased".

        Returns
        -------
        float or None
            Its value.
        """
        found = self.statistics.get(statistic)
        return None if found is None else found.value

    def to_dict(self) -> dict[str, Any]:
        """Return everything but what plots are made of as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats. No value of the data is among them.
        """
        fields = {name: value for name, value in vars(self).items() if name not in _PLOTTED}
        fields["statistics"] = {name: vars(value) for name, value in self.statistics.items()}
        return fields

    def _cells(self) -> list[str]:
        distance = self.value("ks") if "ks" in self.statistics else self.value("js_debiased")
        return [
            self.name,
            self.kind,
            "drift" if self.drifted else "",
            _short(distance),
            _short(self.value("wasserstein_std")),
            _short(self.value("psi")),
            _points(self.value("missing_rate")),
            _points(self.value("unseen_rate")),
            _short(self.p_value),
        ]


def _short(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.2g}"


def _points(share: float | None) -> str:
    if share is None or math.isnan(share) or abs(share) < 0.0005:
        return ""
    return f"{100 * share:+.1f}%"


def column_drift(fields: Mapping[str, Any], importance: float = 1.0) -> ColumnDrift:
    """Make a column's object from the engine's plain values.

    Parameters
    ----------
    fields : mapping
        One element of what the engine returned.
    importance : float, default 1
        How much the model relies on the column.

    Returns
    -------
    ColumnDrift
        The typed object.
    """
    values = dict(fields)
    values["statistics"] = {
        name: DriftStatistic(**statistic) for name, statistic in values["statistics"].items()
    }
    for side in ("reference_histogram", "current_histogram"):
        values[side] = histogram(values[side])
    values["categories"] = tuple(CategoryShare(*share) for share in values["categories"])
    return ColumnDrift(**values, importance=importance)
