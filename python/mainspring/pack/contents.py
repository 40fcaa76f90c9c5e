"""What is in a bundle, what of it a device needs, and in how much memory it runs there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mainspring import _engine
from mainspring.c_interface import get_library_dir
from mainspring.pack.amalgamate import models_of, steps_of

__all__ = [
    "Input",
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
_ALIGNMENT = 64


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
        the library for devices has no kernels for it.
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
        model = _smaller(model, keep_program=keep_program, keep_statistics=keep_statistics)
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
    return [names[code - 1] for code in sorted(set(_model_codes(model)))]


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


def _model_codes(section: bytes) -> Iterator[int]:
    if not section:
        return
    code = struct.unpack_from("<I", section)[0]
    yield code
    if code == _COMPOSITE:
        for number in range(struct.unpack_from("<I", section, _MODEL_BYTES)[0]):
            at = _MODEL_BYTES + _HEADER_BYTES + 16 * number
            yield struct.unpack_from("<I", section, struct.unpack_from("<Q", section, at)[0])[0]


def _smaller(model: bytes, *, keep_program: bool, keep_statistics: bool) -> bytes:
    """Leave out what the ends of forests' sections hold, of parts of a composite, too."""
    (code,) = struct.unpack_from("<I", model)
    if code == _FOREST:
        return _smaller_forest(model, keep_program, keep_statistics)
    if code != _COMPOSITE:
        return model
    (num_parts,) = struct.unpack_from("<I", model, _MODEL_BYTES)
    table = _MODEL_BYTES + _HEADER_BYTES
    places = list(struct.iter_unpack("<QQ", model[table : table + _PART.size * num_parts]))
    smaller = bytearray(model[: places[0][0]] if places else model)
    for number, (offset, length) in enumerate(places):
        part = model[offset : offset + length]
        part = _smaller(part, keep_program=keep_program, keep_statistics=keep_statistics)
        _PART.pack_into(smaller, table + _PART.size * number, len(smaller), len(part))
        smaller += part + bytes(_padded(len(part)) - len(part))
    return bytes(smaller)


def _smaller_forest(model: bytes, keep_program: bool, keep_statistics: bool) -> bytes:
    *counts, flags, program = _FOREST_HEADER.unpack_from(model, _MODEL_BYTES)
    end = len(model) - program
    start = end if flags & _WITHOUT_STATISTICS else end - 2 * _padded(8 * counts[1])
    smaller = bytearray(model[:start])
    if keep_statistics:
        smaller += model[start:end]
    else:
        flags |= _WITHOUT_STATISTICS
    if keep_program:
        smaller += model[end:]
    else:
        program = 0
    _FOREST_HEADER.pack_into(smaller, _MODEL_BYTES, *counts, flags, program)
    return bytes(smaller)
