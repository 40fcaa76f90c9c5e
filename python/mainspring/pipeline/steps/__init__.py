"""Ready steps for the whole life of a model: plain functions over what the package has.

Each is called like any function, or added with ``pipeline.add(name, function, needs=, settings=)``.
This file holds only names.
"""

from __future__ import annotations

from mainspring.pipeline.steps.deploy import deploy, register, register_mlflow
from mainspring.pipeline.steps.extract import extract, extract_sql
from mainspring.pipeline.steps.features import check, fit, split, transform
from mainspring.pipeline.steps.gate import gate
from mainspring.pipeline.steps.learners import Learner
from mainspring.pipeline.steps.load import load_adbc, load_duckdb, load_parquet
from mainspring.pipeline.steps.train import evaluate, train, tune
from mainspring.pipeline.steps.watch import monitor, needs_retraining, retrain

__all__ = [
    "Learner",
    "check",
    "deploy",
    "evaluate",
    "extract",
    "extract_sql",
    "fit",
    "gate",
    "load_adbc",
    "load_duckdb",
    "load_parquet",
    "monitor",
    "needs_retraining",
    "register",
    "register_mlflow",
    "retrain",
    "split",
    "train",
    "transform",
    "tune",
]
