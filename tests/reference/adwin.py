"""ADWIN as the paper and the page of measures define it, a value and a bucket at a time."""

from __future__ import annotations

import math

__all__ = ["adwin"]


def adwin(
    values: list[float],
    *,
    delta: float = 0.002,
    clock: int = 32,
    buckets: int = 5,
    min_part: int = 5,
    min_values: int = 10,
    restart: bool = False,
) -> list[int]:
    """Find where the mean has moved.

    Parameters
    ----------
    values : list of float
        The stream.
    delta, clock, buckets, min_part, min_values, restart
        As in :class:`mainspring.drift.Adwin`.

    Returns
    -------
    list of int
        Positions from 0.
    """
    found: list[int] = []
    window: list[list[list[float]]] = [[]]  # of each size the values of each bucket, oldest first
    tick = 0
    for position, value in enumerate(values):
        window[0].append([value])
        for level in range(len(window)):
            if len(window[level]) <= buckets:
                break
            if level + 1 == len(window):
                window.append([])
            window[level + 1].append(window[level][0] + window[level][1])
            del window[level][:2]
        tick += 1
        if tick < clock:
            continue
        tick = 0
        if sum(len(bucket) for level in window for bucket in level) <= min_values:
            continue
        moved = False
        while _shows_change(window, delta, min_part):
            while not window[-1]:
                window.pop()
            del window[-1][0]
            moved = True
        if moved:
            found.append(position)
            if restart:
                window = [[]]
    return found


def _shows_change(window: list[list[list[float]]], delta: float, min_part: int) -> bool:
    parts = [bucket for level in reversed(window) for bucket in level]
    every = [value for part in parts for value in part]
    n = len(every)
    if n < 2:
        return False
    mean = math.fsum(every) / n
    variance = math.fsum((value - mean) ** 2 for value in every) / n
    d = math.log(2 * math.log(n) / delta)
    n0 = 0
    for part in parts[:-1]:
        n0 += len(part)
        if n0 < min_part or n - n0 < min_part:
            continue
        gap = abs(math.fsum(every[:n0]) / n0 - math.fsum(every[n0:]) / (n - n0))
        share = 1 / (n0 - min_part + 1) + 1 / (n - n0 - min_part + 1)
        if gap > math.sqrt(2 * variance * d * share) + 2 / 3 * d * share:
            return True
    return False
