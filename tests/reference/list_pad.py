"""list_pad: the element at each of the first places, and what stands for those that are not."""

from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F64, FLAGS, NUMBERS, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(
    train: list[Column], rows: list[Column], *, length: int, fill_value: float | None = 0.0
) -> list[Column]:
    fill = math.nan if fill_value is None else fill_value

    def one(value: list[float | None] | None, place: int) -> float:
        there = (value or [])[place : place + 1]
        return fill if not there or is_missing(there[0]) else float(there[0])  # type: ignore[arg-type]

    return [[one(value, place) for value in rows[0]] for place in range(length)]


CASES = [
    Case({"length": 3}, (st.none() | st.lists(NUMBERS, max_size=5),), (pa.list_(F64),)),
    Case(
        {"length": 6, "fill_value": -1.5},
        (st.none() | st.lists(COUNTS, max_size=7),),
        (pa.large_list(pa.int16()),),
    ),
    Case(
        {"length": 2, "fill_value": None},
        (st.none() | st.lists(WIDE, max_size=3),),
        (pa.list_(F64),),
    ),
    Case({"length": 1}, (st.none() | st.lists(FLAGS, max_size=2),), (pa.list_(pa.bool_()),)),
]
