"""Performance in use: labels that come late, and what can be said before they are there."""

from __future__ import annotations

from mainspring.monitor.estimate import EstimatedMetric, EstimateReport, estimate_performance
from mainspring.monitor.label_join import LabelJoin
from mainspring.monitor.metrics import MonitorMetrics, register_monitor
from mainspring.monitor.performance import DELAY_BOUNDS, PerformanceMonitor
from mainspring.monitor.stream_metrics import (
    StreamMetrics,
    register_stream,
    serve_metrics,
)

__all__ = [
    "DELAY_BOUNDS",
    "EstimateReport",
    "EstimatedMetric",
    "LabelJoin",
    "MonitorMetrics",
    "PerformanceMonitor",
    "StreamMetrics",
    "estimate_performance",
    "register_monitor",
    "register_stream",
    "serve_metrics",
]
