"""Parquet, Arrow and CSV files, and folders of them: file by file, in the order of their names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._sources.csv_files import read_csv_batches
from mainspring._sources.parquet_files import parquet_rows, read_parquet_batches
from mainspring._sources.part import Batch
from mainspring._sources.source import Source, projection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["FilesSource", "files_of", "kind_of", "read_batches", "unreadable"]

_KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
}
_ENDINGS = ".parquet, .arrow, .feather or .csv"


class FilesSource(Source):
    """Files whose columns agree; which columns there are is checked by who reads them.

    Parameters
    ----------
    paths : sequence of Path
        At least one, each with an ending of those above.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)
        self.num_rows = self._count()

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give the rows of one file after the other."""
        for path in self._paths:
            for table in read_batches(path, columns, plain=self.plain):
                yield Batch(str(path), table)
                del table

    def _count(self) -> int | None:
        if any(kind_of(path) != "parquet" for path in self._paths):
            return None
        return sum(self._rows_of(path) for path in self._paths)

    @staticmethod
    def _rows_of(path: Path) -> int:
        import pyarrow as pa

        try:
            return parquet_rows(path)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error


def kind_of(path: Path) -> str:
    """Return what a file is by its ending: "parquet", "arrow" or "csv"."""
    return _KINDS[path.suffix.lower()]


def read_batches(
    path: Path, columns: Sequence[str] | None, *, plain: bool = False
) -> Iterator[Any]:
    """Give an empty table, then the rows of a file as tables.

    ``plain``: with the types of the file; else texts may come as dictionaries.

    Raises
    ------
    FileError, DataError
        When the file has gone, or is not what its ending says.
    """
    import pyarrow as pa

    try:
        if kind_of(path) == "parquet":
            yield from read_parquet_batches(path, columns, plain=plain)
        else:
            yield from _READERS[kind_of(path)](path, columns)
    except FileNotFoundError as error:
        raise errors.FileError(f"{path} cannot be read: it has gone away.") from error
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def files_of(path: Path) -> list[Path]:
    """Return the file, or the files in a folder and its folders, in the order of their names.

    Names that begin with a dot or an underscore are left out, as writers of folders mean them.

    Raises
    ------
    FileError
        When there is no such file or folder.
    ParameterError
        When the ending is another, or the folder holds no such file.
    """
    if path.is_dir():
        found = []
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if name[0] not in "._")
            found += [
                Path(folder, name)
                for name in names
                if name[0] not in "._" and Path(name).suffix.lower() in _KINDS
            ]
        if not found:
            raise errors.ParameterError(
                f"The folder {path} holds no {_ENDINGS} file.", expected=f"{_ENDINGS} files"
            )
        return sorted(found)
    if not path.exists():
        raise errors.FileError(f"{path} cannot be read: there is no such file or folder.")
    if path.suffix.lower() not in _KINDS:
        raise errors.ParameterError(
            f"{path}: expected a folder or a {_ENDINGS} file, got the ending '{path.suffix}'. Read "
            "it first, for example with pyarrow.dataset.dataset(path, format=...).",
            expected=f"a folder or a {_ENDINGS} file",
            got=path.suffix,
        )
    return [path]


def _arrow(path: Path, columns: Sequence[str] | None) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.ipc

    with pa.OSFile(str(path)) as file:
        start = file.read(6)
        file.seek(0)
        if start == b"ARROW1":
            with pa.ipc.open_file(file) as reader:
                batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
                yield from _selected(reader.schema, batches, columns)
        else:
            with pa.ipc.open_stream(file) as reader:
                yield from _selected(reader.schema, reader, columns)


def _selected(schema: Any, batches: Any, columns: Sequence[str] | None) -> Iterator[Any]:
    import pyarrow as pa

    names = projection(schema.names, columns)
    yield schema.empty_table() if names is None else schema.empty_table().select(names)
    for batch in batches:
        table = pa.Table.from_batches([batch])
        yield table if names is None else table.select(names)
        del batch, table


def unreadable(path: Path, error: BaseException) -> errors.DataError:
    """Return the error of a file that is not what its ending says."""
    kind = kind_of(path)
    reason = str(error).strip().splitlines()[0]
    hint = _HINTS.get(kind)
    more = "" if hint is None else f" {hint}"
    return errors.DataError(
        f"{path} cannot be read as {kind}: {reason}{more}", expected=kind, hint=hint
    )


_HINTS = {
    "csv": "Types come from the first megabytes; pyarrow.dataset.dataset(path, format='csv', "
    "schema=...) sets them.",
}
_READERS: dict[str, Callable[[Path, Sequence[str] | None], Iterator[Any]]] = {
    "arrow": _arrow,
    "csv": read_csv_batches,
}
