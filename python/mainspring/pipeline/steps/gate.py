"""The gate before a model is used: it refuses what is worse, leaks, overfits or has drifted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mainspring as ms
from mainspring._columns import arrow_table
from mainspring.errors import DataError
from mainspring.pipeline.steps.features import of_pair
from mainspring.tune.cross_validation import evaluation_of

__all__ = ["gate"]

# Warnings that are a reason to refuse a model; whatever fails outright is one in any case.
_REFUSED = ("overfit", "boosting_overfit", "preprocessing_leakage", "prediction_drift")


def gate(  # noqa: PLR0913 - each is a reason to refuse
    predictor: ms.Predictor,
    table: Any,
    *,
    target: str,
    champion: ms.Predictor | str | None = None,
    metric: str = "roc_auc",
    least: float | None = None,
    tolerance: float = 0.0,
    higher_is_better: bool = True,
    refused: Sequence[str] = _REFUSED,
    **options: Any,
) -> dict[str, Any]:
    """Let a model pass, or say why not.

    Parameters
    ----------
    predictor : Predictor
        The candidate.
    table : pair of tables
        Training and test rows, as :func:`split` returns them.
    target : str
        The label's column.
    champion : Predictor or str, optional
        What is in use, or the file of its bundle; where there is no such file nothing is in use.
    metric : str, default "roc_auc"
        What is compared, on the test rows.
    least : float, optional
        The candidate's metric must reach it.
    tolerance : float, default 0
        How much worse than the champion the candidate may be.
    higher_is_better : bool, default True
        False for losses and errors.
    refused : sequence of str
        Checks that refuse a model when they warn; by default ``overfit``, ``boosting_overfit``,
        ``preprocessing_leakage`` and ``prediction_drift``. Checks that fail always do.
    **options
        Of :func:`mainspring.check`.

    Returns
    -------
    dict
        ``metric``, ``value`` and ``champion`` (its value, or None).

    Raises
    ------
    DataError
        When the model is refused; the message holds every reason.
    """
    train, test = (arrow_table(of_pair(table, side), "gate") for side in (0, 1))
    value = evaluation_of(predictor, test, target, [metric]).value(metric)
    other = _value_of(champion, test, target, metric)
    sign = 1.0 if higher_is_better else -1.0
    reasons = []
    if least is not None and not sign * value >= sign * least:
        reasons.append(f"{metric} is {value:.4g}, {least:.4g} is demanded")
    if other is not None and not sign * value >= sign * other - tolerance:
        reasons.append(f"{metric} is {value:.4g}, the model in use has {other:.4g}")
    report = ms.check(train, test, target=target, model=predictor, **options)
    reasons += [
        f"{one.check} of {one.column!r}: {one.sentence.rstrip('.')}"
        for one in report.findings
        if one.severity == "fail" or (one.severity == "warn" and one.check in refused)
    ]
    if reasons:
        raise DataError(
            f"The model {predictor.name!r} is refused: {'; '.join(reasons[:5])}"
            + (f"; and {len(reasons) - 5} more." if len(reasons) > 5 else "."),
            expected="a model without these",
            got="; ".join(reasons[:5]),
        )
    return {"metric": metric, "value": value, "champion": other}


gate.__paths__ = ("champion",)  # type: ignore[attr-defined]


def _value_of(champion: Any, test: Any, target: str, metric: str) -> float | None:
    if isinstance(champion, str):
        champion = ms.load(champion) if Path(champion).is_file() else None
    if champion is None:
        return None
    return evaluation_of(champion, test, target, [metric]).value(metric)
