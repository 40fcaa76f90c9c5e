"""text_pattern: how many characters of a kind, or words, the string has."""

from __future__ import annotations

import math

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference import characters as kinds
from tests.reference.columns import Column, is_missing
from tests.reference.text_length import TEXTS

IS_PART = {
    "letters": kinds.is_letter,
    "digits": kinds.is_digit,
    "upper": kinds.is_upper,
    "lower": kinds.is_lower,
    "spaces": kinds.is_space,
    "punctuation": kinds.is_punctuation,
}


def features(
    train: list[Column], rows: list[Column], *, parts: tuple[str, ...], share: bool = False
) -> list[Column]:
    def count(value: str, part: str) -> float:
        if part == "words":
            return len(kinds.words(value))
        characters = kinds.characters(value)
        number = sum(map(IS_PART[part], characters))
        return number / max(1, len(characters)) if share else number

    return [
        [math.nan if is_missing(value) else count(value, part) for value in rows[0]]
        for part in parts
    ]


CASES = [
    Case({"parts": ("words", *IS_PART)}, (WORDS,), (STR,)),
    Case({"parts": ("words", *IS_PART)}, (TEXTS,), (STR,)),
    Case({"parts": ("letters", "spaces"), "share": True}, (TEXTS,), (pa.large_string(),)),
]
