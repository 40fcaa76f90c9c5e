"""Predictors and reports in MLflow: logged, registered, and loaded as pyfunc models.

Importing this package imports nothing of MLflow; its functions do.
"""

from __future__ import annotations

from mainspring.mlflow.models import load_model, log_model, save_model, signature_of
from mainspring.mlflow.reports import log_report

__all__ = ["load_model", "log_model", "log_report", "save_model", "signature_of"]
