"""``mainspring merge-profiles``: what many devices, files or days have seen, as one profile."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mainspring._files import require_folder, write_file
from mainspring.cli.reference import read_profile
from mainspring.errors import SchemaError

if TYPE_CHECKING:
    from mainspring.profiles import Profile

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the profiles and the file to keep the whole in.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "profiles",
        metavar="PROFILE",
        nargs="+",
        help="a .profile of the same columns as the others, in any order",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE.profile",
        required=True,
        help="keep the whole there, for `mainspring drift late.spring FILE.profile`",
    )


def run(arguments: argparse.Namespace) -> int:
    """Add all profiles up and print how many rows they have seen.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    require_folder(arguments.output)
    whole = read_profile(arguments.profiles[0])
    for path in arguments.profiles[1:]:
        _add(whole, path)
    write_file(arguments.output, whole.to_bytes())
    count = len(arguments.profiles)
    print(f"{arguments.output}: {whole.num_rows:,} rows of {count:,} profiles")
    return 0


def _add(whole: Profile, path: str) -> None:
    try:
        whole.merge(read_profile(path))
    except SchemaError as error:
        raise SchemaError(f"{path} cannot be merged: {error}", column=error.column) from error
