"""``mainspring run``: the steps of a pipeline that have to run, and why."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._files import require_folder
from mainspring.cli.columns import part_names
from mainspring.errors import MainspringError, ParameterError

if TYPE_CHECKING:
    from mainspring.pipeline import Pipeline

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the pipeline, its parameters, and which steps run.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("file", metavar="FILE.py", help="a file of Python that makes a pipeline")
    parser.add_argument("--pipeline", metavar="NAME", help="which, where the file makes several")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the value of a parameter: JSON, or else a text; as often as needed",
    )
    parser.add_argument(
        "--from", dest="start", metavar="STEP", help="run this step and all that need it anew"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="STEP",
        help="run these steps and what they need: a b, or a,b",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would run and why, and run nothing"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="steps at a time")
    parser.add_argument("--store", metavar="FOLDER", help="where results are kept")
    parser.add_argument(
        "--lock", metavar="FILE", help="the lock file (FILE.lock beside FILE.py); - writes none"
    )
    parser.add_argument(
        "--locked",
        action="store_true",
        help="compare with the lock file first; where a step differs, say so and run nothing",
    )
    parser.add_argument("--svg", metavar="FILE.svg", help="write a picture of the steps too")


def run(arguments: argparse.Namespace) -> int:
    """Run, or say what would run.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        1 when ``--locked`` finds a difference, else 0.
    """
    from mainspring.pipeline.lock_file import lock_differences, read_lock, write_lock

    if arguments.store is not None:
        os.environ["MAINSPRING_STORE"] = str(Path(arguments.store).absolute())
    if arguments.svg is not None:
        require_folder(arguments.svg)
    pipeline = _load(arguments.file, arguments.pipeline)
    only = arguments.only and part_names(arguments.only, ())
    values = dict(_pair(text) for text in arguments.set)
    if arguments.svg is not None:
        pipeline.to_svg(arguments.svg)
    lock = arguments.lock or str(Path(arguments.file).with_suffix(".lock"))
    if arguments.locked:
        found = lock_differences(read_lock(lock), pipeline.plan(values))
        if found:
            print(f"{lock} is of another pipeline:", *found, sep="\n")
            return 1
    if arguments.dry_run:
        print(pipeline.plan(values, only=only, start=arguments.start))
        return 0
    done = pipeline.run(
        values,
        only=only,
        start=arguments.start,
        workers=arguments.workers,
        progress=True if sys.stderr.isatty() else None,
    )
    print(done)
    print(f"{done!r}: {pipeline.store.folder}")
    if lock != "-" and arguments.only is None and not arguments.locked:
        write_lock(done, lock)
    return 0


def _load(path: str, name: str | None) -> Pipeline:
    """Run the file; what goes wrong in it is said in one line, as all that goes wrong."""
    from mainspring.pipeline import load_pipeline

    try:
        return load_pipeline(path, name)
    except (MainspringError, KeyboardInterrupt):
        raise
    except Exception as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).resolve() == Path(path).resolve()
        ]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        where = path if line is None else f"{path}, line {line}"
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ParameterError(
            f"{where}: {type(error).__name__}: {what}. Mend the file; MAINSPRING_DEBUG=1 shows the "
            "traceback.",
            got=type(error).__name__,
        ) from error


def _pair(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise ParameterError(f"--set: '{text}' is not NAME=VALUE.", expected="NAME=VALUE", got=text)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
