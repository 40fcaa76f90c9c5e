"""Data in: files and datasets part by part, and what a database answers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._sources.csv_files import empty_is_missing
from mainspring.errors import DataError, FileError, MissingExtraError, ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["connect", "extract", "extract_sql", "split_address"]

_TABLES = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json"}
_DATASETS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "ipc",
    ".feather": "ipc",
    ".ipc": "ipc",
}


def extract(source: str, columns: Sequence[str] | None = None) -> Any:
    """Read a file or a folder of files.

    Parameters
    ----------
    source : str
        A ``.parquet`` or ``.arrow`` file, or a folder of Parquet files, whose ``name=value``
        folders become columns; they are handed on part by part. Or a ``.csv`` file, where an empty
        field is missing, or one of JSON lines (``.jsonl``), which are read as a whole. As a setting
        of a step it is a declared input: its content is part of the key.
    columns : sequence of str, optional
        These alone.

    Returns
    -------
    pyarrow.RecordBatchReader or pyarrow.Table
        The store keeps both as a table.

    Raises
    ------
    FileError
        When it is not there.
    ParameterError
        When its ending says no format.
    DataError
        When it is not what its ending says, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.dataset
    import pyarrow.json

    path = Path(source)
    if not path.exists():
        raise FileError(f"{source} cannot be read: there is no such file.")
    ending = path.suffix.lower()
    if path.is_file() and ending not in {**_TABLES, **_DATASETS}:
        raise ParameterError(
            f"{source}: cannot tell what to read from the ending '{ending}'; expected .parquet, "
            ".arrow, .csv, .jsonl or a folder of Parquet files.",
            expected=".parquet, .arrow, .csv, .jsonl",
            got=ending,
        )
    wanted = None if columns is None else list(columns)
    try:
        if path.is_dir() or ending in _DATASETS:
            form = _DATASETS.get(ending, "parquet")
            data = pa.dataset.dataset(path, format=form, partitioning="hive")
            return data.scanner(columns=wanted).to_reader()
        if _TABLES[ending] == "csv":
            table = empty_is_missing(pa.csv.read_csv(path))
        else:
            table = pa.json.read_json(path)
        return table if wanted is None else table.select(wanted)
    except (pa.ArrowException, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{source} cannot be read: {reason}", got=reason) from error


extract.__input_files__ = ("source",)  # type: ignore[attr-defined]


def extract_sql(query: str, database: str) -> Any:
    """Read what a database answers.

    Its content is not known before it was asked: add such a step with ``cache=False``, so that it
    is asked each time and what follows runs again only when the answer is another.

    Parameters
    ----------
    query : str
        SQL. Without ORDER BY a database may answer in another order each time.
    database : str
        ``duckdb:FILE``, opened for reading; ``duckdb:`` for one in memory, to query files; or
        ``DRIVER:ADDRESS`` with any driver of ADBC, such as ``adbc_driver_sqlite:rides.db`` or
        ``adbc_driver_postgresql:postgresql://host/name``.

    Returns
    -------
    pyarrow.Table
        The rows.

    Raises
    ------
    ParameterError
        When the database is not named so.
    MissingExtraError
        When its driver is not installed.
    DataError
        When the database refuses the query.
    """
    driver, address = split_address(database)
    try:
        return _ask_duckdb(query, address) if driver == "duckdb" else _ask(query, driver, address)
    except (MissingExtraError, FileError):
        raise
    except Exception as error:  # each driver has its own
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{driver} refused the query: {reason}", got=reason) from error


def split_address(database: str) -> tuple[str, str]:
    """Return the driver and the address of a database.

    Parameters
    ----------
    database : str
        ``DRIVER:ADDRESS``.

    Returns
    -------
    driver, address : str
        Both parts.

    Raises
    ------
    ParameterError
        When there is no driver.
    """
    driver, sign, address = database.partition(":")
    if not sign or not driver.isidentifier():
        raise ParameterError(
            "database: expected 'duckdb:FILE' or 'adbc_driver_NAME:ADDRESS'.",
            expected="duckdb:FILE or adbc_driver_NAME:ADDRESS",
            got=driver[:40],  # the address may hold a password
        )
    return driver, address


def _ask_duckdb(query: str, address: str) -> pa.Table:
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(
            "Reading from DuckDB needs duckdb, which is not installed. Run: pip install duckdb",
            hint="pip install duckdb",
        ) from error
    if address and not Path(address).is_file():
        raise FileError(f"{address} cannot be read: there is no such file.")
    with duckdb.connect(address or ":memory:", read_only=bool(address)) as connection:
        return _table_of(connection.sql(query), query)


def _table_of(answer: Any, query: str) -> pa.Table:
    import pyarrow as pa

    if answer is None:
        raise ParameterError(f"The query returns no rows: {query[:60]!r}.", expected="SELECT")
    return pa.table(answer)


def _ask(query: str, driver: str, address: str) -> pa.Table:
    with connect(driver, address) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_arrow_table()


def connect(driver: str, address: str) -> Any:
    """Open a database through ADBC.

    Parameters
    ----------
    driver : str
        The driver's package.
    address : str
        Its URI.

    Returns
    -------
    adbc_driver_manager.dbapi.Connection
        To be closed by the caller.

    Raises
    ------
    MissingExtraError
        When the driver is not installed.
    """
    try:
        return import_module(f"{driver}.dbapi").connect(address)
    except ModuleNotFoundError as error:
        package = driver.replace("_", "-")
        raise MissingExtraError(
            f"This database needs {package}, which is not installed. Run: pip install {package}",
            hint=f"pip install {package}",
        ) from error
