"""What flows between converted transformers: columns of the input, numbers and one-hot features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from mainspring import _engine
from mainspring.transforms.importers.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Column", "Hot", "Numbers", "Plan", "Stream"]


@dataclass(frozen=True)
class Stream:
    """One column between two transformers.

    ``name`` is its feature's name where scikit-learn has none; ``origin`` says for messages which
    transformer gave it.
    """

    name: str
    origin: str


@dataclass(frozen=True)
class Column(Stream):
    """A column of the input. Who reads it decides what it holds.

    Strings that an imputer has replaced stay a column: the encoder behind it looks up what was
    there, so that replacing costs nothing. ``filled`` stands for missing values, ``replaced`` has
    the other values that were taken for missing.
    """

    column: str
    filled: str | None = None
    replaced: dict[str, str] = field(default_factory=dict)

    @property
    def is_text(self) -> bool:
        """Whether an imputer has made it strings."""
        return self.filled is not None or bool(self.replaced)


@dataclass(frozen=True)
class Numbers(Stream):
    """Numbers that the plan computes: a value of its draft."""

    value: int


@dataclass(frozen=True)
class Hot(Stream):
    """The feature ``index`` of a one-hot encoding: 1 for the ids whose place is 1 + index."""

    ids: int
    places: tuple[int, ...]
    index: int


class Plan:
    """The steps so far, and the features in their order."""

    def __init__(self) -> None:
        self.draft = _engine.PlanDraft()

    def number(self, stream: Stream, where: str) -> int:
        """Return the value of a stream as numbers, for the transformer at ``where``."""
        if isinstance(stream, Numbers):
            return stream.value
        if isinstance(stream, Hot):
            ones = [float(place == stream.index + 1) for place in stream.places]
            return self.draft.gather(stream.ids, ones)
        assert isinstance(stream, Column)
        if stream.is_text:
            raise refused(
                where,
                f"it takes numbers, and {stream.origin} gives strings for column {stream.column!r}",
                "Encode them first.",
            )
        return self.draft.column(stream.column, "number")

    def marked(self, value: int, number: float) -> tuple[int, int]:
        """Return the value with NaN where it is ``number``, and 1 there, 0 elsewhere."""
        ids = self.draft.find_numbers(value, [number])
        nothing = self.draft.gather(ids, [0.0, 0.0, float("nan")])
        return (
            self.draft.calculate_two(value, "+", nothing),
            self.draft.gather(ids, [0.0, 0.0, 1.0]),
        )

    def missing(self, value: int) -> int:
        """Return missing values only: what NaN parameters make of every row."""
        return self.draft.interpolate(value, [], [], [], [])

    def finish(self, streams: Sequence[Stream], names: Sequence[str]) -> bytes:
        """Store the streams as features and return the bundle's bytes."""
        named = [replace(stream, name=name) for stream, name in zip(streams, names, strict=True)]
        for _, together in groupby(enumerate(named), key=_neighbours):
            self._store([stream for _, stream in together])
        return self.draft.finish()

    def _store(self, streams: list[Stream]) -> None:
        first = streams[0]
        if not isinstance(first, Hot):
            self.draft.store(self.number(first, f"feature {first.name!r}"), first.name)
            return
        place_of = {
            stream.index + 1: 1 + place
            for place, stream in enumerate(streams)
            if isinstance(stream, Hot)
        }
        places = [place_of.get(place, 0) for place in first.places]
        self.draft.store_one_hot(first.ids, places, [stream.name for stream in streams])


def _neighbours(numbered: tuple[int, Stream]) -> object:
    """Return a key that is equal for features of one encoding in their order: one step."""
    place, stream = numbered
    if isinstance(stream, Hot):
        return stream.ids, stream.places, place - stream.index
    return place
