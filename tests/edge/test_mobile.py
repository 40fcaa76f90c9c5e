"""A packed source compiles for Android and iOS, as far as a compiler without their kits goes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mainspring import pack

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FLAGS = (
    "-std=c++20 -Os -ffreestanding -nostdinc++ -fno-exceptions -fno-rtti -fno-threadsafe-statics "
    "-ffp-contract=off -fno-math-errno -fno-stack-protector"
).split()
MEMORY = {"memcpy", "memmove", "memset", "memcmp", "bzero"}  # the last is memset to 0 on iOS


@pytest.mark.parametrize(
    ("target", "magic"),
    [
        ("aarch64-linux-android24", b"\x7fELF\x02\x01\x01"),
        ("armv7a-linux-androideabi24", b"\x7fELF\x01\x01\x01"),
        ("arm64-apple-ios13", b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01"),
    ],
)
def test_packed_source_compiles_for_phones(
    root: Path, tmp_path: Path, target: str, magic: bytes
) -> None:
    compiler = shutil.which("clang++")
    if compiler is None:
        pytest.skip("phones are not compiled for here: clang++ is not installed")
    files = pack.c_source((GOLDEN / "0.1-late-flights.spring").read_bytes(), "late")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = tmp_path / "late.o"
    include = f"-isystem{root / 'edge' / 'wasm' / 'include'}"
    command = [compiler, f"--target={target}", *FLAGS, include, "-c", str(tmp_path / "late.cpp")]
    done = subprocess.run([*command, "-o", str(made)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    data = made.read_bytes()
    assert data.startswith(magic)
    assert re.search(rb"\0_?mainspring_predict\0", data)
    reader = shutil.which("llvm-nm") or shutil.which("llvm-nm-14")
    if reader is not None:
        listing = subprocess.run(
            [reader, "--undefined-only", str(made)], capture_output=True, text=True, check=True
        ).stdout
        wanted = {line.split()[-1].lstrip("_") for line in listing.splitlines() if line.strip()}
        # Of 32-bit ARM the compiler's own names of memory, and its divisions of 64 bits.
        assert {name for name in wanted if not name.startswith("aeabi_")} <= MEMORY
