"""arithmetic_number: numpy's result of a column and a number, missing where it is not finite."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WIDE, Case
from tests.reference.arithmetic import result
from tests.reference.columns import Column


def features(
    train: list[Column],
    rows: list[Column],
    *,
    symbol: str = "*",
    number: float = 1.0,
    number_first: bool = False,
) -> list[Column]:
    if number_first:
        return [[result(symbol, number, value) for value in rows[0]]]
    return [[result(symbol, value, number) for value in rows[0]]]


CASES = [
    Case({"number": 2.5}, (NUMBERS,), (F64,)),
    Case({"symbol": "/", "number": 0.3, "number_first": True}, (COUNTS,), (pa.int16(),)),
    Case({"symbol": "-", "number": 1.5}, (WIDE,), (F64,)),
    Case({"symbol": "+", "number": -7.0, "number_first": True}, (WIDE,), (F64,)),
]
