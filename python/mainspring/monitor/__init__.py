"""Performance in use: labels that come late, and what can be said before they are there."""

from __future__ import annotations

from mainspring.monitor.estimate import EstimatedMetric, EstimateReport, estimate_performance
from mainspring.monitor.label_join import LabelJoin

__all__ = ["EstimateReport", "EstimatedMetric", "LabelJoin", "estimate_performance"]
