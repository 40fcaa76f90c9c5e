"""The parts of a quality report: metrics, bins of the reliability curve, segments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["MetricValue", "ReliabilityBin", "SegmentQuality"]


@dataclass(frozen=True)
class MetricValue:
    """One metric.

    Attributes
    ----------
    value : float
        The number; NaN where it is not defined.
    low, high : float
        Of ``roc_auc_histogram``: the exact value is certainly in between. Both equal ``value``
        otherwise.
    reason : str
        Why the value is not defined, or 0 or 1 by convention; empty otherwise.
    by_class : tuple of float
        Of many classes, the same of each class, in the report's order.
    interval : tuple of float or None
        The bootstrap interval, where one was asked for.
    """

    value: float
    low: float
    high: float
    reason: str = ""
    by_class: tuple[float, ...] = ()
    interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the metric as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats.
        """
        return {
            **vars(self),
            "by_class": list(self.by_class),
            "interval": None if self.interval is None else list(self.interval),
        }


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of about equal scores: what was predicted, and what happened.

    Attributes
    ----------
    score : float
        Mean score.
    positive : float
        Share of positive rows.
    rows : float
        Rows, or their weight.
    """

    score: float
    positive: float
    rows: float


@dataclass(frozen=True)
class SegmentQuality:
    """The metrics of the rows with one value of the segment's column.

    Attributes
    ----------
    value : object
        The value; None is missing, or with ``num_values`` the rest.
    num_rows : int
        Rows.
    metrics : dict of str to MetricValue
        As of the whole.
    num_values : int
        How many values the segment joins: more than 1 for the rest, which is no value of its own.
    """

    value: Any
    num_rows: int
    metrics: dict[str, MetricValue] = field(repr=False)
    num_values: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the segment as plain values.

        Returns
        -------
        dict
            Values that JSON does not know are texts.
        """
        plain = self.value is None or isinstance(self.value, str | int | float)
        return {
            "value": self.value if plain else str(self.value),
            "num_rows": self.num_rows,
            "num_values": self.num_values,
            "metrics": {name: metric.to_dict() for name, metric in self.metrics.items()},
        }
