"""``mainspring profile``: what is in the columns of a file."""

from __future__ import annotations

import argparse

from mainspring._files import require_folder, write_file
from mainspring.cli.reference import read_profile
from mainspring.cli.tables import require_ending, source_name

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the data and the file to keep the profile in.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a .parquet, .csv or .arrow file, a folder of them, a .profile or .spring; "
        "- reads standard input",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE.profile", help="keep the profile there, for `drift`"
    )
    parser.add_argument("--html", metavar="FILE.html", help="write a page with plots too")
    parser.add_argument("--target", metavar="COLUMN", help="the label's column")


def run(arguments: argparse.Namespace) -> int:
    """Profile a table and print a line for each column.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    if arguments.output is not None:
        require_ending(arguments.output, ".profile")
    if arguments.html is not None:
        require_folder(arguments.html)
    profile = read_profile(arguments.data, target=arguments.target)
    print(profile)
    if arguments.output is not None:
        write_file(arguments.output, profile.to_bytes())
        print(
            f"\n{arguments.output}: compare with it by `mainspring drift {arguments.output} DATA`"
        )
    if arguments.html is not None:
        profile.to_html(arguments.html, title=source_name(arguments.data))
        print(f"\n{arguments.html}: the same with plots, for a browser")
    return 0
