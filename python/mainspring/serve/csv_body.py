"""Rows as CSV, which clients of MLflow and SageMaker send, to the JSON that the engine reads."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from mainspring.serve.replies import Refusal, RequestBody

__all__ = ["csv_to_json"]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def csv_to_json(body: RequestBody, columns: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Read CSV with a first line of names.

    Parameters
    ----------
    body : bytes or bytearray
        UTF-8; RFC 4180.
    columns : mapping of str to mapping
        The model's columns: text stays text, the others are written as they stand.

    Returns
    -------
    bytes
        ``{"dataframe_split": ...}``; an empty field is null.

    Raises
    ------
    Refusal
        400 when the body is no UTF-8, has no line of names, or a line of another length.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, f"The CSV is not UTF-8 at byte {error.start}.") from error
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Refusal(400, f"The CSV cannot be read: {error}.") from error
    lines = [line for line in lines if line]
    if not lines:
        raise Refusal(400, "The CSV is empty; expected a line of column names, then the rows.")
    names, rows = lines[0], lines[1:]
    are_texts = [str(columns.get(name, {}).get("kind", "bytes")) == "bytes" for name in names]
    written = []
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise Refusal(
                400,
                f"Row {number} of the CSV has {len(row)} fields; expected {len(names)}, as many as "
                "there are names.",
            )
        values = [_value(text, is_text) for text, is_text in zip(row, are_texts, strict=True)]
        written.append("[" + ",".join(values) + "]")
    head = json.dumps(names, ensure_ascii=False)
    data = ",".join(written)
    return f'{{"dataframe_split":{{"columns":{head},"data":[{data}]}}}}'.encode()


def _value(text: str, is_text: bool) -> str:
    if not text:
        return "null"
    if not is_text and (_NUMBER.fullmatch(text) or text in ("true", "false")):
        return text
    return json.dumps(text, ensure_ascii=False)
