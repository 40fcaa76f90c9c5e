"""null_if: nothing in place of what stands for it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, HASHED, STR, WIDE, WORDS, Case
from tests.reference.columns import Column


def features(train: list[Column], rows: list[Column], *, values: Any = ()) -> list[Column]:
    return [[None if value in values else value for value in rows[0]]]


FLOATS = WIDE.map(lambda value: 3.0 if value == 1.0 else value)

CASES = [
    Case({"values": ("", "a", "long enough to leave the slot")}, (WORDS,), (STR,), then=HASHED),
    Case({"values": ("b",)}, (WORDS,), (pa.dictionary(pa.int8(), STR),), then=HASHED),
    Case({"values": (0, 3.0)}, (FLOATS,), (F64,), then=HASHED),
    Case(
        {"values": (-3, 4)},
        (COUNTS.map(lambda value: None if value is None else float(value)),),
        (pa.float32(),),
        then=HASHED,
    ),
]
