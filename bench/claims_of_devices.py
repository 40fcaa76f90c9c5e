"""What is claimed about the C interface."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["DEVICE_CLAIMS"]

_TREES = "100 trees of 31 leaves"

DEVICE_CLAIMS = (
    Claim(
        "edge",
        "The C interface",
        "A LightGBM model for two classes on 30 numbers in a program in C: rows of a matrix "
        "through `mainspring_predict`, without an allocation, in the library for servers and in "
        "that for devices.",
        (
            Goal(
                "C interface: one row in at most 0.7 us",
                f"{_TREES}, one row, libmainspring",
                at_most=0.7,
                unit="us",
            ),
            Goal(
                "C interface: 4,096 rows in at most 0.4 us each",
                f"{_TREES}, 4,096 rows, libmainspring",
                at_most=0.4,
                unit="us",
            ),
            Goal(
                "C interface: from the start of a process to its first prediction in at most 10 ms",
                "process, bundle opened, first row, libmainspring",
                at_most=10.0,
                unit="ms",
            ),
        ),
    ),
)
