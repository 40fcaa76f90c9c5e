"""Files read whole, and written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mainspring.errors import FileError

__all__ = ["read_file", "replace_file", "require_folder", "write_file"]


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read a file.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    FileError
        When it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from error


def require_folder(path: str) -> None:
    """Check that a file could be written where it is wanted, before the work for it is done.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    FileError
        When its folder is not there, or a folder has its name.
    """
    folder = Path(path).parent
    if not folder.is_dir():
        raise FileError(
            f"{path} cannot be written: the folder {folder} does not exist; make it first.",
            hint=f"mkdir -p {folder}",
        )
    if Path(path).is_dir():
        raise FileError(f"{path} cannot be written: a folder has this name. Name a file.")


def replace_file(path: str, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, then move it there; a failed write leaves nothing behind.

    Parameters
    ----------
    path : str
        The file.
    write : callable
        Writes the file whose path it gets.

    Raises
    ------
    FileError
        When the folder is not there or the file cannot be written.
    """
    require_folder(path)
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        write(partial)
        partial.replace(target)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise FileError(f"{path} cannot be written: {reason}.") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def write_file(path: str, data: bytes) -> None:
    """Write bytes; a failed write leaves nothing behind.

    Parameters
    ----------
    path : str
        The file.
    data : bytes
        What to write.

    Raises
    ------
    FileError
        When the folder is not there or the file cannot be written.
    """
    replace_file(path, lambda partial: partial.write_bytes(data))
