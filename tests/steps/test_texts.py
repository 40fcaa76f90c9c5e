"""Steps over strings against plain Python, on any strings and rows."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import steps as oracle
from tests.reference.case import LETTERS as LETTERS_OF_CASES
from tests.reference.hashes import hash_bucket
from tests.reference.parse_datetime import CLOCKS, OFFSETS, texts
from tests.steps.plans import (
    BYTES,
    CHANGE_CASE,
    EXTRACT,
    F64,
    FLOAT,
    GATHER_BYTES,
    HASH,
    HASH_BUCKET,
    I32,
    I64,
    INTEGER,
    LOOKUP,
    NULL_IF,
    PARSE_DATETIME,
    PARSE_NUMBER,
    STRIP,
    TEXT,
    Plan,
    lookup_table,
)

BUCKETS = 1 << 24
TYPES = {TEXT: pa.binary(), FLOAT: pa.float64(), INTEGER: pa.int64()}
BYTES_OF_TEXT = st.text(max_size=8).map(str.encode) | st.binary(max_size=6)
strings = st.lists(st.none() | BYTES_OF_TEXT | st.sampled_from([b"", b" a ", b"\xe9"]), max_size=80)


def hashed(plan: Plan, slot: int) -> None:
    """The hash of the value as a feature: float32 holds as many buckets exactly."""
    number = plan.step(HASH, [slot], I64)
    plan.store(plan.step(HASH_BUCKET, [number], I32, integers=(0, 0, 0, BUCKETS)))


def run(code: int, column: list[Any], out: int, kind: int = TEXT, **fields: Any) -> np.ndarray:
    plan = Plan()
    slot = plan.step(code, [plan.load("x", kind)], out, **fields)
    plan.store(slot) if out == F64 else hashed(plan, slot)
    return plan.run(x=pa.array(column, TYPES[kind]))[:, 0]


def hashes(values: list[Any]) -> np.ndarray:
    return np.array([hash_bucket(oracle.hash(value), BUCKETS) for value in values], np.float32)


def character_set(characters: str) -> bytes:
    codes = sorted({ord(character) for character in characters})
    ascii_bits = sum(1 << code for code in codes if code < 128)
    others = [code for code in codes if code >= 128]
    return struct.pack(f"<2Q{len(others)}I", ascii_bits % 2**64, ascii_bits >> 64, *others)


@given(strings, st.text(min_size=1, max_size=4), st.sampled_from([1, 2, 3]))
def test_strip_on_any_bytes_takes_what_python_takes(
    column: list[bytes | None], characters: str, sides: int
) -> None:
    column = [*column, *(None if v is None else characters.encode() + v for v in column)]
    payload = character_set(characters)
    got = run(STRIP, column, BYTES, integers=(sides,), payload=payload)
    np.testing.assert_array_equal(
        got, hashes([oracle.strip(value, characters, sides) for value in column])
    )


@given(strings)
def test_null_if_on_any_bytes_drops_those_given(column: list[bytes | None]) -> None:
    values = [b"", b"\xe9", b"a" * 40]
    got = run(NULL_IF, column, BYTES, payload=lookup_table(values))
    np.testing.assert_array_equal(got, hashes([oracle.null_if(v, values) for v in column]))


@given(st.lists(st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=80))
def test_null_if_on_any_integers_drops_those_given(column: list[int | None]) -> None:
    got = run(NULL_IF, column, I64, INTEGER, payload=lookup_table([0, 2, -(2**63)]))
    np.testing.assert_array_equal(
        got, hashes([oracle.null_if(v, [0, 2, -(2**63)]) for v in column])
    )


@given(st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.5]), max_size=80))
def test_null_if_on_any_numbers_drops_those_given(column: list[float | None]) -> None:
    got = run(NULL_IF, column, F64, FLOAT, payload=lookup_table([0.0, 1.5]))
    expected = [oracle.store(oracle.null_if(value, [0.0, 1.5])) for value in column]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


NUMBERS = st.text("0123456789,.+-e", max_size=14).map(str.encode)


@given(st.lists(st.none() | NUMBERS | BYTES_OF_TEXT, max_size=80))
def test_parse_number_on_any_bytes_equals_float(column: list[bytes | None]) -> None:
    got = run(PARSE_NUMBER, column, F64, integers=(ord("."), ord(",")))
    expected = [oracle.store(oracle.parse_number(value, ".", ",")) for value in column]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


@given(strings)
def test_gather_bytes_gives_texts_by_id_or_keeps_the_rows_own(column: list[bytes | None]) -> None:
    keys = [b"", b" a ", b"\xe9"]
    found: list[bytes | bool | None] = [None, True, b"first", b"", b"last one"]
    arena = b"".join(text for text in found if isinstance(text, bytes))
    entries, at = b"", 0
    for text in found:
        length = len(text) if isinstance(text, bytes) else 2**64 - (1 if text is None else 2)
        entries += struct.pack("<2Q", at if isinstance(text, bytes) else 0, length)
        at += len(text) if isinstance(text, bytes) else 0
    plan = Plan()
    loaded = plan.load("x", TEXT)
    ids = plan.step(LOOKUP, [loaded], I32, integers=(0, 0, 0, 5), payload=lookup_table(keys))
    fields: dict[str, Any] = {"integers": (0, 0, 0, 5), "payload": entries + arena}
    hashed(plan, plan.step(GATHER_BYTES, [ids, loaded], BYTES, **fields))
    got = plan.run(x=pa.array(column, pa.binary()))[:, 0]

    def number(value: bytes | None) -> int:
        return 0 if value is None else 2 + keys.index(value) if value in keys else 1

    expected = [oracle.gather_bytes(number(value), found, value) for value in column]
    np.testing.assert_array_equal(got, hashes(expected))


ITEMS = {letter: 3 + place for place, letter in enumerate("YymdHIMSfpbBaAz")}


def items_of(form: str) -> bytes:
    """The items of a format, each character of its own."""
    items, at = b"", 0
    while at < len(form):
        directive = form[at] == "%" and form[at + 1] != "%"
        at += form[at] == "%"
        character = form[at]
        space = bytes([2]) if character == " " else bytes([1, 1]) + character.encode()
        items += bytes([ITEMS[character]]) if directive else space
        at += 1
    return items + b"\0"


def as_bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


@given(st.lists(st.none() | texts(*CLOCKS, *OFFSETS).map(as_bytes)))
def test_parse_datetime_on_any_times_equals_strptime(column: list[bytes | None]) -> None:
    formats = [*CLOCKS, *OFFSETS]
    got = run(PARSE_DATETIME, column, I64, payload=b"".join(map(items_of, formats)))
    expected = [oracle.parse_datetime(value, formats) for value in column]
    np.testing.assert_array_equal(got, hashes(expected))


def test_parse_datetime_takes_digits_as_they_come() -> None:
    column = [b"3112024", b"31122024", b"1112024", b"01012024"]
    got = run(PARSE_DATETIME, column, I64, payload=items_of("%d%m%Y"))
    # strptime gives digits back: the first and the third are the first of January to it.
    expected = [None if len(v) == 7 else oracle.parse_datetime(v, ["%d%m%Y"]) for v in column]
    np.testing.assert_array_equal(got, hashes(expected))
    assert not math.isnan(got[0])


LETTERS = st.text(LETTERS_OF_CASES, max_size=6).map(str.encode)


@given(
    st.lists(st.none() | LETTERS | st.tuples(LETTERS, st.binary(max_size=3)).map(b"".join)),
    st.sampled_from([(1, "lower"), (2, "upper"), (3, "title"), (4, "fold")]),
)
def test_change_case_on_any_bytes_equals_python(
    column: list[bytes | None], form: tuple[int, str]
) -> None:
    got = run(CHANGE_CASE, column, BYTES, integers=(form[0],))
    expected = [oracle.change_case(value, form[1]) for value in column]
    np.testing.assert_array_equal(got, hashes(expected))


def characters(program: list[tuple[int, int, int]], *ranges: tuple[int, int]) -> bytes:
    """The payload of a program."""
    packed = [struct.pack("<3I", *instruction) for instruction in program]
    ends = [struct.pack("<2I", *pair) for pair in ranges]
    return struct.pack("<2I", len(packed), len(ends)) + b"".join([*packed, *ends])


@given(strings)
def test_extract_on_any_bytes_finds_what_re_finds(column: list[bytes | None]) -> None:
    # ([a-z]+)[^a-z]: begin, letter, split back or on, end, another character, match.
    program = [(4, 0, 0), (1, 0, 1), (2, 1, 3), (5, 0, 0), (1, 1, 2), (0, 0, 0)]
    payload = characters(program, (97, 122), (0, 96), (123, 0x10FFFF))
    got = run(EXTRACT, column, BYTES, payload=payload)
    pattern = "([a-z]+)[^a-z\udc80-\udcff]"  # no byte that is not UTF-8
    np.testing.assert_array_equal(got, hashes([oracle.extract(v, pattern, 1) for v in column]))
