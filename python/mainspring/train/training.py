"""What a training was like: numbers of every epoch, the best one, a learning curve, a verdict."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mainspring.checks import check

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.checks.report import Finding
    from mainspring.train.batches import ArrowBatches

__all__ = ["Epoch", "Training", "scored_rows", "verdict_of"]

_MOST_CHECKED = 50_000  # rows of either side that the verdict is made of
_ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class Epoch:
    """One pass over the training rows.

    Attributes
    ----------
    number : int
        From 0.
    train_loss : float
        Mean loss of the training rows, each before its own step.
    metrics : dict of str to float
        Of the validation rows afterwards; empty where there are none.
    """

    number: int
    train_loss: float
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass
class Training:
    """What :func:`mainspring.train.fit` returns.

    Attributes
    ----------
    metric : str or None
        The metric that decides which epoch is best; None: the last one is.
    smaller_is_better : bool
        Which way it decides.
    epochs : list of Epoch
        In their order.
    verdict : list of Finding
        What :func:`mainspring.check` says: ``overfit`` and ``underfit``, on about 50,000 rows of
        training and validation; empty without validation rows.
    """

    metric: str | None
    smaller_is_better: bool = False
    epochs: list[Epoch] = field(default_factory=list)
    verdict: list[Finding] = field(default_factory=list)

    @property
    def best_epoch(self) -> int | None:
        """Number of the best epoch, the first of equals; None before the first."""
        if not self.epochs:
            return None
        if self.metric is None:
            return self.epochs[-1].number
        sign = 1 if self.smaller_is_better else -1
        values = [sign * epoch.metrics[self.metric] for epoch in self.epochs]
        known = [math.inf if math.isnan(value) else value for value in values]
        return self.epochs[known.index(min(known))].number

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics of the best epoch."""
        best = self.best_epoch
        return {} if best is None else dict(self.epochs[best].metrics)

    def is_over(self, patience: int | None) -> bool:
        """Say whether so many epochs have been no better than the best one.

        Parameters
        ----------
        patience : int or None
            How many; None: it is never over.

        Returns
        -------
        bool
            Always False without validation rows.
        """
        best = self.best_epoch
        if best is None or self.metric is None or patience is None:
            return False
        return len(self.epochs) - 1 - best >= patience

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values.

        Returns
        -------
        dict
            For ``json.dumps``.
        """
        return {
            "metric": self.metric,
            "best_epoch": self.best_epoch,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "verdict": [
                {"check": finding.check, "severity": finding.severity, "sentence": finding.sentence}
                for finding in self.verdict
            ],
        }

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Draw the learning curve, with the numbers of every epoch and the verdict.

        Parameters
        ----------
        path : str or path, optional
            Where to write. Default: the page is returned.

        Returns
        -------
        str or None
            One offline page of HTML.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from mainspring.html.page import write_page
        from mainspring.train.training_page import training_page

        text = training_page(self)
        if path is None:
            return text
        write_page(text, path)
        return None

    def __str__(self) -> str:
        lines = []
        for epoch in self.epochs:
            values = "  ".join(f"{name} {value:.5g}" for name, value in epoch.metrics.items())
            mark = "  best" if epoch.number == self.best_epoch else ""
            lines.append(f"epoch {epoch.number + 1}  loss {epoch.train_loss:.5g}  {values}{mark}")
        lines += [
            f"{finding.check} ({finding.severity}): {finding.sentence}" for finding in self.verdict
        ]
        return "\n".join(lines)


def scored_rows(model: Any, batches: ArrowBatches, task: str) -> Iterator[pa.Table]:
    """Give labels, scores and weights of all rows, as the model predicts them in ``eval`` mode.

    Parameters
    ----------
    model : torch.nn.Module
        Of numbers and ids.
    batches : ArrowBatches
        The rows.
    task : str
        "binary": scores become probabilities.

    Yields
    ------
    pyarrow.Table
        Columns ``label``, ``score`` and, where there are weights, ``weight``.
    """
    import pyarrow as pa

    model.eval()
    device = next(model.parameters()).device
    with torch.no_grad():
        for given in batches:
            batch = given if device.type == "cpu" else given.to(device)
            scores = model(batch.dense, batch.ids)
            if task == "binary":
                scores = torch.sigmoid(scores.double())
            columns = {
                "label": given.label.numpy().astype(np.int64 if task == "binary" else np.float64),
                "score": scores.double().cpu().numpy(),
            }
            if given.weight is not None:
                columns["weight"] = given.weight.numpy().astype(np.float64)
            yield pa.table(columns)


def verdict_of(
    model: Any, train: ArrowBatches, validation: ArrowBatches, task: str
) -> list[Finding]:
    """Return what the checks of overfitting and underfitting say about a model.

    Parameters
    ----------
    model : torch.nn.Module
        Of numbers and ids.
    train, validation : ArrowBatches
        The first rows of both are looked at: what the model makes of them, and what simple rules
        over the same features do.
    task : str
        The model's.

    Returns
    -------
    list of Finding
        One of each check.
    """
    scorer = _Scorer(model, len(train.dense_names), task)
    report = check(
        _first_rows(train),
        _first_rows(validation),
        target="label",
        model=scorer,
        task=task,
        checks=["overfit", "underfit"],
    )
    return [finding for finding in report.findings if finding.check in ("overfit", "underfit")]


def _first_rows(batches: ArrowBatches) -> pa.Table:
    """Return features and labels as columns; their names say which they are."""
    import pyarrow as pa

    dense, ids, labels, num_rows = [], [], [], 0
    for batch in batches:
        dense.append(batch.dense.numpy())
        ids.append(batch.ids.numpy())
        labels.append(batch.label.numpy())
        num_rows += len(batch.dense)
        if num_rows >= _MOST_CHECKED:
            break
    columns = {f"number{place}": column for place, column in enumerate(np.concatenate(dense).T)}
    columns |= {f"id{place}": column for place, column in enumerate(np.concatenate(ids).T)}
    label = np.concatenate(labels)
    whole = label == np.floor(label)
    columns["label"] = label.astype(np.int64) if whole.all() else label.astype(np.float64)
    return pa.table(columns)


class _Scorer:
    """A model as the checks call one: from columns to predictions."""

    def __init__(self, model: Any, num_numbers: int, task: str) -> None:
        self._model, self._num_numbers = model, num_numbers
        if task == "binary":
            self.predict_proba = self._probabilities
            self.classes_ = np.array([0, 1])

    def predict(self, rows: pa.Table) -> Any:
        """Return scores."""
        names = [name for name in rows.column_names if name != "label"]
        columns = [rows[name].to_numpy() for name in names]
        dense = np.zeros((rows.num_rows, self._num_numbers), np.float32)
        ids = np.zeros((rows.num_rows, len(names) - self._num_numbers), np.int32)
        for place, column in enumerate(columns):
            if place < self._num_numbers:
                dense[:, place] = column
            else:
                ids[:, place - self._num_numbers] = column
        self._model.eval()
        device = next(self._model.parameters()).device
        with torch.no_grad():
            parts = [
                self._model(given.to(device), numbers.to(device)).double().cpu()
                for given, numbers in zip(
                    torch.from_numpy(dense).split(_ROWS_AT_ONCE),
                    torch.from_numpy(ids).split(_ROWS_AT_ONCE),
                    strict=True,
                )
            ]
        return torch.cat(parts).numpy()

    def _probabilities(self, rows: pa.Table) -> Any:
        second = 1 / (1 + np.exp(-self.predict(rows)))
        return np.column_stack([1 - second, second])
