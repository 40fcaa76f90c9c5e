"""``mainspring drift``: what has changed since the model was trained."""

from __future__ import annotations

import argparse
from typing import Any

import mainspring
from mainspring._files import require_folder
from mainspring.cli.columns import part_names, require_columns
from mainspring.cli.limits import add_limits, limits_of
from mainspring.cli.reference import read_profile
from mainspring.cli.tables import read_table, source_name, streamable

__all__ = ["PHRASES", "add_arguments", "run"]

# What messages of the package say, and what it is called here.
PHRASES = {"limits:": "--limit:"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what is compared with what.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "reference",
        metavar="REFERENCE",
        help="a .spring bundle, a .profile, or a .parquet, .csv or .arrow table",
    )
    parser.add_argument(
        "current", metavar="CURRENT", help="the same, or - for a table on standard input"
    )
    parser.add_argument(
        "--columns", nargs="+", metavar="COLUMN", help="compare these columns only: a b, or a,b"
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 even when drift is found"
    )
    parser.add_argument("--window-rows", type=int, metavar="N", help="judge windows of N rows")
    parser.add_argument(
        "--window-column", metavar="COLUMN", help="judge windows by the values of a column"
    )
    parser.add_argument(
        "--window-period",
        metavar="1d",
        help="with --window-column: windows of time, such as 1h, 1w or 1mo",
    )
    parser.add_argument(
        "--persistence",
        nargs=2,
        type=int,
        default=[2, 3],
        metavar=("K", "N"),
        help="with windows: 2 3 raises an alert for a column that drifted in 2 of 3 in a row",
    )
    add_limits(parser, "ks=0.1")
    parser.add_argument("--junit", metavar="FILE.xml", help="write JUnit XML too")
    parser.add_argument("--html", metavar="FILE.html", help="write a page with plots too")
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print the report.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        1 when drift is found, unless ``--exit-zero``, else 0. With windows, drift is found when it
        raises an alert.
    """
    for path in (arguments.html, arguments.junit):
        if path is not None:
            require_folder(path)
    reference = read_profile(arguments.reference)
    current = _current(arguments.current)
    columns = arguments.columns and part_names(arguments.columns, reference.columns)
    require_columns(reference.columns, columns or (), "--columns")
    report = mainspring.detect_drift(
        reference,
        current,
        columns=columns,
        limits=limits_of(arguments),
        persistence=tuple(arguments.persistence),
        window_rows=arguments.window_rows,
        window_column=arguments.window_column,
        window_period=arguments.window_period,
    )
    if arguments.junit is not None:
        report.to_junit(arguments.junit)
    print(report.to_json() if arguments.json else report)
    if arguments.html is not None:
        title = f"{source_name(arguments.current)} against {source_name(arguments.reference)}"
        report.to_html(arguments.html, title=title)
        if not arguments.json:
            print(f"\n{arguments.html}: the same with plots, for a browser")
    return 1 if report.found and not arguments.exit_zero else 0


def _current(path: str) -> Any:
    if path.endswith((".profile", ".spring")):
        return read_profile(path)
    return path if streamable(path) else read_table(path, (".profile", ".spring"))
