"""Rows and predictions out of bodies that were answered, whatever their protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mainspring.serve.replies import RequestBody

__all__ = ["payload_rows"]


def payload_rows(
    protocol: str, body: RequestBody, content: bytes
) -> tuple[list[Mapping[str, Any]], list[Any]]:
    """Read a request and its answer.

    Parameters
    ----------
    protocol : str
        ``rows``, ``infer``, ``v1``, ``invocations`` or ``arrow``.
    body : bytes or bytearray
        The request: JSON, or of ``arrow`` a stream.
    content : bytes
        The answer, in JSON or as a stream.

    Returns
    -------
    tuple of (list of mapping, list)
        Rows by column, and a prediction for each.

    Raises
    ------
    ValueError
        When there is not one prediction for each row, or tensors are binary.
    """
    if protocol == "arrow":
        rows: list[Mapping[str, Any]] = _arrow_rows(body)
    elif protocol == "infer":
        rows = _tensor_rows(json.loads(body))
    else:
        rows = _json_rows(json.loads(body))
    predictions = _predictions(content)
    if len(predictions) != len(rows):
        raise ValueError(f"{len(rows)} rows have {len(predictions)} predictions")
    return rows, predictions


def _json_rows(body: Any) -> list[Mapping[str, Any]]:
    if isinstance(body, list):
        return body
    for name in ("rows", "instances", "dataframe_records"):
        if isinstance(body.get(name), list):
            return _named(body[name])
    for name in ("columns", "inputs"):
        if isinstance(body.get(name), Mapping):
            return _rows_of_columns(body[name])
    if isinstance(body.get("dataframe_split"), Mapping):
        split = body["dataframe_split"]
        return [dict(zip(split["columns"], row, strict=True)) for row in split["data"]]
    return [body]


def _named(rows: list[Any]) -> list[Mapping[str, Any]]:
    if any(not isinstance(row, Mapping) for row in rows):
        raise ValueError("rows without names")
    return rows


def _rows_of_columns(columns: Mapping[str, list[Any]]) -> list[Mapping[str, Any]]:
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _tensor_rows(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    columns = {}
    for tensor in body["inputs"]:
        if "data" not in tensor:
            raise ValueError("binary tensors")
        columns[tensor["name"]] = [
            value[0] if isinstance(value, list) else value for value in tensor["data"]
        ]
    return _rows_of_columns(columns)


def _arrow_rows(body: RequestBody) -> list[Mapping[str, Any]]:
    import pyarrow as pa

    rows: list[Mapping[str, Any]] = pa.ipc.open_stream(body).read_all().to_pylist()
    return rows


def _predictions(content: bytes) -> list[Any]:
    if not content.startswith(b"{"):
        rows = _arrow_rows(content)
        return [next(iter(row.values())) if len(row) == 1 else list(row.values()) for row in rows]
    answer = json.loads(content)
    if "predictions" in answer:
        return list(answer["predictions"])
    outputs = answer["outputs"]
    if not outputs or not isinstance(outputs[0], Mapping):
        return list(outputs)
    columns = [tensor["data"] for tensor in outputs]
    return columns[0] if len(columns) == 1 else [list(row) for row in zip(*columns, strict=True)]
