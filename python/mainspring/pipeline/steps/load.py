"""Data out: partitioned Parquet, a table of DuckDB, any database of ADBC; whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mainspring._columns import arrow_table
from mainspring.errors import DataError, FileError, MissingExtraError, ParameterError
from mainspring.pipeline.steps.extract import connect, split_address

__all__ = ["load_adbc", "load_duckdb", "load_parquet"]


def load_parquet(table: Any, folder: str, partition_by: Sequence[str] = ()) -> dict[str, Any]:
    """Write a table as a folder of Parquet files that appears at once.

    ``folder`` is a symbolic link to a folder beside it (``.NAME.XXXXXXXX``), and is pointed to the
    new one when that is complete: a reader sees the old files or the new ones. The files that the
    link pointed to before stay until the next time, for readers that have begun.

    Parameters
    ----------
    table : table
        What to write.
    folder : str
        The link. Where a real folder stands, that is an error.
    partition_by : sequence of str, default ()
        Columns that become ``name=value`` folders.

    Returns
    -------
    dict
        ``rows`` and ``files``: how many.

    Raises
    ------
    FileError
        When it cannot be written, or a folder of somebody else stands there.
    """
    import pyarrow.dataset

    data, link = arrow_table(table, "load_parquet"), Path(folder)
    if link.exists() and not link.is_symlink():
        raise FileError(
            f"{folder} is a folder or a file that load_parquet did not make. Move it away.",
            expected="nothing, or a link",
            got="a folder or a file",
        )
    before = str(link.readlink()) if link.is_symlink() else None
    fresh = link.with_name(f".{link.name}.{uuid.uuid4().hex[:8]}")
    try:
        pyarrow.dataset.write_dataset(
            data,
            fresh,
            format="parquet",
            partitioning=list(partition_by) or None,
            partitioning_flavor="hive" if partition_by else None,
        )
        pointer = link.with_name(f"{fresh.name}.link")
        pointer.symlink_to(fresh.name)
        pointer.replace(link)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        raise FileError(f"{folder} cannot be written: {reason}.") from error
    for old in link.parent.glob(f".{link.name}.*"):
        if old.name not in (fresh.name, before):
            shutil.rmtree(old, ignore_errors=True)
    files = sum(1 for path in fresh.rglob("*") if path.is_file())
    return {"rows": data.num_rows, "files": files}


def load_duckdb(table: Any, database: str, name: str, mode: str = "replace") -> dict[str, Any]:
    """Write a table into a DuckDB file, in one transaction.

    Parameters
    ----------
    table : table
        What to write.
    database : str
        The file; made where it is not there.
    name : str
        Of the table.
    mode : {"replace", "append"}, default "replace"
        Whether rows that are there go or stay.

    Returns
    -------
    dict
        ``rows``: how many were written.

    Raises
    ------
    ParameterError
        When the mode is another.
    DataError
        When DuckDB refuses it; the file is as it was.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(
            "Writing to DuckDB needs duckdb, which is not installed. Run: pip install duckdb",
            hint="pip install duckdb",
        ) from error
    data = arrow_table(table, "load_duckdb")
    _check_mode(mode)
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        with duckdb.connect(database) as connection:
            connection.register("mainspring_rows", data)
            connection.execute("BEGIN")
            if mode == "replace":
                connection.execute(
                    f"CREATE OR REPLACE TABLE {quoted} AS SELECT * FROM mainspring_rows"
                )
            else:
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {quoted} AS "
                    "SELECT * FROM mainspring_rows WHERE false"
                )
                connection.execute(f"INSERT INTO {quoted} BY NAME SELECT * FROM mainspring_rows")
            connection.execute("COMMIT")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"DuckDB refused the table {name!r}: {reason}", got=reason) from error
    return {"rows": data.num_rows}


def load_adbc(table: Any, database: str, name: str, mode: str = "replace") -> dict[str, Any]:
    """Write a table into any database that ADBC has a driver for, in one transaction.

    Parameters
    ----------
    table : table
        What to write.
    database : str
        ``DRIVER:ADDRESS``, as :func:`extract_sql` takes it.
    name : str
        Of the table.
    mode : {"replace", "append"}, default "replace"
        Whether rows that are there go or stay.

    Returns
    -------
    dict
        ``rows``: how many were written.

    Raises
    ------
    ParameterError
        When the mode is another, or the database is not named so.
    MissingExtraError
        When the driver is not installed.
    DataError
        When the database refuses it.
    """
    data = arrow_table(table, "load_adbc")
    _check_mode(mode)
    driver, address = split_address(database)
    with connect(driver, address) as connection, connection.cursor() as cursor:
        try:
            how = "replace" if mode == "replace" else "create_append"
            cursor.adbc_ingest(name, data, mode=how)
            connection.commit()
        except Exception as error:  # each driver has its own
            with suppress(Exception):
                connection.rollback()
            reason = str(error).splitlines()[0]
            raise DataError(f"{driver} refused the table {name!r}: {reason}") from error
    return {"rows": data.num_rows}


load_parquet.__paths__ = ("folder",)  # type: ignore[attr-defined]
load_duckdb.__paths__ = ("database",)  # type: ignore[attr-defined]


def _check_mode(mode: str) -> None:
    if mode not in ("replace", "append"):
        raise ParameterError(
            f"mode must be 'replace' or 'append', got {mode!r}.",
            expected="'replace' or 'append'",
            got=repr(mode),
        )
