"""The lock file of a pipeline: what each result was made of, a line for each fact.

It is JSON with sorted names and nothing of the machine or the time in it, so that two versions of
it differ in the lines that say what has changed, and merge where different steps have changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._files import write_file
from mainspring.errors import DataError, FileError
from mainspring.pipeline.explain import differences

if TYPE_CHECKING:
    from mainspring.pipeline.plan import Plan
    from mainspring.pipeline.run import Run

__all__ = ["lock_differences", "lock_text", "read_lock", "write_lock"]

_FORMAT = 1


def lock_text(run: Run) -> str:
    """Return the lock file of a run.

    Parameters
    ----------
    run : Run
        Of all steps.

    Returns
    -------
    str
        JSON, a fact to a line.
    """
    steps = {}
    for name, outcome in run.outcomes.items():
        manifest = run.pipeline.store.find(outcome.key)
        if manifest is not None:
            steps[name] = {
                "key": outcome.key,
                "content": manifest["content"],
                "of": manifest["material"],
            }
    lock = {"format": _FORMAT, "pipeline": run.pipeline.name, "steps": steps}
    return json.dumps(lock, indent=1, sort_keys=True) + "\n"


def write_lock(run: Run, path: str) -> None:
    """Write the lock file of a run, where it has changed.

    Parameters
    ----------
    run : Run
        Of all steps.
    path : str
        The file.
    """
    data = lock_text(run).encode()
    if not Path(path).is_file() or Path(path).read_bytes() != data:
        write_file(path, data)


def read_lock(path: str) -> dict[str, Any]:
    """Read a lock file.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    dict
        ``key``, ``content`` and ``of`` of each step by its name.

    Raises
    ------
    FileError
        When it cannot be read.
    DataError
        When it is no lock file, such as one with the marks of a merge in it.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise FileError(
            f"{path} cannot be read: {error.strerror}. Run the pipeline once without --locked.",
            hint="run without --locked",
        ) from error
    try:
        lock = json.loads(text)
        if lock["format"] != _FORMAT:
            raise ValueError(f"its format is {lock['format']}")
        return dict(lock["steps"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no lock file of this version: {error}. Run the pipeline to write it again.",
            expected=f"a lock file of format {_FORMAT}",
            got=str(error),
        ) from error


def lock_differences(lock: Mapping[str, Any], plan: Plan) -> list[str]:
    """Say where a pipeline is not what its lock file was made of.

    Parameters
    ----------
    lock : mapping
        What :func:`read_lock` returned.
    plan : Plan
        What a run would do.

    Returns
    -------
    list of str
        A line for each step that differs; empty where none does. What depends on what an uncached
        step returns cannot be known before, and is not compared.
    """
    found = [f"{name}: is no step any more" for name in lock if name not in _names(plan)]
    for step in plan.steps:
        if step.name not in lock:
            found.append(f"{step.name}: is not in the lock file")
        elif step.material is not None:
            reasons = differences(lock[step.name]["of"], step.material)
            found += [f"{step.name}: {'; '.join(reasons)}"] if reasons else []
    return found


def _names(plan: Plan) -> set[str]:
    return {step.name for step in plan.steps}
