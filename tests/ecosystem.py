"""Environments of their own for the systems that mainspring works with; what `.ci/ecosystem` runs.

Airflow, Prefect, TensorFlow and the like ask for releases that do not go together, so each has a
virtual environment, made of a fully pinned list (`.ci/environments/NAME.txt`) and of a wheel that
is built once. The tests that belong to it run there, and a test that is skipped there fails it: it
would prove nothing. While the tests of one environment run, the next ones are installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ENVIRONMENTS",
    "Environment",
    "Outcome",
    "environments",
    "index_settings",
    "run_all",
]

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / ".ci" / "environments"
UV = "uv==0.13.9"  # installs a hundred packages in seconds, several times faster than pip
PYTHON = (3, 11)  # what the lists are resolved for
CACHE = "MAINSPRING_CI_CACHE"
HEADER = re.compile(r"# (\w+): (.*)")


@dataclass(frozen=True)
class Environment:
    """One list of packages, and what its header says.

    Attributes
    ----------
    name : str
        Of the file.
    purpose : str
        Why the environment is one of its own.
    asks : tuple of str
        The requirements that the pins follow from.
    tests : tuple of str
        What pytest runs in it.
    programs : tuple of str
        What has to be installed by other means; without one the environment is left out, loudly.
    pins : str
        The list itself.
    """

    name: str
    purpose: str
    asks: tuple[str, ...]
    tests: tuple[str, ...]
    programs: tuple[str, ...]
    pins: str

    @property
    def digest(self) -> str:
        """Names a kept environment: other pins or another Python make a new one."""
        return hashlib.sha256(f"{sys.version}\n{self.pins}".encode()).hexdigest()[:16]

    @property
    def lacks(self) -> str | None:
        """Why it cannot be made on this machine, or None."""
        if sys.version_info[:2] != PYTHON:
            wanted, got = (".".join(map(str, v[:2])) for v in (PYTHON, sys.version_info))
            return f"its packages are pinned for Python {wanted}, this is {got}"
        missing = [program for program in self.programs if shutil.which(program) is None]
        return f"needs {', '.join(missing)}, which this machine lacks" if missing else None


@dataclass(frozen=True)
class Outcome:
    """How one environment ended: "ok", "FAILED" or "SKIPPED", and why."""

    name: str
    state: str
    install_seconds: float
    test_seconds: float
    reason: str = ""


def environments() -> dict[str, Environment]:
    """Read all lists, by name."""
    return {path.stem: _read(path) for path in sorted(ENVIRONMENTS.glob("*.txt"))}


def _read(path: Path) -> Environment:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    fields = {match[1]: match[2] for line in comments if (match := HEADER.fullmatch(line))}
    purpose = " ".join(line[2:] for line in comments if not HEADER.fullmatch(line))
    unknown = set(fields) - {"asks", "tests", "programs"}
    if unknown or not purpose or "asks" not in fields or "tests" not in fields:
        raise ValueError(
            f"{path.name}: expected a comment that says what it is for, '# asks: REQUIREMENTS', "
            f"'# tests: PATHS' and perhaps '# programs: NAMES'; got {sorted(fields)}"
        )
    split = {name: tuple(text.split()) for name, text in fields.items()}
    pins = "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))
    return Environment(
        path.stem, purpose, split["asks"], split["tests"], split.get("programs", ()), pins
    )


class _Workshop:
    """The folder where environments are made, the tool that makes them and the wheel in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._settings = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS", "VIRTUAL_ENV")
        }
        self._settings |= {"UV_CACHE_DIR": str(folder / "packages"), "UV_NO_PROGRESS": "1"}
        self._settings |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
        self._settings |= _index_settings()
        self._uv = folder / UV.replace("==", "-") / "bin" / "uv"
        if not self._uv.exists():
            self._run(sys.executable, "-m", "venv", self._uv.parents[1])
            self._run(self._uv.parent / "python", "-m", "pip", "install", "-q", UV)

    def _run(self, *command: str | Path) -> str:
        done = subprocess.run(
            list(map(str, command)),
            cwd=ROOT,
            env=self._settings,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")
        return done.stdout

    def wheel(self) -> Path:
        """Build the package from this checkout."""
        with tempfile.TemporaryDirectory(dir=self._folder) as made:
            pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", made, ".")
            self._run(*pip)
            (built,) = Path(made).glob("*.whl")
            kept = self._folder / "wheel" / built.name
            shutil.rmtree(kept.parent, ignore_errors=True)
            kept.parent.mkdir()
            return built.rename(kept)

    def install(self, environment: Environment, wheel: Path) -> Path:
        """Make an environment, or find it kept; return its python."""
        folder = self._folder / f"{environment.name}-{environment.digest}"
        python, complete = folder / "bin" / "python", folder / "complete"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            for other in self._folder.glob(f"{environment.name}-*"):
                shutil.rmtree(other)  # of pins that are no more
            self._run(self._uv, "venv", "-q", "-p", sys.executable, folder)
            self._pip(python, "--requirement", ENVIRONMENTS / f"{environment.name}.txt")
            complete.touch()
        self._pip(python, "--reinstall-package", "mainspring", wheel)
        return python

    def _pip(self, python: Path, *what: str | Path) -> None:
        # Nothing is resolved anew: the list is the whole of it.
        self._run(self._uv, "pip", "install", "-q", "--no-deps", "-p", python, *what)

    def test(self, environment: Environment, python: Path) -> str:
        """Run the tests that belong to an environment; return what is wrong, or nothing."""
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=5"]
        settings = {**self._settings, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            [*map(str, command), *environment.tests],
            cwd=ROOT,
            env=settings,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        print(f"\n== {environment.name}: {environment.purpose}\n{done.stdout}", flush=True)
        if done.returncode:
            return f"pytest ended with {done.returncode}"
        last = done.stdout.rstrip().rpartition("\n")[2]
        skipped = re.search(r"\d+ skipped", last)
        return f"{skipped[0]}: a skipped test proves nothing here" if skipped else ""

    def pinned(self, environment: Environment) -> str:
        """Resolve the pins anew from what an environment asks for."""
        asks = self._folder / f"{environment.name}.in"
        asks.write_text("\n".join(environment.asks), encoding="utf-8")
        version = ".".join(map(str, PYTHON))
        options = ("-q", "--no-header", "--no-annotate", "--python-version", version)
        return self._run(self._uv, "pip", "compile", *options, asks)


def _index_settings() -> dict[str, str]:
    """Tell uv, which does not read pip's settings, of where pip looks for packages."""
    pip = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    return index_settings(done.stdout)


def index_settings(of_pip: str) -> dict[str, str]:
    """Return the settings of uv that are those of pip.

    Parameters
    ----------
    of_pip : str
        What ``pip config list`` prints; the environment's lines come first and hold.

    Returns
    -------
    dict of str to str
        Variables of the environment. With further indices the best version of all of them is taken,
        as pip takes it: torch's builds for CPUs have an index of their own.
    """
    found: dict[str, str] = {}
    lines = r"^(?:global|:env:)\.([a-z-]+)='(.*)'$"
    for name, value in re.findall(lines, of_pip, re.MULTILINE):
        found.setdefault(name, value)
    further = [url for url in found.get("extra-index-url", "").split() if url.startswith("http")]
    made = {}
    if "index-url" in found:
        made["UV_DEFAULT_INDEX"] = found["index-url"]
    if "find-links" in found:
        made["UV_FIND_LINKS"] = ",".join(found["find-links"].split())
    if further:
        made |= {"UV_INDEX": " ".join(further), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    return made


def run_all(
    chosen: list[Environment], folder: Path, wheel: Path | None, jobs: int
) -> list[Outcome]:
    """Install and test environments; installing goes ahead of the tests.

    Parameters
    ----------
    chosen : list of Environment
        In the order in which they are installed.
    folder : Path
        Where environments are kept.
    wheel : Path or None
        What is tested; None: built from this checkout.
    jobs : int
        How many environments are tested at a time.

    Returns
    -------
    list of Outcome
        One for each, in the same order.
    """
    workshop = _Workshop(folder)
    wheel = wheel or workshop.wheel()

    def install(environment: Environment) -> tuple[Path | None, str, float]:
        started = time.monotonic()
        try:
            python, reason = workshop.install(environment, wheel), ""
        except (RuntimeError, OSError) as error:
            python, reason = None, str(error)
        return python, reason, time.monotonic() - started

    def test(environment: Environment) -> Outcome:
        if environment.lacks is not None:
            return Outcome(environment.name, "SKIPPED", 0.0, 0.0, environment.lacks)
        python, reason, seconds = installs[environment.name].result()
        if python is None:
            return Outcome(environment.name, "FAILED", seconds, 0.0, reason)
        started = time.monotonic()
        reason = workshop.test(environment, python)
        state = "FAILED" if reason else "ok"
        return Outcome(environment.name, state, seconds, time.monotonic() - started, reason)

    with ThreadPoolExecutor(1) as installer, ThreadPoolExecutor(jobs) as testers:
        possible = [environment for environment in chosen if environment.lacks is None]
        installs = {one.name: installer.submit(install, one) for one in possible}
        return list(testers.map(test, chosen))


def _rewrite(environment: Environment, pins: str) -> None:
    path = ENVIRONMENTS / f"{environment.name}.txt"
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    path.write_text("\n".join(header) + "\n" + pins, encoding="utf-8")


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    known = environments()
    parser = argparse.ArgumentParser(
        prog=".ci/ecosystem", description="Tests that run in environments of their own."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    cache = os.environ.get(CACHE)
    parser.add_argument("--cache", default=cache, help=f"a folder that is kept [${CACHE}]")
    parser.add_argument("--wheel", type=Path, help="test this wheel and build none")
    parser.add_argument("--jobs", type=int, default=2, help="environments tested at a time [2]")
    parser.add_argument("--json", type=Path, help="write the outcomes to this file, too")
    parser.add_argument("--pin", action="store_true", help="write the pins anew and run nothing")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(known))
    if unknown:
        parser.error(f"there is no environment {unknown[0]!r}; there are {', '.join(known)}")
    chosen = [known[name] for name in asked.names or known]
    with tempfile.TemporaryDirectory(prefix="mainspring-ecosystem.") as temporary:
        folder = Path(asked.cache or temporary).resolve()
        if asked.pin:
            for environment in chosen:
                _rewrite(environment, _Workshop(folder).pinned(environment))
            return 0
        outcomes = run_all(chosen, folder, asked.wheel, asked.jobs)
    print("\nenvironment   state    install  tests")
    for one in outcomes:
        times = f"{one.install_seconds:6.0f} s {one.test_seconds:5.0f} s"
        print(f"{one.name:13} {one.state:8} {times}  {one.reason}")
    if asked.json:
        asked.json.write_text(json.dumps([vars(one) for one in outcomes], indent=1) + "\n")
    return int(any(one.state == "FAILED" for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
