"""What is claimed about streams."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["STREAM_CLAIMS"]

STREAM_CLAIMS = (
    Claim(
        "stream",
        "Streams",
        "Rows of 18 numbers and two categories through 100 trees of 31 leaves, from a topic to a "
        "topic of a broker (Tansu) in its own process on the same machine. By CPU time: of the "
        "stream's process, with the threads of librdkafka. Beside it the usual loop by hand.",
        (
            Goal(
                "One-row JSON messages: at least 30,000 rows a second of one core",
                "one-row JSON messages, topic to topic, by CPU time",
                at_least=30.0,
                unit="k/s",
            ),
            Goal(
                "Arrow messages of 1,000 rows: at least 100,000 rows a second of one core",
                "Arrow messages of 1,000 rows, topic to topic, by CPU time",
                at_least=100.0,
                unit="k/s",
            ),
            Goal(
                "p99 from produce to result of at most 50 ms at 15,000 rows a second",
                "p99 from produce to result at 15,000 rows/s",
                at_most=50.0,
                unit="ms",
            ),
        ),
    ),
)
