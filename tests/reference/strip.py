"""strip: what Python's str.strip takes from the ends."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.generic.case import HASHED, STR, WORDS, Case
from tests.reference.columns import Column


def features(
    train: list[Column], rows: list[Column], *, characters: str = "", side: str = "both"
) -> list[Column]:
    def one(text: Any) -> Any:
        if text is None:
            return None
        take = {"both": str.strip, "start": str.lstrip, "end": str.rstrip}[side]
        return take(text, characters or None)

    return [[one(text) for text in rows[0]]]


PADDED = WORDS | st.none() | st.text(" \t\n\x1fa\x85\u00a0\u2003\u3000b\x00é", max_size=9)
SAMPLES = (" a", "a ", "\u3000b\u2003", "", "   ", "x y", "é ", "\t longer than a slot ", "a", "b")

CASES = [
    Case({}, (PADDED,), (STR,), then=HASHED, samples=SAMPLES),
    Case({"side": "start"}, (PADDED,), (STR,), then=HASHED, samples=SAMPLES),
    Case(
        {"characters": "é a\u3000", "side": "end"}, (PADDED,), (STR,), then=HASHED, samples=SAMPLES
    ),
]
