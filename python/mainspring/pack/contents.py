"""What is in a bundle, what of it a device needs, and in how much memory it runs there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from mainspring import _engine
from mainspring.c_interface import get_library_dir
from mainspring.pack.amalgamate import models_of, steps_of

__all__ = [
    "Input",
    "has_program",
    "memory_needed",
    "needed_models",
    "needed_steps",
    "plan_inputs",
    "section",
    "shrink",
    "source_folder",
]

_HEADER_BYTES = 64
_RECORD = struct.Struct("<4sIQQII")
_PLAN = struct.Struct("<IIII")
_INPUT = struct.Struct("<4I3B45x")
_STEP_BYTES = 128
_MODEL_BYTES = 64
_FOREST, _COMPOSITE = 1, 3
_FOREST_HEADER = struct.Struct("<8IiI16xQ")
_WITHOUT_STATISTICS = 1
_PART = struct.Struct("<QQ")
_SLICED_HEADER = struct.Struct("<16I")
_CATEGORIES = struct.Struct("<8I")
_QUICK_LEAVES = 32  # of a tree
_ALIGNMENT = 64


_Program = Literal["none", "blocks", "whole"]


class _Sliced(NamedTuple):
    """SlicedHeader: what there are of each."""

    columns: int
    thresholds: int
    cells: int
    conditions: int
    steps: int
    planes: int
    leaves: int
    masks: int
    quick_steps: int
    quick_trees: int
    features: int
    sets: int
    classes: int
    words: int
    runs: int
    bits: int


class Input(NamedTuple):
    """A column that a bundle reads.

    Attributes
    ----------
    number : int
        Its place among the inputs.
    name : str
        What it is called.
    kind, unit : int
        As in ``mainspring_input`` of the C interface.
    """

    number: int
    name: str
    kind: int
    unit: int


def source_folder() -> Path:
    """Return the folder of the runtime's sources, which lie in the package.

    Returns
    -------
    Path
        With the folders ``runtime``, ``edge``, ``python`` and ``wasm``.

    Raises
    ------
    UnsupportedError
        When the package was built without the C interface.
    """
    return Path(get_library_dir()) / "source"


def shrink(
    bundle: bytes,
    *,
    keep_profile: bool = False,
    keep_program: bool = False,
    keep_blocks: bool = False,
    keep_statistics: bool = False,
    subject: str = "the bundle",
) -> bytes:
    """Leave out what predictions on a device do not need. The bits of predictions stay.

    Plans of features about the past go too: the rows of a device bring these columns.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.
    keep_profile : bool, default False
        Keep the reference profile; without it no drift can be told from the bundle.
    keep_program : bool, default False
        Keep the bit-sliced program of a forest, which says its trees once more for blocks of rows;
        the library for devices has no kernels for it unless it is built with them.
    keep_blocks : bool, default False
        Keep of that program what blocks of rows read, which is all that such a library reads: the
        forms for single rows go.
    keep_statistics : bool, default False
        Keep what training knew of a forest's nodes, rows and gains, which explanations need; the
        library for devices explains nothing. They are 16 of a node's 36 bytes.
    subject : str, default "the bundle"
        What errors call it, such as its path.

    Returns
    -------
    bytes
        A bundle.

    Raises
    ------
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    opened = _engine.Bundle.open(bundle, subject)
    sections = _sections(bundle)
    model = sections.get(b"MODL", b"")
    if model:
        program: _Program = "whole" if keep_program else "blocks" if keep_blocks else "none"
        model = _smaller(model, program, keep_statistics)
    profile = opened.profile if keep_profile else b""
    labels = sections.get(b"LABL", b"")
    return _engine.write_bundle(opened.meta, opened, None, model, profile, labels)


def needed_steps(bundle: bytes) -> list[str]:
    """Return the names of the steps that a bundle runs, each once.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file, opened before.

    Returns
    -------
    list of str
        In the order of their codes.
    """
    plan = _sections(bundle)[b"PLAN"]
    num_inputs, num_slots, num_steps, _ = _PLAN.unpack_from(plan)
    at = _padded(_HEADER_BYTES + num_slots) + num_inputs * _INPUT.size
    codes = {
        struct.unpack_from("<I", plan, at + number * _STEP_BYTES)[0] for number in range(num_steps)
    }
    names = list(steps_of(source_folder()))
    return [names[code - 1] for code in sorted(codes)]


def plan_inputs(bundle: bytes) -> list[Input]:
    """Return the columns that a bundle reads.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file, opened before.

    Returns
    -------
    list of Input
        In the order of the C interface; several may read one column.
    """
    sections = _sections(bundle)
    plan, pool = sections[b"PLAN"], sections[b"POOL"]
    num_inputs, num_slots, _, _ = _PLAN.unpack_from(plan)
    at = _padded(_HEADER_BYTES + num_slots)
    found = []
    for number in range(num_inputs):
        start, length, _, _, kind, unit, _ = _INPUT.unpack_from(plan, at + number * _INPUT.size)
        found.append(Input(number, pool[start : start + length].decode(), kind, unit))
    return found


def needed_models(bundle: bytes) -> list[str]:
    """Return the kinds of models that a bundle holds, each once.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file, opened before.

    Returns
    -------
    list of str
        Empty for a bundle of transforms.
    """
    model = _sections(bundle).get(b"MODL", b"")
    names = list(models_of(source_folder()))
    return [names[code - 1] for code in sorted(set(map(_code, _models(model))))]


def has_program(bundle: bytes) -> bool:
    """Say whether batches may go through blocks of rows: some forest has a bit-sliced program.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file, opened before.

    Returns
    -------
    bool
        Whether it has.
    """
    models = _models(_sections(bundle).get(b"MODL", b""))
    forests = [model for model in models if _code(model) == _FOREST]
    return any(_FOREST_HEADER.unpack_from(model, _MODEL_BYTES)[-1] for model in forests)


def memory_needed(bundle: bytes) -> dict[str, int]:
    """Return the bytes that a bundle needs on a device.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.

    Returns
    -------
    dict of str to int
        ``bundle`` (may lie in read-only memory), ``arena`` (once) and ``scratch`` (for each thread
        that predicts), as ``mainspring_size`` of the C interface says them on this machine. A
        device with 32-bit pointers needs less.

    Raises
    ------
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    import ctypes

    _engine.Bundle.open(bundle, "the bundle")  # its errors say more than a code
    library = ctypes.CDLL(str(Path(get_library_dir()) / "libmainspring_edge.so"))
    memory = (ctypes.c_uint8 * (len(bundle) + _ALIGNMENT))()
    start = -ctypes.addressof(memory) % _ALIGNMENT
    ctypes.memmove(ctypes.addressof(memory) + start, bundle, len(bundle))
    sizes = (ctypes.c_uint64 * 3)()
    sizes[0] = ctypes.sizeof(sizes)  # struct_size, and zero behind it
    library.mainspring_size(
        ctypes.c_void_p(ctypes.addressof(memory) + start),
        ctypes.c_uint64(len(bundle)),
        None,
        sizes,
        None,
    )
    return {"bundle": len(bundle), "arena": sizes[1], "scratch": sizes[2]}


def section(bundle: bytes, kind: bytes) -> bytes:
    """Return a section of a bundle that was opened before; empty where it has none.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.
    kind : bytes
        Its four letters, as ``b"MODL"``.

    Returns
    -------
    bytes
        The contents.
    """
    return _sections(bundle).get(kind, b"")


def _sections(bundle: bytes) -> dict[bytes, bytes]:
    found = {}
    for index in range(struct.unpack_from("<I", bundle, 12)[0]):
        kind, _, offset, length, _, _ = _RECORD.unpack_from(
            bundle, _HEADER_BYTES + index * _RECORD.size
        )
        found[kind] = bundle[offset : offset + length]
    return found


def _padded(num_bytes: int) -> int:
    return -(-num_bytes // _ALIGNMENT) * _ALIGNMENT


def _models(section: bytes) -> Iterator[bytes]:
    """Yield a model and, of a composite, its parts."""
    if not section:
        return
    yield section
    if _code(section) == _COMPOSITE:
        for number in range(struct.unpack_from("<I", section, _MODEL_BYTES)[0]):
            at = _MODEL_BYTES + _HEADER_BYTES + _PART.size * number
            offset, length = _PART.unpack_from(section, at)
            yield section[offset : offset + length]


def _code(model: bytes) -> int:
    return int(struct.unpack_from("<I", model)[0])


def _smaller(model: bytes, program: _Program, keep_statistics: bool) -> bytes:
    """Leave out what the ends of forests' sections hold, of parts of a composite, too."""
    code = _code(model)
    if code == _FOREST:
        return _smaller_forest(model, program, keep_statistics)
    if code != _COMPOSITE:
        return model
    (num_parts,) = struct.unpack_from("<I", model, _MODEL_BYTES)
    table = _MODEL_BYTES + _HEADER_BYTES
    places = list(struct.iter_unpack("<QQ", model[table : table + _PART.size * num_parts]))
    smaller = bytearray(model[: places[0][0]] if places else model)
    for number, (offset, length) in enumerate(places):
        part = _smaller(model[offset : offset + length], program, keep_statistics)
        _PART.pack_into(smaller, table + _PART.size * number, len(smaller), len(part))
        smaller += part + bytes(_padded(len(part)) - len(part))
    return bytes(smaller)


def _smaller_forest(model: bytes, program: _Program, keep_statistics: bool) -> bytes:
    *counts, flags, length = _FOREST_HEADER.unpack_from(model, _MODEL_BYTES)
    end = len(model) - length
    start = end if flags & _WITHOUT_STATISTICS else end - 2 * _padded(8 * counts[1])
    smaller = bytearray(model[:start])
    if keep_statistics:
        smaller += model[start:end]
    else:
        flags |= _WITHOUT_STATISTICS
    kept = b"" if program == "none" else model[end:]
    if program == "blocks" and kept:
        kept = _blocks(kept, num_trees=counts[0])
    smaller += kept
    _FOREST_HEADER.pack_into(smaller, _MODEL_BYTES, *counts, flags, len(kept))
    return bytes(smaller)


def _blocks(program: bytes, *, num_trees: int) -> bytes:
    """Leave out of a bit-sliced program its forms for single rows (csrc/.../forest/sliced.hpp)."""
    header = _Sliced(*_SLICED_HEADER.unpack_from(program))
    steps = header.quick_steps * header.quick_trees
    blocks = [48 * header.columns, 8 * header.thresholds, header.cells, 8 * header.conditions]
    blocks += [24 * num_trees, 8 * header.steps, 2 * header.planes, 8 * header.leaves]
    quick = (2 * steps, 2 * steps, 4 * steps, 8 * _QUICK_LEAVES * header.quick_trees)
    categories = (_CATEGORIES.size * header.features, 2 * header.classes, 8 * header.words)
    first = _SLICED_HEADER.size + sum(map(_padded, blocks))
    second = first + sum(map(_padded, quick))
    places = bytearray(program[second : second + sum(map(_padded, categories))])
    for number in range(header.features):
        *fields, _first_bit = _CATEGORIES.unpack_from(places, number * _CATEGORIES.size)
        _CATEGORIES.pack_into(places, number * _CATEGORIES.size, *fields, 0)
    plain = header._replace(quick_steps=0, quick_trees=0, runs=0, bits=0)
    return _SLICED_HEADER.pack(*plain) + program[_SLICED_HEADER.size : first] + bytes(places)
