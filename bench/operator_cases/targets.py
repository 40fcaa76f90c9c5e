"""Categories by the label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.operator_cases.case import (
    Array,
    Case,
    encoding_peers,
)


def _smoothed_means(smoothing: float) -> Callable[[Array, Array], Array]:
    def means(counts: Array, sums: Array) -> Array:
        prior = sums.sum() / counts.sum()
        weight = np.where(counts == 0, 1.0, counts + smoothing)
        return np.where(counts == 0, prior, (sums + smoothing * prior) / weight)

    return means


def _weights_of_evidence(counts: Array, sums: Array) -> Array:
    ones, zeros = sums.sum() + 2, counts.sum() - sums.sum() + 2
    evidence = np.log(((sums + 1) / ones) / ((counts - sums + 1) / zeros))
    return np.where(counts == 0, 0.0, evidence)


def _james_stein(counts: Array, sums: Array) -> Array:
    there = counts > 0
    rows, own = counts[there], sums[there] / counts[there]
    n, k, mean = rows.sum(), len(rows), sums.sum() / rows.sum()
    noise = (rows * own * (1 - own)).sum() / (n - k)  # the label is 0 or 1
    between = (rows * (own - mean) ** 2).sum() - (k - 1) * noise
    signal = max(0.0, between) / (n - (rows**2).sum() / n)
    drawn = (k - 3) / (k - 1) * (noise / rows) / (noise / rows + signal)
    by_id = np.full(len(counts), mean)
    by_id[there] = mean + (1 - drawn) * (own - mean)
    return by_id


CASES = {
    "target_mean": Case(
        ("city",),
        lambda column: column.target_mean(smoothing=20),
        encoding_peers(_smoothed_means(20.0)),
    ),
    "leave_one_out": Case(
        ("city",), lambda column: column.leave_one_out(), encoding_peers(_smoothed_means(0.0))
    ),
    "ordered_target": Case(
        ("city",), lambda column: column.ordered_target(), encoding_peers(_smoothed_means(1.0))
    ),
    "james_stein": Case(
        ("city",), lambda column: column.james_stein(), encoding_peers(_james_stein)
    ),
    "weight_of_evidence": Case(
        ("city",),
        lambda column: column.weight_of_evidence(),
        encoding_peers(_weights_of_evidence),
    ),
}
