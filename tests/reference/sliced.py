"""The bit-sliced program of a forest, checked as docs/format.md says."""

from __future__ import annotations

import math
import struct
from itertools import pairwise

from tests.reference.bundle_payloads import TooShort, align, expect

ARRAYS = {"columns": 48, "thresholds": 8, "cells": 1, "conditions": 8}
ARRAYS |= {"trees": 24, "steps": 8, "planes": 2, "leaves": 8}
ARRAYS |= {"quick_rows": 2, "quick_ranks": 2, "quick_masks": 4, "quick_leaves": 8}


def check_sliced(program: bytes, forest: bytes, num_features: int, num_outputs: int) -> None:
    """Check a program; `forest` is the ForestHeader that it lies behind."""
    if len(program) < 64:
        raise TooShort
    num_trees, _, _, num_words = struct.unpack_from("<4I", forest)
    counts = dict(zip([*ARRAYS, "masks"], _counts(program, num_trees), strict=True))
    expect(not any(program[40:64]) and 1 <= counts["masks"] <= 1 << 16)
    quick_steps, quick_trees = struct.unpack_from("<2I", program, 32)
    if quick_trees == 0:
        expect(quick_steps == 0)
    else:
        expect(quick_trees == (num_trees + 31) // 32 * 32 and quick_steps < 32)
        expect(counts["columns"] <= 64)
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
    kinds = [
        _check_column(column, thresholds, parts["cells"], num_features)
        for column in struct.iter_unpack("<8I2d", parts["columns"])
    ]
    for column, rank in struct.iter_unpack("<II", parts["conditions"]):
        expect(column // 2 < len(kinds))
        if kinds[column // 2] < 5:
            expect(rank < 255)
        else:
            expect(column % 2 == 0 and rank & 15 <= 8 and (rank >> 4) + (rank & 15) <= num_words)
    steps = list(struct.iter_unpack("<IHH", parts["steps"]))
    planes = struct.unpack(f"<{counts['planes']}H", parts["planes"])
    for tree in struct.iter_unpack("<6I", parts["trees"]):
        _check_tree(tree, steps, planes, counts)
        expect(tree[5] < num_outputs)
    for name in ("leaves", "quick_leaves"):
        expect(all(map(math.isfinite, struct.unpack(f"<{counts[name]}d", parts[name]))))
    if quick_trees != 0:
        _check_quick(parts, quick_trees, kinds)


def _check_quick(parts: dict[str, bytes], num_trees: int, kinds: list[int]) -> None:
    for (row,) in struct.iter_unpack("<H", parts["quick_rows"]):
        expect(row // 2 < len(kinds) and kinds[row // 2] < 5)
    masks = [mask for (mask,) in struct.iter_unpack("<I", parts["quick_masks"])]
    for tree in range(num_trees):
        staying = 2**32 - 1
        for mask in masks[tree::num_trees]:
            staying &= mask
        expect(staying != 0)


def _counts(program: bytes, num_trees: int) -> list[int]:
    columns, thresholds, cells, conditions, steps, planes, leaves, masks = struct.unpack_from(
        "<8I", program
    )
    quick_steps, quick_trees = struct.unpack_from("<2I", program, 32)
    quick = quick_steps * quick_trees
    counts = [columns, thresholds, cells, conditions, num_trees, steps, planes, leaves]
    return [*counts, quick, quick, quick, 32 * quick_trees, masks]


def _check_column(
    column: tuple[float, ...], thresholds: tuple[float, ...], cells: bytes, num_features: int
) -> int:
    integers = [int(value) for value in column[:8]]
    feature, treatment, first, count, first_cell, num_cells, num_compares, reserved = integers
    expect(feature < num_features and reserved == 0 and treatment in (0, 2, 4, 5, 6, 7, 8))
    if treatment >= 5:
        expect(count == 0 and num_cells == 0 and num_compares == 0)
        return treatment
    expect(1 <= count <= 255 and num_compares <= 8 and num_cells <= 4096)
    expect(math.isfinite(column[8]) and math.isfinite(column[9]))
    expect(first + count + 8 <= len(thresholds) and first_cell + num_cells <= len(cells))
    own = thresholds[first : first + count]
    expect(not any(map(math.isnan, own)) and all(a < b for a, b in pairwise(own)))
    expect(all(value == math.inf for value in thresholds[first + count : first + count + 8]))
    expect(all(cell <= count for cell in cells[first_cell : first_cell + num_cells]))
    return treatment


def _check_tree(
    tree: tuple[int, ...],
    steps: list[tuple[int, ...]],
    planes: tuple[int, ...],
    counts: dict[str, int],
) -> None:
    first_step, num_steps, at, num_planes, first_leaf, _ = tree
    expect(num_planes <= 12 and first_leaf + (1 << num_planes) <= counts["leaves"])
    expect(first_step + num_steps <= len(steps))
    for number, (condition, left, right) in enumerate(steps[first_step : first_step + num_steps]):
        expect(condition < counts["conditions"])
        expect(number < left < counts["masks"] and number < right < counts["masks"])
    for _ in range(num_planes):
        expect(at < len(planes) and at + planes[at] < len(planes))
        masks = planes[at + 1 : at + 1 + planes[at]]
        expect(all(mask < counts["masks"] for mask in masks))
        at += 1 + planes[at]
