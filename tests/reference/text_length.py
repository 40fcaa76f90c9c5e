"""text_length: how many code points, or bytes, the string has."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import STR, WORDS, Case
from tests.reference.characters import characters
from tests.reference.columns import Column, is_missing

TEXTS = st.none() | st.text(st.sampled_from("aZ_3 .\t\0é漢😀—\u00a0\u3000"), max_size=12)


def features(train: list[Column], rows: list[Column], *, unit: str = "characters") -> list[Column]:
    def length(value: str) -> int:
        return len(value.encode()) if unit == "bytes" else len(characters(value))

    return [[math.nan if is_missing(value) else length(value) for value in rows[0]]]


CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({}, (TEXTS,), (pa.large_string(),)),
    Case({"unit": "bytes"}, (TEXTS,), (pa.dictionary(pa.int8(), STR),)),
]
