"""The CPUs that the edge library is built and run for, and how: cross compilers and emulators."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

FLAGS = (
    "-std=c++20 -Os -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffp-contract=off "
    "-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector "
    "-ffunction-sections -fdata-sections -fvisibility=hidden -fno-math-errno -fno-trapping-math"
).split()
LINK = (
    "-shared -nostdlib -Wl,--no-undefined -Wl,--gc-sections -Wl,--build-id=none "
    "-Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -Wl,-z,noexecstack -s"
).split()


@dataclass(frozen=True)
class Target:
    """A CPU: the prefix of its compilers, its own flags, and the programs that emulate it."""

    name: str
    prefix: str = ""
    flags: tuple[str, ...] = ()
    emulators: tuple[str, ...] = ()

    def compiler(self, language: str) -> str:
        """Return gcc or g++ for the CPU; skip the test, saying why, where there is none."""
        name = f"{self.prefix}{language}"
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{self.name} is not tested here: {name} is not installed")
        return found

    def emulator(self) -> list[str]:
        """Return the command that runs its programs; skip the test where there is none."""
        if not self.emulators:
            return []
        found = [path for name in self.emulators if (path := shutil.which(name))]
        if not found:
            pytest.skip(f"{self.name} is not tested here: {self.emulators[0]} is not installed")
        return found[:1]

    def compile(self, source: Path, made: Path, *more: str) -> Path:
        """Compile one C++ file; return the object."""
        run([self.compiler("g++"), *FLAGS, *self.flags, *more, "-c", str(source), "-o", str(made)])
        return made


TARGETS = (
    Target("x86-64", flags=("-march=x86-64-v2", "-fPIC")),
    Target(
        "aarch64",
        "aarch64-linux-gnu-",
        ("-fPIC",),
        ("qemu-aarch64-static", "qemu-aarch64"),
    ),
    Target(
        "armv7",
        "arm-linux-gnueabihf-",
        ("-march=armv7-a+fp", "-mfpu=vfpv3-d16", "-fPIC"),
        ("qemu-arm-static", "qemu-arm"),
    ),
    Target(
        "riscv64",
        "riscv64-linux-gnu-",
        ("-fPIC",),
        ("qemu-riscv64-static", "qemu-riscv64"),
    ),
)


def run(command: list[str]) -> bytes:
    """Run a command that must succeed; return its output."""
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr.decode()[-4000:]}"
    return done.stdout
