"""What a stream counts of itself, for metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from mainspring.stream.message import Message, Partition
from mainspring.stream.rows import DeadLetter
from mainspring.stream.sink import Scored

__all__ = ["DELAY_BOUNDS", "Facts"]

#: Upper ends of the buckets of delays, in seconds.
DELAY_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)


class Facts:
    """Counts since the stream began.

    Attributes
    ----------
    messages : Counter
        By what they were: row, event or label.
    dead : Counter
        Messages that could not be read, by the class of the error.
    num_rows, num_batches, num_commits : int
        Rows that were predicted, and what they took.
    busy_seconds : float
        Time in which messages were read and predicted.
    lag : dict of Partition to int
        Messages that wait, as of the last second.
    delays : list of int
        Messages by the time from being sent to having a result, in the buckets of
        ``DELAY_BOUNDS``.
    delay_seconds : float
        Their sum.
    """

    bounds = DELAY_BOUNDS

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.dead: Counter[str] = Counter()
        self.num_rows = self.num_batches = self.num_commits = 0
        self.busy_seconds = self.delay_seconds = 0.0
        self.lag: dict[Partition, int] = {}
        self.delays = [0] * (len(DELAY_BOUNDS) + 1)
        self.rows_each = 1.0  # of a message, lately

    def add(
        self,
        roles: Mapping[str, Sequence[Message]],
        scored: Sequence[Scored],
        dead: Sequence[DeadLetter],
    ) -> None:
        """Count a batch.

        Parameters
        ----------
        roles : mapping of str to sequence of Message
            Its messages.
        scored : sequence of Scored
            Its results.
        dead : sequence of DeadLetter
            What could not be read.
        """
        for role, those in roles.items():
            self.messages[role] += len(those)
        num_rows = sum(each.table.num_rows for each in scored)
        self.num_rows += num_rows
        self.num_batches += 1
        self.dead.update(one.kind for one in dead)
        if num_rows:
            each_now = max(1.0, num_rows / max(1, len(roles["row"])))
            self.rows_each += 0.2 * (each_now - self.rows_each)

    def add_delays(self, messages: Sequence[Message], now: float) -> None:
        """Count messages whose time is known.

        Parameters
        ----------
        messages : sequence of Message
            That have their results.
        now : float
            Seconds since 1970; a message that comes from the future took no time.
        """
        for message in messages:
            if message.time_ms >= 0:
                delay = max(0.0, now - message.time_ms / 1000)
                self.delays[bisect_left(DELAY_BOUNDS, delay)] += 1
                self.delay_seconds += delay
