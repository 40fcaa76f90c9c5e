"""What the compiled runtime needs from outside: nothing but four byte copies; no start-up code."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from tests.native_build import build_plain, find_tool, run

# GCC may turn a loop into a call of these four; edge/ brings its own.
PROVIDED = {"memcpy", "memmove", "memset", "memcmp"}
LINKER = {"_GLOBAL_OFFSET_TABLE_"}


@functools.cache
def symbols() -> dict[str, list[tuple[str, str]]]:
    """Return (type, name) of every symbol of every runtime object."""
    place = build_plain("mainspring_runtime")
    objects = sorted((place / "CMakeFiles" / "mainspring_runtime.dir").rglob("*.o"))
    # The folder keeps objects of sources that are gone; the build's own list does not.
    listed = run([find_tool("ninja"), "-C", str(place), "-t", "targets", "all"])
    tables = {}
    for path in objects:
        if str(path.relative_to(place)) not in listed:
            continue
        lines = run([find_tool("nm"), str(path)]).splitlines()
        found = [re.fullmatch(r"[0-9a-f]* *(\S) (\S+)", line.strip()) for line in lines]
        tables[str(path.relative_to(place))] = [(m[1], m[2]) for m in found if m is not None]
    assert len(tables) > 10
    return tables


def outside(tables: dict[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    """Return what each object needs that no object defines."""
    defined = {name for table in tables.values() for kind, name in table if kind not in "Uw"}
    return {
        file: {name for kind, name in table if kind in "Uw"} - defined
        for file, table in tables.items()
    }


def test_runtime_needs_nothing_from_outside_but_byte_copies() -> None:
    needed = {file: names - PROVIDED - LINKER for file, names in outside(symbols()).items()}
    assert {file: names for file, names in needed.items() if names} == {}


def test_runtime_has_no_start_up_code_or_destructors() -> None:
    started = [
        (file, name)
        for file, table in symbols().items()
        for _, name in table
        if name.startswith("_GLOBAL__") or name == "__cxa_atexit"
    ]
    assert started == []


@pytest.mark.parametrize("level", ["avx2", "avx512"])
def test_per_isa_object_shares_no_inline_function(level: str) -> None:
    # A weak symbol is an inline function: the linker may keep the copy made for the newer CPU.
    shared = [
        (file, name)
        for file, table in symbols().items()
        if Path(file).name.endswith(f"_{level}.cpp.o")
        for kind, name in table
        if kind in "WVu"
    ]
    assert shared == []
    assert any(file.endswith(f"_{level}.cpp.o") for file in symbols())


def test_outside_when_an_object_calls_a_library_names_it() -> None:
    tables = {"a.o": [("T", "f"), ("U", "g")], "b.o": [("T", "g"), ("U", "exp"), ("U", "memcpy")]}
    assert outside(tables) == {"a.o": set(), "b.o": {"exp", "memcpy"}}
