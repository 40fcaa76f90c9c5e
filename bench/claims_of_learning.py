"""What is claimed about feeding batches and about models that learn row by row."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["LEARNING_CLAIMS"]

LEARNING_CLAIMS = (
    Claim(
        "feeder",
        "Batches for training",
        "An epoch over a table of 13 numbers, 26 ids and a label in batches of 4,096: "
        "`ms.train.ArrowBatches` from Arrow columns beside torch's DataLoader over tensors, both "
        "in one process; and the same from raw strings, transformed on the way.",
        (
            Goal(
                "Shuffled: at least 30 times as fast as the DataLoader",
                "65,536 rows, shuffled",
                "torch",
                at_least=30.0,
            ),
            Goal(
                "In order: at least 80 times as fast as the DataLoader",
                "65,536 rows, in order",
                "torch",
                at_least=80.0,
            ),
        ),
    ),
    Claim(
        "ftrl",
        "Learning row by row",
        "Logistic regression by FTRL over 39 hashed features of clicks, one pass, one step a row: "
        "from Arrow with the hashing, and from ids that were hashed before, beside Vowpal Wabbit "
        "from its text format, which it has to parse; and the steps alone.",
        (
            Goal(
                "Steps alone: at least 3 million rows a second on one core",
                "39 ids a row, steps alone",
                at_least=3e6,
                unit="rows/s",
            ),
            Goal(
                "From ids: at least 10 times as fast as Vowpal Wabbit from text",
                "39 ids of 100,000 rows, hashed before",
                "vowpalwabbit",
                at_least=10.0,
            ),
        ),
    ),
)
