"""Drift: how far a table has moved from the one a model was trained on, and whether that matters.

A column drifts when an effect is large enough to care about *and* a test says it is not chance,
after correction for the number of columns. Neither alone raises an alarm.
"""

from __future__ import annotations

from mainspring.drift.column_drift import CategoryShare, ColumnDrift, DriftStatistic
from mainspring.drift.detect import detect_drift
from mainspring.drift.detectors import (
    Adwin,
    Cusum,
    Ddm,
    Detector,
    Eddm,
    Ewma,
    HddmA,
    HddmW,
    Kswin,
    PageHinkley,
)
from mainspring.drift.learn import learn_limits
from mainspring.drift.model_importance import model_importance
from mainspring.drift.multivariate import MultivariateDrift, domain_classifier, mmd, pca_error
from mainspring.drift.persistence import DriftAlert, DriftWindow
from mainspring.drift.report import DriftReport
from mainspring.drift.two_sample import SortedSample, two_sample

__all__ = [
    "Adwin",
    "CategoryShare",
    "ColumnDrift",
    "Cusum",
    "Ddm",
    "Detector",
    "DriftAlert",
    "DriftReport",
    "DriftStatistic",
    "DriftWindow",
    "Eddm",
    "Ewma",
    "HddmA",
    "HddmW",
    "Kswin",
    "MultivariateDrift",
    "PageHinkley",
    "SortedSample",
    "detect_drift",
    "domain_classifier",
    "learn_limits",
    "mmd",
    "model_importance",
    "pca_error",
    "two_sample",
]
