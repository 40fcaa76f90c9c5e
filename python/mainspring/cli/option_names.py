"""Messages in the words of the command line: the package names parameters, a shell has options."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["in_options"]


def in_options(text: str, options: Mapping[str, str], phrases: Mapping[str, str]) -> str:
    """Say a message of the package with the names of options.

    A parameter is named as such where it begins the message, is followed by ``=``, or has an
    underscore, as no other word has; what stands in quotes is a value of the user's and stays.

    Parameters
    ----------
    text : str
        The message.
    options : mapping of str to str
        From parameters to the options that set them.
    phrases : mapping of str to str
        What the command calls otherwise than its parameters: taken first, as it stands.

    Returns
    -------
    str
        The message for people at a shell.
    """
    for phrase, said in phrases.items():
        text = re.sub(rf"(?<![\w'\"]){re.escape(phrase)}", said.replace("\\", r"\\"), text)
    for name, option in options.items():
        word = re.escape(name)
        # "create_app: rate_limit must be ..." and "window_rows is ..."
        text = re.sub(rf"^(?:\w+: )?{word}(?=:? [a-z])", option, text)
        ending = "=?" if "_" in name else "="
        text = re.sub(rf"(?<![\w'\"/.-]){word}(?![\w'\"/]|\.\w){ending}", option, text)
    return text
