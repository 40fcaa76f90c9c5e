"""What is claimed about the speed of drift."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["DRIFT_CLAIMS"]

DRIFT_CLAIMS = (
    Claim(
        "drift",
        "Drift",
        "Kolmogorov-Smirnov and Wasserstein distances, PSI, Jensen-Shannon distance and "
        "chi-squared tests of 25 numbers, 12 strings and 2 bools; both sides measure the same and "
        "the eight columns that moved are named.",
    ),
    Claim(
        "samples",
        "Two samples, exactly",
        "Kolmogorov-Smirnov and Wasserstein distance of two unsorted samples of numbers that are "
        "both at hand; the distances are SciPy's.",
        (
            Goal(
                "A million values on each side: at least 15 times as fast as SciPy",
                "normal, 1,000,000 values",
                "scipy",
                at_least=15.0,
            ),
        ),
    ),
    Claim(
        "detectors",
        "Detectors of streams",
        "Streaming detectors, a batch at a time, beside river's, a value at a time; positions are "
        "the same.",
        tuple(
            Goal(
                f"{name}: at least {ratio} times as fast as river",
                name,
                "river",
                at_least=float(ratio),
            )
            for name, ratio in (
                ("Page-Hinkley", 50),
                ("DDM", 50),
                ("ADWIN", 50),
                ("KSWIN", 300),
            )
        ),
    ),
)
