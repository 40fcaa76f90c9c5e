"""list_length: how many elements, missing ones among them."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F64, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    return [[math.nan if value is None else float(len(value)) for value in rows[0]]]


CASES = [
    Case({}, (st.none() | st.lists(WORDS, max_size=5),), (pa.list_(STR),)),
    Case({}, (st.none() | st.lists(COUNTS),), (pa.large_list(pa.int16()),)),
    Case({}, (st.none() | st.lists(NUMBERS),), (pa.list_(F64),)),
]
