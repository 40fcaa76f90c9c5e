"""A model in use: what has moved, how good it still is, and when to train again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mainspring as ms
from mainspring._columns import arrow_table
from mainspring.pipeline.steps.train import train
from mainspring.tune.cross_validation import evaluation_of

__all__ = ["monitor", "needs_retraining", "retrain"]


def monitor(
    predictor: ms.Predictor,
    table: Any,
    *,
    target: str | None = None,
    metrics: Sequence[str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Compare rows of today with those of training, and predictions with labels that came.

    Parameters
    ----------
    predictor : Predictor
        With the profile of its training rows.
    table : table
        Rows of today.
    target : str, optional
        The label's column, where labels have come; rows without one are left out.
    metrics : sequence of str, optional
        Of :func:`mainspring.evaluate`.
    **options
        Of :func:`mainspring.detect_drift`.

    Returns
    -------
    dict
        ``drift`` and ``quality`` (None without a target): the reports' ``to_dict``.
    """
    rows = arrow_table(table, "monitor")
    drift = ms.detect_drift(predictor.profile, rows, **options)
    quality = None
    if target is not None:
        quality = evaluation_of(predictor, rows, target, metrics).to_dict()
    return {"drift": drift.to_dict(), "quality": quality}


def needs_retraining(
    monitored: Mapping[str, Any],
    *,
    drifted: int = 1,
    least: Mapping[str, float] | None = None,
    most: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Say whether drift or quality is a reason to train again.

    Parameters
    ----------
    monitored : mapping
        What :func:`monitor` returned.
    drifted : int, default 1
        So many columns that have drifted are a reason; 0 for never.
    least, most : mapping of str to float, optional
        For a metric the smallest, or the largest, value that is good enough.

    Returns
    -------
    dict
        ``retrain`` and ``reasons``.
    """
    names = monitored["drift"]["drifted"]
    reasons = []
    if drifted and len(names) >= drifted:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        reasons.append(f"drifted: {', '.join(names[:5])}{more}")
    metrics = (monitored["quality"] or {}).get("metrics", {})
    for limits, sign, word in ((least, 1.0, "below"), (most, -1.0, "above")):
        for name, limit in (limits or {}).items():
            value = metrics.get(name, {}).get("value")
            if value is not None and not sign * value >= sign * limit:
                reasons.append(f"{name} is {value:.4g}, {word} {limit:.4g}")
    return {"retrain": bool(reasons), "reasons": reasons}


def retrain(
    decision: Mapping[str, Any], predictor: ms.Predictor, table: Any, **options: Any
) -> ms.Predictor:
    """Train again where that was decided; otherwise the model stays.

    Parameters
    ----------
    decision : mapping
        What :func:`needs_retraining` returned.
    predictor : Predictor
        The model in use.
    table : table
        Rows to train on.
    **options
        Of :func:`train`.

    Returns
    -------
    Predictor
        A new one, or the one in use.
    """
    return train(table, **options) if decision["retrain"] else predictor
