"""Leaves of a forest in fewer bits, and how far predictions move by it.

The nodes of a bundle keep their size: numbers of few bits are what compresses, on the way to a
device or a page.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring import _engine
from mainspring.errors import ParameterError, UnsupportedError
from mainspring.pack.contents import needed_models, section, shrink

__all__ = ["LeafReport", "round_leaves"]

_MODEL_BYTES = 64
_HEADER = struct.Struct("<8Ii20xQ")
_NODE = np.dtype([("number", "<f8"), ("left", "<u4"), ("value", "<u4")])
_TREE = np.dtype([("first", "<u4"), ("count", "<u4"), ("output", "<u4"), ("has_sets", "<u4")])
_FLOAT_SUM, _FIXED_POINT = 2, 3
_BITS = range(4, 25)


@dataclass(frozen=True)
class LeafReport:
    """What rounding the leaves has done.

    Attributes
    ----------
    bits : int
        Of a leaf, its sign included.
    unit : float
        A power of two: leaves are whole numbers of it.
    num_leaves, num_changed : int
        Numbers in leaves, and those that are others now.
    largest_change : float
        Of one number.
    bound : float
        No raw score, summed exactly, moves by more: the largest changes of all trees that add to
        one output. Of an average of trees, divided by their number.
    compressed_before, compressed_after : int
        Bytes of the packed bundle under zlib, level 9.
    measured_largest, measured_mean : float or None
        How far raw scores of the rows that were given moved.
    """

    bits: int
    unit: float
    num_leaves: int
    num_changed: int
    largest_change: float
    bound: float
    compressed_before: int
    compressed_after: int
    measured_largest: float | None = None
    measured_mean: float | None = None

    def __str__(self) -> str:
        """Return the report as lines of text."""
        lines = [
            f"leaves: {self.num_leaves:,} in {self.bits} bits of {self.unit:.6g}, "
            f"{self.num_changed:,} of them changed, by {self.largest_change:.3g} at most",
            f"raw scores move by {self.bound:.3g} at most",
            f"compressed: {self.compressed_before:,} bytes before, {self.compressed_after:,} after",
        ]
        if self.measured_largest is not None:
            lines.insert(
                2,
                f"on the given rows: by {self.measured_largest:.3g} at most, "
                f"{self.measured_mean:.3g} on average",
            )
        return "\n".join(lines)


def round_leaves(
    bundle: bytes, bits: int = 16, *, data: Any = None, keep_profile: bool = False
) -> tuple[bytes, LeafReport]:
    """Round the numbers in a forest's leaves to few bits, and say what that changes.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file with a forest.
    bits : int, default 16
        Of a leaf, 4 to 24: the largest leaf gets them all.
    data : table, optional
        Rows to measure the change on, as ``Predictor.predict`` takes them.
    keep_profile : bool, default False
        As of :func:`shrink`, which the bundle goes through.

    Returns
    -------
    bytes
        A bundle whose nodes go the same ways to rounded leaves.
    LeafReport
        How far raw scores move: a bound, and with ``data`` a measurement.

    Raises
    ------
    ParameterError
        When ``bits`` is out of its range.
    UnsupportedError
        When the model is no forest.
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    if bits not in _BITS:
        raise ParameterError(
            f"bits is {bits!r}, expected 4 to 24.", expected="4 to 24", got=repr(bits)
        )
    before = shrink(bundle, keep_profile=keep_profile)
    models = needed_models(before)
    if models != ["forest"]:
        got = ", ".join(models) or "transforms only"
        raise UnsupportedError(
            f"Only the leaves of forests are rounded; the bundle holds {got}. Pack it as it is.",
            expected="a forest",
            got=got,
        )
    model = bytearray(section(before, b"MODL"))
    unit, changes, num_leaves, num_changed, bound = _round(model, bits)
    opened = _engine.Bundle.open(before, "the bundle")
    profile = opened.profile if keep_profile else b""
    labels = section(before, b"LABL")
    after = _engine.write_bundle(opened.meta, opened, None, bytes(model), profile, labels)
    largest, mean = (None, None) if data is None else _measured(before, after, data)
    return after, LeafReport(
        bits=bits,
        unit=unit,
        num_leaves=num_leaves,
        num_changed=num_changed,
        largest_change=changes,
        bound=bound,
        compressed_before=len(zlib.compress(before, 9)),
        compressed_after=len(zlib.compress(after, 9)),
        measured_largest=largest,
        measured_mean=mean,
    )


def _round(model: bytearray, bits: int) -> tuple[float, float, int, int, float]:
    """Round in place; return the unit, the largest change, counts, and the bound."""
    header = _HEADER.unpack_from(model, _MODEL_BYTES)
    num_trees, num_nodes, num_slots, num_set_words, sums, _, width, num_vectors, exponent = header[
        :9
    ]
    at = _MODEL_BYTES + _HEADER.size
    trees = np.frombuffer(model, _TREE, num_trees, at)
    at += _padded(trees.nbytes) + _padded(8 * num_slots)
    nodes = np.frombuffer(model, _NODE, num_nodes, at)
    at += _padded(nodes.nbytes) + _padded(4 * num_set_words)
    (num_outputs,) = struct.unpack_from("<I", model, 8)
    at += _padded(8 * num_outputs)
    leaves = nodes["value"] == 0
    if width == 1:
        numbers, table = nodes["number"][leaves], None
    else:
        dtype = "<f4" if sums == _FLOAT_SUM else "<f8"
        table = np.frombuffer(model, dtype, num_vectors * width, at).reshape(num_vectors, width)
        numbers = table.astype(np.float64)
    largest = float(np.max(np.abs(numbers), initial=0.0))
    unit = 2.0 ** (math.frexp(largest)[1] - (bits - 1)) if largest else 1.0
    if sums == _FIXED_POINT:
        unit = max(unit, 2.0**-exponent)
    if np.max(np.abs(np.round(numbers / unit)), initial=0.0) >= 2.0 ** (bits - 1):
        unit *= 2.0  # the largest was rounded up to one more than there is room for
    rounded = np.round(numbers / unit) * unit
    change = np.abs(rounded - numbers)
    if table is None:
        nodes["number"][leaves] = rounded
        per_node = np.zeros((num_nodes, 1))
        per_node[leaves, 0] = change
        outputs = trees["output"]
    else:
        table[...] = rounded
        per_node = np.zeros((num_nodes, width))
        per_node[leaves] = change[nodes["number"][leaves].astype(np.int64)]
        outputs = np.zeros(num_trees, np.int64)
    moved = np.zeros((num_outputs, 1 if table is None else width))
    for tree, output in zip(trees, outputs, strict=True):
        ends = slice(int(tree["first"]), int(tree["first"]) + int(tree["count"]))
        moved[int(output)] += per_node[ends].max(axis=0)
    changed = int(np.count_nonzero(change))
    return unit, float(np.max(change, initial=0.0)), numbers.size, changed, float(moved.max())


def _measured(before: bytes, after: bytes, data: Any) -> tuple[float, float]:
    from mainspring.predictor import Predictor

    first, second = (Predictor.from_bytes(file).predict_raw(data) for file in (before, after))
    moved = np.abs(np.asarray(first, np.float64) - np.asarray(second, np.float64))
    return float(np.max(moved, initial=0.0)), float(moved.mean()) if moved.size else 0.0


def _padded(num_bytes: int) -> int:
    return -(-num_bytes // 64) * 64
