"""What runs did: a file of JSON lines each, numbered, so that no clock decides which was later."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from mainspring.errors import FileError

__all__ = ["RunRecord", "read_runs"]


class RunRecord:
    """Writes down what a run does while it does it, and holds a lock as long as it lives.

    Parameters
    ----------
    folder : Path
        The store's.
    start : mapping
        What is known at the start: pipeline and parameters.
    """

    def __init__(self, folder: Path, start: Mapping[str, Any]) -> None:
        runs = folder / "runs"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            self.number = max((int(path.stem) for path in runs.glob("*.jsonl")), default=0)
            while True:
                self.number += 1
                with suppress(FileExistsError):  # another run took the number: the next one then
                    path = runs / f"{self.number:06}.jsonl"
                    mode = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                    self._file = os.open(path, mode, 0o644)
                    break
        except OSError as error:
            raise FileError(f"The store {folder} cannot be written: {error.strerror}.") from error
        with suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        started = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.write({"run": self.number, "started": started, **start})

    def write(self, line: Mapping[str, Any]) -> None:
        """Add a line.

        Parameters
        ----------
        line : mapping
            Plain values. A full disk loses lines of the record, never a result.
        """
        text = json.dumps(line, sort_keys=True)
        with suppress(OSError):
            os.write(self._file, f"{text}\n".encode())

    def __enter__(self) -> RunRecord:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)


def read_runs(folder: Path) -> list[dict[str, Any]]:
    """Read what runs did.

    Parameters
    ----------
    folder : Path
        The store's.

    Returns
    -------
    list of dict
        In the order of their numbers: ``run``, ``pipeline``, ``started``, ``parameters``,
        ``steps`` (a list) and ``state``: "done", "failed", "running", or "died" where the process
        ended without a word.
    """
    found = []
    for path in sorted((folder / "runs").glob("*.jsonl")):
        lines = []
        for text in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):  # a line that a crash cut off
                lines.append(json.loads(text))
        if not lines or "run" not in lines[0]:
            continue
        ends = [line for line in lines if "end" in line]
        state = ends[-1]["end"] if ends else ("running" if _is_held(path) else "died")
        run = {**lines[0], "steps": [line for line in lines if "step" in line], "state": state}
        run["seconds"] = ends[-1].get("seconds") if ends else None
        found.append(run)
    return found


def _is_held(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
