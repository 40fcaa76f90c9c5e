"""How far a stream has come in each partition: read, written and committed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mainspring.stream.message import Message, Partition
from mainspring.stream.rows import DeadLetter
from mainspring.stream.sink import Scored

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Progress", "note_of", "read_note"]

_UNKNOWN = -1  # before the first message of a partition that was never committed


class Progress:
    """Offsets of the partitions that are read.

    Attributes
    ----------
    positions : dict of Partition to int
        The next message that is to be predicted; -1: the first one that comes.
    committed : dict of Partition to int
        What the group was told.
    done, dead_done : dict of Partition to int
        The first message without a result, and the first one that is not among the dead letters;
        what was written before this process began.
    """

    def __init__(self) -> None:
        self.positions: dict[Partition, int] = {}
        self.committed: dict[Partition, int] = {}
        self.done: dict[Partition, int] = {}
        self.dead_done: dict[Partition, int] = {}

    @property
    def known(self) -> dict[Partition, int]:
        """The positions of partitions of which a message has been seen."""
        return {home: at for home, at in self.positions.items() if at != _UNKNOWN}

    @property
    def is_committed(self) -> bool:
        """Whether the group knows all of it."""
        return all(self.committed.get(home) == at for home, at in self.known.items())

    def begin(self, home: Partition, start: int | None, committed: int | None) -> None:
        """Take a partition.

        Parameters
        ----------
        home : Partition
            Which.
        start : int or None
            Its first message, where that is known.
        committed : int or None
            What the group was told.
        """
        self.positions[home] = _UNKNOWN if start is None else start
        if committed is not None:
            self.committed[home] = committed

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Give partitions up.

        Parameters
        ----------
        partitions : iterable of Partition
            Which.
        """
        for home in partitions:
            for known in (self.positions, self.committed, self.done, self.dead_done):
                known.pop(home, None)

    def new(self, messages: Sequence[Message]) -> list[Message]:
        """Leave out what was read before, or is of a partition that was given up meanwhile.

        Parameters
        ----------
        messages : sequence of Message
            As they came.

        Returns
        -------
        list of Message
            The others.
        """
        positions = self.positions
        return [one for one in messages if one.offset >= positions.get(one.home, 1 << 63)]

    def move(self, messages: Sequence[Message]) -> None:
        """Go on behind messages.

        Parameters
        ----------
        messages : sequence of Message
            In the order of their partitions.
        """
        positions = self.positions
        for message in messages:
            home = (message.topic, message.partition)
            if home in positions:
                positions[home] = message.offset + 1

    def unwritten(self, scored: Scored) -> Scored | None:
        """Leave out the messages that have a result; None: there is nothing else.

        Parameters
        ----------
        scored : Scored
            All.

        Returns
        -------
        Scored or None
            The others.
        """
        import numpy as np

        marks = self.done
        wanted = [one.offset >= marks.get(one.home, 0) for one in scored.messages]
        if all(wanted):
            return scored
        if not any(wanted):
            return None
        messages = [one for one, keep in zip(scored.messages, wanted, strict=True) if keep]
        counts = [one for one, keep in zip(scored.counts, wanted, strict=True) if keep]
        table: pa.Table = scored.table.filter(np.repeat(wanted, scored.counts))
        return Scored(messages, counts, table, scored.form)

    def unwritten_dead(self, dead: Iterable[DeadLetter]) -> list[DeadLetter]:
        """Leave out the dead letters that are written.

        Parameters
        ----------
        dead : iterable of DeadLetter
            All of a batch.

        Returns
        -------
        list of DeadLetter
            The others, in the order of their partitions.
        """
        marks = self.dead_done
        left = [one for one in dead if one.message.offset >= marks.get(one.message.home, 0)]
        return sorted(left, key=lambda one: (one.message.home, one.message.offset))


def note_of(sink: str, dead: str) -> str:
    """Put what sinks want to know into a commit's note.

    Parameters
    ----------
    sink, dead : str
        Of the results and of the dead letters.

    Returns
    -------
    str
        What :func:`read_note` reads.
    """
    return json.dumps([sink, dead]) if sink or dead else ""


def read_note(text: str) -> tuple[str, str]:
    """Read a commit's note; somebody else's says nothing.

    Parameters
    ----------
    text : str
        What a broker kept.

    Returns
    -------
    tuple of (str, str)
        Of the results and of the dead letters.
    """
    try:
        sink, dead = json.loads(text)
    except (ValueError, TypeError):
        return "", ""
    return str(sink), str(dead)
