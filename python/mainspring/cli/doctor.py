"""``mainspring doctor``: how the engine was built, whether it works here, and what is missing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mainspring
from mainspring._names import close_name
from mainspring.cli.extras import Extra, installed_extras
from mainspring.errors import MainspringError, ParameterError

__all__ = ["add_arguments", "run"]

_SETTINGS = (
    "MAINSPRING_DEBUG",
    "MAINSPRING_GPU_LIBRARY",
    "MAINSPRING_ISA",
    "MAINSPRING_NUM_THREADS",
    "MAINSPRING_REDACT",
    "MAINSPRING_STORE",
)
_GPU_SECONDS = 20
_LABEL = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the extras that must be there.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "extras",
        metavar="EXTRA",
        nargs="*",
        help="extras that must be installed, as serve or torch",
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")


def run(arguments: argparse.Namespace) -> int:
    """Look at the installation and print what is found.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0 when all is well, 1 when something does not work or a wanted extra is missing.

    Raises
    ------
    ParameterError
        When there is no extra of a name.
    """
    found = _look(arguments.extras)
    print(json.dumps(found, indent=2) if arguments.json else "\n".join(_lines(found)))
    return 1 if found["problems"] else 0


def _look(wanted: list[str]) -> dict[str, Any]:
    extras = installed_extras()
    _refuse_unknown(wanted, [extra.name for extra in extras])
    build, engine_problems = _engine()
    problems = [*engine_problems, *_setting_problems(), *_extra_problems(extras, wanted)]
    return {
        "version": mainspring.__version__,
        "installed_in": str(Path(str(mainspring.__file__)).parent),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.platform(),
        "build": build,
        "settings": {name: os.environ[name] for name in _SETTINGS if name in os.environ},
        "gpu": _gpu(),
        "extras": {
            extra.name: {
                "state": extra.state,
                "packages": {
                    one.package: {"installed": one.installed, "wanted": one.wanted or "any"}
                    for one in extra.requirements
                },
            }
            for extra in extras
        },
        "problems": problems,
    }


def _refuse_unknown(wanted: list[str], names: list[str]) -> None:
    for name in wanted:
        if name not in names:
            close = close_name(name, names)
            hint = f"did you mean {close!r}?" if close else f"one of {', '.join(names)}."
            raise ParameterError(
                f"There is no extra {name!r}: {hint}",
                expected=", ".join(names),
                got=name,
                hint=hint,
            )


def _engine() -> tuple[dict[str, Any], list[str]]:
    """Return how the engine was built, and what does not work of it."""
    try:
        build = dict(mainspring.build_info())
    except (ImportError, OSError) as error:
        return {}, [f"the engine cannot be loaded: {error}. Install mainspring again."]
    except MainspringError as error:
        return {}, [str(error)]
    build.pop("version", None)
    return build, [*_self_test(), *_interface_problems()]


def _self_test() -> list[str]:
    """Fit, write, read and predict: the same numbers must come out as were written down."""
    rows = {"x": [1.0, 2.0, None, 6.0], "c": ["a", "b", "a", None]}
    preprocessor = mainspring.Preprocessor(
        mainspring.col("x").impute("mean"), mainspring.col("c").ordinal()
    )
    try:
        features = preprocessor.fit(rows).transform(rows).tolist()
    except MainspringError as error:
        return [f"the engine cannot fit four rows: {error}"]
    if features != [[1.0, 2.0], [2.0, 3.0], [3.0, 2.0], [6.0, 0.0]]:
        return [f"the engine computes wrong features: {features}. Please report this."]
    return []


def _interface_problems() -> list[str]:
    try:
        mainspring.get_include()
        mainspring.get_library_dir()
        mainspring.get_cmake_dir()
    except MainspringError as error:
        return [f"the C interface is not complete: {error}"]
    return []


def _setting_problems() -> list[str]:
    problems = []
    for name in sorted(os.environ):
        if name.startswith("MAINSPRING_") and name not in _SETTINGS:
            close = close_name(name, _SETTINGS)
            hint = f" Did you mean {close}?" if close else ""
            problems.append(f"the environment variable {name} means nothing here.{hint}")
    return problems


def _extra_problems(extras: list[Extra], wanted: list[str]) -> list[str]:
    problems = []
    for extra in extras:
        problems += [
            f"{one.package} {one.installed} is installed, but the extra {extra.name!r} "
            f"wants {one.wanted}: pip install 'mainspring[{extra.name}]'"
            for one in extra.requirements
            if one.installed is not None and not one.fits
        ]
        if extra.name in wanted and extra.state == "missing":
            problems.append(
                f"the extra {extra.name!r} is not installed, it lacks {_lacking(extra)}: "
                f"pip install 'mainspring[{extra.name}]'"
            )
    return problems


def _lacking(extra: Extra) -> str:
    return ", ".join(one.package for one in extra.requirements if one.installed is None)


def _gpu() -> list[str]:
    """Return the GPUs that NVIDIA's driver knows of."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    fields = "--query-gpu=name,memory.total,driver_version"
    try:
        done = subprocess.run(
            [tool, fields, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_GPU_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def _lines(found: dict[str, Any]) -> Iterator[str]:
    build = found["build"]
    yield f"mainspring {found['version']}"
    yield _line("installed in", found["installed_in"])
    yield _line("python", found["python"])
    yield _line("system", found["system"])
    if build:
        levels = ", ".join(build["isa_levels"])
        yield _line("built with", f"{build['compiler']}, {build['build_type']}")
        yield _line("instructions", f"{build['isa']} (this CPU runs {levels})")
        yield _line("threads", str(build["num_threads"]))
        cuda = build["cuda"]
        yield _line("CUDA", "compiled in" if cuda["available"] else cuda["message"])
    yield _line("GPU", "; ".join(found["gpu"]) or "none that nvidia-smi knows of")
    for name, value in found["settings"].items():
        yield _line("setting", f"{name}={value}")
    yield ""
    yield "extras (pip install 'mainspring[NAME]')"
    width = max(map(len, found["extras"]), default=0)
    for name, extra in found["extras"].items():
        packages = ", ".join(
            f"{package} {state['installed'] or 'not here'}"
            for package, state in extra["packages"].items()
        )
        start = f"  {name:<{width}}  {extra['state']:<13}  "
        yield from textwrap.wrap(
            packages or "needs nothing here",
            max(shutil.get_terminal_size().columns, 50),
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_on_hyphens=False,
        )
    yield ""
    if not found["problems"]:
        yield "All is well."
    for problem in found["problems"]:
        yield f"problem: {problem}"


def _line(label: str, text: str) -> str:
    return f"  {label + ':':<{_LABEL}}{text}"
