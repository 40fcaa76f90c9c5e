"""What a device counts for drift: a plan for it to read, and the counts that it sends home.

A device has no room for a profile: it counts numbers between fixed edges and known categories. Both
come from the bundle's reference profile.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from mainspring import _engine
from mainspring.errors import BundleCorruptError, ParameterError, SchemaError, UnsupportedError
from mainspring.pack.contents import Input, plan_inputs
from mainspring.profiles import Profile

__all__ = [
    "CountedColumn",
    "add_counts",
    "count_plan",
    "counted_columns",
    "is_counts",
    "plan_id",
    "read_counts",
]

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
class CountedColumn:
    """A column that is counted, and what its bins stand for.

    Attributes
    ----------
    given : Input
        The bundle's input.
    kind : str
        Of the profile: "number", "boolean", "text" or "timestamp".
    num_bins : int
        Bins, beside missing rows.
    edges, grid : tuple of float
        Of numbers: between which a bin lies, and values of the reference, ascending.
    categories, others : tuple of (str, int)
        Of strings: those that have a bin, those that share one, and how often they were.
    """

    given: Input
    kind: str
    num_bins: int
    edges: tuple[float, ...] = ()
    grid: tuple[float, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    others: tuple[tuple[str, int], ...] = ()


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
    counted = counted_columns(bundle, num_bins, max_categories)
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
        found, num_rows, words = read_counts(part)
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


def plan_id(plan: bytes) -> int:
    """Return what counts of a plan are told apart by.

    Parameters
    ----------
    plan : bytes
        What :func:`count_plan` returned.

    Returns
    -------
    int
        64 bits of the digest of what is counted.
    """
    return int(_PLAN.unpack_from(plan)[4])


def _id(body: bytes) -> int:
    return int.from_bytes(hashlib.sha256(body).digest()[:8], "little")


def _sealed(data: bytes) -> bytes:
    at = _CRC_AT[data[:8]]
    return data[:at] + struct.pack("<I", _engine.crc32c(data)) + data[at + 4 :]


def read_counts(data: bytes) -> tuple[int, int, tuple[int, ...]]:
    """Read what a device sent.

    Parameters
    ----------
    data : bytes
        The counts; nothing in them is trusted.

    Returns
    -------
    tuple of (int, int, tuple of int)
        The plan's id, the rows, and the words: missing rows and bins of each counted column.

    Raises
    ------
    BundleCorruptError
        When the bytes are cut, changed or something else.
    """
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


def counted_columns(bundle: bytes, num_bins: int, max_categories: int) -> list[CountedColumn]:
    """Say which columns are counted, and how.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file with its reference profile.
    num_bins, max_categories : int
        As of :func:`count_plan`.

    Returns
    -------
    list of CountedColumn
        In the order of the bundle's inputs.

    Raises
    ------
    UnsupportedError
        When the bundle has no reference profile.
    """
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
    found: dict[str, CountedColumn] = {}
    for given in plan_inputs(bundle):
        if given.name in known and given.name not in found:
            column = _counted(profile, given, num_bins, max_categories)
            if column is not None:
                found[given.name] = column
    return list(found.values())


def _counted(
    profile: Profile, given: Input, num_bins: int, max_categories: int
) -> CountedColumn | None:
    levels = [(i + 0.5) / _GRID for i in range(_GRID)]
    (known,) = profile._native.summary(levels, _MAX_CATEGORIES * 2, given.name)
    kind = str(known["kind"])
    if kind == "boolean" and given.kind in (_FLOAT, _INTEGER):
        return CountedColumn(given, kind, 2, edges=(0.0,))
    if kind == "text" and given.kind == _BYTES:
        top = [(str(name), int(count)) for name, count in known["top"]]
        plain = [entry for entry in top if len(entry[0].encode()) < _MAX_BYTES]
        named = plain[:max_categories]
        chosen = set(named)
        others = tuple(entry for entry in top if entry not in chosen)
        return CountedColumn(given, kind, len(named) + 1, categories=tuple(named), others=others)
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
    return CountedColumn(given, kind, len(edges) + 1, edges=tuple(edges), grid=(low, *grid, high))


def _entries(column: CountedColumn) -> tuple[bytes, float, int]:
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
