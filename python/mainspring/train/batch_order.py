"""Which rows come in which order: a pure function of the seed, the epoch and who asks.

All rows stand in one sequence, shuffled by whole blocks, row by row, or not at all. Ranks take
equal stretches of it, and cut theirs into windows of whole batches, which workers take in turn. So
a batch has the same rows for any number of workers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mainspring import _engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

__all__ = ["RowSequence", "Segment", "Shard", "rank_rows", "shuffled"]

_WINDOWS = 1 << 62  # streams of hashes: of epochs below, of windows above


def shuffled(seed: int, stream: int, count: int) -> Numbers:
    """Return the numbers from 0 to count - 1 in the order of a seed and a stream of it."""
    numbers = np.empty(count, np.int64)
    _engine.shuffle_numbers(seed, stream % (1 << 64), numbers)
    return numbers


@dataclass(frozen=True)
class Shard:
    """Who asks: one process of several, and one worker of this process."""

    rank: int = 0
    world_size: int = 1
    worker: int = 0
    num_workers: int = 1


@dataclass(frozen=True)
class Segment:
    """Rows of a block: [first, end), counted within it."""

    block: int
    first: int
    end: int


class RowSequence:
    """The rows of one epoch.

    Parameters
    ----------
    sizes : sequence of int
        Rows of each block.
    shuffle : {"block", "full", None}
        Whether blocks are shuffled, and rows within windows; "full" shuffles rows one by one, and
        segments are left aside.
    seed, epoch : int
        What the order follows from.
    """

    def __init__(self, sizes: Sequence[int], shuffle: str | None, seed: int, epoch: int) -> None:
        self._shuffle, self._seed, self._epoch = shuffle, seed, epoch
        order = np.arange(len(sizes))
        if shuffle == "block":
            order = shuffled(seed, epoch, len(sizes))
        self._order = order
        self._ends = np.cumsum(np.asarray(sizes, np.int64)[order])
        self.num_rows = int(self._ends[-1]) if len(sizes) else 0
        self._rows = shuffled(seed, epoch, self.num_rows) if shuffle == "full" else None

    def windows(
        self, shard: Shard, batch_size: int, window_rows: int, *, drop_last: bool
    ) -> list[tuple[int, int]]:
        """Return the windows of a worker, as stretches of the sequence."""
        first, end = rank_rows(self.num_rows, shard, batch_size, drop_last=drop_last)
        starts = range(first, end, window_rows)
        own = starts[shard.worker :: shard.num_workers]
        return [(start, min(start + window_rows, end)) for start in own]

    def rows(self, first: int, end: int) -> Numbers:
        """Return the numbers of rows of a window of a full shuffle."""
        assert self._rows is not None
        return self._rows[first:end]

    def segments(self, first: int, end: int) -> list[Segment]:
        """Return where the rows of a window lie, in the order of the sequence."""
        found = []
        place = int(np.searchsorted(self._ends, first, side="right"))
        while first < end:
            begin = int(self._ends[place - 1]) if place else 0
            stop = min(int(self._ends[place]), end)
            found.append(Segment(int(self._order[place]), first - begin, stop - begin))
            first = stop
            place += 1
        return found

    def mixed(self, first: int, end: int) -> Numbers | None:
        """Return the order of the rows within a window; None: as they come."""
        if self._shuffle != "block":
            return None
        return shuffled(self._seed ^ (self._epoch << 1), _WINDOWS + first, end - first)


def rank_rows(num_rows: int, shard: Shard, batch_size: int, *, drop_last: bool) -> tuple[int, int]:
    """Return a rank's stretch of the sequence.

    With ``drop_last`` all ranks have the same number of whole batches.
    """
    rank, world = shard.rank, shard.world_size
    if not drop_last:
        return rank * num_rows // world, (rank + 1) * num_rows // world
    share = num_rows // world
    return rank * share, rank * share + share // batch_size * batch_size
