"""A case of an operator: its parameters, and the columns that it reads.

An oracle (tests/reference/NAME.py) lists its cases as ``CASES``; the suite runs them all.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

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

F64, F32, I32, STR = pa.float64(), pa.float32(), pa.int32(), pa.string()
# Behind an operator that gives strings or times: ids that float32 holds exactly.
HASHED = (("hash", {"buckets": 1 << 24}),)
PARIS = pa.timestamp("us", "Europe/Paris")


@dataclass(frozen=True)
class Case:
    """An operator with parameters, over columns of given kinds."""

    params: dict[str, Any]
    values: tuple[st.SearchStrategy[Any], ...]
    types: tuple[pa.DataType, ...]
    oracle: dict[str, Any] = field(default_factory=dict)  # what only the oracle has to be told
    needs_value: bool = False  # a column without any value is an error
    binary: bool = False  # the target is 0 or 1
    keys: int = 0  # of the columns, the last ones: named by a parameter, not by the expression
    samples: tuple[Any, ...] = ()  # ten values for columns whose type's own would all be alike
    before: tuple[tuple[str, dict[str, Any]], ...] = ()  # operators that give what it takes
    op: str = ""  # filled in from the oracle's name
    then: tuple[
        tuple[str, dict[str, Any]], ...
    ] = ()  # operators that make features of what it gives

    @property
    def id(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        then = "".join(f".{op}" for op, _ in self.then)
        return f"{self.op}({params}){then}[{','.join(map(str, self.types))}]"

    def target(self, values: Any) -> np.ndarray:
        """The values as a target that the operator takes."""
        numbers = np.array(values, dtype=np.float64)
        return (numbers > 0).astype(np.float64) if self.binary else numbers

    def table(self, columns: list[list[Any]]) -> pa.Table:
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self.types, strict=True)]
        return pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))])

    def preprocessor(self) -> Any:
        from mainspring import Preprocessor, col
        from mainspring.transforms import operator_classes

        operators = []
        for op, params in (*self.before, (self.op, self.params), *self.then):
            cls = operator_classes()[op]
            operators.append(cls.from_params({**defaults(cls), **params}))
        expression = col(*(f"c{i}" for i in range(len(self.types) - self.keys)))
        return Preprocessor(type(expression)(expression.columns, tuple(operators)), profile=False)

    def expected(self, train: list[list[Any]], rows: list[list[Any]], target: Any) -> np.ndarray:
        oracle = importlib.import_module(f"tests.reference.{self.op}")
        extra = {"target": target} if uses_target(self.op) else {}
        given = plain(train), plain(rows)
        columns = oracle.features(*given, **self.params, **self.oracle, **extra)
        for op, params in self.then:
            learnt = oracle.features(given[0], given[0], **self.params, **self.oracle, **extra)
            oracle = importlib.import_module(f"tests.reference.{op}")
            columns = oracle.features(learnt, columns, **params)
        return np.array(columns, dtype=np.float64).reshape(len(columns), -1).T


def uses_target(op: str) -> bool:
    from mainspring import _engine

    return next(bool(row["uses_target"]) for row in _engine.operators() if row["name"] == op)


def defaults(cls: type) -> dict[str, Any]:
    return {name: getattr(cls, name) for name in cls.__annotations__}


def plain(columns: list[list[Any]]) -> list[list[Any]]:
    """Bools as the numbers that they are in the engine."""
    return [[int(v) if isinstance(v, bool) else v for v in column] for column in columns]
