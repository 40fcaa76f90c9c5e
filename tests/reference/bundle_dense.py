"""The section of a chain of layers, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct

from tests.reference.bundle_payloads import TooShort, align, expect

LAYER = struct.Struct("<IIIIdd")
CODES = {1: ("f", 32), 2: ("d", 16)}


def padded(count: int, panel: int) -> int:
    return (count + panel - 1) // panel * panel


def check_dense(section: bytes, num_features: int, num_outputs: int) -> None:
    if len(section) < 128:
        raise TooShort
    num_layers, element = struct.unpack_from("<II", section, 64)
    expect(1 <= num_layers <= 64 and element in CODES and not any(section[72:128]))
    code, panel = CODES[element]
    size = struct.calcsize(code)
    at = 128 + align(num_layers * LAYER.size)
    if at > len(section):
        raise TooShort
    expect(not any(section[128 + num_layers * LAYER.size : at]))
    layers, end, width = [], at, num_features
    for number in range(num_layers):
        layer = LAYER.unpack_from(section, 128 + number * LAYER.size)
        kind, inputs, outputs, activation, slope, epsilon = layer
        expect(1 <= kind <= 5 and activation <= 8)
        expect(math.isfinite(epsilon) and epsilon >= 0)
        expect(kind == 4 or struct.pack("<d", epsilon) == bytes(8))
        expect(1 <= inputs <= 1 << 20 and 1 <= outputs <= 1 << 20)
        expect(inputs == width and (kind in (1, 5) or inputs == outputs))
        expect(math.isfinite(slope))
        expect(activation in (2, 6) or struct.pack("<d", slope) == bytes(8))
        width = outputs
        rows = rows_of(kind, inputs, outputs, panel)
        layers.append((kind, rows))
        end += sum(count for _, count in rows) * size
    expect(width == num_outputs)
    if end > len(section):
        raise TooShort
    expect(end == len(section))
    for kind, rows in layers:
        for number, (used, count) in enumerate(rows):
            values = struct.unpack_from(f"<{count}{code}", section, at)
            expect(all(map(math.isfinite, values[:used])))
            end = at + count * size
            expect(not any(section[at + used * size : end]))
            expect(kind != 2 or number == 0 or 0.0 not in values[:used])
            at = end


def rows_of(kind: int, inputs: int, outputs: int, panel: int) -> list[tuple[int, int]]:
    """Numbers that are used and numbers that are there, row after row."""
    if kind not in (1, 5):
        return [(outputs, padded(outputs, panel))] * 2
    if kind == 1 and outputs < 8:
        return [(outputs, panel)] + [(inputs, padded(inputs, panel))] * outputs
    lefts = [min(panel, outputs - first) for first in range(0, outputs, panel)]
    rows = inputs + 1 if kind == 1 else 2 * inputs + 1
    return [(left, panel) for left in lefts for _ in range(rows)]
