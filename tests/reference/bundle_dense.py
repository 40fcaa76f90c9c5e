"""The section of a chain of layers, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct

from tests.reference.bundle_payloads import TooShort, align, expect

LAYER = struct.Struct("<IIIIdd")
CODES = {1: ("f", 32), 2: ("d", 16)}
SHORT = (6, 7)  # kinds whose weights are bfloat16 or bytes


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
        expect(1 <= kind <= 7 and activation <= 8)
        expect(kind not in SHORT or element == 1)
        expect(math.isfinite(epsilon) and epsilon >= 0)
        expect(kind == 4 or struct.pack("<d", epsilon) == bytes(8))
        expect(1 <= inputs <= 1 << 20 and 1 <= outputs <= 1 << 20)
        expect(inputs == width and (kind in (1, 5, *SHORT) or inputs == outputs))
        expect(math.isfinite(slope))
        expect(activation in (2, 6) or struct.pack("<d", slope) == bytes(8))
        width = outputs
        if kind in SHORT:
            layers.append((kind, (inputs, outputs)))
            end += padded(outputs, 32) // 32 * short_panel_bytes(kind, inputs)
            continue
        rows = rows_of(kind, inputs, outputs, panel)
        layers.append((kind, rows))
        end += sum(count for _, count in rows) * size
    expect(width == num_outputs)
    if end > len(section):
        raise TooShort
    expect(end == len(section))
    for kind, rows in layers:
        if kind in SHORT:
            at = check_short(section, at, kind, *rows)
            continue
        for number, (used, count) in enumerate(rows):
            values = struct.unpack_from(f"<{count}{code}", section, at)
            expect(all(map(math.isfinite, values[:used])))
            end = at + count * size
            expect(not any(section[at + used * size : end]))
            expect(kind != 2 or number == 0 or 0.0 not in values[:used])
            at = end


def short_panel_bytes(kind: int, inputs: int) -> int:
    return 128 + 64 * inputs if kind == 6 else 256 + 32 * (inputs + inputs % 2)


def check_short(section: bytes, at: int, kind: int, inputs: int, outputs: int) -> int:
    """Panels of 32 outputs; returns where they end."""
    for first in range(0, outputs, 32):
        used = min(32, outputs - first)
        end = at + short_panel_bytes(kind, inputs)
        for _ in range(1 if kind == 6 else 2):
            values = struct.unpack_from("<32f", section, at)
            expect(all(map(math.isfinite, values[:used])))
            expect(not any(section[at + 4 * used : at + 128]))
            at += 128
        for _ in range(inputs):
            if kind == 7:
                expect(not any(section[at + used : at + 32]))
                at += 32
                continue
            words = struct.unpack_from("<16I", section, at)
            weights = [word & 0xFFFF for word in words] + [word >> 16 for word in words]
            expect(all(weight & 0x7F80 != 0x7F80 for weight in weights))
            expect(not any(weights[used:]))
            at += 64
        expect(not any(section[at:end]))
        at = end
    return at


def rows_of(kind: int, inputs: int, outputs: int, panel: int) -> list[tuple[int, int]]:
    """Numbers that are used and numbers that are there, row after row."""
    if kind not in (1, 5):
        return [(outputs, padded(outputs, panel))] * 2
    if kind == 1 and outputs < 8:
        return [(outputs, panel)] + [(inputs, padded(inputs, panel))] * outputs
    lefts = [min(panel, outputs - first) for first in range(0, outputs, panel)]
    rows = inputs + 1 if kind == 1 else 2 * inputs + 1
    return [(left, panel) for left in lefts for _ in range(rows)]
