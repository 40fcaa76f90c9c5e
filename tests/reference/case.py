"""case: Python's str.lower, upper, title and casefold."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from tests.generic.case import HASHED, STR, WORDS, Case
from tests.reference.columns import Column

TABLES = "14.0.0"  # the version of Unicode whose case mappings the engine has, for ever
METHODS = {"lower": str.lower, "upper": str.upper, "title": str.title, "fold": str.casefold}


def features(train: list[Column], rows: list[Column], *, to: str = "lower") -> list[Column]:
    def one(text: Any) -> Any:
        return None if text is None else METHODS[to](text)

    return [[one(text) for text in rows[0]]]


# Letters that every version of Unicode since 5.1 maps alike, and what makes a sigma a final one.
LETTERS = (
    "aBzZ \u00e9\u00c9\u00df\u0149\u0130\u0131\u017f\u03a3\u03c3\u03c2\u038c\u00b4'.\u0301"
    "\u00ad\u01c6\u01c5\u01c4\ufb01\u03b0\u1fb3\u1fbc\u0416\u0436\u0535\u0587\u1e9eKa\u00aa\u02b0\u0345"
)
CASED = WORDS | st.none() | st.text(LETTERS, max_size=9)
if unicodedata.unidata_version == TABLES:
    CASED |= st.text(max_size=6)
SAMPLES = (
    "A",
    "ὈΔΥΣΣΕΎΣ",
    "ΑΣ' Σ",
    "they're BILL's",
    "straße",
    "İSTANBUL and more than a slot",
    "ǆ ﬃ",
    "",
    "\u0345a",
    "123 abc",
)

CASES = [
    Case({}, (CASED,), (STR,), then=HASHED, samples=SAMPLES),
    Case({"to": "upper"}, (CASED,), (STR,), then=HASHED, samples=SAMPLES),
    Case({"to": "title"}, (CASED,), (STR,), then=HASHED, samples=SAMPLES),
    Case({"to": "fold"}, (CASED,), (STR,), then=HASHED, samples=SAMPLES),
]
