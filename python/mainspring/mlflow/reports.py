"""Reports as MLflow keeps them: numbers as metrics, pages as artifacts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from mainspring.checks import CheckReport
from mainspring.drift import DriftReport
from mainspring.errors import ParameterError
from mainspring.mlflow.models import require_mlflow
from mainspring.monitor import EstimateReport
from mainspring.quality import QualityReport

__all__ = ["log_report"]

_AT_ONCE = 1000  # the most metrics that MLflow takes in a call

Report = DriftReport | QualityReport | CheckReport | EstimateReport


def log_report(
    report: Report,
    name: str | None = None,
    *,
    step: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
) -> dict[str, float]:
    """Log a report with a run: its numbers as metrics, its page and its JSON as artifacts.

    Parameters
    ----------
    report : DriftReport, QualityReport, CheckReport or EstimateReport
        What :func:`mainspring.detect_drift`, :func:`mainspring.evaluate`, :func:`mainspring.check`
        or :func:`mainspring.monitor.estimate_performance` returned.
    name : str, optional
        The first part of the metrics' names, and the folder of the artifacts. By default "drift",
        "quality", "checks" or "estimate".
    step : int, optional
        Of the metrics.
    run_id : str, optional
        The run; the active one, or a new one, by default.
    model_id : str, optional
        The logged model that the metrics are of.

    Returns
    -------
    dict of str to float
        The metrics that were logged. Values that are not finite are left out; they are in the JSON,
        with their reasons.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    ParameterError
        When it is no report.

    Notes
    -----
    Letters of column names that MLflow does not take in names of metrics become ``_``.
    """
    kinds: dict[type, tuple[str, Callable[[Any], list[tuple[str, float]]]]] = {
        DriftReport: ("drift", _drift),
        QualityReport: ("quality", _quality),
        CheckReport: ("checks", _checks),
        EstimateReport: ("estimate", _estimate),
    }
    if type(report) not in kinds:
        raise ParameterError(
            f"report must be a report of drift, quality, checks or an estimate, got "
            f"{type(report).__name__}.",
            expected="a report",
            got=type(report).__name__,
        )
    mlflow = require_mlflow()
    usual, numbers_of = kinds[type(report)]
    name = usual if name is None else name
    metrics = _named(name, numbers_of(report))
    if run_id is None:
        run_id = (mlflow.active_run() or mlflow.start_run()).info.run_id
    items = list(metrics.items())
    for start in range(0, len(items), _AT_ONCE):
        part = dict(items[start : start + _AT_ONCE])
        mlflow.log_metrics(part, step=step, run_id=run_id, model_id=model_id)
    folder = name if step is None else f"{name}/{step}"
    mlflow.log_text(report.to_json(indent=2), f"{folder}/report.json", run_id=run_id)
    if not isinstance(report, EstimateReport):
        mlflow.log_text(report.to_html(), f"{folder}/report.html", run_id=run_id)
    if isinstance(report, DriftReport | CheckReport):
        mlflow.log_text(report.to_junit(), f"{folder}/report.xml", run_id=run_id)
    return metrics


def _drift(report: DriftReport) -> list[tuple[str, float]]:
    drifted = [("drifted_columns", float(len(report.drifted)))]
    return drifted + [(f"effect/{column.name}", column.effect) for column in report.columns]


def _quality(report: QualityReport) -> list[tuple[str, float]]:
    found = [(name, metric.value) for name, metric in report.metrics.items()]
    for name, metric in report.metrics.items():
        if metric.interval is not None:
            found += [(f"{name}/low", metric.interval[0]), (f"{name}/high", metric.interval[1])]
    return found


def _checks(report: CheckReport) -> list[tuple[str, float]]:
    return [("failed", float(len(report.failed))), ("warned", float(len(report.warned)))]


def _estimate(report: EstimateReport) -> list[tuple[str, float]]:
    found = [("trusted", float(report.trusted))]
    for name, metric in report.metrics.items():
        found += [(name, metric.value), (f"{name}/low", metric.low), (f"{name}/high", metric.high)]
    return found


def _named(name: str, numbers: list[tuple[str, float]]) -> dict[str, float]:
    """Return finite numbers by names that MLflow takes, each once."""
    found: dict[str, float] = {}
    for key, value in numbers:
        if not math.isfinite(value):
            continue
        head, slash, column = key.partition("/")
        plain = f"{name}/{head}{slash}{re.sub(r'[^0-9A-Za-z_. -]', '_', column)}"
        other, number = plain, 1
        while other in found:
            number += 1
            other = f"{plain}_{number}"
        found[other] = float(value)
    return found
