"""The parser of the command and its commands: errors in one line, in the words of a shell."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from mainspring._names import did_you_mean
from mainspring.cli.option_names import in_options

__all__ = ["Parser", "one_line"]

# What argparse says of a number that is none.
_NO_NUMBER = re.compile(r"argument (\S+): invalid (int|float) value: (.*)")
_NUMBERS = {"int": "a whole number", "float": "a number"}
# And of a word that is none of those there are, with and without quotes around them.
_NO_CHOICE = re.compile(r"argument (\S+): invalid choice: ('.*') \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that ends with where help is.

    Attributes
    ----------
    phrases : mapping of str to str
        What the command calls otherwise than the parameters of the package.
    """

    phrases: Mapping[str, str] = {}
    _words: Sequence[str] = ()

    @property
    def options(self) -> list[str]:
        """All that begin with a dash."""
        return list(self._option_string_actions)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and keep the words for messages.

        Parameters
        ----------
        args, namespace
            As of ``argparse``.

        Returns
        -------
        tuple
            As of ``argparse``.
        """
        self._words = args or ()
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end.

        Parameters
        ----------
        message : str
            From argparse.
        """
        wrong = _NO_NUMBER.fullmatch(message)
        if wrong is not None:
            option, kind, value = wrong.groups()
            message = f"{option} is {value}, expected {_NUMBERS[kind]}"
        elif choice := _NO_CHOICE.fullmatch(message):
            option, value, known = choice.groups()
            words = known.replace("'", "").split(", ")
            hint = did_you_mean(value.strip("'"), words)
            message = f"{option} is {value}, expected one of {', '.join(words)}.{hint}"
        elif message.startswith("the following arguments are required"):
            message += self._taken_by()
        message = one_line(message.removeprefix("argument "))
        sys.stderr.write(f"mainspring: {message} (see '{self.prog} --help')\n")
        raise SystemExit(2)

    def require_names(self, parsed: argparse.Namespace) -> None:
        """End where a file or a folder has no name: a variable of the shell was not set.

        Parameters
        ----------
        parsed : argparse.Namespace
            What the words say. An empty path would mean the folder that one is in.
        """
        for action in self._actions:
            what = str(action.metavar)
            if action.option_strings and not re.search(r"FILE|DIR|\.[a-z]", what):
                continue
            value = getattr(parsed, action.dest, None)
            if "" in (value if isinstance(value, list) else [value]):
                said = "/".join(action.option_strings) or what
                self.error(f"{said} is empty, expected a name (is a variable not set?)")

    def explain(self, text: str) -> str:
        """Say a message of the package with the names of options.

        Parameters
        ----------
        text : str
            The message.

        Returns
        -------
        str
            The message for people at a shell.
        """
        set_by = {
            action.dest: action.option_strings[-1]
            for action in self._actions
            if action.option_strings
        }
        return in_options(text, set_by, self.phrases)

    def _taken_by(self) -> str:
        """Name the options that have taken what stands behind them."""
        known = self._option_string_actions
        greedy = [word for word in self._words if word in known and known[word].nargs == "+"]
        if not greedy:
            return ""
        takes = "takes" if len(greedy) == 1 else "take"
        return f"; {' and '.join(greedy)} {takes} all that stands behind, so put these first"


def one_line(text: str) -> str:
    """Put a message into one line.

    Parameters
    ----------
    text : str
        The message.

    Returns
    -------
    str
        With single spaces.
    """
    return " ".join(text.split())
