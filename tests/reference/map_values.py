"""map_values: what a dict has for a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.generic.case import COUNTS, F64, HASHED, I32, NUMBERS, STR, WIDE, WORDS, Case
from tests.reference.columns import Column, is_missing


def features(
    train: list[Column],
    rows: list[Column],
    *,
    old: Sequence[Any],
    new: Sequence[Any],
    default: Any = None,
    keep_others: bool = False,
) -> list[Column]:
    mapping = dict(zip(old, new, strict=True))
    nothing = None if isinstance(new[0], str) else math.nan

    def one(value: Any) -> Any:
        if is_missing(value):
            return nothing
        other = value if keep_others else nothing if default is None else default
        return mapping.get(value, other)

    return [[one(value) for value in rows[0]]]


OLD = ("a", "", "long enough to leave the slot", "é")
TEXTS = {"old": OLD, "new": ("b", "x" * 40, "", "a")}

CASES = [
    Case(TEXTS, (WORDS,), (STR,), then=HASHED),
    Case({**TEXTS, "keep_others": True}, (WORDS,), (STR,), then=HASHED),
    Case({**TEXTS, "default": "other"}, (WORDS,), (STR,), then=HASHED),
    Case({"old": OLD, "new": (1, 2, 3.5, -4)}, (WORDS,), (STR,)),
    Case({"old": (0, 4, 3), "new": (10, 20, 30), "default": 5}, (NUMBERS,), (F64,)),
    Case(
        {"old": (0, 4, 3, 1e300), "new": (10, -20, 0, 7), "keep_others": True},
        (NUMBERS | WIDE,),
        (F64,),
    ),
    Case({"old": (-1, 2), "new": (0.5, 1e6), "keep_others": True}, (COUNTS,), (I32,)),
    Case(
        {"old": (1.0, 4.0), "new": ("one", "four"), "default": ""},
        (COUNTS.map(lambda value: None if value is None else float(value)),),
        (F64,),
        then=HASHED,
    ),
]
