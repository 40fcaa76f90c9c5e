"""parse_boolean: 1 for what is true, 0 for what is false."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.generic.case import STR, WORDS, Case
from tests.reference.columns import Column


def features(
    train: list[Column],
    rows: list[Column],
    *,
    true: Sequence[str] = ("true", "True", "TRUE", "1"),
    false: Sequence[str] = ("false", "False", "FALSE", "0"),
) -> list[Column]:
    numbers = {**dict.fromkeys(true, 1.0), **dict.fromkeys(false, 0.0)}
    return [[numbers.get(text, math.nan) for text in rows[0]]]


SPELLINGS = ("true", "True", "TRUE", "1", "false", "False", "FALSE", "0", "yes", "1 ")

CASES = [
    Case({}, (WORDS | st.sampled_from(SPELLINGS),), (STR,), samples=SPELLINGS),
    Case({"true": ("a", "é"), "false": ("",)}, (WORDS,), (STR,)),
]
