"""Payloads: Arrow IPC streams, JSON or CSV to rows, and predictions back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mainspring.errors import DataError, ParameterError
from mainspring.stream.columns import ColumnTypes
from mainspring.stream.message import Message
from mainspring.stream.rows import ArrowRows, DeadLetter, JsonRows, Rows, reason_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMATS", "decode", "encode"]

FORMATS = ("json", "arrow", "csv")

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def decode(
    form: str, messages: list[Message], types: ColumnTypes, csv_columns: Sequence[str] | None
) -> tuple[list[Rows], list[DeadLetter]]:
    """Read messages.

    Parameters
    ----------
    form : str
        One of ``FORMATS``.
    messages : list of Message
        In order.
    types : ColumnTypes
        What columns are read as.
    csv_columns : sequence of str or None
        Names of CSV without a line of them.

    Returns
    -------
    rows : list of Rows
        One for each run of messages that have one schema.
    dead : list of DeadLetter
        Messages that could not be read.
    """
    if form == "arrow":
        return _decode_arrow(messages)
    read: Callable[[bytes], tuple[list[dict[str, Any]], bytes]] = _read_json
    if form == "csv":

        def read(value: bytes) -> tuple[list[dict[str, Any]], bytes]:
            return _read_csv(value, types, csv_columns)

    good: list[Message] = []
    rows: list[list[dict[str, Any]]] = []
    texts: list[bytes] = []
    dead: list[DeadLetter] = []
    for message in messages:
        try:
            objects, text = read(message.value)
        except (ValueError, RecursionError) as error:
            dead.append(_unreadable(message, form, error))
            continue
        good.append(message)
        rows.append(objects)
        texts.append(text)
    return ([JsonRows(good, rows, texts, types)] if good else []), dead


def _unreadable(message: Message, form: str, error: Exception) -> DeadLetter:
    if isinstance(error, DataError):
        return reason_of(message, error)
    what = "is empty" if not message.value else f"cannot be read as {form}: {error}"
    return reason_of(message, DataError(f"The message {what}."))


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


# The scanner itself: JSONDecoder.decode takes half as long again for the blanks around it.
_scan = json.JSONDecoder(parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]


def _read_json(value: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """Read one object, or a list of them; and say the rows' text, commas between them."""
    text_in = value.decode("utf-8").strip(" \t\r\n")
    try:
        found, end = _scan(text_in, 0)
    except StopIteration as error:
        raise ValueError(f"no value at character {error.value}") from error
    if end != len(text_in):
        raise ValueError(f"more than one value, at character {end}")
    if isinstance(found, dict):
        return [found], value
    if isinstance(found, list) and all(isinstance(one, dict) for one in found):
        text = value.strip(b" \t\r\n")
        return found, text[1:-1] if found else b""
    raise DataError(f"The message is a JSON {_JSON_NAMES[type(found)]}, expected an object.")


_JSON_NAMES = {
    list: "list of other things",
    str: "text",
    int: "number",
    float: "number",
    bool: "flag",
    type(None): "null",
}


def _read_csv(
    value: bytes, types: ColumnTypes, names: Sequence[str] | None
) -> tuple[list[dict[str, Any]], bytes]:
    reader = csv.reader(io.StringIO(value.decode("utf-8"), newline=""), strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if names is None:
        if not lines:
            raise DataError("The message has no line of column names.")
        names, lines = lines[0], lines[1:]
    objects = []
    for number, line in enumerate(lines):
        if len(line) != len(names):
            raise DataError(
                f"Row {number} of the CSV has {len(line)} fields, expected {len(names)}.",
                row=number,
                expected=f"{len(names)} fields",
                got=f"{len(line)} fields",
            )
        objects.append(
            {name: _csv_value(text, name, types) for name, text in zip(names, line, strict=True)}
        )
    text = ",".join(json.dumps(one, ensure_ascii=False) for one in objects)
    return objects, text.encode()


def _csv_value(text: str, name: str, types: ColumnTypes) -> Any:
    """Read a field: text stays text where the model takes text, else what JSON would be."""
    if not text:
        return None
    known = types.inputs.get(name)
    if known is not None and known["kind"] == "bytes":
        return text
    if text in ("true", "false"):
        return text == "true"
    if not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return int(text) if number.is_integer() and text.lstrip("-").isdigit() else number


def _decode_arrow(messages: list[Message]) -> tuple[list[Rows], list[DeadLetter]]:
    import pyarrow as pa

    found: list[Rows] = []
    dead: list[DeadLetter] = []
    held: list[Message] = []
    tables: list[pa.Table] = []
    for message in messages:
        try:
            table = pa.ipc.open_stream(message.value).read_all()
            table.validate(full=True)  # offsets of strangers
        except (pa.ArrowException, OSError, ValueError) as error:
            dead.append(_unreadable(message, "an Arrow stream", error))
            continue
        if tables and not table.schema.equals(tables[0].schema):
            found.append(ArrowRows(held, tables))
            held, tables = [], []
        held.append(message)
        tables.append(table)
    if held:
        found.append(ArrowRows(held, tables))
    return found, dead


def encode(form: str, table: pa.Table, counts: Sequence[int]) -> Iterator[bytes]:
    """Write results, a payload for each message.

    Parameters
    ----------
    form : str
        One of ``FORMATS``.
    table : pyarrow.Table
        The results of all.
    counts : sequence of int
        Rows of each message.

    Yields
    ------
    bytes
        An Arrow stream; a JSON object where the message had one row, else a list of them; CSV with
        a line of names.

    Raises
    ------
    ParameterError
        When there is no such form.
    """
    if form == "arrow":
        yield from _encode_arrow(table, counts)
    elif form == "json":
        yield from _encode_json(table, counts)
    elif form == "csv":
        yield from _encode_csv(table, counts)
    else:
        raise ParameterError(
            f"The format is {form!r}, expected one of {', '.join(FORMATS)}.",
            expected=" or ".join(FORMATS),
            got=repr(form),
        )


def _encode_arrow(table: pa.Table, counts: Sequence[int]) -> Iterator[bytes]:
    import pyarrow as pa

    whole = table.combine_chunks()
    at = 0
    for count in counts:
        out = pa.BufferOutputStream()
        with pa.ipc.new_stream(out, whole.schema) as writer:
            writer.write_table(whole.slice(at, count))
        yield out.getvalue().to_pybytes()
        at += count


def _encode_json(table: pa.Table, counts: Sequence[int]) -> Iterator[bytes]:
    names = [json.dumps(name, ensure_ascii=False) + ": " for name in table.column_names]
    columns = [list(map(_json_text, column.to_pylist())) for column in table.columns]
    if len(columns) == 1:  # the common case, by far the fastest
        head = "{" + names[0]
        rows = [f"{head}{value}}}" for value in columns[0]]
    else:
        rows = [
            "{" + ", ".join(map(str.__add__, names, values)) + "}"
            for values in zip(*columns, strict=True)
        ]
    at = 0
    for count in counts:
        if count == 1:
            yield rows[at].encode()
        else:
            yield ("[" + ", ".join(rows[at : at + count]) + "]").encode()
        at += count


def _json_text(value: Any) -> str:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _encode_csv(table: pa.Table, counts: Sequence[int]) -> Iterator[bytes]:
    columns = [column.to_pylist() for column in table.columns]
    at = 0
    for count in counts:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.column_names)
        rows = zip(*(column[at : at + count] for column in columns), strict=True)
        writer.writerows(
            [["" if one is None else _plain_field(one) for one in row] for row in rows]
        )
        yield out.getvalue().encode()
        at += count


def _plain_field(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int) else _plain(value)
