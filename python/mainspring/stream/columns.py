"""Values out of JSON or CSV as columns of Arrow, of the types that a model was fitted on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainspring.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ColumnTypes", "typed_column"]


class ColumnTypes:
    """What each column is read as.

    Parameters
    ----------
    inputs : sequence of mapping
        The columns of a bundle, as the engine describes them.
    times : sequence of str
        Further columns that hold times.
    """

    def __init__(self, inputs: Sequence[Mapping[str, Any]], times: Sequence[str]) -> None:
        # Two inputs may read one column, as a number and as an id.
        self.inputs = {str(one["name"]): one for one in reversed(inputs)}
        self.times = frozenset(times)

    def column(self, name: str, values: list[Any]) -> pa.Array:
        """Make a column.

        Parameters
        ----------
        name : str
            What it is called.
        values : list
            What JSON gave; None is missing.

        Returns
        -------
        pyarrow.Array
            Of the model's type; of a column that the model does not know, what fits the values:
            numbers, texts, or times where it is known to hold times.

        Raises
        ------
        DataError
            When a value does not fit; ``row`` says which.
        """
        import pyarrow as pa

        known = self.inputs.get(name)
        if known is not None:
            return typed_column(name, values, known)
        if name in self.times:
            return _each(name, values, pa.timestamp("us", "UTC"), _time, "a time")
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array([None if one is None else _text(one) for one in values], pa.string())


def typed_column(name: str, values: list[Any], described: Mapping[str, Any]) -> pa.Array:
    """Make a column that a model reads.

    Parameters
    ----------
    name : str
        What it is called.
    values : list
        What JSON gave.
    described : mapping
        The column, as the engine describes it.

    Returns
    -------
    pyarrow.Array
        Of the type that it had while fitting, or a wider one.

    Raises
    ------
    DataError
        When a value does not fit; ``row`` says which.
    """
    import pyarrow as pa

    kind, type_ = str(described["kind"]), str(described["type"])
    is_list = kind.startswith("list<")
    if is_list:
        kind = kind.removeprefix("list<").removesuffix(">")
        type_ = type_.removeprefix("large_").removeprefix("list<").removesuffix(">")
    made: tuple[Any, Callable[[Any], Any], str]
    if kind == "timestamp":
        unit = str(described["unit"]) or "us"
        zone = str(described["time_zone"]) or None
        made = (pa.timestamp(unit, zone and "UTC"), _time_in(unit), "a time")
    elif "bool" in type_:
        made = (pa.bool_(), _flag, "true or false")
    elif kind == "integer":
        made = (pa.uint64() if "uint64" in type_ else pa.int64(), _integer, "an integer")
    elif kind == "float":
        made = (pa.float64(), _decimal if "decimal" in type_ else _number, "a number")
    elif "binary" in type_:
        made = (pa.binary(), _bytes, "base64 text")
    else:
        made = (pa.string(), _text, "text")
    if is_list:
        return _lists(name, values, *made)
    return _each(name, values, *made)


def _each(
    name: str, values: list[Any], type_: Any, read: Callable[[Any], Any], expected: str
) -> pa.Array:
    import pyarrow as pa

    read_values: list[Any] = []
    try:
        for value in values:
            read_values.append(None if value is None else read(value))  # noqa: PERF401 - counted
    except (ValueError, TypeError, OverflowError) as error:
        row = len(read_values)
        raise _misfit(name, row, values[row], expected) from error
    try:
        return pa.array(read_values, type_)
    except (pa.ArrowException, OverflowError) as error:
        row = next(at for at, value in enumerate(read_values) if not _fits(value, type_))
        raise _misfit(name, row, values[row], expected) from error


def _fits(value: Any, type_: Any) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(value, type_)
    except (pa.ArrowException, OverflowError):
        return False
    return True


def _lists(
    name: str, values: list[Any], type_: Any, read: Callable[[Any], Any], expected: str
) -> pa.Array:
    import pyarrow as pa

    read_values: list[Any] = []
    for row, value in enumerate(values):
        if value is None:
            read_values.append(None)
        elif not isinstance(value, list):
            raise _misfit(name, row, value, f"a list of {expected}")
        else:
            read_values.append(_each(name, value, type_, read, expected).to_pylist())
    return pa.array(read_values, pa.list_(type_))


def _misfit(name: str, row: int, value: Any, expected: str) -> DataError:
    shown = repr(value)
    shown = shown if len(shown) <= 40 else shown[:40] + "..."
    return DataError(
        f"Column '{name}' has the value {shown}, expected {expected} or null.",
        column=name,
        row=row,
        expected=expected,
        got=shown,
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _decimal(value: Any) -> float:
    return float(value) if isinstance(value, str) else _number(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise TypeError


def _text(value: Any) -> str:
    if not isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    return value


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value, validate=True)


def _time(value: Any) -> int:
    return _micros(value, 1)


def _time_in(unit: str) -> Callable[[Any], int]:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    if per_second >= 10**6:
        return lambda value: _micros(value, per_second // 10**6)
    return lambda value: value if _is_integer(value) else _micros(value, 1) * per_second // 10**6


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _micros(value: Any, factor: int) -> int:
    from datetime import datetime, timedelta, timezone

    if _is_integer(value):
        return int(value)
    if not isinstance(value, str):
        raise TypeError
    read = datetime.fromisoformat(value.removesuffix("Z") + ("+00:00" if value[-1:] == "Z" else ""))
    if read.tzinfo is None:
        read = read.replace(tzinfo=timezone.utc)
    since = read - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since // timedelta(microseconds=1) * factor
