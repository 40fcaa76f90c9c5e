"""The section of a network, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct

from tests.reference.bundle_dense import padded, rows_of
from tests.reference.bundle_payloads import TooShort, align, expect

NETWORK = 4
LAYER = struct.Struct("<IIIIddIII20s")
FIRST = 128
DENSE, CENTER, SCALE, NORM, FEATURES, EMBEDDING, JOIN, DOT, FACTORIZATION = (
    1,
    2,
    3,
    4,
    *range(6, 11),
)
CROSS, ADD, MULTIPLY = 11, 12, 13
MOST_NUMBERS = 1 << 20
READS = {JOIN: None, CROSS: 3, ADD: 2, MULTIPLY: 2}


def check_network(section: bytes, num_features: int, num_outputs: int) -> None:
    if len(section) < FIRST:
        raise TooShort
    num_layers, num_words = struct.unpack_from("<II", section, 64)
    expect(1 <= num_layers <= 256 and not any(section[72:FIRST]))
    words_at = FIRST + num_layers * LAYER.size
    at = words_at + align(4 * num_words)
    if at > len(section):
        raise TooShort
    expect(not any(section[words_at + 4 * num_words : at]))
    words = struct.unpack_from(f"<{num_words}I", section, words_at)
    widths: list[int] = []
    numbers: list[list[tuple[int, int]]] = []
    next_word, end = 0, at
    for number in range(num_layers):
        layer = LAYER.unpack_from(section, FIRST + number * LAYER.size)
        kind, inputs, outputs, activation, slope, epsilon, first, count, width, reserved = layer
        expect(1 <= kind <= 4 or 6 <= kind <= 13)
        expect(activation <= 8 and math.isfinite(slope))
        expect(activation in (2, 6) or struct.pack("<d", slope) == bytes(8))
        expect(math.isfinite(epsilon) and epsilon >= 0)
        expect(kind == NORM or struct.pack("<d", epsilon) == bytes(8))
        expect(1 <= inputs <= 1 << 20 and 1 <= outputs <= 1 << 20)
        expect(count != 0 and not any(reserved) and first == next_word)
        next_word += count
        expect(next_word <= num_words)
        own = words[first:next_word]
        check_sizes(kind, inputs, outputs, width, own, widths, num_features)
        widths.append(outputs)
        expect(sum(padded(outputs, 32) for outputs in widths) <= MOST_NUMBERS)
        rows: list[tuple[int, int]] = []
        if kind <= NORM:
            rows = rows_of(kind, inputs, outputs, 32)
        elif kind == EMBEDDING:
            total = sum(own[1::2]) * width
            rows = [(total, padded(total, 16))]
        numbers.append(rows)
        size = 4 * sum(used for _, used in rows)
        if size > len(section) - end:
            raise TooShort
        end += size
    expect(next_word == num_words and widths[-1] == num_outputs and end == len(section))
    for number, rows in enumerate(numbers):
        (kind,) = struct.unpack_from("<I", section, FIRST + number * LAYER.size)
        for row, (used, count) in enumerate(rows):
            values = struct.unpack_from(f"<{used}f", section, at)
            expect(all(map(math.isfinite, values)))
            expect(not any(section[at + 4 * used : at + 4 * count]))
            expect(kind != CENTER or row == 0 or 0.0 not in values)
            at += 4 * count


def check_sizes(
    kind: int,
    inputs: int,
    outputs: int,
    width: int,
    own: tuple[int, ...],
    widths: list[int],
    num_features: int,
) -> None:
    if kind == FEATURES:
        expect(inputs == outputs == len(own) and width == 0)
        expect(all(feature < num_features for feature in own))
    elif kind == EMBEDDING:
        expect(2 * inputs == len(own) and width != 0 and inputs * width == outputs)
        expect(all(feature < num_features for feature in own[::2]))
        expect(all(1 <= rows <= 1 << 31 for rows in own[1::2]))
    else:
        wanted = READS.get(kind, 1)
        expect(wanted is None or len(own) == wanted)
        expect(all(layer < len(widths) for layer in own))
        read = [widths[layer] for layer in own]
        expect(sum(read) == inputs if wanted is None else set(read) == {inputs})
        if kind in (DOT, FACTORIZATION):
            expect(width != 0 and inputs % width == 0)
            count = inputs // width
            pairs = count * (count - 1) // 2
            expect(outputs == 1 if kind == FACTORIZATION else count <= 1024 and outputs == pairs)
        else:
            expect(width == 0 and (kind == DENSE or inputs == outputs))
