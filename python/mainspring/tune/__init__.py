"""Tuning: scores without leakage, and thin adapters for Optuna and Ray Tune, which do the search.

This file holds only names; Optuna and Ray are imported by those functions alone that are theirs.
"""

from __future__ import annotations

from mainspring.tune.cross_validation import CrossValidation, cross_validate
from mainspring.tune.optuna_studies import optuna_study, prune_by_epoch
from mainspring.tune.ray_trials import report_to_ray

__all__ = [
    "CrossValidation",
    "cross_validate",
    "optuna_study",
    "prune_by_epoch",
    "report_to_ray",
]
