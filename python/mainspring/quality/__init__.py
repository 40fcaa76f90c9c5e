"""How good predictions are: metrics over labels and predictions, mergeable and exact."""

from __future__ import annotations

from mainspring.quality.evaluation import Evaluation
from mainspring.quality.report import QualityReport
from mainspring.quality.run import evaluate
from mainspring.quality.values import MetricValue, ReliabilityBin, SegmentQuality

__all__ = [
    "Evaluation",
    "MetricValue",
    "QualityReport",
    "ReliabilityBin",
    "SegmentQuality",
    "evaluate",
]
