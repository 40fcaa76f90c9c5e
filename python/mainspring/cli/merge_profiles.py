"""``mainspring merge-profiles``: what many devices, files or days have seen, as one profile."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring._files import read_file, write_file
from mainspring.cli.reference import read_profile
from mainspring.cli.tables import require_ending
from mainspring.errors import ParameterError, SchemaError
from mainspring.pack.counted_profile import profile_of_counts
from mainspring.pack.counters import add_counts, is_counts

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
        help="a .profile of the same columns as the others, or what a device counted; in any order",
    )
    parser.add_argument(
        "--bundle",
        metavar="BUNDLE",
        help="of counts: the .spring file, as saved, that `mainspring pack --counters` was given",
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
    require_ending(arguments.output, ".profile")
    counts, whole = [], None
    for path in arguments.profiles:
        if _holds_counts(path):
            counts.append(read_file(path))
        elif whole is None:
            whole = read_profile(path)
        else:
            _add(whole, path, read_profile(path))
    if counts:
        counted = _counted(arguments.bundle, counts)
        whole = counted if whole is None else _add(whole, "What devices counted", counted)
    assert whole is not None  # the parser wants one file at least
    write_file(arguments.output, whole.to_bytes())
    count = len(arguments.profiles)
    profiles = "profile" if count == 1 else "profiles"
    print(f"{arguments.output}: {whole.num_rows:,} rows of {count:,} {profiles}")
    return 0


def _holds_counts(path: str) -> bool:
    if not Path(path).is_file():
        return False
    with Path(path).open("rb") as file:
        return is_counts(file.read(8))


def _counted(bundle: str | None, counts: Sequence[bytes]) -> Profile:
    if bundle is None:
        raise ParameterError(
            "What devices count is told apart by the edges of their bundle. Name it with --bundle.",
            expected="--bundle BUNDLE",
        )
    return profile_of_counts(read_file(bundle), add_counts(counts))


def _add(whole: Profile, path: str, other: Profile) -> Profile:
    try:
        return whole.merge(other)
    except SchemaError as error:
        raise SchemaError(f"{path} cannot be merged: {error}", column=error.column) from error
