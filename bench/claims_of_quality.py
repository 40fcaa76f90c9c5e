"""What is claimed about metrics and checks."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["QUALITY_CLAIMS"]

QUALITY_CLAIMS = (
    Claim(
        "quality",
        "Quality",
        "Ten metrics of the scores of two classes, exactly and in one call, beside the functions "
        "of scikit-learn one after the other.",
        (
            Goal(
                "Ten metrics of two classes: at least twice as fast as scikit-learn",
                "ten metrics of 200,000 rows of two classes",
                "scikit-learn",
                at_least=2.0,
            ),
        ),
    ),
    Claim(
        "check",
        "Checks",
        "Every check of a table of 300,000 rows and 30 columns: 20 of numbers, 9 of strings, and "
        "the label.",
        (
            Goal(
                "All checks of 300,000 rows x 30 columns in at most 10 s",
                "300,000 rows x 30 columns",
                at_most=10.0,
                unit="s",
            ),
        ),
    ),
)
