"""A file for AVX2 or AVX-512 shares no function with files for older CPUs.

An inline function from a header is compiled into every object that calls it and the linker keeps
one copy, of whichever object comes first. If that were an AVX-512 one, CPUs without it would crash
in code that has nothing to do with it. So these objects may define no such (weak) symbol.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = {"avx2": ["-march=x86-64-v3"], "avx512": ["-march=x86-64-v4"]}
SOURCES = sorted(
    path
    for layer in ("runtime", "profile", "train")
    for path in (ROOT / "csrc" / layer).rglob("*.cpp")
    if re.search(r"_(avx2|avx512)\.cpp$", path.name)
)
COMPILER = shutil.which(os.environ.get("CXX", "g++"))

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or COMPILER is None or shutil.which("nm") is None,
    reason="needs an x86-64 compiler and nm",
)


def weak_symbols(source: Path, flags: list[str], folder: Path) -> list[str]:
    made = folder / "a.o"
    command = [str(COMPILER), "-std=c++20", "-O3", "-fPIC", "-fno-exceptions", "-fno-rtti"]
    command += [
        "-ffp-contract=off",
        f"-I{ROOT / 'csrc'}",
        *flags,
        "-c",
        str(source),
        "-o",
        str(made),
    ]
    subprocess.run(command, check=True, capture_output=True)
    listing = subprocess.run(["nm", "-C", str(made)], check=True, capture_output=True, text=True)
    return re.findall(r"^[0-9a-f ]+ [WVu] (.+)$", listing.stdout, re.MULTILINE)


def test_sources_for_newer_cpus_exist() -> None:
    assert len(SOURCES) >= 6


@pytest.mark.parametrize("source", SOURCES, ids=[path.name for path in SOURCES])
def test_object_for_newer_cpus_defines_no_shared_function(source: Path, tmp_path: Path) -> None:
    level = source.stem.rpartition("_")[2]
    assert weak_symbols(source, FLAGS[level], tmp_path) == []


def test_weak_symbols_when_an_inline_function_is_used_finds_it(tmp_path: Path) -> None:
    source = tmp_path / "a.cpp"
    source.write_text(
        "inline __attribute__((noinline)) int shared(int x) { return x + 1; }\n"
        "int use(int x) { return shared(x); }\n"
    )
    assert weak_symbols(source, [], tmp_path) == ["shared(int)"]
