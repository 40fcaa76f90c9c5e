"""``mainspring version``: what is installed, and what it chose on this machine."""

from __future__ import annotations

import argparse

import mainspring

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no arguments.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Left as it is.
    """


def run(arguments: argparse.Namespace) -> int:
    """Print the version and ``build_info()``, a line each.

    Parameters
    ----------
    arguments : argparse.Namespace
        Not used.

    Returns
    -------
    int
        0.
    """
    print(f"mainspring {mainspring.__version__}")
    for name, value in mainspring.build_info().items():
        if name != "version":
            print(f"  {name + ':':<14}{_text(value)}")
    return 0


def _text(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("message", value))
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
