"""What a training was like: numbers of every epoch, the best one, a learning curve, a verdict."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.checks.report import Finding

__all__ = ["Epoch", "Training"]


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
        Of the validation rows afterwards; empty where there are none. Of several targets, means.
    targets : dict of str to dict
        The metrics of each of several targets, by its name; empty where there is one.
    """

    number: int
    train_loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    targets: dict[str, dict[str, float]] = field(default_factory=dict)


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
        training and validation, of several targets of each of the first sixteen; empty without
        validation rows.
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
                {
                    name: getattr(finding, name)
                    for name in ("check", "column", "severity", "sentence")
                }
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

        return write_page(training_page(self), path)

    def __str__(self) -> str:
        lines = []
        for epoch in self.epochs:
            values = "  ".join(f"{name} {value:.5g}" for name, value in epoch.metrics.items())
            mark = "  best" if epoch.number == self.best_epoch else ""
            lines.append(f"epoch {epoch.number + 1}  loss {epoch.train_loss:.5g}  {values}{mark}")
        return "\n".join([*lines, *self.verdict_lines()])

    def verdict_lines(self) -> list[str]:
        """Return the verdict in words.

        Returns
        -------
        list of str
            A line for each finding, which names the target where there are several.
        """
        several = any(epoch.targets for epoch in self.epochs)
        return [
            f"{one.check}{f' of {one.column}' if several else ''} ({one.severity}): {one.sentence}"
            for one in self.verdict
        ]
