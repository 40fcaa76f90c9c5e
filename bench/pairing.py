"""Two functions timed in turns in one process: what a busy machine does to one, it does to both.

A turn calls a function often enough to last milliseconds. Turns alternate; the ratio is the median
of the ratios of neighbouring turns, with an interval that assumes nothing about how times are
distributed.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Budget", "Clocks", "Pair", "median_interval", "spread"]

_TURN_SECONDS = 0.005


@dataclass(frozen=True)
class Clocks:
    """Where time comes from: on the wall, and CPU time of all threads of the process."""

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time


@dataclass(frozen=True)
class Budget:
    """How long a pair may be measured: as many turns as fit, within limits."""

    seconds: float
    min_turns: int
    max_turns: int

    def turns(self, turn_seconds: float) -> int:
        """Return how many turns of both sides to take when one takes so long."""
        return max(self.min_turns, min(self.max_turns, int(self.seconds / turn_seconds)))


@dataclass
class _Side:
    call: Callable[[], Any]
    calls: int = 1
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


class Pair:
    """Two functions that take turns.

    Parameters
    ----------
    ours, peer : callable
        Take no argument and do the same work.
    clocks : Clocks, optional
        Others than the machine's, for tests.
    """

    def __init__(
        self, ours: Callable[[], Any], peer: Callable[[], Any], clocks: Clocks | None = None
    ) -> None:
        self._clocks = clocks or Clocks()
        self._ours, self._peer = _Side(ours), _Side(peer)

    def warm_up(self, budget: Budget) -> int:
        """Call both twice, choose the calls of a turn, return the number of turns to take."""
        total = 0.0
        for side in (self._ours, self._peer):
            side.call()
            started = self._clocks.wall()
            side.call()
            seconds = max(self._clocks.wall() - started, 1e-9)
            side.calls = max(1, math.ceil(_TURN_SECONDS / seconds))
            total += side.calls * seconds
        return budget.turns(total)

    def time_ours(self) -> None:
        """Take our turn."""
        self._time(self._ours)

    def time_peer(self) -> None:
        """Take the peer's turn."""
        self._time(self._peer)

    def _time(self, side: _Side) -> None:
        call, calls = side.call, range(side.calls)
        wall, cpu = self._clocks.wall(), self._clocks.cpu()
        for _ in calls:
            call()
        cpu, wall = self._clocks.cpu() - cpu, self._clocks.wall() - wall
        side.wall.append(wall / side.calls)
        side.cpu.append(cpu / side.calls)

    def summary(self) -> dict[str, Any]:
        """Return medians, minima, quartiles and ratios of the turns so far.

        Returns
        -------
        dict
            ``turns``, ``calls`` of ours and of the peer in a turn, seconds a call of ``ours`` and
            of ``theirs`` and their ``ratio`` (above 1: ours is faster), each for ``cpu`` and
            ``wall``.
        """
        ours, peer = self._ours, self._peer
        return {
            "turns": len(ours.wall),
            "calls": [ours.calls, peer.calls],
            "ours": {"cpu": spread(ours.cpu), "wall": spread(ours.wall)},
            "theirs": {"cpu": spread(peer.cpu), "wall": spread(peer.wall)},
            "ratio": {
                "cpu": median_interval(_ratios(peer.cpu, ours.cpu)),
                "wall": median_interval(_ratios(peer.wall, ours.wall)),
            },
        }


def _ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [a / max(b, 1e-12) for a, b in zip(above, below, strict=True)]


def spread(times: Sequence[float]) -> dict[str, float]:
    """Return median, minimum and quartiles."""
    quarters = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return {"median": quarters[1], "min": min(times), "q1": quarters[0], "q3": quarters[2]}


def median_interval(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the interval of order statistics that holds it with 95 %.

    Each value lies below the true median with probability one half, so the number that do is
    binomial, whatever the distribution. Up to five values the interval is all of them, which
    holds it with 1 - 2 ** (1 - n) only.
    """
    ordered = sorted(values)
    count = len(ordered)
    left_out, tail = 0, 0.5**count
    while tail + math.comb(count, left_out + 1) * 0.5**count <= 0.025:
        left_out += 1
        tail += math.comb(count, left_out) * 0.5**count
    low, high = ordered[left_out], ordered[count - 1 - left_out]
    return {"median": statistics.median(ordered), "low": low, "high": high}
