"""Performance in use: labels that come late, and what can be said before they are there."""

from __future__ import annotations

from mainspring.monitor.estimate import EstimatedMetric, EstimateReport, estimate_performance
from mainspring.monitor.label_join import LabelJoin
from mainspring.monitor.metrics import MonitorMetrics, register_monitor
from mainspring.monitor.performance import DELAY_BOUNDS, PerformanceMonitor

__all__ = [
    "DELAY_BOUNDS",
    "EstimateReport",
    "EstimatedMetric",
    "LabelJoin",
    "MonitorMetrics",
    "PerformanceMonitor",
    "estimate_performance",
    "register_monitor",
]
