"""The bit-sliced program of a forest, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from itertools import pairwise

from tests.reference.bundle_payloads import TooShort, align, expect

ARRAYS = {"columns": 48, "thresholds": 8, "cells": 1, "conditions": 8}
ARRAYS |= {"trees": 24, "steps": 8, "planes": 2, "leaves": 8}
ARRAYS |= {"quick_rows": 2, "quick_ranks": 2, "quick_masks": 4, "quick_leaves": 8}
ARRAYS |= {"categories": 32, "classes": 2, "words": 8, "runs": 8, "bit_nodes": 4}
FIRST_BIT = 4096
MAX_BITS = 1 << 19
SYMMETRIC = 2**32 - 1


def check_sliced(program: bytes, section: bytes, num_features: int, num_outputs: int) -> None:
    """Check a program; `section` is the model section that it ends."""
    if len(program) < 64:
        raise TooShort
    num_trees, num_nodes = struct.unpack_from("<2I", section, 64)
    tree_nodes = [
        count for _, count, _, _ in struct.iter_unpack("<4I", section[128:][: 16 * num_trees])
    ]
    counts = dict(zip([*ARRAYS, "masks"], _counts(program, num_trees, num_nodes), strict=True))
    leaf_width, num_vectors = struct.unpack_from("<2I", section, 88)
    num_bits, quick_trees = _check_counts(program, counts, num_trees, num_nodes)
    expect(quick_trees == 0 or leaf_width == 1)
    arrays, at = {}, 64
    for name, size in ARRAYS.items():
        end = at + counts[name] * size
        arrays[name] = (at, end)
        at = align(end)
    if at > len(program):
        raise TooShort
    expect(at == len(program))
    starts = [begin for begin, _ in arrays.values()]
    for (_, end), padded in zip(arrays.values(), [*starts[1:], at], strict=True):
        expect(not any(program[end:padded]))
    parts = {name: program[begin:end] for name, (begin, end) in arrays.items()}
    thresholds = struct.unpack(f"<{counts['thresholds']}d", parts["thresholds"])
    for column in struct.iter_unpack("<8I2d", parts["columns"]):
        _check_column(column, thresholds, parts["cells"], num_features)
    for row, rank in struct.iter_unpack("<II", parts["conditions"]):
        expect(row // 2 < counts["columns"] and rank < 255)
    (num_sets,) = struct.unpack_from("<I", program, 44)
    expect(sum(_check_categories(parts, counts, num_bits, num_features)) == num_sets)
    for row, first_bit in struct.iter_unpack("<II", parts["runs"]):
        expect(row // 2 < counts["columns"])
        expect(FIRST_BIT <= first_bit < num_bits and first_bit % 64 == 0)
    counts["conditions"] += num_sets
    steps = list(struct.iter_unpack("<IHH", parts["steps"]))
    planes = struct.unpack(f"<{counts['planes']}H", parts["planes"])
    nodes = memoryview(parts["bit_nodes"]).cast("I")
    for tree, num_nodes in zip(struct.iter_unpack("<6I", parts["trees"]), tree_nodes, strict=True):
        _check_tree(tree, steps, planes, counts)
        expect(tree[5] < num_outputs)
        if num_bits != 0:
            _check_bit_nodes(nodes[:num_nodes], tree[3], num_bits)
            nodes = nodes[num_nodes:]
    _check_leaves(parts, counts, leaf_width, num_vectors)
    if quick_trees != 0:
        _check_quick(parts, quick_trees, counts["columns"])


def _check_counts(
    program: bytes, counts: dict[str, int], num_trees: int, num_nodes: int
) -> tuple[int, int]:
    """Check what sizes depend on; return num_bits and num_quick_trees."""
    expect(1 <= counts["masks"] <= 1 << 16 and counts["words"] <= 1 << 23)
    (num_bits,) = struct.unpack_from("<I", program, 60)
    if num_bits == 0:
        expect(counts["runs"] == 0)
    else:
        expect(FIRST_BIT <= num_bits <= MAX_BITS and num_bits % 64 == 0 and num_nodes < 1 << 31)
    quick_steps, quick_trees = struct.unpack_from("<2I", program, 32)
    if quick_trees == 0:
        expect(quick_steps == 0)
    else:
        expect(quick_trees == (num_trees + 31) // 32 * 32 and quick_steps < 32)
        expect(counts["columns"] <= 64)
    return num_bits, quick_trees


def _check_leaves(
    parts: dict[str, bytes], counts: dict[str, int], leaf_width: int, num_vectors: int
) -> None:
    """Check values, or numbers of vectors."""
    leaves = struct.unpack(f"<{counts['leaves']}d", parts["leaves"])
    quick = struct.unpack(f"<{counts['quick_leaves']}d", parts["quick_leaves"])
    expect(all(map(math.isfinite, (*leaves, *quick))))
    if leaf_width != 1:
        expect(all(0 <= leaf < num_vectors and leaf == int(leaf) for leaf in leaves))


def _check_categories(
    parts: dict[str, bytes], counts: dict[str, int], num_bits: int, num_features: int
) -> Iterator[int]:
    """Check each feature of categories; yield how many sets it has."""
    for record in struct.iter_unpack("<8I", parts["categories"]):
        feature, treatment, first, num_categories, num_classes, num_sets, word, first_bit = record
        num_words = (num_sets + 63) // 64
        expect(feature < num_features and 5 <= treatment <= 8)
        expect(num_categories <= 1 << 20 and num_sets <= 1 << 24)
        expect(1 <= num_classes <= 1 << 16 and first + num_categories <= counts["classes"])
        expect(word + num_classes * num_words <= counts["words"])
        if num_bits == 0:
            expect(first_bit == 0)
        else:
            expect(first_bit >= FIRST_BIT and first_bit % 64 == 0)
            expect(first_bit + 64 * num_words <= num_bits)
        own = parts["classes"][2 * first : 2 * (first + num_categories)]
        expect(all(number < num_classes for (number,) in struct.iter_unpack("<H", own)))
        yield num_sets


def _check_bit_nodes(nodes: memoryview, num_planes: int, num_bits: int) -> None:
    for number, node in enumerate(nodes):
        child, bit = divmod(node, MAX_BITS)
        if child == number:
            expect(bit < 1 << num_planes)
        else:
            expect(number < child and child + 1 < len(nodes) and bit < num_bits)


def _check_quick(parts: dict[str, bytes], num_trees: int, num_columns: int) -> None:
    for (row,) in struct.iter_unpack("<H", parts["quick_rows"]):
        expect(row // 2 < num_columns)
    masks = [mask for (mask,) in struct.iter_unpack("<I", parts["quick_masks"])]
    for tree in range(num_trees):
        staying = 2**32 - 1
        for mask in masks[tree::num_trees]:
            staying &= mask
        expect(staying != 0)


def _counts(program: bytes, num_trees: int, num_nodes: int) -> list[int]:
    columns, thresholds, cells, conditions, steps, planes, leaves, masks = struct.unpack_from(
        "<8I", program
    )
    quick_steps, quick_trees, categories, _, classes, words, runs, bits = struct.unpack_from(
        "<8I", program, 32
    )
    quick = quick_steps * quick_trees
    singles = [categories, classes, words, runs, num_nodes if bits != 0 else 0]
    counts = [columns, thresholds, cells, conditions, num_trees, steps, planes, leaves]
    return [*counts, quick, quick, quick, 32 * quick_trees, *singles, masks]


def _check_column(
    column: tuple[float, ...], thresholds: tuple[float, ...], cells: bytes, num_features: int
) -> None:
    integers = [int(value) for value in column[:8]]
    feature, treatment, first, count, first_cell, num_cells, num_compares, reserved = integers
    expect(feature < num_features and reserved == 0 and treatment in (0, 2, 4))
    expect(1 <= count <= 255 and num_compares <= 8 and num_cells <= 4096)
    expect(math.isfinite(column[8]) and math.isfinite(column[9]))
    expect(first + count + 8 <= len(thresholds) and first_cell + num_cells <= len(cells))
    own = thresholds[first : first + count]
    expect(not any(map(math.isnan, own)) and all(a < b for a, b in pairwise(own)))
    expect(all(value == math.inf for value in thresholds[first + count : first + count + 8]))
    expect(all(cell <= count for cell in cells[first_cell : first_cell + num_cells]))


def _check_tree(
    tree: tuple[int, ...],
    steps: list[tuple[int, ...]],
    planes: tuple[int, ...],
    counts: dict[str, int],
) -> None:
    first_step, num_steps, at, num_planes, first_leaf, _ = tree
    expect(num_planes <= 12 and first_leaf + (1 << num_planes) <= counts["leaves"])
    expect(first_step + num_steps <= len(steps))
    if at == SYMMETRIC:
        expect(num_steps == num_planes)
        for condition, left, right in steps[first_step : first_step + num_steps]:
            expect(condition < counts["conditions"] and left == right == 0)
        return
    for number, (condition, left, right) in enumerate(steps[first_step : first_step + num_steps]):
        expect(condition < counts["conditions"])
        expect(number < left < counts["masks"] and number < right < counts["masks"])
    for _ in range(num_planes):
        expect(at < len(planes) and at + planes[at] < len(planes))
        masks = planes[at + 1 : at + 1 + planes[at]]
        expect(all(mask < counts["masks"] for mask in masks))
        at += 1 + planes[at]
