"""A result as a run writes it, small and made up."""

from __future__ import annotations

from typing import Any

from bench.results import rounded

__all__ = ["document", "pair", "value"]


def pair(
    claim: str, case: str, peer: str, ratio: float, *, seconds: float = 1e-3
) -> dict[str, Any]:
    def times(median: float) -> dict[str, float]:
        return {"median": median, "min": 0.9 * median, "q1": 0.95 * median, "q3": 1.05 * median}

    interval = {"median": ratio, "low": 0.95 * ratio, "high": 1.05 * ratio}
    made = {
        "kind": "pair",
        "claim": claim,
        "case": case,
        "peer": peer,
        "api": "a call",
        "rows": 10,
        "bytes": 800,
        "bandwidth_share": 0.25,
        "turns": 7,
        "calls": [1, 2],
        "ours": {"cpu": times(seconds), "wall": times(2 * seconds)},
        "theirs": {"cpu": times(ratio * seconds), "wall": times(3 * ratio * seconds)},
        "ratio": {"cpu": dict(interval), "wall": dict(interval)},
    }
    return dict(rounded(made))


def value(claim: str, case: str, ours: float, unit: str) -> dict[str, Any]:
    return {
        "kind": "value",
        "claim": claim,
        "case": case,
        "peer": None,
        "api": "",
        "unit": unit,
        "ours": ours,
        "theirs": None,
    }


def document(
    *records: dict[str, Any], threads: int = 1, cpu: str = "A processor"
) -> dict[str, Any]:
    return {
        "schema": 1,
        "commit": "abc1234",
        "date": "2026-01-31",
        "mode": "full",
        "threads": threads,
        "machine": {
            "cpu": cpu,
            "cores": 2,
            "cache_mib": 32.0,
            "memory_gib": 16,
            "system": "Linux x86_64",
            "load": 0.1,
        },
        "engine": {"compiler": "GCC 12.2.0", "isa": "avx512"},
        "versions": {"python": "3.11.7", "polars": "2.1.0", "lightgbm": "4.7.0"},
        "bandwidth": 2e10,
        "records": list(records),
    }
