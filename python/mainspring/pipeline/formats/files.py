"""Files and folders that a step wrote itself: moved or copied into the store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from mainspring.errors import DataError

__all__ = ["READERS", "write"]


def write(path: Path, folder: Path, step: str, scratch: Path) -> dict[str, Any]:
    """Take over a file or a folder.

    Parameters
    ----------
    path : Path
        What the step returned.
    folder : Path
        Where it goes.
    step : str
        The step's name, for errors.
    scratch : Path
        What lies in here is moved, everything else is copied.

    Returns
    -------
    dict
        For the manifest.

    Raises
    ------
    DataError
        When there is nothing at this path, or only folders without files.
    """
    if not path.exists():
        raise _nothing(step, f"there is nothing at the path {path.name!r} that it returned")
    if path.is_dir() and not any(part.is_file() for part in path.rglob("*")):
        raise _nothing(step, f"the folder {path.name!r} that it returned has no file in it")
    name = "files" if path.resolve() == scratch.resolve() else path.name
    target = folder / "content" / name
    target.parent.mkdir()
    if path.resolve().is_relative_to(scratch.resolve()):
        path.rename(target)
    elif path.is_dir():
        shutil.copytree(path, target)
    else:
        shutil.copyfile(path, target)
    return {"kind": "path", "name": name}


def _nothing(step: str, why: str) -> DataError:
    return DataError(
        f"Step {step!r} wrote nothing: {why}. Return the path of a file or folder that is there.",
        expected="a file, or a folder with files",
        got="nothing",
    )


READERS = {"path": lambda result, folder: folder / "content" / result["name"]}
