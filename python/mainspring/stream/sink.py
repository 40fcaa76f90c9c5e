"""What a sink of results has to be able to do: write, and know how far it has written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mainspring.errors import MainspringError
from mainspring.stream.message import Message, Partition
from mainspring.stream.rows import DeadLetter

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OvertakenError", "Scored", "Sink", "Waiting"]

# Called while a sink waits; raises when the stream has to stop now.
Waiting = Callable[[], None]


class OvertakenError(MainspringError):
    """Another process has written what this one was about to write.

    Parameters
    ----------
    home : Partition
        Of which partition.
    path : object
        The file that is there.
    """

    def __init__(self, home: Partition, path: object) -> None:
        hint = "Run one stream for a folder."
        super().__init__(f"Another process has written {path}. {hint}", hint=hint)
        self.home = home


@dataclass(slots=True)
class Scored:
    """Messages with their results.

    Attributes
    ----------
    messages : sequence of Message
        Where the rows came from.
    counts : sequence of int
        Rows of each.
    table : pyarrow.Table
        Kept columns and outputs, of all rows.
    form : str
        The format that payloads are written in.
    """

    messages: Sequence[Message]
    counts: Sequence[int]
    table: pa.Table
    form: str


class Sink(Protocol):
    """Where results, or dead letters, go to. It stores with them which messages they are of."""

    commit_seconds: float

    @property
    def is_full(self) -> bool:
        """Whether it holds so much that it should be flushed."""

    def open(self, stream: str, waiting: Waiting) -> None:
        """Connect.

        Parameters
        ----------
        stream : str
            The stream's name: several may share a sink.
        waiting : callable
            Called while nothing can be written.
        """

    def assigned(self, notes: Mapping[Partition, str]) -> dict[Partition, int]:
        """Find how far partitions have been written.

        Parameters
        ----------
        notes : mapping of Partition to str
            What :meth:`flush` returned before the last commit; empty: nothing is known.

        Returns
        -------
        dict of Partition to int
            The first offset that has not been written; only of partitions of which some has been.
        """

    def write(self, scored: Scored) -> None:
        """Take results.

        Parameters
        ----------
        scored : Scored
            Of messages that were not written before.
        """

    def write_dead(self, dead: Sequence[DeadLetter]) -> None:
        """Take messages that could not be read.

        Parameters
        ----------
        dead : sequence of DeadLetter
            With the reasons.
        """

    def flush(self, positions: Mapping[Partition, int]) -> dict[Partition, str]:
        """Write all that was taken, and return when it is there to stay.

        Parameters
        ----------
        positions : mapping of Partition to int
            The next message of each partition.

        Returns
        -------
        dict of Partition to str
            What :meth:`assigned` is to be told.

        Raises
        ------
        OvertakenError
            When another process has written it.
        """

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Forget partitions, and what was taken of them.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        """

    def close(self) -> None:
        """Let go."""
