"""What a device counts for drift, and the profile that the counts of a fleet become.

A device has no room for a profile: it counts numbers between fixed edges and known categories. Both
come from the bundle's reference profile, and at home so does what lies between two edges: values of
a bin are spread as they were in the reference, so that drift is what moved from bin to bin.
"""

from __future__ import annotations

import hashlib
import math
import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring import _engine
from mainspring.errors import BundleCorruptError, ParameterError, SchemaError, UnsupportedError
from mainspring.pack.contents import Input, plan_inputs
from mainspring.profiles import Profile

__all__ = ["add_counts", "count_plan", "is_counts", "profile_of_counts"]

# csrc/runtime/counters/count_plan.hpp
_PLAN_MAGIC, _COUNTS_MAGIC, _VERSION = b"SPRCPLAN", b"SPRCOUNT", 1
_PLAN = struct.Struct("<8sIIQQII24x")
_COLUMN = struct.Struct("<IIIIIIQd24x")
_SLOT = struct.Struct("<QII")
_COUNTS = struct.Struct("<8sIIQQI28x")
_CRC_AT = {_PLAN_MAGIC: 36, _COUNTS_MAGIC: 32}
_NUMBERS, _CATEGORIES = 1, 2
_FLOAT, _INTEGER, _BYTES, _TIMESTAMP = 1, 2, 3, 4
# A profile has times in microseconds; a device has them in the unit of the bundle's input.
_MICROSECONDS = {1: 1e6, 2: 1e3, 3: 1.0, 4: 1e-3, 5: 86400e6}
_MAX_BYTES = 256  # a profile keeps the beginning of a longer string
_GRID = 1000
_MAX_BINS = 1024
_MAX_CATEGORIES = 32768


@dataclass(frozen=True)
class _Counted:
    """A column that is counted, and what its bins stand for."""

    given: Input
    kind: str  # of the profile: number, boolean, text, timestamp
    num_bins: int
    edges: tuple[float, ...] = ()
    grid: tuple[float, ...] = ()  # of numbers: values of the reference, ascending
    categories: tuple[tuple[str, int], ...] = ()  # those that have a bin, and how often they were
    others: tuple[tuple[str, int], ...] = ()  # those that share one


def count_plan(bundle: bytes, *, num_bins: int = 20, max_categories: int = 256) -> bytes:
    """Return what a device reads to count: ``mainspring_counters_open`` of the C interface.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file with its reference profile.
    num_bins : int, default 20
        Bins of a column of numbers, 1 to 1,024, that the reference fills equally; two more hold
        what lies outside of its range. A bin takes 8 bytes on a device.
    max_categories : int, default 256
        The most frequent strings of a column, 1 to 32,768, that are told apart.

    Returns
    -------
    bytes
        A file to hand over in memory aligned to 64. Columns of lists, and those that the profile
        has as another kind than the bundle reads, are not counted.

    Raises
    ------
    UnsupportedError
        When the bundle has no reference profile.
    ParameterError
        When a number is out of its range.
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    for name, value, most in (
        ("num_bins", num_bins, _MAX_BINS),
        ("max_categories", max_categories, _MAX_CATEGORIES),
    ):
        if not 1 <= value <= most:
            raise ParameterError(
                f"{name} is {value!r}, expected 1 to {most:,}.",
                expected=f"1 to {most:,}",
                got=repr(value),
            )
    counted = _counted_columns(bundle, num_bins, max_categories)
    records, data, first_word = [], bytearray(), 0
    data_at = _PLAN.size + _COLUMN.size * len(counted)
    for column in counted:
        entries, scale, counted_as = _entries(column)
        size = 8 if counted_as == _NUMBERS else _SLOT.size
        records.append(
            _COLUMN.pack(
                column.given.number,
                counted_as,
                first_word,
                column.num_bins,
                len(entries) // size,
                0,
                data_at + len(data),
                scale,
            )
        )
        data += entries
        first_word += 1 + column.num_bins
    body = b"".join(records) + bytes(data)
    header = (_PLAN_MAGIC, _VERSION, len(counted), _PLAN.size + len(body), _id(body), first_word, 0)
    return _sealed(_PLAN.pack(*header) + body)


def is_counts(data: bytes) -> bool:
    """Say whether bytes are what a device sent.

    Parameters
    ----------
    data : bytes
        The contents of a file.

    Returns
    -------
    bool
        By its first bytes; whether they are whole is not looked at.
    """
    return data[: len(_COUNTS_MAGIC)] == _COUNTS_MAGIC


def add_counts(parts: Iterable[bytes]) -> bytes:
    """Add up what devices have counted.

    Parameters
    ----------
    parts : iterable of bytes
        What ``mainspring_counters_report`` gave, of devices with the same plan, in any order.

    Returns
    -------
    bytes
        Counts again.

    Raises
    ------
    BundleCorruptError
        When bytes are no whole counts.
    SchemaError
        When counts were made with another plan than the first ones, or there are none.
    """
    total: list[int] = []
    plan = None
    for part in parts:
        found, num_rows, words = _read_counts(part)
        if plan is not None and found != plan:
            raise SchemaError(
                "The counts were made with another plan; devices that are added up need the same "
                "one. Add those of each bundle by themselves.",
                expected=f"plan {plan:016x}",
                got=f"plan {found:016x}",
            )
        plan = found
        added = [num_rows, *words]
        total = [a + b for a, b in zip(total, added, strict=True)] if total else added
    if plan is None:
        raise SchemaError("There are no counts to add up.")
    header = _COUNTS.pack(_COUNTS_MAGIC, _VERSION, len(total) - 1, plan, total[0], 0)
    return _sealed(header + struct.pack(f"<{len(total) - 1}Q", *total[1:]))


def profile_of_counts(
    bundle: bytes, counts: bytes, *, num_bins: int = 20, max_categories: int = 256
) -> Profile:
    """Return a profile of the rows that devices have counted.

    Parameters
    ----------
    bundle : bytes
        The contents of the ``.spring`` file whose reference profile the plan was made of.
    counts : bytes
        What a device sent, or :func:`add_counts` of many.
    num_bins, max_categories : int
        As :func:`count_plan` was called.

    Returns
    -------
    Profile
        Of the counted columns. Missing rows, and rows of a category that has a bin, are exact.
        Within a bin, numbers are spread as in the reference, and so are the rare strings that share
        one; so drift inside of a bin is not seen. Strings that the reference lacks are called
        ``(unseen)``.

    Raises
    ------
    SchemaError
        When the counts were made with another plan.
    BundleCorruptError
        When bytes are no whole counts.
    UnsupportedError
        When the bundle has no reference profile.
    """
    plan = count_plan(bundle, num_bins=num_bins, max_categories=max_categories)
    expected = _PLAN.unpack_from(plan)[4]
    found, num_rows, words = _read_counts(counts)
    if found != expected:
        raise SchemaError(
            "The counts were made with another plan than this bundle's. Name the bundle that the "
            "devices have, with the bins and categories of its plan.",
            expected=f"plan {expected:016x}",
            got=f"plan {found:016x}",
        )
    columns = {}
    at = 0
    for column in _counted_columns(bundle, num_bins, max_categories):
        missing, bins = words[at], words[at + 1 : at + 1 + column.num_bins]
        if missing + sum(bins) != num_rows:
            raise BundleCorruptError(
                f"Column '{column.given.name}' has {missing + sum(bins):,} counted rows of "
                f"{num_rows:,}. Fetch the counts again.",
                column=column.given.name,
            )
        columns[column.given.name] = (column.kind, _runs(column, missing, bins))
        at += 1 + column.num_bins
    return _profile_of_runs(columns, num_rows)


def _id(body: bytes) -> int:
    return int.from_bytes(hashlib.sha256(body).digest()[:8], "little")


def _sealed(data: bytes) -> bytes:
    at = _CRC_AT[data[:8]]
    return data[:at] + struct.pack("<I", _engine.crc32c(data)) + data[at + 4 :]


def _read_counts(data: bytes) -> tuple[int, int, tuple[int, ...]]:
    """Return the plan's id, the rows and the words."""
    known = len(data) >= _COUNTS.size and is_counts(data)
    _, version, num_words, plan, num_rows, crc = (
        _COUNTS.unpack_from(data) if known else (b"", 0, 0, 0, 0, 0)
    )
    whole = known and version == _VERSION and len(data) == _COUNTS.size + 8 * num_words
    at = _CRC_AT[_COUNTS_MAGIC]
    if not whole or _engine.crc32c(data[:at] + bytes(4) + data[at + 4 :]) != crc:
        raise BundleCorruptError(
            "These bytes are no whole counts of a device: expected what "
            "mainspring_counters_report gave. Fetch them again.",
            expected="counts",
            got=f"{len(data)} other bytes",
        )
    return plan, num_rows, struct.unpack_from(f"<{num_words}Q", data, _COUNTS.size)


def _counted_columns(bundle: bytes, num_bins: int, max_categories: int) -> list[_Counted]:
    opened = _engine.Bundle.open(bundle, "the bundle")
    if not opened.profile:
        raise UnsupportedError(
            "The bundle has no reference profile, so there is nothing that counts could be "
            "compared with. Use the bundle as it was saved, before it was packed.",
            expected="a bundle with its profile",
            got="none",
        )
    profile = Profile.from_bytes(opened.profile)
    known = set(profile.columns)
    found: dict[str, _Counted] = {}
    for given in plan_inputs(bundle):
        if given.name in known and given.name not in found:
            column = _counted(profile, given, num_bins, max_categories)
            if column is not None:
                found[given.name] = column
    return list(found.values())


def _counted(profile: Profile, given: Input, num_bins: int, max_categories: int) -> _Counted | None:
    levels = [(i + 0.5) / _GRID for i in range(_GRID)]
    (known,) = profile._native.summary(levels, _MAX_CATEGORIES * 2, given.name)
    kind = str(known["kind"])
    if kind == "boolean" and given.kind in (_FLOAT, _INTEGER):
        return _Counted(given, kind, 2, edges=(0.0,))
    if kind == "text" and given.kind == _BYTES:
        top = [(str(name), int(count)) for name, count in known["top"]]
        plain = [entry for entry in top if len(entry[0].encode()) < _MAX_BYTES]
        named = plain[:max_categories]
        chosen = set(named)
        others = tuple(entry for entry in top if entry not in chosen)
        return _Counted(given, kind, len(named) + 1, categories=tuple(named), others=others)
    numbers = (kind == "number" and given.kind in (_FLOAT, _INTEGER)) or (
        kind == "timestamp" and given.kind == _TIMESTAMP
    )
    if not numbers or "min" not in known:
        return None
    # Between two infinities there is no straight line.
    grid = tuple(float(value) for value in known["quantiles"] if value == value)
    inner = {grid[i * len(grid) // num_bins] for i in range(1, num_bins) if grid}
    low, high = float(known["min"]), float(known["max"])
    edges = sorted({math.nextafter(low, -math.inf), high, *inner})
    return _Counted(given, kind, len(edges) + 1, edges=tuple(edges), grid=(low, *grid, high))


def _entries(column: _Counted) -> tuple[bytes, float, int]:
    """Return edges or slots, what integers are multiplied by, and how the column is counted."""
    if column.kind != "text":
        scale = _MICROSECONDS[column.given.unit] if column.kind == "timestamp" else 1.0
        return struct.pack(f"<{len(column.edges)}d", *column.edges), scale, _NUMBERS
    size = 2
    names = [name for name, _ in column.categories]
    while size < 2 * len(names):
        size *= 2
    slots = [(0, 0, 0)] * size
    for number, name in enumerate(names):
        hashed = _engine.hash_bytes(name.encode("utf-8", "surrogateescape"))
        at = hashed % size
        while slots[at][2]:
            at = (at + 1) % size
        slots[at] = (hashed, number, 1)
    return b"".join(_SLOT.pack(*slot) for slot in slots), 1.0, _CATEGORIES


def _runs(column: _Counted, missing: int, bins: Sequence[int]) -> list[tuple[Any, int]]:
    """Return values and how many rows have them; None is missing."""
    runs: list[tuple[Any, int]] = [(None, missing)]
    if column.kind == "boolean":
        runs += [(False, bins[0]), (True, bins[1])]
    elif column.kind == "text":
        named = zip(column.categories, bins[:-1], strict=True)
        runs += [(name, count) for (name, _), count in named]
        if column.others:
            runs += _spread(bins[-1], column.others)
        else:
            runs.append((_unseen(column), bins[-1]))
    else:
        of_bin: list[list[float]] = [[] for _ in bins]
        for value in column.grid:
            of_bin[bisect_left(column.edges, value)].append(value)
        of_bin[-1] = of_bin[-1] or [math.nextafter(column.edges[-1], math.inf)]
        for number, count in enumerate(bins):
            values = of_bin[number] or [column.edges[number]]
            runs += _spread(count, [(value, 1) for value in values])
    return [run for run in runs if run[1]]


def _unseen(column: _Counted) -> str:
    name = "(unseen)"
    while name in {known for known, _ in column.categories}:
        name = f"({name})"
    return name


def _spread(count: int, shares: Sequence[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """Divide rows over values by their shares; what is left of a division goes on to the next."""
    total = sum(share for _, share in shares)
    runs, before, given = [], 0, 0
    for value, share in shares:
        before += share
        end = (count * before + total // 2) // total
        runs.append((value, end - given))
        given = end
    return runs


def _profile_of_runs(
    columns: dict[str, tuple[str, list[tuple[Any, int]]]], num_rows: int
) -> Profile:
    """Profile rows that are given as runs of equal values.

    The rows are cut where a run of any column ends, and what lies between is one row, so many
    times. Rows of each bit of these numbers are profiled once; doubling does the rest.
    """
    import pyarrow as pa

    types = {
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
        "timestamp": pa.timestamp("us"),
    }
    ends = sorted({end for _, runs in columns.values() for end in _ends(runs)})
    weights = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    rows = {}
    for name, (kind, runs) in columns.items():
        values, at, run_ends = [], 0, _ends(runs)
        for end in ends:
            while run_ends[at] < end:
                at += 1
            values.append(runs[at][0])
        if kind == "timestamp":
            values = [None if value is None else round(value) for value in values]
        rows[name] = pa.array(values, types[kind])
    table = pa.table(rows)
    whole = Profile()
    whole.update(table.slice(0, 0))
    for bit in reversed(range(num_rows.bit_length())):
        whole.merge(Profile.from_bytes(whole.to_bytes()))
        chosen = [number for number, weight in enumerate(weights) if weight >> bit & 1]
        if chosen:
            whole.update(table.take(pa.array(chosen, pa.int64())))
    return whole


def _ends(runs: Sequence[tuple[Any, int]]) -> list[int]:
    ends, end = [], 0
    for _, count in runs:
        end += count
        ends.append(end)
    return ends
