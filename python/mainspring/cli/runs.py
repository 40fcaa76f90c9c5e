"""``mainspring runs``: what runs of pipelines did, the latest last."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._json import to_json
from mainspring.errors import FileError, ParameterError

if TYPE_CHECKING:
    from mainspring.pipeline.pruning import Pruned

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the store and the run.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "number", nargs="?", type=int, metavar="NUMBER", help="show the steps of this run"
    )
    parser.add_argument(
        "--store",
        metavar="FOLDER",
        help="where results are kept (MAINSPRING_STORE, or .mainspring in this folder)",
    )
    parser.add_argument("--last", type=int, default=20, metavar="N", help="show, or keep, N runs")
    parser.add_argument(
        "--verify", action="store_true", help="read every result and compare it with its digest"
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="keep the last N runs of each pipeline, and take out what only older ones have",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what --prune would take out")
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show runs, or the steps of one.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        1 when ``--verify`` finds a damaged result, else 0.
    """
    from mainspring.pipeline import Store
    from mainspring.pipeline.run_record import read_runs

    folder = arguments.store or os.environ.get("MAINSPRING_STORE") or ".mainspring"
    if not Path(folder).is_dir():
        raise FileError(
            f"{folder}: there is no store here. Name its folder: --store FOLDER.",
            hint="--store FOLDER",
        )
    if arguments.verify:
        damaged = Store(folder).damaged()
        print("\n".join(damaged) if damaged else "every result is what was written")
        return 1 if damaged else 0
    if arguments.prune:
        print(_pruned(Store(folder).prune(arguments.last, dry_run=arguments.dry_run), arguments))
        return 0
    runs = read_runs(Path(folder))
    if arguments.number is not None:
        runs = [one for one in runs if one["run"] == arguments.number]
        if not runs:
            raise ParameterError(
                f"The store {folder} has no run {arguments.number}. `mainspring runs` lists them.",
                got=str(arguments.number),
            )
    if arguments.json:
        print(to_json(runs, indent=1))
    elif arguments.number is not None:
        print("\n".join(_lines_of(runs[0])))
    else:
        print("\n".join(_line_of(one) for one in runs[-max(arguments.last, 1) :]) or "no runs yet")
    return 0


def _pruned(found: Pruned, arguments: argparse.Namespace) -> str:
    if arguments.json:
        return to_json({**vars(found), "dry_run": arguments.dry_run}, indent=1)
    verb = "would take out" if arguments.dry_run else "took out"
    size = f"{found.num_bytes / 1e6:.1f} MB"
    return (
        f"{verb} {len(found.results)} results ({size}) and {len(found.runs)} runs; "
        f"{found.num_kept} results stay"
    )


def _line_of(one: dict[str, Any]) -> str:
    ran = sum(step["state"] == "ran" for step in one["steps"])
    cached = sum(step["state"] == "cached" for step in one["steps"])
    seconds = "" if one["seconds"] is None else f"{one['seconds']:.1f} s"
    return (
        f"{one['run']:>5}  {one['started']}  {one['pipeline']}  {one['state']:11}  {seconds:>9}  "
        f"{ran} ran, {cached} cached"
    )


def _lines_of(one: dict[str, Any]) -> list[str]:
    parameters = ", ".join(f"{name}={to_json(value)}" for name, value in one["parameters"].items())
    width = max((len(step["step"]) for step in one["steps"]), default=0)
    lines = [_line_of(one), *([f"       {parameters}"] if parameters else [])]
    for step in one["steps"]:
        why = step.get("error") or "; ".join(step.get("reasons", ()))
        key = step.get("key", "")[:12]
        text = f"       {step['step']:{width}}  {step['state']:6}  {key:12}  {why}"
        lines.append(text.rstrip())
    return lines
