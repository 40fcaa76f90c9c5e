"""Limits on the command line: ``--limit NAME=NUMBER`` of the commands that judge."""

from __future__ import annotations

import argparse

from mainspring.cli.columns import part_names
from mainspring.errors import ParameterError

__all__ = ["add_limits", "limits_of"]


def add_limits(parser: argparse.ArgumentParser, example: str) -> None:
    """Add ``--limit``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    example : str
        A limit that the command has, and a number.
    """
    parser.add_argument(
        "--limit",
        nargs="+",
        default=[],
        metavar="NAME=NUMBER",
        help=f"limits other than the defaults, such as {example}: a=1 b=2, or a=1,b=2",
    )


def limits_of(arguments: argparse.Namespace) -> dict[str, float]:
    """Return the limits that were given.

    Parameters
    ----------
    arguments : argparse.Namespace
        What was asked for.

    Returns
    -------
    dict of str to float
        By name; whether there is such a limit is for the function to say that takes them.

    Raises
    ------
    ParameterError
        When one is not a name and a number.
    """
    limits = {}
    for text in part_names(arguments.limit, ()):
        name, _, number = text.partition("=")
        try:
            limits[name] = float(number)
        except ValueError:
            raise ParameterError(
                f"--limit: '{text}' is not NAME=NUMBER, a limit and what it is to be.",
                expected="NAME=NUMBER",
                got=text,
            ) from None
    return limits
