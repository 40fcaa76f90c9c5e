"""Rows of a file or folder in, results for each row out: what ``predict`` and ``explain`` share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring._progress import Progress
from mainspring.cli.columns import part_names, require_columns
from mainspring.cli.predict_parts import Job, Step, file_hash, read_step, steps_of
from mainspring.cli.tables import (
    ENDINGS,
    read_table,
    streamable,
    write_row_groups,
    write_table,
)
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

__all__ = ["Results", "add_row_arguments", "run_rows"]

_ROWS_AT_ONCE = 1 << 17
_ROWS_SHOWN = 10


@dataclass(frozen=True)
class Results:
    """What a command makes of rows.

    Attributes
    ----------
    columns : sequence of str
        Names of the columns that are read.
    make : callable
        Takes a table of them and returns a table of results, a row for each.
    identity : dict
        What decides about results beside the bundle and the data; "command" is the command's name.
    words : str
        What results are called in messages.
    """

    columns: Sequence[str]
    make: Callable[[pa.Table], pa.Table]
    identity: dict[str, Any]
    words: str


def add_row_arguments(parser: argparse.ArgumentParser, words: str) -> None:
    """Name the bundle, the data, and what to write where.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    words : str
        What results are called.
    """
    parser.add_argument("bundle", metavar="BUNDLE", help="a .spring file")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a .parquet, .arrow or .csv file, a folder of them; - reads standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"write {words} there (.parquet, .csv, .arrow; - is CSV on standard output)",
    )
    parser.add_argument(
        "--keep",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help=f"columns of the data to write beside the {words}: a b, or a,b",
    )


def run_rows(arguments: argparse.Namespace, results: Results) -> int:
    """Write results, or show those of the first rows.

    Files and folders are read part by part, but for a CSV file, whose types need all of it.

    Parameters
    ----------
    arguments : argparse.Namespace
        What :func:`add_row_arguments` names.
    results : Results
        What to make of the rows.

    Returns
    -------
    int
        0.
    """
    if streamable(arguments.data):
        return _run_in_parts(arguments, results)
    table = read_table(arguments.data)
    result = _whole(results, table, _kept(arguments.keep, table))
    if arguments.output is None:
        print(_first_rows(result, result.num_rows))
        return 0
    write_table(result, arguments.output)
    _say(arguments.output, result.num_rows, result.column_names)
    return 0


def _run_in_parts(arguments: argparse.Namespace, results: Results) -> int:
    steps = steps_of(Path(arguments.data))
    keep = _kept(arguments.keep, next(read_step(steps[0], [])))
    columns = list(dict.fromkeys([*results.columns, *keep]))

    def make(table: pa.Table) -> pa.Table:
        return _rows(results, table, keep)

    if arguments.output is None:
        print(_first_rows(*_shown(steps, columns, make)))
        return 0
    if arguments.output == "-":
        tables = (make(table) for step in steps for table in read_step(step, columns, keep))
        first = next(tables)
        write_row_groups(sys.stdout.buffer, "csv", first.schema, chain([first], tables))
        return 0
    identity = {"bundle": file_hash(arguments.bundle), **results.identity}
    job = Job(steps, columns, keep, make, identity, arguments.output)
    job.run()
    ending = ENDINGS[Path(arguments.output).suffix.lower()]
    names: list[str] = []

    def write(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> int:
        names.extend(schema.names)
        return write_row_groups(str(path), ending, schema, tables)

    num_rows = job.finish(write)
    _say(arguments.output, num_rows, names)
    return 0


def _say(output: str, num_rows: int, names: Sequence[str]) -> None:
    if output != "-":
        print(f"{output}: {num_rows:,} rows, {', '.join(names)}")


def _kept(arguments: Sequence[str], table: pa.Table) -> list[str]:
    names = part_names(arguments, table.column_names)
    require_columns(table.column_names, names, "--keep")
    return names


def _whole(results: Results, table: pa.Table, keep: list[str]) -> pa.Table:
    import pyarrow as pa

    parts = []
    with Progress(results.identity["command"], table.num_rows) as progress:
        for first in range(0, max(table.num_rows, 1), _ROWS_AT_ONCE):
            parts.append(_rows(results, table.slice(first, _ROWS_AT_ONCE), keep))
            progress.advance(parts[-1].num_rows)
    return pa.concat_tables(parts)


def _rows(results: Results, table: pa.Table, keep: list[str]) -> pa.Table:
    """Return the columns to keep of a table, and its results."""
    import pyarrow as pa

    made = results.make(table)
    taken = sorted(set(made.column_names) & set(keep))
    if taken:
        raise ParameterError(
            f"--keep: the {results.words} are called '{taken[0]}' too; rename the column or leave "
            "it out.",
            column=taken[0],
        )
    columns = [table.column(name) for name in keep] + made.columns
    fields = [table.schema.field(name) for name in keep] + list(made.schema)
    return pa.table(columns, schema=pa.schema(fields))


def _shown(
    steps: Sequence[Step], columns: list[str], make: Callable[[pa.Table], pa.Table]
) -> tuple[pa.Table, int]:
    """Return the results of the first rows, and how many rows there are."""
    result: pa.Table | None = None
    num_rows = 0
    for step in steps:
        if result is not None and result.num_rows and step.num_rows is not None:
            num_rows += step.num_rows
            continue
        for table in read_step(step, columns):
            if result is None or not result.num_rows:
                result = make(table.slice(0, _ROWS_SHOWN))
            num_rows += table.num_rows
    return result, num_rows


def _first_rows(result: pa.Table, num_rows: int) -> str:
    from mainspring.profiles.text_table import text_table

    shown = result.slice(0, _ROWS_SHOWN)
    rows = [
        [str(first), *(_cell(value) for value in row)]
        for first, row in enumerate(
            zip(*(column.to_pylist() for column in shown.columns), strict=True)
        )
    ]
    lines = [text_table(["row", *result.column_names], rows, left=0)]
    more = num_rows - len(rows)
    if more > 0:
        lines.append(f"... and {more:,} more rows; write them all with -o FILE")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
