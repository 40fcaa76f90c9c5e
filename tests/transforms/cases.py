"""One case or more for each operator: its parameters, the columns it reads, and its oracle."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from mainspring import Preprocessor, _engine, col, set_num_threads
from mainspring.transforms import operator_classes

NUMBERS = st.none() | st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, 1.0, math.nan])
COUNTS = st.none() | st.integers(-3, 40)
WIDE = st.none() | st.floats(allow_nan=True, allow_infinity=True)
WORDS = st.none() | st.sampled_from(
    ["", "a", "b", "Z", "é", "long enough to leave the slot of a table", "a\0", "0123456789" * 3]
)
FLAGS = st.none() | st.booleans()
MOMENTS = st.none() | st.datetimes(
    datetime(1901, 1, 1), datetime(2099, 12, 31), timezones=st.just(timezone.utc)
)
DAYS = st.none() | st.dates(date(1800, 1, 1), date(2200, 1, 1))


@dataclass(frozen=True)
class Case:
    """An operator with parameters, over columns of given kinds."""

    op: str
    params: dict[str, Any]
    values: tuple[st.SearchStrategy[Any], ...]
    types: tuple[pa.DataType, ...]
    oracle: dict[str, Any] = field(default_factory=dict)
    needs_value: bool = False  # a column without any value is an error

    @property
    def id(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.op}({params})[{','.join(map(str, self.types))}]"

    def table(self, columns: list[list[Any]]) -> pa.Table:
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self.types, strict=True)]
        return pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))])

    def preprocessor(self) -> Preprocessor:
        cls = operator_classes()[self.op]
        expression = col(*(f"c{i}" for i in range(len(self.types))))
        return Preprocessor(
            type(expression)(
                expression.columns, (cls.from_params({**defaults(cls), **self.params}),)
            ),
            profile=False,
        )

    def expected(self, train: list[list[Any]], rows: list[list[Any]], target: Any) -> np.ndarray:
        oracle = importlib.import_module(f"tests.reference.{self.op}")
        extra = {"target": target} if self.op == "target_mean" else {}
        columns = oracle.features(plain(train), plain(rows), **self.params, **self.oracle, **extra)
        return np.array(columns, dtype=np.float64).reshape(len(columns), -1).T


@contextmanager
def num_threads(count: int) -> Iterator[None]:
    """Use so many threads for a while."""
    before = _engine.num_threads()
    set_num_threads(count)
    try:
        yield
    finally:
        set_num_threads(before)


def defaults(cls: type) -> dict[str, Any]:
    return {name: getattr(cls, name) for name in cls.__annotations__}


def plain(columns: list[list[Any]]) -> list[list[Any]]:
    """Bools as the numbers that they are in the engine."""
    return [[int(v) if isinstance(v, bool) else v for v in column] for column in columns]


F64, F32, I32, STR = pa.float64(), pa.float32(), pa.int32(), pa.string()
PARIS = pa.timestamp("us", "Europe/Paris")

CASES = [
    Case("impute", {}, (NUMBERS,), (F64,), needs_value=True),
    Case("impute", {"strategy": "mean"}, (NUMBERS,), (F32,), needs_value=True),
    Case("impute", {"strategy": "most_frequent"}, (COUNTS,), (I32,), needs_value=True),
    Case("impute", {"strategy": "constant", "fill_value": -2.5}, (NUMBERS,), (F64,)),
    Case("standardize", {}, (NUMBERS,), (F64,)),
    Case("standardize", {"with_mean": False}, (COUNTS,), (pa.int8(),)),
    Case("standardize", {"with_std": False}, (NUMBERS,), (F64,)),
    Case("min_max", {}, (NUMBERS,), (F64,)),
    Case("min_max", {"low": -1.0}, (COUNTS,), (pa.int16(),)),
    Case("log1p", {}, (WIDE,), (F64,)),
    Case("clip", {"low": -3.0, "high": 7.5}, (WIDE,), (F64,)),
    Case("clip", {}, (NUMBERS,), (F64,)),
    Case("bucketize", {"edges": (-1.0, 0.0, 0.1, 1.0)}, (WIDE,), (F64,)),
    Case("bucketize", {"edges": (3.0,)}, (COUNTS,), (pa.int64(),)),
    Case("ordinal", {}, (WORDS,), (STR,)),
    Case("ordinal", {"min_count": 2}, (WORDS,), (pa.dictionary(pa.int8(), STR),)),
    Case("ordinal", {"max_size": 2}, (COUNTS,), (pa.int16(),)),
    Case("ordinal", {}, (NUMBERS,), (F64,)),
    Case("ordinal", {}, (FLAGS,), (pa.bool_(),)),
    Case("target_mean", {"smoothing": 2.0}, (WORDS,), (pa.large_string(),)),
    Case("target_mean", {"smoothing": 0.0}, (COUNTS,), (pa.int64(),)),
    Case("target_mean", {"folds": 2, "seed": 7}, (NUMBERS,), (F64,)),
    Case(
        "datetime",
        {
            "parts": (
                "year",
                "quarter",
                "month",
                "day",
                "weekday",
                "day_of_year",
                "hour",
                "minute",
                "second",
            )
        },
        (MOMENTS,),
        (PARIS,),
        {"zone": "Europe/Paris"},
    ),
    Case(
        "datetime", {"parts": ("hour",), "cyclical": True}, (MOMENTS,), (pa.timestamp("ns", "UTC"),)
    ),
    Case(
        "datetime", {"parts": ("weekday", "day_of_year"), "cyclical": True}, (DAYS,), (pa.date32(),)
    ),
    Case("hash", {}, (WORDS,), (STR,)),
    Case("hash", {"buckets": 5}, (COUNTS,), (pa.int64(),)),
    Case("hash", {"buckets": 1 << 24}, (WIDE,), (F64,)),
    Case("hash", {}, (FLAGS,), (pa.bool_(),)),
    Case("cross", {}, (WORDS, COUNTS), (STR, pa.int64())),
    Case("cross", {"buckets": 7}, (WORDS, FLAGS, NUMBERS), (pa.string_view(), pa.bool_(), F64)),
    Case("identity", {}, (WIDE,), (F32,)),
]
