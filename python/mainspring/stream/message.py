"""One message of a topic, the place it has there, and what a source has to be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Headers", "Listener", "Message", "Partition", "Source", "place_of"]

# A topic and the number of one of its parts.
Partition = tuple[str, int]
Headers = Sequence[tuple[str, bytes | None]]


@dataclass(slots=True)
class Message:
    """One message.

    Attributes
    ----------
    topic : str
        Where it was.
    partition, offset : int
        Which part of the topic, and which place there.
    value : bytes
        What it says.
    key : bytes or None
        What it is sorted by.
    headers : sequence of (str, bytes or None)
        What stands beside it.
    time_ms : int
        When it was sent, by the producer or the broker: milliseconds since 1970; below 0: unknown.
    """

    topic: str
    partition: int
    offset: int
    value: bytes
    key: bytes | None = None
    headers: Headers = field(default_factory=tuple)
    time_ms: int = -1

    @property
    def home(self) -> Partition:
        """Its topic and partition."""
        return (self.topic, self.partition)

    def __str__(self) -> str:
        return place_of(self.topic, self.partition, self.offset)


def place_of(topic: str, partition: int, offset: int) -> str:
    """Name a place in a topic.

    Parameters
    ----------
    topic : str
        Of the message.
    partition, offset : int
        Of the message.

    Returns
    -------
    str
        ``topic/partition/offset``; a name of a topic has no ``/``.
    """
    return f"{topic}/{partition}/{offset}"


class Listener(Protocol):
    """Who is told which partitions are read."""

    def assigned(
        self, committed: Mapping[Partition, tuple[int | None, str]]
    ) -> dict[Partition, int | None]:
        """Take partitions.

        Parameters
        ----------
        committed : mapping of Partition to (int or None, str)
            What the group committed: the offset to go on at, None before the first time, and the
            note that was left with it.

        Returns
        -------
        dict of Partition to int or None
            Where to begin to read; None: where the source begins by itself.
        """

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None:
        """Give partitions up.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        lost : bool
            Whether they have been given to another already, so that nothing may be committed.
        """


class Source(Protocol):
    """Where messages come from."""

    @property
    def name(self) -> str:
        """What messages and files call it: the group."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics whose rows are predicted."""

    def open(self, listener: Listener, extra_topics: Sequence[str], *, whole: bool) -> None:
        """Connect, and begin to read.

        Parameters
        ----------
        listener : Listener
            Told about partitions, within :meth:`poll`.
        extra_topics : sequence of str
            Topics to be read beside those of rows.
        whole : bool
            Whether this process must read every partition: it keeps states that cannot move.
        """

    def poll(self, max_messages: int, seconds: float) -> list[Message]:
        """Take messages.

        Parameters
        ----------
        max_messages : int
            At most so many.
        seconds : float
            At most so long.

        Returns
        -------
        list of Message
            Those that were there; in the order of each partition.
        """

    def seek(self, home: Partition, offset: int) -> None:
        """Read on from another place.

        Parameters
        ----------
        home : Partition
            Which.
        offset : int
            The next message to come.
        """

    def commit(self, offsets: Mapping[Partition, int], notes: Mapping[Partition, str]) -> None:
        """Say what has been done with.

        Parameters
        ----------
        offsets : mapping of Partition to int
            The next message of each that is to be read.
        notes : mapping of Partition to str
            What a sink wants to know when it begins again there.
        """

    def stay(self) -> None:
        """Show that the process lives, while it takes no messages."""

    def lag(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Count the messages that wait.

        Parameters
        ----------
        positions : mapping of Partition to int
            The next message of each; -1: the first one.

        Returns
        -------
        dict of Partition to int
            Of those partitions whose end is known.
        """

    def close(self) -> None:
        """Leave."""
