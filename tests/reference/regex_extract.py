"""regex_extract: Python's re.search."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from tests.generic.case import HASHED, STR, WORDS, Case
from tests.reference.columns import Column


def regex_part(text: str | None, pattern: str, group: int) -> str | None:
    if text is None:
        return None
    found = re.search(pattern, text, re.ASCII)
    return None if found is None else found[group]


def features(
    train: list[Column], rows: list[Column], *, pattern: str = "", group: int = 1
) -> list[Column]:
    return [[regex_part(text, pattern, group) for text in rows[0]]]


TEXTS = WORDS | st.none() | st.text("ab01-_ é\n.", max_size=12)
SAMPLES = ("a-17 (used)", "b-4", "none", "", "é-1\n", "ab ab", "00-0", "a" * 40, "-", "x_9-12-3")


def _case(pattern: str, group: int) -> Case:
    params: dict[str, Any] = {"pattern": pattern, "group": group}
    return Case(params, (TEXTS,), (STR,), then=HASHED, samples=SAMPLES)


CASES = [
    _case(r"-(\d+)", 1),
    _case(r"(?:(a+?)|é)(-|$)", 1),
    _case(r"\b[^\Wb]{1,3}", 0),
]
