"""Operators for texts: how long they are and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mainspring.transforms.transform import Transform

__all__ = ["TextLength", "TextPattern"]


@dataclass(frozen=True, repr=False)
class TextLength(Transform, op="text_length"):
    """Count the characters, or the bytes, of a string.

    The feature is called ``NAME_length``. A byte that is no part of UTF-8 counts as a character.
    Learns nothing.

    Parameters
    ----------
    unit : {"characters", "bytes"}, default "characters"
        What is counted. Bytes are those of UTF-8, known without a look at them.

    Raises
    ------
    ParameterError
        For another unit.
    SchemaError
        While fitting: the column has no strings.

    Notes
    -----
    Formula
        Number of characters (code points) or bytes; the empty string has length 0.
    Missing
        Stays missing.
    Infinity
        Strings have none.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"name": "Zoë"}, {"name": ""}, {"name": None}]
    >>> ms.Preprocessor(ms.col("name").text_length()).fit_transform(rows).tolist()
    [[3.0], [0.0], [nan]]
    """

    unit: str = "characters"


@dataclass(frozen=True, repr=False, init=False)
class TextPattern(Transform, op="text_pattern"):
    """Count the words, letters, digits, spaces ... of a string.

    Each part gives a feature ``NAME_part``, or ``NAME_part_share``. What a letter is and what a
    word, above ASCII too, is written in :doc:`/concepts/text`. Learns nothing.

    Parameters
    ----------
    *parts : {"words", "letters", "digits", "upper", "lower", "spaces", "punctuation"}
        One or more, all different. ``upper``, ``lower`` and ``digits`` are those of ASCII.
    share : bool, default False
        The part's share of the characters instead of its number. Not for words.

    Raises
    ------
    ParameterError
        For a part that is not in the list, or there twice.
    SchemaError
        While fitting: the column has no strings.

    Notes
    -----
    Formula
        The number of characters of a kind, or of runs of letters, digits and ``_``; with ``share``
        divided by the number of characters, 0 for the empty string.
    Missing
        Stays missing in every feature.
    Infinity
        Strings have none.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"code": "AB-17 x"}, {"code": None}]
    >>> prep = ms.Preprocessor(ms.col("code").text_pattern("words", "digits", "upper"))
    >>> prep.fit_transform(rows).tolist()
    [[3.0, 2.0, 2.0], [nan, nan, nan]]
    """

    parts: tuple[str, ...] = ()
    share: bool = False

    def __init__(self, *parts: str, share: bool = False) -> None:
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "share", share)
        self.__post_init__()

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> TextPattern:
        """Make the operator from its parameters by name."""
        return cls(*params["parts"], share=params["share"])

    def _arguments(self) -> str:
        arguments = [repr(part) for part in self.parts]
        if self.share:
            arguments.append("share=True")
        return ", ".join(arguments)
