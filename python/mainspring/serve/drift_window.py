"""Drift while requests are answered: what was counted in the last hour, against the profile."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from mainspring.serve.hosted_model import HostedModel

__all__ = ["ColumnCounts", "DriftWindow", "column_counts", "drift_effects"]

# Words of a column before its bins; csrc/serve/row_counts.hpp.
MISSING, UNSEEN, OUT_OF_RANGE, FIRST_BIN = range(4)
# Below, chance alone looks like drift (docs/concepts/drift.md).
MIN_ROWS = 200


class ColumnCounts:
    """What was counted of one column.

    Parameters
    ----------
    column : mapping
        As the engine describes it.
    words : sequence of int
        All words of the model.
    """

    def __init__(self, column: dict[str, Any], words: Sequence[int]) -> None:
        first: int = column["first_word"]
        self.name: str = column["name"]
        self.is_text: bool = column["is_text"]
        self.reference: list[int] = column["reference"]
        self.reference_missing: int = column["reference_missing"]
        self.missing = words[first + MISSING]
        self.unseen = words[first + UNSEEN]
        self.out_of_range = words[first + OUT_OF_RANGE]
        self.bins: list[int] = list(
            words[first + FIRST_BIN : first + FIRST_BIN + column["num_bins"]]
        )

    @property
    def present(self) -> int:
        """Values that were there."""
        return self.unseen + sum(self.bins)


def column_counts(model: HostedModel, words: Sequence[int]) -> list[ColumnCounts]:
    """Read the words of a model column by column.

    Parameters
    ----------
    model : HostedModel
        Whose words they are.
    words : sequence of int
        Counts since the beginning, or of a window.

    Returns
    -------
    list of ColumnCounts
        In the order of the plan's inputs; of several that read one column the first.
    """
    found: dict[str, ColumnCounts] = {}
    for column in model.counted_columns:
        found.setdefault(column["name"], ColumnCounts(column, words))
    return list(found.values())


def drift_effects(counts: ColumnCounts) -> dict[str, float]:
    """Measure how far a column has moved.

    Parameters
    ----------
    counts : ColumnCounts
        Of a window.

    Returns
    -------
    dict of str to float
        ``ks`` of numbers: the largest difference of the two distribution functions at the edges of
        the bins, which is at most the exact one. ``js_debiased`` and ``unseen_rate`` of categories:
        over those that have a bin, all others, and what the profile lacks. ``missing_rate``. Empty
        without a profile, and below 200 present values.
    """
    present, reference = counts.present, sum(counts.reference)
    if not reference:
        return {}
    effects = {}
    rows, reference_rows = present + counts.missing, reference + counts.reference_missing
    if rows >= MIN_ROWS:
        effects["missing_rate"] = counts.missing / rows - counts.reference_missing / reference_rows
    if present < MIN_ROWS:
        return effects
    if counts.is_text:
        effects["unseen_rate"] = counts.unseen / present
        effects["js_debiased"] = _js_debiased([*counts.reference, 0], [*counts.bins, counts.unseen])
        return effects
    below, below_reference, largest = 0, 0, 0.0
    for now, before in zip(counts.bins, counts.reference, strict=True):
        below += now
        below_reference += before
        largest = max(largest, abs(below / present - below_reference / reference))
    effects["ks"] = largest
    return effects


def _js_debiased(reference: Sequence[int], current: Sequence[int]) -> float:
    n, m = sum(reference), sum(current)
    nats, classes = 0.0, 0
    for before, now in zip(reference, current, strict=True):
        if not before and not now:
            continue
        classes += 1
        p, q = before / n, now / m
        middle = (p + q) / 2
        nats += 0.5 * p * math.log(p / middle) if p else 0.0
        nats += 0.5 * q * math.log(q / middle) if q else 0.0
    nats -= (classes - 1) / 8 * (1 / n + 1 / m)
    return math.sqrt(max(nats, 0.0) / math.log(2))


class DriftWindow:
    """Counts of the last while, from those since the beginning.

    Parameters
    ----------
    seconds : float, default 3600
        How long the window is.
    num_steps : int, default 60
        How often it moves on; each step keeps one copy of the counts.
    """

    def __init__(self, seconds: float = 3600.0, num_steps: int = 60) -> None:
        self.seconds = seconds
        self._step = seconds / num_steps
        self._kept: deque[tuple[float, list[int]]] = deque()

    def move(self, words: list[int], now: float | None = None) -> list[int]:
        """Take the newest counts and give those of the window.

        Parameters
        ----------
        words : list of int
            Counts since the beginning.
        now : float, optional
            Seconds on any clock that only goes forward; default: the monotonic one.

        Returns
        -------
        list of int
            What was added in the window: by at most one step more than it is long, and since the
            first call where that is later.
        """
        now = time.monotonic() if now is None else now
        kept = self._kept
        if not kept:
            kept.append((now, [0] * len(words)))
        while len(kept) > 1 and kept[1][0] <= now - self.seconds:
            kept.popleft()
        oldest = kept[0][1]
        if now - kept[-1][0] >= self._step:
            kept.append((now, words))
        return [new - old for new, old in zip(words, oldest, strict=True)]
