"""What ms.check says of a trained model: whether it learnt by heart, or hardly anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mainspring.checks import check
from mainspring.train.validation import probabilities

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.checks.report import Finding
    from mainspring.train.batches import ArrowBatches

__all__ = ["verdict_of"]

_MOST_CHECKED = 50_000  # rows of either side that the verdict is made of
_MOST_NUMBERS = 10_000_000  # of rows times classes
_MOST_TARGETS = 16
_ROWS_AT_ONCE = 8192


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
        One of each check; of several targets, of each of the first sixteen.
    """
    names = train.label_names
    outputs = int(getattr(model, "outputs", 1))
    places = range(min(len(names), _MOST_TARGETS))
    most = min(_MOST_CHECKED, _MOST_NUMBERS // outputs) if task == "multiclass" else _MOST_CHECKED
    sides = [_FirstRows(batches, max(most // len(places), 1)) for batches in (train, validation)]
    found: list[Finding] = []
    for place in places:
        of = place if len(names) > 1 else None
        target = "label" if of is None else names[place]
        while target in sides[0].features:
            target = f"label {target}"
        report = check(
            *(side.table(target, of) for side in sides),
            target=target,
            model=_Scorer(model, len(train.dense_names), task, of),
            task=task,
            checks=["overfit", "underfit"],
        )
        found += [one for one in report.findings if one.check in ("overfit", "underfit")]
    return found


class _FirstRows:
    """Features and labels of the first rows; the features' names say which they are."""

    def __init__(self, batches: ArrowBatches, most: int) -> None:
        dense, ids, labels, num_rows = [], [], [], 0
        for batch in batches:
            dense.append(batch.dense.numpy())
            ids.append(batch.ids.numpy())
            labels.append(batch.label.numpy())
            num_rows += len(batch.dense)
            if num_rows >= most:
                break
        columns = {f"number{place}": column for place, column in enumerate(np.concatenate(dense).T)}
        columns |= {f"id{place}": column for place, column in enumerate(np.concatenate(ids).T)}
        self.features = columns
        self._labels = np.concatenate(labels)

    def table(self, target: str, of: int | None) -> pa.Table:
        import pyarrow as pa

        label = self._labels if of is None else self._labels[:, of]
        whole = bool((label == np.floor(label)).all())
        return pa.table({**self.features, target: label.astype(np.int64 if whole else np.float64)})


class _Scorer:
    """A model as the checks call one: from columns to predictions, of one target."""

    def __init__(self, model: Any, num_numbers: int, task: str, of: int | None) -> None:
        self._model, self._num_numbers, self._task, self._of = model, num_numbers, task, of
        if task != "regression":
            self.predict_proba = self._probabilities
            classes = int(getattr(model, "outputs", 1)) if task == "multiclass" else 2
            self.classes_ = np.arange(classes)

    def predict(self, rows: pa.Table) -> Any:
        """Return scores, of classes and labels as probabilities."""
        columns = [column.to_numpy() for column in rows.columns]
        dense = np.zeros((rows.num_rows, self._num_numbers), np.float32)
        ids = np.zeros((rows.num_rows, len(columns) - self._num_numbers), np.int32)
        for place, column in enumerate(columns):
            if place < self._num_numbers:
                dense[:, place] = column
            else:
                ids[:, place - self._num_numbers] = column
        self._model.eval()
        device = next(self._model.parameters()).device
        with torch.no_grad():
            parts = [
                probabilities(self._model(given.to(device), numbers.to(device)), self._task).cpu()
                for given, numbers in zip(
                    torch.from_numpy(dense).split(_ROWS_AT_ONCE),
                    torch.from_numpy(ids).split(_ROWS_AT_ONCE),
                    strict=True,
                )
            ]
        scores = torch.cat(parts).numpy()
        return scores if self._of is None else scores[:, self._of]

    def _probabilities(self, rows: pa.Table) -> Any:
        found = self.predict(rows)
        return found if found.ndim == 2 else np.column_stack([1 - found, found])
