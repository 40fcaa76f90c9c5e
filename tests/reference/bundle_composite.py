"""The section of a model made of models, checked as docs/format.md says."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable

from tests.reference.bundle_payloads import TooShort, align, expect

PART = struct.Struct("<QQ")
NODE = struct.Struct("<10I")
INPUT = struct.Struct("<4I")
FIRST = 128
MOST_PARTS, MOST_NODES, MOST_INPUTS, MOST_COLUMNS = 1 << 12, 1 << 14, 1 << 18, 1 << 16
COMPOSITE = 3


def check_composite(
    section: bytes, num_features: int, num_outputs: int, check_part: Callable[[bytes], object]
) -> None:
    """`check_part` refuses a part in its own way."""
    if len(section) < FIRST:
        raise TooShort
    num_parts, num_nodes, num_inputs, num_numbers = struct.unpack_from("<4I", section, 64)
    expect(not any(section[80:FIRST]))
    expect(num_parts <= MOST_PARTS and 1 <= num_nodes <= MOST_NODES and num_inputs <= MOST_INPUTS)
    nodes_at = FIRST + align(num_parts * PART.size)
    inputs_at = nodes_at + align(num_nodes * NODE.size)
    numbers_at = inputs_at + align(num_inputs * INPUT.size)
    at = numbers_at + align(num_numbers * 8)
    if at > len(section):
        raise TooShort
    for begin, used, end in (
        (FIRST, num_parts * PART.size, nodes_at),
        (nodes_at, num_nodes * NODE.size, inputs_at),
        (inputs_at, num_inputs * INPUT.size, numbers_at),
        (numbers_at, num_numbers * 8, at),
    ):
        expect(not any(section[begin + used : end]))
    parts = _check_parts(section, num_parts, at, check_part)
    inputs = [INPUT.unpack_from(section, inputs_at + i * INPUT.size) for i in range(num_inputs)]
    numbers = struct.unpack_from(f"<{num_numbers}d", section, numbers_at)
    widths = [num_features]
    next_input = next_number = columns = 0
    for number in range(num_nodes):
        node = NODE.unpack_from(section, nodes_at + number * NODE.size)
        kind, width, first_input, own_inputs, first_number, own_numbers, *rest = node
        part, output, first_column, reserved = rest
        expect(1 <= kind <= 11 and 1 <= width <= MOST_COLUMNS and own_inputs >= 1)
        expect(first_input == next_input and first_number == next_number)
        expect(reserved == 0 and first_column == columns)
        next_input += own_inputs
        next_number += own_numbers
        columns += width
        expect(next_input <= num_inputs and next_number <= num_numbers)
        expect(columns <= MOST_COLUMNS)
        counts = []
        for source, first, count, zero in inputs[first_input:next_input]:
            expect(source <= number and count >= 1 and zero == 0)
            expect(first + count <= widths[source])
            counts.append(count)
        if kind == 1:
            expect(own_inputs == 1 and own_numbers == 0 and part < num_parts and output <= 2)
            _, features, widths_of_outputs = parts[part]
            expect(features == counts[0] and widths_of_outputs[output] == width)
        else:
            expect(part == 0 and output == 0)
            _check_numbers(kind, width, counts, numbers[first_number:next_number])
        widths.append(width)
    expect(next_input == num_inputs and next_number == num_numbers)
    expect(widths[-1] == num_outputs)


def _check_parts(
    section: bytes, num_parts: int, at: int, check_part: Callable[[bytes], object]
) -> list[tuple[int, int, tuple[int, int, int]]]:
    parts = []
    for number in range(num_parts):
        offset, length = PART.unpack_from(section, FIRST + number * PART.size)
        expect(offset == at and at <= len(section) and length <= len(section) - at)
        if length < 64:
            raise TooShort
        part = section[at : at + length]
        code, features, outputs, link = struct.unpack_from("<4I", part)
        expect(code != COMPOSITE)
        check_part(part)
        end = at + align(length)
        if end > len(section):
            raise TooShort
        expect(not any(section[at + length : end]))
        classes, decision = struct.unpack_from("<2I", part, 24)
        has_proba = classes != 0 and (decision != 1 or link != 0)
        widths = (1 if decision else outputs, classes if has_proba else 0, outputs)
        parts.append((code, features, widths))
        at = end
    expect(at == len(section))
    return parts


def _check_numbers(kind: int, width: int, counts: list[int], numbers: tuple[float, ...]) -> None:
    """Of a node that is no model."""
    expect(all(map(math.isfinite, numbers)))
    count = len(numbers)
    match kind:
        case 2:
            expect(sum(counts) == width and count == 0)
        case 3:
            expect(count == len(counts) + 1 and numbers[-1] != 0)
            expect(all(own == width for own in counts))
        case 4:
            expect(count == len(counts) and all(own == 1 for own in counts))
        case 5:
            expect(counts == [width] and count == 2 * width)
        case 6:
            expect(counts == [1] and width == 1 and count % 2 == 0 and count != 0)
            points = numbers[: count // 2]
            expect(all(a < b for a, b in itertools.pairwise(points)))
        case 7:
            expect(counts == [width] and count == 0)
        case 8:
            expect(counts == [1] and width == 2 and count == 0)
        case 9:
            expect(len(counts) == 1 and width == 1 and count == counts[0])
            expect(all(weight >= 0 for weight in numbers))
        case 10:
            expect(len(counts) == 1 and width == 1 and count == 0)
        case 11:
            expect(counts == [width] and count == 1)
