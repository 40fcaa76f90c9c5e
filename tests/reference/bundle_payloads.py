"""The payloads of DATA and the forest of MODL, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from itertools import pairwise
from typing import Any

ENTRY_BYTES = {5: 32, 4: 8, 2: 8}


class Corrupt(Exception):
    """A value is out of its range."""


class TooShort(Corrupt):
    """The section is shorter than its header says."""


def align(value: int) -> int:
    return (value + 63) // 64 * 64


def expect(holds: bool) -> None:
    if not holds:
        raise Corrupt


def check_edges(payload: bytes, stated: int) -> None:
    expect(len(payload) % 8 == 0 and stated == len(payload) // 8 + 2)
    edges = struct.unpack(f"<{len(payload) // 8}d", payload)
    expect(all(math.isfinite(edge) for edge in edges))
    expect(all(a < b for a, b in pairwise(edges)))


def check_name(offset: int, length: int, pool: bytes) -> None:
    """Check a range of POOL, which cuts no character."""
    expect(offset + length <= len(pool))
    for edge in (offset, offset + length):
        expect(edge == len(pool) or pool[edge] & 0xC0 != 0x80)


def check_zone_table(payload: bytes) -> None:
    expect(len(payload) >= 8)
    count, first = struct.unpack_from("<Ii", payload)
    expect(count <= 1 << 20 and len(payload) == 8 + (count * 12 + 7) // 8 * 8)
    transitions = struct.unpack_from(f"<{count}q", payload, 8)
    offsets = struct.unpack_from(f"<{count}i", payload, 8 + 8 * count)
    expect(all(abs(offset) <= 26 * 3600 for offset in (first, *offsets)))
    expect(all(a < b for a, b in pairwise(transitions)))


def check_lookup_table(payload: bytes, key_type: int) -> int:
    """Check a lookup table and return its number of entries."""
    expect(len(payload) >= 64)
    stated_type, num_entries, num_cells, arena_length = struct.unpack_from("<IIQQ", payload)
    layout, factor = struct.unpack_from("<I4xQ", payload, 24)
    expect(not any(payload[28:32] + payload[40:64]) and factor % 2 == 1)
    expect(stated_type == key_type and layout <= 1)
    expect(num_entries <= 1 << 30 and num_cells > num_entries and num_cells >= 2)
    expect(num_cells & (num_cells - 1) == 0)
    if layout == 1:
        _check_short_keys(payload, num_entries, num_cells)
        expect(key_type == 5 and arena_length == 0)
        return int(num_entries)
    cells_at = 64 + num_entries * ENTRY_BYTES[key_type]
    cells_end = cells_at + num_cells * 4
    expect(cells_end + arena_length <= len(payload) < cells_end + arena_length + 8)
    if key_type == 5:
        for words in struct.iter_unpack("<4Q", payload[64:cells_at]):
            _check_bytes_entry(words, arena_length)
    else:
        expect(arena_length == 0)
    number_bits = (1 << num_entries.bit_length()) - 1
    cells = [cell for (cell,) in struct.iter_unpack("<I", payload[cells_at:cells_end]) if cell]
    expect(all(1 <= cell & number_bits <= num_entries for cell in cells))
    expect(len(cells) == num_entries)
    return int(num_entries)


def _check_short_keys(payload: bytes, num_entries: int, num_cells: int) -> None:
    expect(len(payload) == 64 + 16 * num_cells)
    slots = list(struct.iter_unpack("<QII", payload[64:]))
    expect(all(number <= num_entries and reserved == 0 for _, number, reserved in slots))
    expect(sum(number != 0 for _, number, _ in slots) == num_entries)


def _check_bytes_entry(words: tuple[int, ...], arena_length: int) -> None:
    tag = words[0] & 0xFF
    if tag == 255:
        length = words[0] >> 32
        expect(words[0] >> 8 & 0xFFFFFF == 0 and length > 31 and words[3] == 0)
        expect(words[2] + length <= arena_length)
    else:
        expect(1 <= tag <= 32)


def check_forest(section: bytes, num_features: int, num_outputs: int) -> None:
    if len(section) < 128:
        raise TooShort
    num_trees, num_nodes, num_slots, num_words, order = struct.unpack_from("<5I", section, 64)
    rounding, leaf_width, num_vectors = struct.unpack_from("<3I", section, 84)
    (program_length,) = struct.unpack_from("<Q", section, 120)
    (exponent,) = struct.unpack_from("<i", section, 96)
    (flags,) = struct.unpack_from("<I", section, 100)
    expect(flags <= 1 and not any(section[104:120]) and program_length <= 1 << 40)
    num_known = num_nodes if flags == 0 else 0
    expect(order in (1, 2, 3) and rounding in (1, 2))
    expect(-1000 <= exponent <= 1000 if order == 3 else exponent == 0)
    expect(num_vectors == 0 if leaf_width == 1 else leaf_width == num_outputs)
    floats = order == 2
    arrays, at = [], 128
    sizes = [(num_trees, 16), (num_slots, 8), (num_nodes, 16), (num_words, 4), (num_outputs, 8)]
    sizes += [(num_vectors * leaf_width, 4 if floats else 8), (num_nodes, 4)]
    for count, size in [*sizes, (num_known, 8), (num_known, 8)]:
        arrays.append((at, at + count * size))
        at = align(at + count * size)
    end = at + program_length
    if end > len(section):
        raise TooShort
    expect(end == len(section))
    expect(num_slots <= 1 << 24)
    ends = [begin for begin, _ in arrays[1:]] + [at]
    for (_, end), padded in zip(arrays, ends, strict=True):
        expect(not any(section[end:padded]))
    trees, slots, nodes, _, bases, vectors, _, covers, gains = (
        section[begin:end] for begin, end in arrays
    )
    for base in struct.unpack(f"<{num_outputs}d", bases):
        expect(is_summand(base, floats))
    letter = "f" if floats else "d"
    expect(all(map(math.isfinite, struct.unpack(f"<{num_vectors * leaf_width}{letter}", vectors))))
    for cover in struct.unpack(f"<{num_known}d", covers):
        expect(math.isfinite(cover) and cover >= 0)
    expect(all(map(math.isfinite, struct.unpack(f"<{num_known}d", gains))))
    treatments = []
    for feature, treatment in struct.iter_unpack("<II", slots):
        expect(feature < num_features and treatment <= 8)
        treatments.append(treatment)
    next_node = 0
    for first, count, output, has_sets in struct.iter_unpack("<4I", trees):
        expect(first == next_node and count > 0 and first + count <= num_nodes)
        expect(output < num_outputs and has_sets <= 1)
        expect(leaf_width == 1 or output == 0)
        next_node += count
        for number in range(first, next_node):
            leaf, left, value = struct.unpack_from("<dII", nodes, number * 16)
            if value == 0:
                expect(left == number)
                expect(is_summand(leaf, floats) if leaf_width == 1 else is_row(leaf, num_vectors))
            else:
                _check_inner(nodes, number, next_node, treatments, has_sets == 1, num_words)
    expect(next_node == num_nodes)
    if order == 3:
        rows = list(struct.iter_unpack(f"<{leaf_width}d", vectors)) if leaf_width != 1 else []
        _check_units(exponent, struct.unpack(f"<{num_outputs}d", bases), trees, nodes, rows)


def _check_units(
    exponent: int, bases: tuple[float, ...], trees: bytes, nodes: bytes, rows: list[Any]
) -> None:
    """Check that leaves are whole numbers of units, and that float64 holds every sum of them."""
    total = max(_units(base, exponent) for base in bases)
    for first, count, _, _ in struct.iter_unpack("<4I", trees):
        most = 0
        for leaf, _, value in struct.iter_unpack("<dII", nodes[16 * first : 16 * (first + count)]):
            if value == 0:
                values = rows[int(leaf)] if rows else [leaf]
                most = max(most, *(_units(number, exponent) for number in values))
        total += most
    expect(total <= 1 << 53)


def _units(value: float, exponent: int) -> int:
    units = Fraction(value) * Fraction(2) ** exponent
    expect(units.denominator == 1 and abs(units) <= 1 << 53)
    return abs(int(units))


def is_summand(value: float, floats: bool) -> bool:
    if not math.isfinite(value) or not floats:
        return math.isfinite(value)
    return abs(value) < 2.0**128 and struct.unpack("<f", struct.pack("<f", value))[0] == value


def is_row(value: float, num_rows: int) -> bool:
    return math.isfinite(value) and value.is_integer() and 0 <= value < num_rows


def _check_inner(
    nodes: bytes, number: int, end: int, treatments: list[int], has_sets: bool, num_words: int
) -> None:
    threshold, left, value = struct.unpack_from("<dII", nodes, number * 16)
    slot = (value & (1 << 31) - 1) - 1
    expect(left > number and left + 1 < end and 0 <= slot < len(treatments))
    if value >> 31 == 0:
        expect(treatments[slot] < 5 and not math.isnan(threshold))
        return
    expect(treatments[slot] >= 5 and has_sets)
    first_word, words = struct.unpack_from("<II", nodes, number * 16)
    expect(words <= 1 << 26 and first_word + words <= num_words)


def check_characters(payload: bytes) -> None:
    """Characters that are not ASCII, ascending."""
    expect(len(payload) % 4 == 0)
    codes = [code for (code,) in struct.iter_unpack("<I", payload)]
    expect(all(a < b for a, b in pairwise([127, *codes])))
    expect(all(_is_character(code) for code in codes))


def is_mark(code: int) -> bool:
    return _is_character(code) and (code > 127 or chr(code) not in "+-0123456789eE")


def _is_character(code: int) -> bool:
    return code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def check_texts(payload: bytes, count: int, *, keeps: bool) -> None:
    """Where each text lies, or a mark in place of its length."""
    expect(count >= 1 and 16 * count <= len(payload))
    num_bytes = len(payload) - 16 * count
    for offset, length in struct.iter_unpack("<QQ", payload[: 16 * count]):
        mark = length == (1 << 64) - 1 or (keeps and length == (1 << 64) - 2)
        expect(offset == 0 if mark else offset + length <= num_bytes)


def check_time_formats(payload: bytes) -> None:
    expect(len(payload) > 0)
    at, item = 0, 0
    while at < len(payload):
        item = payload[at]
        expect(item <= 19)
        at += 1
        if item == 1:
            expect(at < len(payload) and 0 < payload[at] < len(payload) - at)
            at += 1 + payload[at]
    expect(item == 0)


def check_pattern(payload: bytes) -> None:
    """A program whose every way leads to an instruction, and ranges that ascend."""
    expect(len(payload) >= 8)
    count, num_ranges = struct.unpack_from("<II", payload)
    expect(1 <= count <= 256 and len(payload) == 8 + 12 * count + 8 * num_ranges)
    for at in range(count):
        op, a, b = struct.unpack_from("<III", payload, 8 + 12 * at)
        expect(op <= 6)
        expect(op in (0, 2, 3) or at + 1 < count)
        expect(op not in (2, 3) or a < count)
        expect(op != 2 or b < count)
        expect(op != 1 or a + b <= num_ranges)
        expect(op != 6 or 1 <= a <= 5)
        expect(op in (1, 2, 3, 6) or a == 0)
        expect(op in (1, 2) or b == 0)
    for first, last in struct.iter_unpack("<II", payload[8 + 12 * count :]):
        expect(first <= last <= 0x10FFFF)
