"""What a store can do without: results that no kept run has, and that no step would take first."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainspring.errors import ParameterError
from mainspring.pipeline.run_record import read_runs

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True)
class Pruned:
    """What was taken out of a store, or would be.

    Attributes
    ----------
    results : tuple of str
        Keys.
    runs : tuple of int
        Numbers of runs that are not listed any more.
    num_bytes : int
        Of the results.
    num_kept : int
        Results that stay.
    """

    results: tuple[str, ...]
    runs: tuple[int, ...]
    num_bytes: int
    num_kept: int


def prune(folder: Path, *, last: int, dry_run: bool) -> Pruned:
    """Take results and records of runs out of a store.

    Parameters
    ----------
    folder : Path
        The store's.
    last : int
        Runs of each pipeline that are kept, with their results; those that run now are kept too,
        and so is the last result of every step, whoever made it.
    dry_run : bool
        Whether everything stays where it is.

    Returns
    -------
    Pruned
        What went.

    Raises
    ------
    ParameterError
        When ``last`` is below 1.
    """
    if isinstance(last, bool) or not isinstance(last, int) or last < 1:
        raise ParameterError(
            f"last must be 1 or more, got {last!r}.", expected="1 or more", got=repr(last)
        )
    kept_runs, gone_runs = _divided(read_runs(folder), last)
    wanted = {step["key"] for run in kept_runs for step in run["steps"] if "key" in step}
    results, num_bytes, num_kept = [], 0, 0
    for path in sorted((folder / "artifacts").glob("*/*")):
        size = sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
        if path.name in wanted or not _taken(folder, path, wanted, dry_run=dry_run):
            num_kept += 1
            continue
        results.append(path.name)
        num_bytes += size
    if not dry_run:
        for number in gone_runs:
            with suppress(OSError):
                (folder / "runs" / f"{number:06}.jsonl").unlink()
        _clear_partial(folder)
    return Pruned(tuple(results), tuple(gone_runs), num_bytes, num_kept)


def _divided(runs: list[dict[str, Any]], last: int) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the runs that are kept, and the numbers of the others."""
    of_pipeline: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        of_pipeline[run["pipeline"]].append(run)
    kept, gone = [], []
    for some in of_pipeline.values():
        for at, run in enumerate(some, last - len(some)):
            if at >= 0 or run["state"] == "running":
                kept.append(run)
            else:
                gone.append(run["run"])
    return kept, sorted(gone)


def _taken(folder: Path, path: Path, wanted: set[str], *, dry_run: bool) -> bool:
    """Take a result away unless somebody has made or taken it by now."""
    if dry_run:
        return path.name not in _latest(folder)
    with _lock_if_free(folder, path.name) as is_free:
        # Whoever takes a result from the store makes it the last one of its step.
        if not is_free or path.name in _latest(folder):
            return False
        away = folder / "partial" / f"{path.name}.{uuid.uuid4().hex[:8]}"
        away.parent.mkdir(parents=True, exist_ok=True)
        path.rename(away)  # at once: it is there as a whole or not at all
        shutil.rmtree(away, ignore_errors=True)
        with suppress(OSError):
            path.parent.rmdir()
    return True


def _latest(folder: Path) -> set[str]:
    """Return the keys of the last result of every step."""
    found = set()
    for path in (folder / "latest").glob("*/*"):
        with suppress(OSError):
            found.add(path.read_text(encoding="ascii").strip())
    return found


def _clear_partial(folder: Path) -> None:
    """Take away what processes that died have left."""
    for path in (folder / "partial").glob("*.*"):
        with _lock_if_free(folder, path.name.partition(".")[0]) as is_free:
            if is_free:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _lock_if_free(folder: Path, key: str) -> Iterator[bool]:
    """Hold the lock of a key, as :meth:`Store.lock` does, unless somebody has it."""
    path = folder / "locks" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    is_free = False
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_free = path.stat().st_ino == os.fstat(held).st_ino
        yield is_free
    finally:
        if is_free:
            with suppress(OSError):
                path.unlink()
        os.close(held)
