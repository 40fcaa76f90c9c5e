"""missing_flag: 1 where there is no value."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, FLAGS, MOMENTS, PARIS, STR, WIDE, WORDS, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    return [[1.0 if is_missing(value) else 0.0 for value in rows[0]]]


CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({}, (WIDE,), (F64,)),
    Case({}, (MOMENTS,), (PARIS,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
    Case({}, (st.none() | st.lists(WORDS, max_size=3),), (pa.list_(STR),)),
]
