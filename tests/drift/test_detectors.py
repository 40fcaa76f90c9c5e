"""Streaming detectors: river's positions where river has them, plain Python's where it has not."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from mainspring.errors import BundleCorruptError, DataError, ParameterError

NAMES = [str(row["name"]) for row in _engine.detectors()]
CLASSES = {
    "adwin": ms.drift.Adwin,
    "ddm": ms.drift.Ddm,
    "eddm": ms.drift.Eddm,
    "hddm_a": ms.drift.HddmA,
    "hddm_w": ms.drift.HddmW,
    "page_hinkley": ms.drift.PageHinkley,
    "cusum": ms.drift.Cusum,
    "kswin": ms.drift.Kswin,
    "ewma": ms.drift.Ewma,
}
SHARES = {row["name"] for row in _engine.detectors() if row["input"] == "shares"}


def errors(seed: int, rows: int = 6_000) -> np.ndarray:
    """Errors whose rate jumps twice and falls once."""
    rng = np.random.default_rng(seed)
    rate = np.repeat([0.1, 0.35, 0.1, 0.2], rows // 4)
    return (rng.random(len(rate)) < rate).astype(float)


def numbers(seed: int, rows: int = 6_000) -> np.ndarray:
    """Values whose mean jumps twice."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=rows) + np.repeat([0.0, 1.0, -0.5], rows // 3)


def values(name: str, seed: int) -> np.ndarray:
    return errors(seed) if name in SHARES else numbers(seed)


def positions(detector: Any, given_values: np.ndarray) -> tuple[list[int], list[int]]:
    """Drifts and warnings of a detector of river."""
    drifts, warnings = [], []
    for i, value in enumerate(given_values):
        detector.update(int(value) if set(np.unique(given_values)) <= {0.0, 1.0} else value)
        if detector.drift_detected:
            drifts.append(i)
        elif getattr(detector, "warning_detected", False):
            warnings.append(i)
    return drifts, warnings


RIVER: list[tuple[str, str, dict[str, float], dict[str, Any]]] = [
    ("adwin", "ADWIN", {"restart": 1}, {}),
    ("adwin", "ADWIN", {"restart": 1, "clock": 1, "delta": 0.05}, {"clock": 1, "delta": 0.05}),
    (
        "adwin",
        "ADWIN",
        {"restart": 1, "clock": 100, "buckets": 2},
        {"clock": 100, "max_buckets": 2},
    ),
    (
        "adwin",
        "ADWIN",
        {"restart": 1, "clock": 64, "buckets": 11, "min_part": 40, "min_values": 200},
        {"clock": 64, "max_buckets": 11, "min_window_length": 40, "grace_period": 200},
    ),
    ("ddm", "binary.DDM", {}, {}),
    ("eddm", "binary.EDDM", {}, {}),
    ("hddm_a", "binary.HDDMA", {}, {}),
    ("hddm_a", "binary.HDDMA", {"two_sided": 1}, {"two_sided_test": True}),
    ("hddm_w", "binary.HDDMW", {}, {}),
    ("hddm_w", "binary.HDDMW", {"two_sided": 1}, {"two_sided_test": True}),
    ("page_hinkley", "PageHinkley", {}, {}),
    ("page_hinkley", "PageHinkley", {"threshold": 5, "down": 0}, {"threshold": 5, "mode": "up"}),
    ("page_hinkley", "PageHinkley", {"threshold": 5, "up": 0}, {"threshold": 5, "mode": "down"}),
    # The sample is all there is, so that no choice is left to chance.
    (
        "kswin",
        "KSWIN",
        {"window": 60, "alpha": 0.001},
        {"window_size": 60, "stat_size": 30, "alpha": 0.001},
    ),
]


@pytest.mark.parametrize(("name", "path", "ours", "theirs"), RIVER)
@pytest.mark.parametrize("seed", [0, 1])
def test_positions_when_river_has_the_detector_are_rivers(
    name: str, path: str, ours: dict[str, float], theirs: dict[str, Any], seed: int
) -> None:
    drift = pytest.importorskip("river.drift")
    peer = drift
    for part in path.split("."):
        peer = getattr(peer, part)
    given_values = values(name, seed)[:: 4 if name == "kswin" else 1]
    drifts, warnings = positions(peer(**theirs), given_values)
    detector = CLASSES[name](**ours)
    assert detector.update(given_values).tolist() == drifts
    assert len(drifts) > 0
    if name in SHARES:
        assert detector.warnings.tolist() == warnings


def cusum(given_values: np.ndarray, threshold: float) -> list[int]:
    found, since, rise, fall = [], 0, 0.0, 0.0
    for i, value in enumerate(given_values):
        mean = given_values[since : i + 1].mean()
        rise, fall = max(0, rise + value - mean - 0.005), max(0, fall + mean - value - 0.005)
        if max(rise, fall) > threshold and i + 1 - since >= 30:
            found.append(i)
            since, rise, fall = i + 1, 0.0, 0.0
    return found


def ewma(given_values: np.ndarray) -> list[int]:
    found, since = [], 0
    while since + 100 < len(given_values):
        first = given_values[since : since + 100]
        average, drifted = first.mean(), False
        for k, value in enumerate(given_values[since + 100 :], 1):
            average = 0.1 * value + 0.9 * average
            width = 4 * first.std(ddof=1) * np.sqrt(0.1 / 1.9 * (1 - 0.9 ** (2 * k)))
            if abs(average - first.mean()) > width:
                found.append(since + 100 + k - 1)
                since, drifted = found[-1] + 1, True
                break
        if not drifted:
            break
    return found


def test_positions_when_river_lacks_the_detector_are_the_definitions() -> None:
    for seed in range(3):
        given_values = numbers(seed, 3_000)
        found = ms.drift.Cusum(threshold=20).update(given_values).tolist()
        assert found == cusum(given_values, 20)
        assert found
        found = ms.drift.Ewma().update(given_values).tolist()
        assert found == ewma(given_values)
        assert found


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.lists(st.integers(0, 6_000), max_size=5))
def test_positions_when_batches_and_restarts_differ_are_the_same(
    name: str, cuts: list[int]
) -> None:
    given_values = values(name, 3).copy()
    given_values[::97] = np.nan
    wanted = CLASSES[name]().update(given_values).tolist()
    detector: ms.drift.Detector = CLASSES[name]()
    found: list[int] = []
    for part in np.split(given_values, sorted(cuts)):
        found += detector.update(part).tolist()
        detector = pickle.loads(pickle.dumps(detector))
    assert found == wanted
    assert detector.num_values == len(given_values)


@pytest.mark.parametrize("name", NAMES)
def test_detector_when_nothing_changes_is_silent_and_finds_a_change_soon(name: str) -> None:
    rng = np.random.default_rng(5)
    calm = (rng.random(3_000) < 0.2).astype(float) if name in SHARES else rng.normal(0, 0.3, 3_000)
    moved = (rng.random(1_000) < 0.6).astype(float) if name in SHARES else calm[:1_000] + 3
    detector = CLASSES[name]()
    noise = detector.update(calm)
    assert len(noise) <= (25 if name == "kswin" else 3)
    found = detector.update(moved)
    assert len(found)
    assert found[0] < 3_400


def test_adwin_when_it_keeps_its_window_goes_on_from_the_newer_part() -> None:
    given_values = np.repeat([0.0, 5.0], 1_000)
    kept = ms.drift.Adwin().update(given_values)
    assert kept[0] == ms.drift.Adwin(restart=1).update(given_values)[0]
    assert len(kept) >= 1


def test_kswin_when_seeds_differ_draws_other_samples() -> None:
    given_values = np.random.default_rng(8).normal(size=40_000)
    found = [ms.drift.Kswin(seed=seed).update(given_values).tolist() for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("name", NAMES)
def test_state_when_cut_or_changed_is_refused(name: str) -> None:
    detector = CLASSES[name]()
    detector.update(values(name, 1)[:1_000])
    state = detector.to_bytes()
    for length in (0, 7, len(state) - 1):
        with pytest.raises(BundleCorruptError):
            CLASSES[name].from_bytes(state[:length])
    with pytest.raises(BundleCorruptError):
        CLASSES[name].from_bytes(state + b"\0")


@pytest.mark.parametrize("name", ["adwin", "kswin"])
@given(data=st.data())
def test_state_when_any_byte_is_changed_is_refused_or_safe(name: str, data: st.DataObject) -> None:
    detector = CLASSES[name]()
    detector.update(values(name, 1)[:500])
    state = bytearray(detector.to_bytes())
    for _ in range(3):
        state[data.draw(st.integers(0, len(state) - 1))] = data.draw(st.integers(0, 255))
    try:
        restored = CLASSES[name].from_bytes(bytes(state))
    except BundleCorruptError:
        return
    restored.update(values(name, 2)[:500])


def test_values_when_wrong_are_refused_whole() -> None:
    detector = ms.drift.Ddm()
    with pytest.raises(DataError, match=r"value 2.* at position 1, expected errors"):
        detector.update([0.0, 2.0])
    assert detector.num_values == 0
    detector.update([0, 1])
    with pytest.raises(DataError, match="position 2"):
        detector.update(-1)
    with pytest.raises(DataError, match="finite"):
        ms.drift.Adwin().update([np.inf])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ms.drift.Adwin(dleta=1), "Did you mean 'delta'"),
        (lambda: ms.drift.Adwin(delta=2), "from 1e-300 to 1"),
        (lambda: ms.drift.Ddm(min_values=1.5), "whole number"),
        (lambda: ms.drift.Kswin(recent=60), "half of 'window'"),
        (ms.drift.Detector, "use Adwin"),
    ],
)
def test_parameters_when_wrong_say_what_is_right(make: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make()


def test_classes_when_listed_are_those_of_the_engine() -> None:
    assert list(CLASSES) == NAMES
    for name, kind in CLASSES.items():
        text = kind.__doc__ or ""
        row = next(row for row in _engine.detectors() if row["name"] == name)
        assert [p["name"] for p in row["params"] if f"``{p['name']}``" not in text] == []
        assert repr(kind()).startswith(kind.__name__)
