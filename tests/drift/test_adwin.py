"""ADWIN in blocks: its positions are those of the definition, cut by cut, whatever the stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from tests.reference.adwin import adwin


def streams(seed: int) -> dict[str, np.ndarray]:
    """Streams that move, by little and by much, on scales where rounding shows."""
    rng = np.random.default_rng(seed)
    rows = 1_600
    late = np.arange(rows) >= rng.integers(400, 1_200)
    noise = rng.normal(size=rows)
    return {
        "still": noise,
        "step": noise + 0.7 * late,
        "far from 0": 1e7 + noise + late,
        "tiny": 1e-9 * (noise + late),
        "huge": 1e150 * (noise + late),
        "slope": noise + np.linspace(0, 3, rows),
        "waves": noise + np.sin(np.arange(rows) / 100),
        "errors": (rng.random(rows) < 0.1 + 0.3 * late).astype(float),
        "tails": rng.standard_cauchy(rows) + 5 * late,
        "constant": np.repeat([0.3, 0.3, 0.30001, 5.3], rows // 4),
        "outlier": np.where(np.arange(rows) == 777, 1e4, noise),
        "calmer": np.where(late, 0.01 * noise + 0.2, noise),
        "wilder": np.where(late, 50 * noise + 20, noise),
    }


PARAMS: list[dict[str, float]] = [
    {},
    {"restart": 1},
    {"clock": 1},
    {"clock": 7, "delta": 0.3},
    {"clock": 48, "buckets": 1},
    {"clock": 64, "buckets": 3, "delta": 1},
    {"buckets": 40, "min_part": 1, "min_values": 0},
    {"min_part": 70, "min_values": 300, "delta": 1e-9},
    {"clock": 32, "buckets": 2, "min_part": 3, "delta": 0.5},
]


@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_positions_are_those_of_the_definition(params: dict[str, Any]) -> None:
    total = 0
    for seed in (0, 1):
        for kind, values in streams(seed).items():
            # A look at each value costs the plain Python as many passes over the window.
            values = values[:: 4 if params.get("clock", 32) < 32 else 1]
            found = ms.drift.Adwin(**params).update(values).tolist()
            assert found == adwin(values.tolist(), **params), (kind, seed)
            total += len(found)
    assert total > 0


@given(
    st.lists(st.tuples(st.sampled_from([1, 3, 40, 500]), st.floats(-3, 3)), min_size=1, max_size=6),
    st.sampled_from([1, 5, 32, 40, 96]),
    st.integers(1, 9),
    st.integers(1, 12),
    st.booleans(),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_positions_of_steps_are_those_of_the_definition(
    steps: list[tuple[int, float]],
    clock: int,
    buckets: int,
    min_part: int,
    restart: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([level + 0.3 * rng.normal(size=rows) for rows, level in steps])
    params = {"clock": clock, "buckets": buckets, "min_part": min_part, "delta": 0.05}
    found = ms.drift.Adwin(**params, restart=int(restart)).update(values).tolist()
    assert found == adwin(values.tolist(), restart=restart, **params)


def test_positions_when_the_window_is_long_are_those_of_looks_at_each_block() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=60_000) + 0.06 * (np.arange(60_000) > 45_000)
    whole = ms.drift.Adwin().update(values).tolist()
    detector, parts = ms.drift.Adwin(), []
    for first in range(0, len(values), 37):
        parts += detector.update(values[first : first + 37]).tolist()
        detector = ms.drift.Adwin.from_bytes(detector.to_bytes())
    assert whole == parts
    assert len(whole) >= 1
    assert min(whole) > 45_000


def test_missing_values_when_among_others_only_have_positions() -> None:
    values = np.repeat([0.0, 1.0], 400) + np.random.default_rng(2).normal(0, 0.1, 800)
    holes = np.insert(values, [0, 10, 400, 401, 500], np.nan)
    places = np.flatnonzero(~np.isnan(holes))
    found = ms.drift.Adwin().update(values)
    assert len(found) >= 1
    assert ms.drift.Adwin().update(holes).tolist() == places[found].tolist()
