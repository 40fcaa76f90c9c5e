"""Long columns of strings are counted by another way than short ones: the counts are the same."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms

ROWS = 40_000


def texts(kind: str, rows: int = ROWS) -> list[bytes]:
    """Strings of a kind, some frequent and some rare."""
    rng = np.random.default_rng(7)
    ranks = np.minimum(rng.zipf(1.3, rows), 900)
    if kind == "words":
        return [b"category_%08d" % rank for rank in ranks]
    if kind == "lengths":  # every length around what is compared at once
        return [b"abcdefghijklmnopqrstuvwxyz0123456789"[: rank % 37] for rank in ranks]
    if kind == "zeros":  # told apart by their length alone
        return [b"\0" * (rank % 34) for rank in ranks]
    if kind == "halves":  # whose halves are swapped, and that differ in one byte anywhere
        base = bytearray(32)
        swapped = []
        for rank in ranks:
            text = base.copy()
            text[rank % 32] = 1 + rank % 3
            swapped.append(bytes(text))
        return swapped
    return [b"%d" % value for value in rng.integers(0, 30_000, rows)]  # many are met once


KINDS = ["words", "lengths", "zeros", "halves", "many"]


def counts(column: pa.Array | pa.ChunkedArray) -> tuple[Counter[bytes], ms.ColumnProfile]:
    profile = ms.profile(pa.table({"s": column})).column("s")
    return Counter({_bytes(value): count for value, count in profile.top}), profile


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_counts_of_long_columns_are_pythons(kind: str, type_: pa.DataType) -> None:
    given = texts(kind)
    found, profile = counts(pa.array(given, type_))
    wanted = Counter(given)
    assert profile.distinct == len(wanted)
    assert [found[value] for value in found] == [wanted[value] for value in found]
    assert sorted(found.values()) == sorted(wanted.values())[-len(found) :]
    lengths = [len(value) for value in given]
    assert profile.min_bytes == min(lengths)
    assert profile.max_bytes == max(lengths)
    assert profile.mean_bytes == pytest.approx(np.mean(lengths), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_of_long_columns_are_those_of_short_ones(kind: str) -> None:
    table = pa.table({"s": pa.array(texts(kind), pa.binary())})
    whole, parts = ms.profile(table), ms.Profile()
    for first in range(0, ROWS, 1_000):
        parts.update(table.slice(first, 1_000))
    assert whole.to_bytes() == parts.to_bytes()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999, 1.0])
def test_bytes_when_rows_are_missing_or_cut_off_are_those_of_short_ones(share: float) -> None:
    missing = np.random.default_rng(3).random(ROWS) < share
    column = pa.array(texts("lengths"), pa.binary(), mask=missing)
    for offset in (0, 1, 1_000):
        table = pa.table({"s": column.slice(offset, ROWS - offset - 3)})
        whole, parts = ms.profile(table), ms.Profile()
        for first in range(0, table.num_rows, 777):
            parts.update(table.slice(first, 777))
        assert whole.column("s").missing == int(missing[offset : ROWS - 3].sum())
        assert whole.to_bytes() == parts.to_bytes()


def test_bytes_when_there_are_more_values_than_are_kept_are_those_of_short_ones() -> None:
    rng = np.random.default_rng(5)
    frequent = rng.integers(0, 50, 150_000)
    given = np.where(rng.random(150_000) < 0.5, frequent, np.arange(150_000))
    table = pa.table({"s": [f"value {k}" for k in given]})
    whole, parts = ms.profile(table), ms.Profile()
    for first in range(0, len(given), 512):
        parts.update(table.slice(first, 512))
    assert not whole.column("s").exact
    assert whole.to_bytes() == parts.to_bytes()


@pytest.mark.parametrize("kind", [*KINDS, "eight", "codes"])
def test_counts_when_a_column_comes_in_chunks_are_those_of_one(kind: str) -> None:
    given = {
        "eight": [b"%08d" % n for n in np.random.default_rng(8).integers(0, 5_000, ROWS)],
        "codes": [b"c%011d" % n for n in np.random.default_rng(9).zipf(1.2, ROWS) % 10**9],
    }.get(kind) or texts(kind)
    ends = [0, 1, 700, 10_000, 31_000, ROWS]
    chunks = [given[a:b] for a, b in pairwise(ends)]
    table = pa.table({"s": pa.chunked_array(chunks, pa.binary())})
    whole = pa.table({"s": pa.array(given, pa.binary())})
    assert ms.profile(table).to_bytes() == ms.profile(whole).to_bytes()
    short = ms.Profile()
    for first in range(0, ROWS, 20_000):  # counted by the other way
        short.update(whole.slice(first, 20_000))
    assert short.to_bytes() == ms.profile(whole).to_bytes()


def test_strings_when_too_many_for_their_counts_are_all_counted() -> None:
    rng = np.random.default_rng(10)
    given = [b"id_%09d" % n for n in rng.permutation(120_000)] + [b"id_frequent"] * 30_000
    order = rng.permutation(len(given))
    values = pa.array([given[n] for n in order], pa.binary())
    chunks = [values.slice(first, 50_000) for first in range(0, len(given), 50_000)]
    found = ms.profile(pa.table({"s": pa.chunked_array(chunks)})).column("s")
    assert not found.exact
    assert found.num_rows == len(given)
    value, count = found.top[0]
    assert _bytes(value) == b"id_frequent"
    assert count <= 30_000 <= count + found.count_error
    assert found.min_bytes == 11
    assert found.max_bytes == 12
