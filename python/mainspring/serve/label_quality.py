"""Quality of a model in use: labels that come late, joined to what was predicted.

Labels name the request that they are for, where the server keeps predictions, or come with the
prediction that the client was given. Sums of all workers are one.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring.serve.replies import Refusal

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel

__all__ = ["LabelQuality"]

# Metrics of bounded memory, by task.
_METRICS = {
    "binary": ["accuracy", "f1", "roc_auc_histogram", "log_loss", "brier"],
    "multiclass": ["accuracy", "f1"],
    "regression": ["mae", "rmse", "r2", "mean_error"],
}
# A histogram of scores has 256 KiB, a table of 128 classes half of it.
_STATE_BYTES = 1 << 19
MAX_CLASSES = 128


class LabelQuality:
    """What the labels of one version of a model say, over all workers.

    Parameters
    ----------
    model : HostedModel
        Whose predictions they are for.
    """

    def __init__(self, model: HostedModel) -> None:
        # No way back to the model: it would stay in memory behind its last request.
        self.key = f"{model.name}/{model.version}"
        self.native = model.native
        self.labels = model.labels
        self.num_classes = model.num_classes
        self.num_outputs = len(model.outputs)
        self.task = _task_of(model)
        self._lock = threading.Lock()
        self._state: _engine.SharedState | None = None
        self._own: _engine.Evaluator | None = None
        self._counts = _engine.CounterBlock(f"labels/{self.key}", 2)

    @property
    def counts(self) -> dict[str, int]:
        """Labels that were joined to a prediction, and those that were not."""
        joined, unmatched = self._counts.sum()
        return {"joined": joined, "unmatched": unmatched}

    def find(self, place: object) -> float | None:
        """Find what was predicted for a row.

        Parameters
        ----------
        place : str or list of [str, int]
            The id of a request, and which of its rows; without: the first.

        Returns
        -------
        float or None
            The prediction, or the number of its class; None when it is not known any more.

        Raises
        ------
        Refusal
            400 for what is no id.
        """
        name, row = place, 0
        if isinstance(place, list) and len(place) == 2:
            name, row = place
        if not isinstance(name, str) or type(row) is not int or not 0 <= row < 2**63:
            raise Refusal(400, "An id is the X-Request-Id of an answer, or [that, row].")
        return self.native.take_prediction(name.encode("utf-8", "replace"), row)

    def read_label(self, label: object) -> float:
        """Read a label: a number, or the number of a class.

        Parameters
        ----------
        label : object
            From JSON.

        Returns
        -------
        float
            What predictions are compared with.

        Raises
        ------
        Refusal
            400 for what is no label of this model.
        """
        labels = self.labels
        if labels is not None:
            if label in labels and type(label) is type(labels[labels.index(label)]):
                return float(labels.index(label))
            raise Refusal(400, f"{_shown(label)} is no label of the model; it has {labels[:5]}.")
        if isinstance(label, bool):
            label = int(label)
        if not isinstance(label, (int, float)) or not math.isfinite(label):
            raise Refusal(400, f"The label {_shown(label)} is no number.")
        most = max(self.num_classes, 2)
        if self.task != "regression" and label not in range(most):
            raise Refusal(400, f"The label {_shown(label)} is no class; they are 0 to {most - 1}.")
        return float(label)

    def read_prediction(self, prediction: object) -> float:
        """Read a prediction as the client was given it.

        Parameters
        ----------
        prediction : object
            From JSON: a number, a label, or a list of one number for each class.

        Returns
        -------
        float
            The score, or the number of the class.

        Raises
        ------
        Refusal
            400 for what the model does not give.
        """
        if self.labels is not None:
            return self.read_label(prediction)
        if isinstance(prediction, list) and len(prediction) == self.num_outputs > 1:
            scores = [self.read_prediction(one) for one in prediction]
            return float(scores.index(max(scores)))
        is_number = isinstance(prediction, (int, float)) and not isinstance(prediction, bool)
        if not is_number or not math.isfinite(prediction):  # type: ignore[arg-type]
            raise Refusal(400, f"{_shown(prediction)} is no prediction of this model.")
        return float(prediction)  # type: ignore[arg-type]

    def add(self, labels: Sequence[float], predictions: Sequence[float], unmatched: int) -> None:
        """Count rows.

        Parameters
        ----------
        labels, predictions : sequence of float
            As :meth:`read_label`, and :meth:`read_prediction` or :meth:`find` give them.
        unmatched : int
            Labels without a prediction.
        """
        self._counts.add(0, len(labels))
        self._counts.add(1, unmatched)
        if not labels:
            return
        with self._lock:
            evaluator = self._evaluator()
            evaluator.update(self._num_classes, self._columns(labels, predictions))
            assert self._state is not None
            self._state.put(evaluator.to_bytes())

    def values(self) -> dict[str, float]:
        """Measure.

        Returns
        -------
        dict of str to float
            By the metric's name; empty before the first label.
        """
        if not self.counts["joined"]:
            return {}
        with self._lock:
            self._evaluator()
            assert self._state is not None
            total = self._new_evaluator()
            classes = list(range(self._num_classes))
            for state in self._state.all():
                part = self._new_evaluator()
                part.read(state)
                total.merge(part, classes, [])
        found = total.finish(classes)["metrics"]
        return {one["name"]: one["value"] for one in found if not math.isnan(one["value"])}

    @property
    def _num_classes(self) -> int:
        return 0 if self.task == "regression" else max(self.num_classes, 2)

    def _new_evaluator(self) -> _engine.Evaluator:
        has_scores = int(self.task == "binary")
        return _engine.Evaluator(self.task, has_scores, _METRICS[self.task], "macro", {})

    def _evaluator(self) -> _engine.Evaluator:
        if self._own is None:
            self._state = _engine.SharedState(f"quality/{self.key}", _STATE_BYTES)
            self._own = self._new_evaluator()
            before = self._state.mine()
            if before:  # of a worker whose place this one took
                self._own.read(before)
        return self._own

    def _columns(self, labels: Sequence[float], predictions: Sequence[float]) -> dict[str, Any]:
        if self.task == "regression":
            return {"targets": array("d", labels), "predictions": array("d", predictions)}
        classes = array("I", [int(label) for label in labels])
        if self.task == "binary":
            predicted = array("I", [int(score > 0.5) for score in predictions])
            return {"labels": classes, "predicted": predicted, "scores": array("d", predictions)}
        return {"labels": classes, "predicted": array("I", [int(one) for one in predictions])}


def _task_of(model: HostedModel) -> str:
    if model.num_classes == 0:
        return "regression"
    if model.num_classes == 2 and model.labels is None and len(model.outputs) == 1:
        return "binary"
    return "multiclass"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."
