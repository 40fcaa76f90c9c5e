"""A source that is a list of messages, for what does not need a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.stream.message import Message, Partition

__all__ = ["MemorySource", "messages_of"]


def messages_of(
    values: Sequence[bytes], topic: str = "rows", partition: int = 0, **more: Any
) -> list[Message]:
    """A message for each value."""
    return [
        Message(topic, partition, offset, value, b"k%d" % offset, **more)
        for offset, value in enumerate(values)
    ]


class MemorySource:
    """What was committed stays when a stream ends; another one goes on with the same source."""

    name = "memory"
    num_rebalances = 0

    def __init__(self, messages: Sequence[Message], topics: tuple[str, ...] = ("rows",)) -> None:
        self.topics = topics
        self.kept: dict[Partition, list[Message]] = {}
        for message in messages:
            self.kept.setdefault(message.home, []).append(message)
        self.offsets: dict[Partition, int] = {}
        self.notes: dict[Partition, str] = {}
        self.places: dict[Partition, int] = {}

    def open(self, listener: Any, extra_topics: Sequence[str], *, whole: bool) -> None:
        known = {
            home: (self.offsets.get(home), self.notes.get(home, ""))
            for home in self.kept
            if home[0] in (*self.topics, *extra_topics)
        }
        self.places = {home: start or 0 for home, start in listener.assigned(known).items()}

    def poll(self, max_messages: int, seconds: float) -> list[Message]:
        found: list[Message] = []
        for home, place in self.places.items():
            taken = [one for one in self.kept[home] if one.offset >= place]
            found += taken[: max_messages - len(found)]
            if found and found[-1].home == home:
                self.places[home] = found[-1].offset + 1
        return found

    def seek(self, home: Partition, offset: int) -> None:
        self.places[home] = offset

    def commit(self, offsets: Mapping[Partition, int], notes: Mapping[Partition, str]) -> None:
        self.offsets.update(offsets)
        self.notes.update(notes)

    def stay(self) -> None:
        pass

    def lag(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        return {
            home: sum(one.offset >= at for one in self.kept[home]) for home, at in positions.items()
        }

    def close(self) -> None:
        pass
