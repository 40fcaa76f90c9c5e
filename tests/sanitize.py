"""Every C++ test and every fuzzer under the sanitizers; what `.ci/sanitize` runs.

All programs of tests/cpp are built once with the address and undefined-behaviour sanitizers, those
with threads with the thread sanitizer too. Each fuzzer then tries mutants for a time. A fault is
reported with the file of the input that showed it and the command that shows it again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.native_build import ROOT, build_sanitized, build_thread_sanitized

__all__ = ["Program", "Result", "cpp_tests", "fuzzers", "run_program", "thread_tests"]

OPTIONS = {
    # A reader allocates no more than its input can describe, so a huge block is a fault.
    "ASAN_OPTIONS": "detect_leaks=1:max_allocation_size_mb=1024",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    # Tests fork on purpose, and start threads in the child.
    "TSAN_OPTIONS": "die_after_fork=0",
}
FAULTS = ROOT / "build" / "faults"
THREAD_TESTS = ("test_kept_memory", "test_parallel_predict", "test_thread_pool")


@dataclass(frozen=True)
class Program:
    """A program, what it is built with, and its arguments."""

    name: str
    path: Path
    sanitizer: str = "address,undefined"
    arguments: tuple[str, ...] = ()

    @property
    def is_fuzzer(self) -> bool:
        """Whether it tries inputs, and can try a file again."""
        return self.name.startswith("fuzz_")


@dataclass(frozen=True)
class Result:
    """How a run ended; `report` is what it printed, and how to show a fault again."""

    program: Program
    passed: bool
    seconds: float
    report: str


def names(pattern: str) -> list[str]:
    """Return the programs of tests/cpp."""
    return sorted(path.stem for path in (ROOT / "tests" / "cpp").glob(pattern))


def cpp_tests() -> list[Program]:
    """Build and return all tests."""
    place = build_sanitized("mainspring_tests") / "tests" / "cpp"
    return [Program(name, place / name) for name in names("test_*.cpp")]


def thread_tests() -> list[Program]:
    """Build and return the tests of what runs on several threads."""
    place = build_thread_sanitized("mainspring_thread_tests") / "tests" / "cpp"
    return [Program(name, place / name, "thread") for name in THREAD_TESTS]


def fuzzers(*arguments: str) -> list[Program]:
    """Build and return all fuzzers, to be run with these arguments."""
    place = build_sanitized("mainspring_fuzzers") / "tests" / "cpp"
    return [Program(name, place / name, arguments=arguments) for name in names("fuzz_*.cpp")]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, **OPTIONS},
    )


def _keep_input(last: Path, kept: Path) -> None:
    data = last.read_bytes()
    length = int.from_bytes(data[:8], "little")
    kept.write_bytes(data[8 : 8 + length])


def run_program(program: Program) -> Result:
    """Run a program to its end."""
    started = time.monotonic()
    command = [str(program.path), *program.arguments]
    if program.is_fuzzer:
        FAULTS.mkdir(parents=True, exist_ok=True)
        last = FAULTS / f"{program.name}-{os.getpid()}.last"
        command += ["--last", str(last)]
    done = _run(command)
    if "unexpected memory mapping" in done.stdout:  # the kernel places things where TSan cannot
        done = _run([shutil.which("setarch") or "setarch", "-R", *command])
    report = done.stdout.strip()[-8000:]
    if program.is_fuzzer:
        # A status of 2 is a wrong option or seed: no input is to blame.
        if done.returncode not in (0, 2):
            kept = last.with_suffix(".input")
            _keep_input(last, kept)
            report += f"\nstatus {done.returncode}; again: {program.path} --try {kept}"
        last.unlink(missing_ok=True)
    return Result(program, done.returncode == 0, time.monotonic() - started, report)


def main() -> int:
    """Build all, run all, and return the exit status."""
    parser = argparse.ArgumentParser(prog=".ci/sanitize", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="how long each fuzzer runs")
    parser.add_argument("--seed", type=int, help="of the fuzzers; by default another each time")
    parser.add_argument("name", nargs="*", help="programs of tests/cpp, as 'fuzz_*'; default: all")
    options = parser.parse_args()
    seed = time.time_ns() // 1_000_000 % 1_000_000_000 if options.seed is None else options.seed
    print(f"sanitize: seed {seed}, {options.seconds} s for each fuzzer", flush=True)
    started = time.monotonic()
    programs = [
        *fuzzers("--seed", str(seed), "--seconds", str(options.seconds)),
        *cpp_tests(),
        *thread_tests(),
    ]
    unknown = [name for name in options.name if not any(fnmatch(p.name, name) for p in programs)]
    if unknown:
        parser.error(f"there is no program {', '.join(unknown)} in tests/cpp")
    print(f"sanitize: built in {time.monotonic() - started:.0f} s", flush=True)
    names_chosen = options.name or ["*"]
    chosen = [p for p in programs if any(fnmatch(p.name, name) for name in names_chosen)]
    failed = 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for future in as_completed([pool.submit(run_program, program) for program in chosen]):
            result = future.result()
            failed += not result.passed
            word = "ok" if result.passed else "FAILED"
            what = f"{result.program.name} ({result.program.sanitizer})"
            print(f"sanitize: {what:45} {word} {result.seconds:5.1f} s  ", end="")
            shown = result.report if not result.passed or result.program.is_fuzzer else ""
            print(shown, flush=True)
    print(f"sanitize: {len(chosen)} programs, {failed} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
