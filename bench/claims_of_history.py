"""What is claimed about features of the past."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["HISTORY_CLAIMS"]

HISTORY_CLAIMS = (
    Claim(
        "history",
        "History",
        "What was known at a moment: the last row of each key before it, and six aggregates over "
        "the 7 days before it, the row itself and its ties left out, of events with Zipf keys. "
        "Sums are exact here and floating-point elsewhere. States are measured by themselves.",
        (
            Goal(
                "As-of join with keys of a small range: at least 3 times as fast as pandas",
                "as-of join of 10,000,000 x 10,000,000 rows, small integers",
                "pandas",
                at_least=3.0,
            ),
            Goal(
                "As-of join with dictionary keys: at least 3 times as fast as pandas",
                "as-of join of 10,000,000 x 10,000,000 rows, dictionary",
                "pandas",
                at_least=3.0,
            ),
            Goal(
                "As-of join with any int64 as key: at least twice as fast as pandas",
                "as-of join of 10,000,000 x 10,000,000 rows, any integers",
                "pandas",
                at_least=2.0,
            ),
            Goal(
                "Six windows over 5 million events: at least 10 times as fast as DuckDB",
                "six windows of 7 days over 5,000,000 events",
                "duckdb",
                at_least=10.0,
            ),
            Goal(
                "Five of them: at least 3 times as fast as polars",
                "five windows of 7 days over 5,000,000 events",
                "polars",
                at_least=3.0,
            ),
            Goal(
                "Ingest in batches of at least 4 million events a second",
                "ingest, in memory",
                at_least=4.0,
                unit="M/s",
            ),
            Goal(
                "With a log, at least 2 million",
                "ingest, with log",
                at_least=2.0,
                unit="M/s",
            ),
            Goal(
                "At most 40 bytes an event and 250 a key",
                "memory of 40 B an event and 250 B a key",
                at_most=1.0,
                unit="share",
            ),
            Goal(
                "20 features of a key in at most 2 us",
                "20 features of one key, in the engine",
                at_most=2.0,
                unit="us",
            ),
            Goal(
                "From Python in at most 5 us",
                "20 features of one key, from Python",
                at_most=5.0,
                unit="us",
            ),
            Goal(
                "While another thread ingests, 99 of 100 queries in at most 20 us",
                "query from Python, p99",
                at_most=20.0,
                unit="us",
            ),
            Goal(
                "999 of 1,000 in at most 100 us",
                "query from Python, p99.9",
                at_most=100.0,
                unit="us",
            ),
        ),
    ),
)
