"""What is in the files that a step declares: SHA-256 of their bytes, computed once per change."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from mainspring._files import write_file
from mainspring.errors import FileError

__all__ = ["InputFiles", "file_digest"]

# A file that changed this lately may change again within one tick of its file system's clock.
_SETTLED_SECONDS = 2.0


class InputFiles:
    """Digests of files, remembered under what ``stat`` says of them.

    A remembered digest counts only while size, inode and the times of the last change of the bytes
    and of the inode are the same. The last cannot be set by a program, so a file that is rewritten
    with its old size and its old date is read again. A clock that is set back makes files look
    young, and young files are read each time.

    Parameters
    ----------
    folder : Path
        Where digests are remembered.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def digest(self, path: Path) -> str:
        """Return the digest of a file, or of all files in a folder with their names.

        Parameters
        ----------
        path : Path
            A file or a folder; hidden files in folders do not count.

        Returns
        -------
        str
            64 hexadecimal digits.

        Raises
        ------
        FileError
            When it is not there or cannot be read.
        """
        if not path.is_dir():
            return self._of_file(path)
        total = hashlib.sha256()
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path)
            if file.is_file() and not any(part.startswith(".") for part in name.parts):
                total.update(f"{name.as_posix()}\0{self._of_file(file)}\n".encode())
        return total.hexdigest()

    def _of_file(self, path: Path) -> str:
        try:
            stat = path.stat()
        except OSError as error:
            raise FileError(f"{path}, an input of a step, cannot be read: {error.strerror}.") from (
                error
            )
        stamp = [stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]
        name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
        note = self._folder / f"{name}.json"
        try:
            known = json.loads(note.read_text(encoding="utf-8"))
            if known["stamp"] == stamp:
                return str(known["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing is remembered, or nothing that can be used
        digest = file_digest(path)
        if time.time() - max(stat.st_mtime, stat.st_ctime) > _SETTLED_SECONDS:
            self._folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"stamp": stamp, "sha256": digest})
            with suppress(FileError):  # another thread's note has the same name: read again then
                write_file(str(note), text.encode())
        return digest


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FileError
        When it cannot be read.
    """
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error
    return total.hexdigest()
