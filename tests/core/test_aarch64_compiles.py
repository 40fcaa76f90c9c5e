"""The runtime compiles for aarch64, and where an emulator is at hand its native tests run there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.native_build import PLAIN, ROOT, build

COMPILER = shutil.which("aarch64-linux-gnu-g++")
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
PROGRAMS = sorted(
    (layer, path.stem)
    for layer in ("core", "runtime")
    for path in (ROOT / "tests" / "cpp").glob(f"test_{layer}_*.cpp")
)

needs_compiler = pytest.mark.skipif(
    COMPILER is None, reason="no cross compiler: apt-get install g++-aarch64-linux-gnu"
)
needs_emulator = pytest.mark.skipif(
    EMULATOR is None, reason="no emulator: apt-get install qemu-user"
)


def build_aarch64(target: str) -> Path:
    options = {
        **PLAIN,
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": "aarch64",
        "CMAKE_C_COMPILER": str(COMPILER).replace("g++", "gcc"),
        "CMAKE_CXX_COMPILER": str(COMPILER),
        "CMAKE_EXE_LINKER_FLAGS": "-static",
    }
    return build("test-aarch64", target, tuple(options.items()))


@needs_compiler
def test_runtime_for_aarch64_compiles() -> None:
    place = build_aarch64("mainspring_runtime")
    assert any((place / "CMakeFiles" / "mainspring_runtime.dir").rglob("kernels_baseline.cpp.o"))


@needs_compiler
@needs_emulator
@pytest.mark.parametrize(("layer", "program"), PROGRAMS)
def test_program_on_aarch64_finds_the_same_bits(layer: str, program: str) -> None:
    place = build_aarch64(f"mainspring_{layer}_tests")
    done = subprocess.run(
        [str(EMULATOR), str(place / "tests" / "cpp" / program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
