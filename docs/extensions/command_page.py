"""The page of the command line, from the parsers that read it."""

from __future__ import annotations

import argparse
import re
from importlib import import_module

import rst

from mainspring.cli import COMMANDS

__all__ = ["page"]

_OPTION = re.compile(r"(?<![\w-])(--[a-z-]+)")

INTRODUCTION = """\
``mainspring COMMAND --help`` says the same in a terminal. Tables are Parquet, CSV or Arrow files,
by their ending; ``-`` is standard input. In a CSV an empty field is missing, and a string stays
what it is. Whatever goes wrong is one line on standard error and exit code 2;
``MAINSPRING_DEBUG=1`` shows where it came from.
"""


def page() -> str:
    """Return the page."""
    parts = [rst.heading("Command line"), INTRODUCTION]
    rows = [
        (f":ref:`{name} <command-{name}>`", rst.escape(text)) for name, text in COMMANDS.items()
    ]
    parts.append(rst.table(("command", "what it does"), rows))
    for name, summary in COMMANDS.items():
        parser = _parser(name)
        text = rst.escape(summary[0].upper() + summary[1:])
        parts += [f".. _command-{name}:\n", rst.heading(name, 2), f"{text}.\n"]
        parts.append(rst.code(parser.format_usage().removeprefix("usage: ").strip(), "none"))
        cells = [_row(parser, action) for action in parser._actions]
        if cells:
            parts.append(rst.table(("argument", "meaning"), cells))
    return "\n".join(parts)


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"mainspring {name}",
        add_help=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=88),
    )
    import_module(f"mainspring.cli.{name.replace('-', '_')}").add_arguments(parser)
    return parser


def _row(parser: argparse.ArgumentParser, action: argparse.Action) -> tuple[str, str]:
    names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    takes_value = action.option_strings and action.nargs != 0
    value = f" {action.metavar or action.dest.upper()}" if takes_value else ""
    more = " ..." if action.nargs in ("*", "+") else ""
    help_ = parser._get_formatter()._expand_help(action) if action.help else ""
    choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
    return rst.literal(names + value + more), _words(help_) + choices


def _words(help_: str) -> str:
    """Write options, and what stands between backticks, as code."""
    parts = help_.split("`")
    return "".join(
        rst.literal(part) if place % 2 else _OPTION.sub(r"``\1``", rst.escape(part))
        for place, part in enumerate(parts)
    )
