"""A folder of Parquet files as a sink: each holds the results of a run of messages.

A file's name is the first offset of its run and its footer holds the first one behind it, so that
results and offsets are one atomic write. A name can be taken once: of two processes that believe
that a partition is theirs, one writes a file and the other one learns that it was overtaken.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mainspring.errors import FileError
from mainspring.stream.arguments import check_count, check_seconds
from mainspring.stream.message import Partition
from mainspring.stream.rows import DeadLetter
from mainspring.stream.sink import OvertakenError, Scored, Waiting

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ParquetFolder"]

_NEXT = b"mainspring.next_offset"
_LEFT_SECONDS = 3600


class ParquetFolder:
    """Write Parquet files: ``topic=T/partition=P/OFFSET.parquet``.

    Parameters
    ----------
    folder : path
        Made if it is not there. On a file system with hard links.
    commit_seconds : float, default 10
        How often files are written: what is read again after the end of a process.
    file_rows : int, default 100_000
        Rows after which files are written at once.
    compression : str, default "zstd"
        As :func:`pyarrow.parquet.write_table` takes it.

    Raises
    ------
    ParameterError
        When an argument cannot be.

    Notes
    -----
    Columns beside the results: ``offset``, ``row`` (within its message), ``time`` (of the message).
    A change of columns begins a new file. Files are on the disk before offsets are committed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        commit_seconds: float = 10.0,
        file_rows: int = 100_000,
        compression: str = "zstd",
    ) -> None:
        check_count(file_rows, "file_rows")
        check_seconds(commit_seconds, "commit_seconds")
        self.folder = Path(folder)
        self.commit_seconds, self.file_rows = commit_seconds, file_rows
        self.compression = compression
        self.waited_seconds = 0.0
        self._num_rows = 0
        self._ends: dict[Partition, int] = {}
        self._held: dict[Partition, list[tuple[int, pa.Table]]] = {}

    @property
    def is_full(self) -> bool:
        """Whether there are rows for a file."""
        return self._num_rows >= self.file_rows

    def open(self, stream: str, waiting: Waiting) -> None:
        """Make the folder.

        Parameters
        ----------
        stream : str
            Is not used: a folder belongs to one stream.
        waiting : callable
            Is not used.

        Raises
        ------
        FileError
            When it cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"Cannot make the folder {self.folder}: {error.strerror}.") from error

    def assigned(self, notes: Mapping[Partition, str]) -> dict[Partition, int]:
        """Look into the last file of each partition.

        Parameters
        ----------
        notes : mapping of Partition to str
            Are not needed.

        Returns
        -------
        dict of Partition to int
            The first offset of each without a result.

        Raises
        ------
        FileError
            When a file cannot be read.
        """
        found = {}
        for home in notes:
            self._held[home] = []
            self._clean(self._folder_of(home))
            end = self._end(home)
            if end is not None:
                found[home] = end
        self._ends.update(found)
        return found

    def write(self, scored: Scored) -> None:
        """Hold results until a file is written.

        Parameters
        ----------
        scored : Scored
            The results.
        """
        import numpy as np
        import pyarrow as pa

        counts = np.asarray(scored.counts, np.int64)
        offsets = np.fromiter((one.offset for one in scored.messages), np.int64, len(counts))
        times = np.fromiter((one.time_ms for one in scored.messages), np.int64, len(counts))
        starts = np.cumsum(counts) - counts
        repeated = np.repeat(np.arange(len(counts)), counts)
        table = pa.table(
            {
                "offset": offsets[repeated],
                "row": (np.arange(len(repeated)) - starts[repeated]).astype(np.int32),
                "time": pa.array(
                    times[repeated], pa.timestamp("ms", "UTC"), mask=times[repeated] < 0
                ),
                **{name: scored.table[name] for name in scored.table.column_names},
            }
        )
        self._hold([one.home for one in scored.messages], counts, offsets, table)

    def write_dead(self, dead: Sequence[DeadLetter]) -> None:
        """Hold messages that could not be read, until a file is written.

        Parameters
        ----------
        dead : sequence of DeadLetter
            With the reasons.
        """
        import numpy as np
        import pyarrow as pa

        if not dead:
            return
        messages = [one.message for one in dead]
        offsets = np.asarray([one.offset for one in messages], np.int64)
        headers = [
            [{"name": name, "value": value} for name, value in one.headers] for one in messages
        ]
        pair = pa.struct({"name": pa.string(), "value": pa.binary()})
        table = pa.table(
            {
                "offset": offsets,
                "error": [one.kind for one in dead],
                "reason": [one.reason for one in dead],
                "key": pa.array([one.key for one in messages], pa.binary()),
                "value": pa.array([one.value for one in messages], pa.binary()),
                "headers": pa.array(headers, pa.list_(pair)),
            }
        )
        homes = [one.home for one in messages]
        self._hold(homes, np.ones(len(homes), np.int64), offsets, table)

    def flush(self, positions: Mapping[Partition, int]) -> dict[Partition, str]:
        """Write a file for each partition that has rows, or several where columns changed.

        Parameters
        ----------
        positions : mapping of Partition to int
            The next message of each partition.

        Returns
        -------
        dict of Partition to str
            Nothing is needed.

        Raises
        ------
        OvertakenError
            When another process has written the file.
        FileError
            When it cannot be written, as on a full disk; nothing has changed then.
        """
        for home, position in positions.items():
            # Rows of a batch that is not done with are held on.
            held = [one for one in self._held.get(home, []) if one[0] < position]
            later = self._held.get(home, [])[len(held) :]
            while held:
                schema = held[0][1].schema
                count = next(
                    (at for at, (_, table) in enumerate(held) if not table.schema.equals(schema)),
                    len(held),
                )
                behind = position if count == len(held) else held[count][0]
                self._write_file(home, behind, [table for _, table in held[:count]])
                self._num_rows -= sum(table.num_rows for _, table in held[:count])
                del held[:count]
                self._held[home] = held + later
        return {}

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Forget partitions, and the rows that are held of them.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        """
        for home in partitions:
            held = self._held.pop(home, [])
            self._num_rows -= sum(table.num_rows for _, table in held)
            self._ends.pop(home, None)

    def close(self) -> None:
        """Do nothing: rows that are held are read again."""

    def _hold(self, homes: list[Partition], counts: Any, offsets: Any, table: pa.Table) -> None:
        first = start = 0
        for place, home in enumerate(homes):
            last = place + 1 == len(homes) or homes[place + 1] != home
            if last:
                end = start + int(counts[first : place + 1].sum())
                if end > start:
                    part = table.slice(start, end - start)
                    self._held[home].append((int(offsets[first]), part))
                    self._num_rows += part.num_rows
                first, start = place + 1, end

    def _folder_of(self, home: Partition) -> Path:
        topic, number = home
        return self.folder / f"topic={quote(topic, safe='')}" / f"partition={number}"

    def _clean(self, folder: Path) -> None:
        """Remove what processes left that were killed; another one may be writing just now."""
        for left in folder.glob(".*.partial"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                    left.unlink()

    def _end(self, home: Partition) -> int | None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self._folder_of(home)
        try:
            files = sorted(folder.glob("[0-9]*.parquet"))
            if not files:
                return None
            metadata = pq.read_metadata(files[-1]).metadata or {}
            return int(metadata[_NEXT])
        except (OSError, pa.ArrowException, KeyError, ValueError) as error:
            raise FileError(f"{files[-1]} is no file of a stream: {error}.") from error

    def _write_file(self, home: Partition, behind: int, tables: list[pa.Table]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self._folder_of(home)
        first = self._ends.get(home, 0)
        whole = pa.concat_tables(tables)
        path = folder / f"{first:020d}.parquet"
        partial = folder / f".{first:020d}.{uuid.uuid4().hex}.partial"
        noted = {**(whole.schema.metadata or {}), _NEXT: str(behind).encode()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(
                whole.replace_schema_metadata(noted), partial, compression=self.compression
            )
            _to_disk(partial)
            # Unlike a rename this fails where the name is taken.
            os.link(partial, path)
            _to_disk(folder)
        except (FileExistsError, FileNotFoundError):
            raise OvertakenError(home, path) from None
        except (OSError, pa.ArrowException) as error:
            raise FileError(f"{path} cannot be written: {error}.") from error
        finally:
            with suppress(OSError):
                partial.unlink()
        self._ends[home] = behind


def _to_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
