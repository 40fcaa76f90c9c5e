"""A version that is asked beside the one that answers, to see whether it would answer the same."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from mainspring import _engine
from mainspring.serve.replies import Refusal, RequestBody

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.load import Load
    from mainspring.serve.model_table import ModelTable
    from mainspring.serve.predictions import Prediction

__all__ = ["ShadowComparison"]


class ShadowComparison:
    """Asks the shadow of a model what it was asked, on a thread, and compares the answers.

    Parameters
    ----------
    models : ModelTable
        Says which model has a shadow.
    load : Load
        Where the work is done; when too much waits, a request is not compared.
    """

    def __init__(self, models: ModelTable, load: Load) -> None:
        self.models = models
        self.load = load
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()

    @property
    def counts(self) -> dict[tuple[str, str, str], int]:
        """Compared requests by model, version of the shadow, and outcome."""
        with self._lock:
            return dict(self._counts)

    def __call__(
        self, prediction: Prediction, body: RequestBody, status: int, content: bytes
    ) -> None:
        """Compare one request, if its model has a shadow.

        Parameters
        ----------
        prediction : Prediction
            What was asked.
        body : bytes or bytearray
            The request, unpacked.
        status : int
            Of the answer.
        content : bytes
            The answer.
        """
        slot = self.models.slots.get(prediction.model.name)
        if slot is None or slot.shadow is None or status != 200:
            return
        form, json_bytes = prediction.form()
        if json_bytes:
            return  # binary tensors are not asked twice
        work = partial(self._compare, slot.shadow, form, body, content)
        try:
            self.load.submit(work, lambda: False)
        except Refusal:
            self._count(slot.shadow, "dropped")

    def _compare(
        self, shadow: HostedModel, form: _engine.RequestForm, body: RequestBody, content: bytes
    ) -> None:
        found, answer, _ = shadow.native.answer(form, body)
        outcome = "failed" if found != 200 else "same" if answer == content else "different"
        self._count(shadow, outcome)

    def _count(self, shadow: HostedModel, outcome: str) -> None:
        with self._lock:
            self._counts[shadow.name, shadow.version, outcome] += 1
