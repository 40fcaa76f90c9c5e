"""Runs of files: the files of a list that one task reads, one after the other, into one state."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["runs_of_files"]

# A run is what a worker does again where one dies, and what others wait for at the end of a pass.
_MOST_BYTES = 1 << 30


def runs_of_files(files: Sequence[str | os.PathLike[str]], num_threads: int) -> list[range]:
    """Cut a list of files into runs of about one size.

    Every task learns its vocabulary anew and leaves a state that has to be merged, so there are as
    few runs as keep all threads busy: one for each, and more of them only beyond a gigabyte.

    Parameters
    ----------
    files : sequence of path
        Files or folders.
    num_threads : int
        Of all workers; 0 where nobody knows: then each file is a run.

    Returns
    -------
    list of range
        Of the numbers of files, in their order; none is empty.
    """
    if num_threads < 1:
        return [range(at, at + 1) for at in range(len(files))]
    sizes = [max(_num_bytes(file), 1) for file in files]
    total = sum(sizes)
    turns = max(1, -(-total // (_MOST_BYTES * num_threads)))
    count = min(turns * num_threads, len(files))
    runs: list[range] = []
    before = 0
    begun = -1
    for at, size in enumerate(sizes):
        # Where the middle of the file falls if the bytes of all were cut into equal lengths.
        run = (2 * before + size) * count // (2 * total)
        if run != begun:
            runs.append(range(at, at))
            begun = run
        runs[-1] = range(runs[-1].start, at + 1)
        before += size
    return runs


def _num_bytes(path: str | os.PathLike[str]) -> int:
    """Return the size of a file or folder; 0 where only workers see it."""
    place = Path(path)
    try:
        if place.is_dir():
            return sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
        return place.stat().st_size
    except OSError:
        return 0
