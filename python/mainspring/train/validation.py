"""What a model makes of validation rows: its scores, and the engine's metrics of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mainspring import errors
from mainspring.quality import Evaluation

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.train.batches import ArrowBatches

__all__ = ["check_shape", "measured", "probabilities", "scored_rows"]


def probabilities(scores: Any, task: str) -> Any:
    """Return what scores say of labels.

    Parameters
    ----------
    scores : torch.Tensor
        Of a model.
    task : str
        "binary" and "multiclass": scores are logits.

    Returns
    -------
    torch.Tensor
        float64, of the same shape.
    """
    scores = scores.double()
    if task == "multiclass":
        return torch.softmax(scores, 1)
    return torch.sigmoid(scores) if task == "binary" else scores


def check_shape(scores: Any, label: Any, task: str, outputs: int) -> None:
    """Refuse scores that are not one for each label, or of classes not one for each class.

    Parameters
    ----------
    scores, label : torch.Tensor
        Of a batch.
    task : str
        The model's.
    outputs : int
        What the model says of itself.

    Raises
    ------
    ParameterError
        When they have another shape.
    """
    wanted = (len(label), outputs) if task == "multiclass" else tuple(label.shape)
    if tuple(scores.shape) == wanted:
        return
    raise errors.ParameterError(
        f"The model gave scores of shape {tuple(scores.shape)} for {len(label)} rows, expected "
        f"{wanted}. A model of several classes or targets says so by its attributes task and "
        "outputs.",
        expected=str(wanted),
        got=str(tuple(scores.shape)),
    )


def scored_rows(model: Any, batches: ArrowBatches, task: str) -> Iterator[pa.Table]:
    """Give labels, scores and weights of all rows, as the model predicts them in ``eval`` mode.

    Parameters
    ----------
    model : torch.nn.Module
        Of numbers and ids.
    batches : ArrowBatches
        The rows.
    task : str
        "binary" and "multiclass": scores become probabilities.

    Yields
    ------
    pyarrow.Table
        Columns ``label``, ``score`` and, where there are weights, ``weight``. Of classes
        ``score0``, ``score1``, ...; of several targets ``label0``, ... as well.
    """
    import pyarrow as pa

    model.eval()
    outputs = int(getattr(model, "outputs", 1))
    device = next(model.parameters()).device
    kind = np.float64 if task == "regression" else np.int64
    with torch.no_grad():
        for given in batches:
            batch = given if device.type == "cpu" else given.to(device)
            scores = model(batch.dense, batch.ids)
            check_shape(scores, batch.label, task, outputs)
            columns = _columns("label", given.label.numpy().astype(kind))
            columns |= _columns("score", probabilities(scores, task).cpu().numpy())
            if given.weight is not None:
                columns["weight"] = given.weight.numpy().astype(np.float64)
            yield pa.table(columns)


def _columns(name: str, values: Any) -> dict[str, Any]:
    if values.ndim == 1:
        return {name: values}
    return {f"{name}{place}": column for place, column in enumerate(values.T)}


def measured(
    model: Any, batches: ArrowBatches, task: str, metrics: Sequence[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return metrics of all rows, exactly.

    Parameters
    ----------
    model : torch.nn.Module
        Of numbers and ids.
    batches : ArrowBatches
        The rows.
    task : str
        The model's.
    metrics : sequence of str
        Names.

    Returns
    -------
    tuple
        By name, of several targets the mean over those where a metric is defined; and by target
        those of each, empty where there is one.
    """
    names = batches.label_names
    weight = "weight" if batches.has_weight else None
    evaluations = [
        Evaluation(target=label, weight=weight, task=task, metrics=list(metrics), **given)
        for label, given in _evaluated(task, len(names), int(getattr(model, "outputs", 1)))
    ]
    for rows in scored_rows(model, batches, task):
        for evaluation in evaluations:
            evaluation.update(rows)
    reports = [evaluation.report() for evaluation in evaluations]
    each = [{name: report.value(name) for name in metrics} for report in reports]
    if len(each) == 1:
        return each[0], {}
    mean = {name: _mean([values[name] for values in each]) for name in metrics}
    return mean, dict(zip(names, each, strict=True))


def _evaluated(task: str, targets: int, outputs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each target's column, and what says which columns are its scores."""
    if task == "multiclass":
        yield "label", {"score": {place: f"score{place}" for place in range(outputs)}}
        return
    kind = "score" if task == "binary" else "prediction"
    positive = {"positive": 1} if task == "binary" else {}
    for place in [""] if targets == 1 else range(targets):
        yield f"label{place}", {kind: f"score{place}", **positive}


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
