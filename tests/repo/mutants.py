"""Wrong answers, made of right ones: what an operator or a model might give if it were broken.

A mutant that has the bits of the answer is none (zeros of a column of zeros), and is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Matrix = np.ndarray
Mutation = Callable[[Matrix, list[Any]], Matrix]


def zeros(got: Matrix, column: list[Any]) -> Matrix:
    """Nothing is computed."""
    return np.zeros_like(got)


def identity(got: Matrix, column: list[Any]) -> Matrix:
    """The input comes out as it is."""
    raw = np.array([as_number(value) for value in column], got.dtype)
    return np.repeat(raw[:, None], got.shape[1], axis=1)


def one_ulp(got: Matrix, column: list[Any]) -> Matrix:
    """The largest value of each feature is off by its last bit."""
    changed = got.copy()
    for feature in changed.T:
        finite = np.where(np.isfinite(feature), np.abs(feature), -1)
        row = int(finite.argmax())
        feature[row] = np.nextafter(feature[row], np.inf, dtype=got.dtype)
    return changed


def shifted(got: Matrix, column: list[Any]) -> Matrix:
    """Each row holds the answer of the row before it."""
    return np.roll(got, 1, axis=0)


def swapped(got: Matrix, column: list[Any]) -> Matrix:
    """Two neighbours that differ have changed places."""
    changed = got.copy()
    for row in range(len(got) - 1):
        if got[row].tobytes() != got[row + 1].tobytes():
            changed[[row, row + 1]] = got[[row + 1, row]]
            break
    return changed


def missing_dropped(got: Matrix, column: list[Any]) -> Matrix:
    """Missing rows have the answer of a row that is not."""
    changed = got.copy()
    missing = np.array([value is None or value != value for value in column])
    changed[missing] = got[np.flatnonzero(~missing)[0]]
    return changed


def columns_swapped(got: Matrix, column: list[Any]) -> Matrix:
    """The features are there in another order."""
    return got[:, ::-1].copy()


MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        zeros,
        identity,
        one_ulp,
        shifted,
        swapped,
        missing_dropped,
        columns_swapped,
    )
}


def mutants_of(got: Matrix, column: list[Any]) -> dict[str, Matrix]:
    """Return every mutant of an answer by its name."""
    mutants = {name: mutation(got, column) for name, mutation in MUTATIONS.items()}
    return {name: m for name, m in mutants.items() if not same_values(m, got)}


def same_values(first: Matrix, second: Matrix) -> bool:
    return bool(np.array_equal(first, second, equal_nan=True))


def as_number(value: Any) -> float:
    """What a feature without any operator could hold of a value."""
    return float(value) if isinstance(value, (bool, int, float)) else np.nan
