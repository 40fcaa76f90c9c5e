"""Rows of golden files as JSON, exactly: numbers in their shortest form, times as integers."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def rows_of(table: pa.Table) -> dict[str, Any]:
    """Return names, types and values; times and dates are integers in their unit."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        plain = column
        if pa.types.is_timestamp(column.type):
            plain = column.cast(pa.int64())
        elif pa.types.is_date32(column.type):
            plain = column.cast(pa.int32())
        columns[name] = {"type": str(column.type), "values": [_exact(v) for v in plain.to_pylist()]}
    return columns


def _exact(value: Any) -> Any:
    if isinstance(value, list):
        return [_exact(element) for element in value]
    return repr(value) if isinstance(value, float) else value


def table_of(rows: dict[str, Any]) -> pa.Table:
    """Return the table that rows_of() wrote."""
    return pa.table({name: _array_of(c["type"], c["values"]) for name, c in rows.items()})


def _array_of(type_: str, values: list[Any]) -> pa.Array:
    if type_ == "double":
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if type_.startswith("timestamp["):
        unit, _, zone = type_.removeprefix("timestamp[").rstrip("]").partition(", tz=")
        return pa.array(values, pa.int64()).cast(pa.timestamp(unit, zone or None))
    if type_.startswith("date32"):
        return pa.array(values, pa.int32()).cast(pa.date32())
    if type_.startswith("list<"):
        if "double" not in type_:
            return pa.array(values, pa.list_(pa.string() if "string" in type_ else pa.int64()))
        numbers = [None if row is None else [float(v) for v in row] for row in values]
        return pa.array(numbers, pa.list_(pa.float64()))
    return pa.array(values, {"string": pa.string(), "int64": pa.int64()}[type_])
