"""What runs over partitions and leaves a state: bytes that merge, in any order and grouping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from mainspring import errors
from mainspring._sources import Part
from mainspring.profiles import Profile
from mainspring.scale.partitions import ROW_BITS, located, parts_of
from mainspring.scale.worker import Worker
from mainspring.transforms.sharded_fit import learn_shard, merge_shards

__all__ = ["CountPass", "FitPass", "ProfilePass", "StatePass", "check_rows", "first_row_of"]


class StatePass(Protocol):
    """One pass over all partitions."""

    @property
    def columns(self) -> list[str] | None:
        """Columns that it looks at; None: all."""
        ...

    def learn(self, number: int, *partitions: Any) -> bytes:
        """Return one state of partitions, which are numbered from ``number`` on."""
        ...

    def merge(self, states: Iterable[bytes]) -> bytes:
        """Return the state of all of them, read one after the other; of none, an empty one."""
        ...


@dataclass(frozen=True)
class FitPass:
    """Learns what a pass of a fit learns, and a profile in the first."""

    worker: Worker
    base: bytes
    columns: list[str] | None
    schema: pa.Schema
    target: str | None
    profiled: list[str] | None
    first_rows: Sequence[int] | None = None  # of each partition, and the end

    def learn(self, number: int, *partitions: Any) -> bytes:
        """Return what the rows of partitions have told."""
        self.worker.settle()
        numbered = list(enumerate(partitions, number))
        state, num_rows = learn_shard(
            self.base,
            (
                (self._first_row(at), parts_of(one, at, self.columns, self.schema))
                for at, one in numbered
            ),
            target=self.target,
            profiled=self.profiled,
            schema=self.schema,
            place=_place,
        )
        if self.first_rows is not None:
            for (at, _), count in zip(numbered, num_rows, strict=True):
                check_rows(self.first_rows, at, count)
        return state

    def _first_row(self, number: int) -> int:
        if self.first_rows is None:
            return number << ROW_BITS
        return first_row_of(self.first_rows, number)

    def merge(self, states: Iterable[bytes]) -> bytes:
        """Return the sum of shards."""
        self.worker.settle()
        return merge_shards(self.base, states, self.profiled, self.schema)


@dataclass(frozen=True)
class ProfilePass:
    """Profiles columns."""

    worker: Worker
    columns: list[str] | None
    schema: pa.Schema
    target: str | None

    def learn(self, number: int, *partitions: Any) -> bytes:
        """Return the profile of partitions."""
        self.worker.settle()
        profile = self._new()
        for at, partition in enumerate(partitions, number):
            for part in parts_of(partition, at, self.columns, self.schema):
                with _place(part):
                    profile.update(part.table)
        return profile.to_bytes()

    def merge(self, states: Iterable[bytes]) -> bytes:
        """Return the sum of profiles."""
        merged = self._new()
        for state in states:
            merged.merge(Profile.from_bytes(state))
        return merged.to_bytes()

    def _new(self) -> Profile:
        # It knows the kinds of the columns, whatever a partition has in their place.
        made = Profile(columns=self.columns, target=self.target)
        return made.update(self.schema.empty_table())


@dataclass(frozen=True)
class CountPass:
    """Counts the rows of each partition."""

    worker: Worker
    columns: list[str] | None
    schema: pa.Schema

    def learn(self, number: int, *partitions: Any) -> bytes:
        """Return the number of rows by the number of the partition."""
        counts = {}
        for at, partition in enumerate(partitions, number):
            parts = parts_of(partition, at, self.columns, self.schema)
            counts[str(at)] = sum(part.table.num_rows for part in parts)
        return _counted(counts)

    def merge(self, states: Iterable[bytes]) -> bytes:
        """Return the numbers of all partitions."""
        merged: dict[str, int] = {}
        for state in states:
            merged |= json.loads(state)
        return _counted(merged)

    @staticmethod
    def first_rows(state: bytes) -> list[int]:
        """Return the number of each partition's first row, and that of all rows."""
        counts = {int(number): count for number, count in json.loads(state).items()}
        ends = [0]
        for number in range(max(counts, default=-1) + 1):
            ends.append(ends[-1] + counts.get(number, 0))
        return ends


def _counted(counts: dict[str, int]) -> bytes:
    return json.dumps(counts).encode()


def _place(part: Part) -> Any:
    return located(part.where)


def first_row_of(first_rows: Sequence[int], number: int) -> int:
    """Return the number of a partition's first row."""
    return first_rows[min(number, len(first_rows) - 1)]


def check_rows(first_rows: Sequence[int], number: int, num_rows: int) -> None:
    """Check that a partition still has the rows that were counted; folds depend on them."""
    known = number + 1 < len(first_rows)
    expected = first_rows[number + 1] - first_rows[number] if known else 0
    if num_rows == expected:
        return
    raise errors.DataError(
        f"partition {number}: it has {num_rows} rows, expected the {expected} that were counted "
        "before: the engine has cut the data in another way. Write it to files, or persist it, "
        "first.",
        expected=f"{expected} rows",
        got=f"{num_rows} rows",
        hint="persist the data first",
    )
