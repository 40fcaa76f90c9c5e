"""Tables in and out of files: Parquet, CSV and Arrow, told by ending or, in a pipe, by bytes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._files import replace_file, require_folder
from mainspring._sources.csv_files import empty_is_missing
from mainspring.errors import DataError, FileError, ParameterError, SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "ENDINGS",
    "read_table",
    "require_ending",
    "require_output",
    "source_name",
    "streamable",
    "write_batches",
    "write_row_groups",
    "write_table",
]

ENDINGS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}


def read_table(path: str, others: Sequence[str] = ()) -> pa.Table:
    """Read a whole table.

    Strings stay strings as they stand in the file; in CSV an empty field is missing, numbers,
    booleans, ISO dates and timestamps are recognised.

    Parameters
    ----------
    path : str
        A file that ends in .parquet, .csv, .arrow or .feather; ``-`` reads standard input, where
        the first bytes tell the format.
    others : sequence of str
        What else the command takes there, for the message about an ending that it does not know.

    Returns
    -------
    pyarrow.Table
        The table, owned by the caller.

    Raises
    ------
    FileError
        When the file is not there or cannot be opened.
    ParameterError
        When the ending is not one of those above.
    DataError
        When the file is not what its ending says.
    """
    import pyarrow as pa

    if path == "-":
        data = sys.stdin.buffer.read()
        source: Any = pa.BufferReader(data)
        kind, subject = _kind_of_bytes(data), "standard input"
    else:
        kind, subject = _kind_of_name(path, "read", others), path
        _require_file(path)
        source = path
    try:
        return _READERS[kind](source)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(
            f"{subject} cannot be read as {kind}: {str(error).splitlines()[0]}", expected=kind
        ) from error


def write_table(table: pa.Table, path: str) -> None:
    """Write a table; a failed write leaves nothing behind.

    Parameters
    ----------
    table : pyarrow.Table
        What to write.
    path : str
        A file that ends in .parquet, .csv, .arrow or .feather; ``-`` writes CSV to standard output.

    Raises
    ------
    FileError
        When the folder is not there or the file cannot be written.
    ParameterError
        When the ending is not one of those above.
    """
    if path == "-":
        _write_csv(table, sys.stdout.buffer)
        return
    writer = _WRITERS[_kind_of_name(path, "write")]
    replace_file(path, lambda partial: writer(table, str(partial)))


def write_batches(reader: pa.RecordBatchReader, path: str) -> int:
    """Write record batches as they come; a failed write leaves nothing behind.

    Parameters
    ----------
    reader : pyarrow.RecordBatchReader
        What to write.
    path : str
        As in ``write_table``.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    FileError, ParameterError
        As in ``write_table``.
    """
    if path == "-":
        return _copy(reader, _open_writer("csv", sys.stdout.buffer, reader.schema))
    kind = _kind_of_name(path, "write")
    rows = 0

    def write(partial: Path) -> None:
        nonlocal rows
        rows = _copy(reader, _open_writer(kind, str(partial), reader.schema))

    replace_file(path, write)
    return rows


def write_row_groups(sink: Any, kind: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write tables as they come, each as one row group where the format has them.

    Parameters
    ----------
    sink : str or file
        Where to write.
    kind : {"parquet", "csv", "arrow"}
        What to write.
    schema : pyarrow.Schema
        That of all tables.
    tables : iterable of pyarrow.Table
        What to write; those without rows are left out.

    Returns
    -------
    int
        How many rows were written.
    """
    rows = 0
    with _open_writer(kind, sink, schema) as writer:
        for table in tables:
            if not table.num_rows:
                continue
            if kind == "parquet":
                writer.write_table(table, row_group_size=table.num_rows)
            else:
                writer.write_table(table.unify_dictionaries())
            rows += table.num_rows
    return rows


def _open_writer(kind: str, sink: Any, schema: pa.Schema) -> Any:
    import pyarrow.csv
    import pyarrow.ipc
    import pyarrow.parquet

    if kind == "parquet":
        return pyarrow.parquet.ParquetWriter(sink, schema)
    if kind == "csv":
        return pyarrow.csv.CSVWriter(sink, schema)
    return pyarrow.ipc.new_file(sink, schema)


def _copy(reader: pa.RecordBatchReader, writer: Any) -> int:
    rows = 0
    with writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def require_output(path: str) -> None:
    """Check that ``write_table`` could write there, before the work for it is done.

    Parameters
    ----------
    path : str
        The file, or ``-``.

    Raises
    ------
    ParameterError
        When the ending says no format.
    FileError
        When its folder is not there, or a folder has its name.
    """
    if path != "-":
        _kind_of_name(path, "write")
        require_folder(path)


def streamable(path: str) -> bool:
    """Say whether data is read part by part: a folder, a Parquet or an Arrow file.

    Parameters
    ----------
    path : str
        The file or folder, or ``-``.

    Returns
    -------
    bool
        False for CSV and standard input, which ``read_table`` reads as a whole.
    """
    ending = Path(path).suffix.lower()
    return Path(path).is_dir() or (ending in ENDINGS and ENDINGS[ending] != "csv")


def source_name(path: str) -> str:
    """Return what a page calls the data in a file.

    Parameters
    ----------
    path : str
        The file, or ``-``.

    Returns
    -------
    str
        The file's name without its folder, so that the page says nothing of the machine.
    """
    return "standard input" if path == "-" else Path(path).name


def require_ending(path: str, ending: str) -> None:
    """Check the name of an output by whose ending other commands know what it is.

    Parameters
    ----------
    path : str
        The file.
    ending : str
        As ``.spring``.

    Raises
    ------
    ParameterError
        When it has another ending.
    FileError
        As of ``require_folder``.
    """
    if Path(path).suffix.lower() != ending:
        raise ParameterError(
            f"{path}: expected a name that ends in {ending}, by which other commands know it.",
            expected=ending,
            got=Path(path).suffix,
        )
    require_folder(path)


def _kind_of_name(path: str, verb: str, others: Sequence[str] = ()) -> str:
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        expected = ", ".join([*others, ".parquet, .csv, .arrow or .feather"])
        raise ParameterError(
            f"{path}: cannot tell what to {verb} from the ending '{ending}'; expected {expected}.",
            expected=expected,
            got=ending,
        )
    return ENDINGS[ending]


def _kind_of_bytes(data: bytes) -> str:
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    return "csv"


def _require_file(path: str) -> None:
    try:
        with Path(path).open("rb"):
            return
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error


def _read_parquet(source: Any) -> pa.Table:
    import pyarrow.parquet

    names = Counter(pyarrow.parquet.read_schema(source).names)
    for name, times in names.items():
        if times > 1:
            raise SchemaError(
                f"Column '{name}' is there more than once. Rename or drop one of them.",
                column=name,
            )
    return pyarrow.parquet.read_table(source, partitioning=None)


def _read_csv(source: Any) -> pa.Table:
    import pyarrow.csv

    return empty_is_missing(pyarrow.csv.read_csv(source))


def _read_arrow(source: Any) -> pa.Table:
    import pyarrow as pa
    import pyarrow.ipc

    if isinstance(source, str):
        source = pa.memory_map(source)
    start = source.read(6)
    source.seek(0)
    reader = pyarrow.ipc.open_file if start == b"ARROW1" else pyarrow.ipc.open_stream
    return reader(source).read_all()


def _write_parquet(table: pa.Table, path: str) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(table, path)


def _write_csv(table: pa.Table, path: Any) -> None:
    import pyarrow.csv

    pyarrow.csv.write_csv(table, path)


def _write_arrow(table: pa.Table, path: str) -> None:
    import pyarrow.feather

    pyarrow.feather.write_feather(table, path, compression="uncompressed")


_READERS: dict[str, Callable[[Any], pa.Table]] = {
    "arrow": _read_arrow,
    "csv": _read_csv,
    "parquet": _read_parquet,
}
_WRITERS: dict[str, Callable[[pa.Table, str], None]] = {
    "arrow": _write_arrow,
    "csv": _write_csv,
    "parquet": _write_parquet,
}
