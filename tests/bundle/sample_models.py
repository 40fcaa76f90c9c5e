"""Models of the sample bundle, by hand: what a forest's section holds, and labels."""

from __future__ import annotations

import struct

from tests.reference.bundle import MODEL_HEADER
from tests.reference.bundle_payloads import align

TESTS_SET = 1 << 31


def doubles(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


LABELS = ("no", "größer")


def sample_labels() -> bytes:
    ends = [len("".join(LABELS[: i + 1]).encode()) for i in range(len(LABELS))]
    text = "".join(LABELS).encode()
    return struct.pack("<IIQ", len(LABELS), 4, len(text)) + struct.pack("<2Q", *ends) + text


def sample_packed_model(num_features: int = 9) -> bytes:
    """The three trees below without covers and gains, as for devices."""
    return sample_model(num_features, statistics=False)


def sample_model(num_features: int = 9, *, labels: bool = False, statistics: bool = True) -> bytes:
    """Three trees for a binary target: thresholds, a set of categories, a lone leaf."""
    slots = [(0, 2), (2, 1), (1, 5), (6, 5), (3, 3)]
    nodes = [
        (0.5, 1, 1 + 0),
        (0.125, 1, 0),
        (3.0, 3, 1 + 4),
        (-1.5, 3, 0),
        (2.5, 4, 0),
        (struct.unpack("<d", struct.pack("<II", 0, 1))[0], 6, TESTS_SET | 1 + 2),
        (0.75, 8, 1 + 1),
        (-0.25, 7, 0),
        (0.1, 8, 0),
        (0.7, 9, 0),
        (1e-3, 10, 0),
    ]
    trees = [(0, 5, 0, 0), (5, 5, 0, 1), (10, 1, 0, 0)]
    set_words = [0b1010100]
    arrays = [
        b"".join(struct.pack("<4I", *tree) for tree in trees),
        b"".join(struct.pack("<2I", *slot) for slot in slots),
        b"".join(struct.pack("<dII", *node) for node in nodes),
        struct.pack("<I", *set_words),
        doubles(-0.5),
        b"",
        struct.pack(f"<{len(nodes)}I", *range(len(nodes))),
    ]
    if statistics:
        arrays.append(doubles(*(10.0 * i for i in range(len(nodes)))))
        arrays.append(doubles(*(0.5 * i for i in range(len(nodes)))))
    section = MODEL_HEADER.pack(
        1, num_features, 1, 1, 1.0, 2, 2 * labels, 1.0, 0.5 * labels, bytes(16)
    )
    counts = (len(trees), len(nodes), len(slots), len(set_words))
    section += struct.pack("<8I4xI24x", *counts, 1, 1, 1, 0, int(not statistics))
    for array in arrays:
        section += array + bytes(align(len(array)) - len(array))
    return section


def sample_fixed_model(num_features: int = 9) -> bytes:
    """The same two trees with sums in fixed point: vectors in float64, units of an eighth."""
    return sample_vector_model(num_features, unit_exponent=3)


def sample_vector_model(num_features: int = 9, unit_exponent: int = 0) -> bytes:
    """Two trees for three classes: vectors in float32, and every treatment of categories."""
    slots = [(0, 2), (1, 5), (1, 6), (2, 7), (3, 8)]

    def tests(first_word: int, num_words: int, left: int, slot: int) -> tuple[float, int, int]:
        (bits,) = struct.unpack("<d", struct.pack("<II", first_word, num_words))
        return bits, left, TESTS_SET | 1 + slot

    nodes = [
        tests(0, 2, 1, 2),
        tests(1, 1, 3, 3),
        (0.0, 2, 0),
        (1.0, 3, 0),
        (0.0, 4, 0),
        (0.25, 6, 1 + 0),
        tests(0, 1, 8, 4),
        (1.0, 7, 0),
        tests(1, 1, 10, 1),
        (0.0, 9, 0),
        (0.0, 10, 0),
        (1.0, 11, 0),
    ]
    trees = [(0, 5, 0, 1), (5, 7, 0, 1)]
    vectors = [0.5, -0.25, 1.0, 0.125, 3.0, -2.0]
    arrays = [
        b"".join(struct.pack("<4I", *tree) for tree in trees),
        b"".join(struct.pack("<2I", *slot) for slot in slots),
        b"".join(struct.pack("<dII", *node) for node in nodes),
        struct.pack("<2I", 0b1011, 1),
        doubles(0.5, 0.25, -1.0),
        struct.pack(f"<{len(vectors)}{'d' if unit_exponent else 'f'}", *vectors),
        struct.pack(f"<{len(nodes)}I", *range(len(nodes))),
        bytes(8 * len(nodes)),
        bytes(8 * len(nodes)),
    ]
    section = MODEL_HEADER.pack(1, num_features, 3, 2, 1.0, 3, 0, 1.0, 0.0, bytes(16))
    order = 3 if unit_exponent else 2
    counts = (len(trees), len(nodes), len(slots))
    section += struct.pack("<8Ii28x", *counts, 2, order, 2, 3, 2, unit_exponent)
    for array in arrays:
        section += array + bytes(align(len(array)) - len(array))
    return section


def sample_dense_model(num_features: int = 9) -> bytes:
    """A scaler, wide layers of all weights, a norm, a narrow layer, distances: 2 outputs."""
    layers = [
        (2, num_features, num_features, 0, 0.0, 0.0),
        (1, num_features, 9, 2, 0.25, 0.0),
        (4, 9, 9, 7, 0.0, 1e-5),
        (6, 9, 33, 1, 0.0, 0.0),
        (7, 33, 9, 0, 0.0, 0.0),
        (1, 9, 2, 0, 0.0, 0.0),
        (5, 2, 2, 0, 0.0, 0.0),
    ]
    section = MODEL_HEADER.pack(2, num_features, 2, 2, 1.0, 2, 0, 1.0, 0.0, bytes(16))
    section += struct.pack("<II56x", len(layers), 1)
    table = b"".join(struct.pack("<IIIIdd", *layer) for layer in layers)
    section += table + bytes(align(len(table)) - len(table))

    def row(used: int, first: float) -> bytes:
        values = [first + 0.5 * i for i in range(used)]
        values += [0.0] * (-used % 32)
        return struct.pack(f"<{len(values)}f", *values)

    section += row(num_features, -1.0) + row(num_features, 0.25)
    section += b"".join(row(9, -0.5 * i) for i in range(num_features + 1))
    section += row(9, 1.0) + row(9, 0.25)
    for used in (32, 1):
        section += row(used, 0.125)
        for i in range(9):
            section += struct.pack("<32H", *(0x3F80 + i if j < used else 0 for j in in_halves()))
    section += row(9, -1.0) + row(9, 0.01)
    section += b"".join(struct.pack("<9b23x", *range(i - 20, i - 11)) for i in range(33)) + bytes(
        32
    )
    section += row(2, 1.0) + row(9, 0.5) + row(9, -2.0)
    return section + b"".join(row(2, 0.5 * i) for i in range(5))


def in_halves() -> list[int]:
    """Outputs in the order in which the words of bfloat16 hold them."""
    return [output for i in range(16) for output in (i, i + 16)]


def sample_network_model(num_features: int = 9) -> bytes:
    """Layers of every kind but "center" and "scale"; two outputs."""
    # Kind, inputs, outputs, activation, slope, epsilon, words, width.
    layers = [
        (6, 4, 4, 0, 0.0, 0.0, (0, 1, 2, 3), 0),
        (7, 2, 4, 0, 0.0, 0.0, (4, 3, 5, 2), 2),
        (1, 4, 9, 2, 0.25, 0.0, (0,), 0),
        (1, 9, 4, 0, 0.0, 0.0, (2,), 0),
        (4, 4, 4, 0, 0.0, 1e-5, (3,), 0),
        (11, 4, 4, 0, 0.0, 0.0, (0, 4, 1), 0),
        (12, 4, 4, 1, 0.0, 0.0, (5, 1), 0),
        (13, 4, 4, 0, 0.0, 0.0, (6, 4), 0),
        (8, 8, 8, 0, 0.0, 0.0, (7, 1), 0),
        (9, 8, 6, 0, 0.0, 0.0, (8,), 2),
        (10, 8, 1, 4, 0.0, 0.0, (8,), 2),
        (8, 7, 7, 0, 0.0, 0.0, (9, 10), 0),
        (1, 7, 2, 0, 0.0, 0.0, (11,), 0),
    ]
    words = [word for layer in layers for word in layer[6]]
    section = MODEL_HEADER.pack(4, num_features, 2, 2, 1.0, 2, 0, 1.0, 0.0, bytes(16))
    section += struct.pack("<II56x", len(layers), len(words))
    first = 0
    for *alike, own, width in layers:
        section += struct.pack("<IIIIddIII20x", *alike, first, len(own), width)
        first += len(own)
    section += struct.pack(f"<{len(words)}I", *words) + bytes(
        align(4 * len(words)) - 4 * len(words)
    )

    def row(used: int, first: float, unit: int = 32) -> bytes:
        values = [first + 0.5 * i for i in range(used)]
        values += [0.0] * (-used % unit)
        return struct.pack(f"<{len(values)}f", *values)

    section += row(10, -1.0, 16)
    section += b"".join(row(9, -0.5 * i) for i in range(5))
    section += row(4, 0.25) + b"".join(row(9, 0.5 - i) for i in range(4))
    section += row(4, 1.0) + row(4, 0.25)
    return section + row(2, 0.5) + row(7, 0.5) + row(7, -2.0)


def sample_composite_model(num_features: int = 9) -> bytes:
    """A forest and a network, and a node of every kind; two columns come out."""
    parts = [sample_model(num_features, labels=True), sample_dense_model(2)]
    row = (0, 0, num_features, 0)
    # Kind, width, inputs, numbers, part, output.
    nodes = [
        (1, 2, [row], (), 0, 1),
        (1, 1, [row], (), 0, 0),
        (2, 4, [(1, 0, 2, 0), (0, 3, 2, 0)], (), 0, 0),
        (3, 2, [(1, 0, 2, 0), (3, 2, 2, 0)], (0.5, -1.5, 2.0), 0, 0),
        (4, 3, [(2, 0, 1, 0), (2, 0, 1, 0)], (1.0, 2.5), 0, 0),
        (5, 2, [(4, 0, 2, 0)], (-1.0, 2.0, 0.25, 0.0), 0, 0),
        (6, 1, [(6, 1, 1, 0)], (0.0, 0.5, 1.5, 0.0, 0.25, 1.0), 0, 0),
        (7, 3, [(5, 0, 3, 0)], (), 0, 0),
        (9, 1, [(8, 0, 3, 0)], (1.0, 0.0, 2.0), 0, 0),
        (10, 1, [(8, 1, 2, 0)], (), 0, 0),
        (8, 2, [(7, 0, 1, 0)], (), 0, 0),
        (11, 2, [(11, 0, 2, 0)], (2.5,), 0, 0),
        (1, 2, [(12, 0, 2, 0)], (), 1, 2),
    ]
    inputs = [item for node in nodes for item in node[2]]
    numbers = [number for node in nodes for number in node[3]]
    section = MODEL_HEADER.pack(3, num_features, 2, 2, 1.0, 2, 0, 1.0, 0.0, bytes(16))
    section += struct.pack("<4I48x", len(parts), len(nodes), len(inputs), len(numbers))
    table = b""
    next_input = next_number = columns = 0
    for kind, width, own_inputs, own_numbers, part, output in nodes:
        counts = (next_input, len(own_inputs), next_number, len(own_numbers))
        table += struct.pack("<10I", kind, width, *counts, part, output, columns, 0)
        next_input += len(own_inputs)
        next_number += len(own_numbers)
        columns += width
    arrays = [table, b"".join(struct.pack("<4I", *item) for item in inputs), doubles(*numbers)]
    at = 128 + align(16 * len(parts)) + sum(align(len(array)) for array in arrays)
    places = b""
    for part in parts:
        places += struct.pack("<QQ", at, len(part))
        at += align(len(part))
    for array in (places, *arrays, *parts):
        section += array + bytes(align(len(array)) - len(array))
    return section
