"""``mainspring check``: leaks and faults in training data, before a model learns them."""

from __future__ import annotations

import argparse
import json

import mainspring
from mainspring._files import require_folder
from mainspring.cli.tables import read_table, source_name
from mainspring.errors import ParameterError

__all__ = ["add_arguments", "run"]


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
    parser.add_argument("--fail-on-leak", action="store_true", help="exit with 1 on a failure")


def run(arguments: argparse.Namespace) -> int:
    """Check and print what was found.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        1 with ``--fail-on-leak`` when a check failed, else 0.
    """
    if arguments.html is not None:
        require_folder(arguments.html)
    available = dict(_pair(text) for text in arguments.available)
    train = read_table(arguments.train)
    test = None if arguments.test is None else read_table(arguments.test)
    report = mainspring.check(
        train, test, target=arguments.target, time=arguments.time, available=available or None
    )
    print(json.dumps(report.to_dict(), indent=2) if arguments.json else report)
    if arguments.html is not None:
        files = [source_name(path) for path in (arguments.train, arguments.test) if path]
        report.to_html(arguments.html, title=" and ".join(files))
        if not arguments.json:
            print(f"\n{arguments.html}: the same for a browser")
    return 1 if arguments.fail_on_leak and not report.ok else 0


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
