"""How the numbers of a column are spread, over equal bins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Histogram", "histogram"]


@dataclass(frozen=True)
class Histogram:
    """Counts over the bulk of a column's finite values.

    Attributes
    ----------
    edges : tuple of float
        Ascending, one more than bins. A bin holds its lower edge; the last one its upper edge too.
    counts : tuple of int
        Values in each bin.
    below, above : int
        Values outside the edges, infinities among them.
    logarithmic : bool
        Bins are equally wide in the logarithm, because the tail is long.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int
    above: int
    logarithmic: bool

    @property
    def total(self) -> int:
        """Values counted, inside and outside."""
        return self.below + sum(self.counts) + self.above


def histogram(fields: Mapping[str, Any] | None) -> Histogram | None:
    """Make the typed object from the engine's plain values.

    Parameters
    ----------
    fields : mapping, optional
        As the engine returns them; None where no value is finite.

    Returns
    -------
    Histogram or None
        The typed object.
    """
    return None if fields is None else Histogram(**fields)
