"""The library as a file: it needs nothing, shows its own names only, and is small."""

from __future__ import annotations

import re
import shutil
import subprocess
from ctypes import CDLL
from pathlib import Path

import pytest

MAX_BYTES = 150_000


def symbols(path: Path, which: str) -> list[str]:
    nm = shutil.which("nm")
    assert nm is not None, "nm (binutils) comes with every compiler"
    listing = subprocess.run(
        [nm, "-D", which, str(path)], capture_output=True, text=True, check=True
    ).stdout
    return [line.split()[-1] for line in listing.splitlines() if line.strip()]


def declared(root: Path) -> set[str]:
    header = (root / "edge" / "mainspring.h").read_text(encoding="utf-8")
    return set(re.findall(r"^MAINSPRING_API [\w *]+?(mainspring_\w+)\(", header, re.MULTILINE))


def test_library_needs_no_symbol_of_any_other(edge_path: Path) -> None:
    assert symbols(edge_path, "--undefined-only") == []


def test_library_names_no_other_library(edge_path: Path) -> None:
    readelf = shutil.which("readelf")
    assert readelf is not None
    dynamic = subprocess.run(
        [readelf, "-d", str(edge_path)], capture_output=True, text=True, check=True
    ).stdout
    assert "NEEDED" not in dynamic
    assert "SONAME" in dynamic
    # Neither constructors to run nor symbols to bind: opening it does nothing.
    assert "INIT" not in dynamic
    assert "PLTREL" not in dynamic


def test_library_exports_what_the_header_declares(edge_path: Path, root: Path) -> None:
    assert len(declared(root)) > 10
    assert set(symbols(edge_path, "--defined-only")) == declared(root)


def test_header_beside_the_library_is_the_one_in_the_tree(edge_path: Path, root: Path) -> None:
    beside = edge_path.parent / "mainspring.h"
    if not beside.is_file():
        pytest.skip("the library is the one of a build folder, not an installed one")
    assert beside.read_bytes() == (root / "edge" / "mainspring.h").read_bytes()


def test_library_is_small(edge_path: Path) -> None:
    assert edge_path.stat().st_size <= MAX_BYTES


def test_library_has_no_writable_state(edge_path: Path) -> None:
    """Only addresses that the loader fills in once (.data.rel.ro) may be writable in the file."""
    size = shutil.which("size")
    assert size is not None
    sections = subprocess.run(
        [size, "-A", str(edge_path)], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[0] for line in sections.splitlines() if line.startswith(".")}
    assert not names & {".data", ".bss", ".tdata", ".tbss"}


def test_version_is_the_header_s(library: CDLL, root: Path) -> None:
    header = (root / "edge" / "mainspring.h").read_text(encoding="utf-8")
    version = re.search(r"#define MAINSPRING_ABI_VERSION (\d+)", header)
    assert version is not None
    assert library.mainspring_abi_version() == int(version[1])


def test_codes_each_have_a_sentence(library: CDLL, root: Path) -> None:
    header = (root / "edge" / "mainspring.h").read_text(encoding="utf-8")
    enum = re.search(r"enum mainspring_code \{(.*?)\}", header, re.DOTALL)
    assert enum is not None
    codes = [int(code) for code in re.findall(r"= (\d+)", enum[1])]
    assert codes == list(range(17))
    sentences = [library.mainspring_message(code).decode() for code in codes]
    assert all(len(sentence) > 3 for sentence in sentences)
    assert len(set(sentences)) == len(sentences)
    assert library.mainspring_message(4_000_000_000)


@pytest.mark.parametrize("language", ["c", "c++"])
def test_header_compiles_alone(root: Path, tmp_path: Path, language: str) -> None:
    source = tmp_path / "include.c"
    source.write_text('#include "mainspring.h"\nint main(void) { return MAINSPRING_OK; }\n')
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler is not None, "a C compiler builds the engine"
    standard = "-std=c99" if language == "c" else "-std=c++11"
    warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
    command = [compiler, f"-x{language}", standard, *warnings, "-fsyntax-only"]
    subprocess.run([*command, f"-I{root / 'edge'}", str(source)], check=True)
