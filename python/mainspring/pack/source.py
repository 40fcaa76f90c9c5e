"""A bundle and its runtime as one source file: for microcontrollers, and builds without CMake."""

from __future__ import annotations

import re
from pathlib import Path

from mainspring.errors import ParameterError
from mainspring.pack.amalgamate import amalgamate
from mainspring.pack.contents import needed_models, needed_steps, shrink, source_folder

__all__ = ["c_source"]

_LINE_BYTES = 20
_TILES = range(64, 513, 64)


def c_source(bundle: bytes, name: str, *, tile_rows: int = 64) -> dict[str, str]:
    """Return a source file and its header: the runtime that a bundle needs, and the bundle.

    The source is C++20 without exceptions, a heap or a library: what it calls is ``memcpy``,
    ``memmove``, ``memset`` and ``memcmp``. Its functions are those of ``mainspring.h``, for C.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file.
    name : str
        An identifier of C: the bytes are called ``NAME_bundle``, the files ``NAME.cpp`` and
        ``NAME.h``.
    tile_rows : int, default 64
        Rows that run at once, a multiple of 64 up to 512: scratch grows with it. Changes no bit.

    Returns
    -------
    dict of str to str
        Texts by file name.

    Raises
    ------
    ParameterError
        When the name is no identifier, or ``tile_rows`` no multiple of 64 up to 512.
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) is None:
        raise ParameterError(
            f"name is {name!r}, expected an identifier of C: letters, digits and '_'.",
            expected="an identifier of C",
            got=repr(name),
        )
    if tile_rows not in _TILES:
        raise ParameterError(
            f"tile_rows is {tile_rows!r}, expected a multiple of 64 from 64 to 512.",
            expected="a multiple of 64 from 64 to 512",
            got=repr(tile_rows),
        )
    small = shrink(bundle)
    source = source_folder()
    steps, models = needed_steps(small), needed_models(small)
    runtime = amalgamate(source, steps=steps, models=models, tile_rows=tile_rows)
    first = [
        f"// The bundle {name} and the runtime that predicts with it, in one file: no heap, no",
        "// library but memcpy, memmove, memset and memcmp. Made by `mainspring pack --target c`.",
        "//",
        f"//   c++ -std=c++20 -Os -fno-exceptions -fno-rtti -ffp-contract=off -c {name}.cpp",
        "//",
        f"// Steps: {', '.join(steps)}.",
        f"// Models: {', '.join(models) or 'none'}.",
    ]
    text = "\n".join([*first, "", runtime, _array(small, name)])
    return {f"{name}.cpp": text, f"{name}.h": _header(source, small, name)}


def _array(bundle: bytes, name: str) -> str:
    lines = [
        "// ---- the bundle",
        f'extern "C" {{ extern const unsigned char {name}_bundle[{len(bundle)}]; }}',
        f"alignas(64) const unsigned char {name}_bundle[{len(bundle)}] = {{",
    ]
    lines += [
        "".join(f"{byte}," for byte in bundle[at : at + _LINE_BYTES])
        for at in range(0, len(bundle), _LINE_BYTES)
    ]
    return "\n".join([*lines, "};", ""])


def _header(source: Path, bundle: bytes, name: str) -> str:
    interface = (source / "edge" / "mainspring.h").read_text(encoding="utf-8")
    guard = f"MAINSPRING_{name.upper()}_H"
    return "\n".join(
        [
            f"/* What {name}.cpp declares: the bundle, and the interface to predict with it. */",
            f"#ifndef {guard}",
            f"#define {guard}",
            interface,
            f"#define {name.upper()}_BUNDLE_BYTES {len(bundle)}u",
            "",
            "#ifdef __cplusplus",
            'extern "C" {',
            "#endif",
            f"extern const unsigned char {name}_bundle[{len(bundle)}]; /* aligned to 64 */",
            "#ifdef __cplusplus",
            "}",
            "#endif",
            "#endif",
            "",
        ]
    )
