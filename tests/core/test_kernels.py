"""The kernels as a release compiles them: every level gives the bits of one value at a time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.core.probe import kernel, library, scalar


def any_values() -> NDArray[np.float64]:
    """Any bit patterns, ordinary numbers, infinities and NaN of several kinds; no whole tiles."""
    rng = np.random.default_rng(21)
    patterns = rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
    special = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 709.79, -745.14])
    return np.concatenate([patterns, rng.standard_normal(100_001) * 30, special])


def levels() -> list[int]:
    """Return the numbers of the levels that this CPU can run."""
    return list(range(library().probe_best_level() + 1))


@pytest.mark.parametrize("name", ["exp", "log1p", "tanh"])
def test_form_on_every_level_has_the_bits_of_the_scalar_form(name: str) -> None:
    x = any_values()
    want = scalar(name, x).view(np.uint64)
    for level in levels():
        assert np.array_equal(kernel(level, name, x).view(np.uint64), want), level


def test_affine_on_every_level_has_the_bits_of_numpy() -> None:
    x = any_values()
    for center, scale in [(0.25, 3.7), (-1e300, 1e-300), (0.0, 0.0)]:
        with np.errstate(all="ignore"):
            want = (x - center) / scale
        want = np.where(np.isnan(want), np.nan, want)
        for level in levels():
            got = kernel(level, "affine", x, center, scale)
            assert np.array_equal(got.view(np.uint64), want.view(np.uint64)), level


def test_level_names_are_those_of_the_environment_variable() -> None:
    names = [library().probe_level_name(level).decode() for level in levels()]
    assert names == ["baseline", "avx2", "avx512"][: len(names)]
    assert library().probe_level_name(2).decode() == names[-1]
