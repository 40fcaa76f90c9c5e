"""Claim: batches through streaming detectors in less time than river takes value by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mainspring as ms

VALUES = 20_000
# (case, our class, river's, whether it watches errors, values)
DETECTORS = [
    ("Page-Hinkley", "PageHinkley", "PageHinkley", False, VALUES),
    ("DDM", "Ddm", "binary.DDM", True, VALUES),
    ("EDDM", "Eddm", "binary.EDDM", True, VALUES),
    ("HDDM-A", "HddmA", "binary.HDDMA", True, VALUES),
    ("HDDM-W", "HddmW", "binary.HDDMW", True, VALUES),
    ("ADWIN", "Adwin", "ADWIN", False, VALUES),
    ("KSWIN", "Kswin", "KSWIN", False, 600),
]


def values(errors: bool, count: int) -> np.ndarray:
    """Return a stream that changes once, in the middle."""
    random = np.random.default_rng(0)
    late = np.arange(count) >= count // 2
    if errors:
        return (random.random(count) < 0.1 + 0.1 * late).astype(float)
    return random.normal(size=count) + 0.5 * late


@pytest.mark.one_thread
@pytest.mark.parametrize(("case", "ours", "theirs", "errors", "count"), DETECTORS)
def test_detector_beside_river(
    case: str, ours: str, theirs: str, errors: bool, count: int, compare: Any
) -> None:
    river = pytest.importorskip("river.drift")
    stream = values(errors, count)
    plain = stream.astype(int).tolist() if errors else stream.tolist()
    params = {"restart": 1} if ours == "Adwin" else {}
    peer: Any = river
    for part in theirs.split("."):
        peer = getattr(peer, part)

    def batch() -> list[int]:
        return getattr(ms.drift, ours)(**params).update(stream).tolist()

    def one_by_one() -> list[int]:
        detector, found = peer(), []
        for position, value in enumerate(plain):
            detector.update(value)
            if detector.drift_detected:
                found.append(position)
        return found

    def check(found: list[int], wanted: list[int]) -> None:
        if ours != "Kswin":  # draws other samples
            assert found == wanted

    compare(
        f"{case}, {count:,} values",
        batch,
        one_by_one,
        peer="river",
        api="update, a value at a time",
        check=check,
        rows=count,
        num_bytes=stream.nbytes,
    )
