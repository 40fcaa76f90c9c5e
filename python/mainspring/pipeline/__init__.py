"""Pipelines: named steps, their results in a store, and one function by which anybody runs one.

This file holds only names.
"""

from __future__ import annotations

from mainspring.pipeline.loading import load_pipeline
from mainspring.pipeline.pipeline import Pipeline
from mainspring.pipeline.run import Run
from mainspring.pipeline.step import Parameter, Step
from mainspring.pipeline.store import Store

__all__ = ["Parameter", "Pipeline", "Run", "Step", "Store", "load_pipeline"]
