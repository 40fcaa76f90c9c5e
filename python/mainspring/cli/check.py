"""``mainspring check``: leaks and faults in training data, before a model learns them."""

from __future__ import annotations

import argparse
from dataclasses import replace

import mainspring
from mainspring._files import require_folder
from mainspring.cli.columns import part_names
from mainspring.cli.limits import add_limits, limits_of
from mainspring.cli.option_names import in_options
from mainspring.cli.tables import read_table, source_name
from mainspring.errors import ParameterError

__all__ = ["PHRASES", "add_arguments", "run"]

# What messages of the package say, and what it is called here.
PHRASES = {
    "available needs time": "--available needs --time",
    "name that time in available": "name that time with --available",
    "limits:": "--limit:",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the data and what is known about it.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("train", metavar="TRAIN", help="a .parquet, .csv or .arrow table")
    parser.add_argument("test", metavar="TEST", nargs="?", help="a second one, checked alike")
    parser.add_argument("--target", required=True, metavar="COLUMN", help="the label's column")
    parser.add_argument("--time", metavar="COLUMN", help="when the prediction is made")
    parser.add_argument(
        "--available",
        nargs="+",
        default=[],
        metavar="COLUMN=COLUMN",
        help="a feature, and the column that says when its value becomes known (needs --time)",
    )
    parser.add_argument("--html", metavar="FILE.html", help="write a page too")
    parser.add_argument("--json", action="store_true", help="everything, for programs")
    parser.add_argument("--junit", metavar="FILE.xml", help="write JUnit XML too")
    parser.add_argument(
        "--group",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="keys that must not be in both: a b, or a,b",
    )
    parser.add_argument(
        "--id",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="identifiers, which are no features: a b, or a,b",
    )
    parser.add_argument(
        "--checks",
        nargs="+",
        metavar="NAME",
        help="report these alone, by their names: a b, or a,b",
    )
    parser.add_argument("--model", metavar="NAME.spring", help="check what it predicts, too")
    add_limits(parser, "label_power_fail=0.9")


def run(arguments: argparse.Namespace) -> int:
    """Check and print what was found.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        1 when a check failed, else 0.
    """
    for path in (arguments.html, arguments.junit):
        if path is not None:
            require_folder(path)
    available = dict(_pair(text) for text in arguments.available)
    train = read_table(arguments.train)
    test = None if arguments.test is None else read_table(arguments.test)
    report = mainspring.check(
        train,
        test,
        target=arguments.target,
        time=arguments.time,
        group=part_names(arguments.group, train.column_names),
        id=part_names(arguments.id, train.column_names),
        model=None if arguments.model is None else mainspring.load(arguments.model),
        available=available or None,
        limits=limits_of(arguments),
        checks=arguments.checks and part_names(arguments.checks, ()),
    )
    as_json = report.to_json(indent=2) if arguments.json else None  # for programs: as of Python
    report = _in_options(report)
    print(as_json or report)
    if arguments.junit is not None:
        report.to_junit(arguments.junit)
    if arguments.html is not None:
        files = [source_name(path) for path in (arguments.train, arguments.test) if path]
        report.to_html(arguments.html, title=" and ".join(files))
        if not arguments.json:
            print(f"\n{arguments.html}: the same for a browser")
    return 0 if report.ok else 1


def _in_options(report: mainspring.CheckReport) -> mainspring.CheckReport:
    """Say what to do about each finding in the words of the command line."""
    said = [
        replace(found, remedy=in_options(found.remedy, {}, PHRASES)) for found in report.findings
    ]
    return replace(report, findings=said)


def _pair(text: str) -> tuple[str, str]:
    feature, sign, known = text.partition("=")
    if not (feature and sign and known):
        raise ParameterError(
            f"--available: '{text}' is not COLUMN=COLUMN, a feature and the column that says when "
            "its value becomes known.",
            expected="COLUMN=COLUMN",
            got=text,
        )
    return feature, known
