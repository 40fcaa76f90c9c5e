"""Build parts of the C++ tree for tests: once, in a folder of build/ that later runs use again."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEARCH_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# Nothing but the C++ tests, with the flags of a release.
PLAIN = {
    "CMAKE_BUILD_TYPE": "Release",
    "MAINSPRING_PYTHON": "OFF",
    "MAINSPRING_EDGE": "OFF",
    "MAINSPRING_CPP_TESTS": "ON",
}
# What nvcc reports of each kernel is kept beside its object: tests/gpu/test_compiled.py.
KERNELS = {
    "MAINSPRING_CUDA": "ON",
    "CMAKE_CUDA_COMPILER_LAUNCHER": str(ROOT / "tests" / "gpu" / "keep_report.sh"),
}
# Little optimisation: sanitized code at -O3 takes minutes to compile.
SANITIZED = {
    **PLAIN,
    "CMAKE_BUILD_TYPE": "Debug",
    "CMAKE_CXX_FLAGS_DEBUG": "-O1",
    "MAINSPRING_SANITIZE": "address,undefined",
}


def find_tool(name: str) -> str:
    """Return the path of a program beside this Python or in PATH.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    found = shutil.which(name, path=SEARCH_PATH)
    if found is None:
        message = f"{name} is needed to build C++ tests: pip install '.[test]'"
        raise FileNotFoundError(message)
    return found


def run(command: list[str]) -> str:
    """Run a command and return its output; on failure the output is the error."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        message = f"{' '.join(command)}\n{done.stdout[-8000:]}"
        raise RuntimeError(message)
    return done.stdout


@functools.cache
def build(folder: str, target: str, options: tuple[tuple[str, str], ...]) -> Path:
    """Build a target in build/`folder` and return that folder.

    Workers of one run wait for each other; whoever comes later finds nothing left to do. A folder
    is configured again when its options change; the build itself finds new and changed files.
    """
    place = ROOT / "build" / folder
    place.mkdir(parents=True, exist_ok=True)
    defines = [f"-D{name}={value}" for name, value in options]
    ccache = shutil.which("ccache", path=SEARCH_PATH)
    if ccache is not None:
        defines.append(f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}")
    configure = [find_tool("cmake"), "-S", str(ROOT), "-B", str(place), "-G", "Ninja", *defines]
    configure.append(f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}")
    stamp = place / "configured.txt"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != "\n".join(configure):
            run(configure)
            stamp.write_text("\n".join(configure))
        cores = len(os.sched_getaffinity(0))
        run([configure[0], "--build", str(place), "--target", target, "--parallel", str(cores)])
    return place


def build_plain(target: str) -> Path:
    """Build with the flags of a release, and GPU kernels where nvcc is; return the folder."""
    kernels = {} if shutil.which("nvcc") is None else KERNELS
    return build("test-plain", target, tuple({**PLAIN, **kernels}.items()))


def build_sanitized(target: str) -> Path:
    """Build with the address and undefined-behaviour sanitizers; return the folder."""
    return build("test-sanitized", target, tuple(SANITIZED.items()))


def build_thread_sanitized(target: str) -> Path:
    """Build with the thread sanitizer; return the folder."""
    options = {**SANITIZED, "MAINSPRING_SANITIZE": "thread"}
    return build("test-thread-sanitized", target, tuple(options.items()))
