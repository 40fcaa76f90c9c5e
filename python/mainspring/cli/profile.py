"""``mainspring profile``: what is in the columns of a file."""

from __future__ import annotations

import argparse

from mainspring.cli.reference import read_profile
from mainspring.cli.tables import require_folder, write_bytes

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
        help="a .parquet, .csv or .arrow file, a .profile or .spring; - reads standard input",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE.profile", help="keep the profile there, for `drift`"
    )
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
        require_folder(arguments.output)
    profile = read_profile(arguments.data, target=arguments.target)
    print(profile)
    if arguments.output is not None:
        write_bytes(profile.to_bytes(), arguments.output)
        print(
            f"\n{arguments.output}: compare with it by `mainspring drift {arguments.output} DATA`"
        )
    return 0
