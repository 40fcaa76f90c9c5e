"""``mainspring drift``: what has changed since the model was trained."""

from __future__ import annotations

import argparse

import mainspring
from mainspring._files import require_folder
from mainspring.cli.reference import read_profile
from mainspring.cli.tables import read_table, source_name

__all__ = ["add_arguments", "run"]


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
    parser.add_argument("--columns", nargs="+", metavar="COLUMN", help="compare these columns only")
    parser.add_argument(
        "--fail-on-drift", action="store_true", help="exit with 1 when a column has drifted"
    )
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
        1 with ``--fail-on-drift`` when a column has drifted, else 0.
    """
    if arguments.html is not None:
        require_folder(arguments.html)
    reference = read_profile(arguments.reference)
    current = (
        read_profile(arguments.current)
        if arguments.current.endswith((".profile", ".spring"))
        else read_table(arguments.current)
    )
    report = mainspring.detect_drift(reference, current, columns=arguments.columns)
    print(report.to_json() if arguments.json else report)
    if arguments.html is not None:
        title = f"{source_name(arguments.current)} against {source_name(arguments.reference)}"
        report.to_html(arguments.html, title=title)
        if not arguments.json:
            print(f"\n{arguments.html}: the same with plots, for a browser")
    return 1 if arguments.fail_on_drift and report.drifted else 0
