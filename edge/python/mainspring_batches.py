"""Score Parquet files that lie in S3: batches of Arrow through the C library, with no NumPy.

For functions that an upload starts, or that are called with two addresses. boto3 is there in AWS
Lambda; pyarrow, which reads Parquet, comes as a layer.
"""

from __future__ import annotations

import ctypes
import io
import os
from urllib.parse import unquote_plus

import mainspring_edge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["answer_batches", "is_batches", "predict_batch", "score_parquet"]

KINDS = {"predict": 0, "proba": 1, "raw": 2}
BATCH_ROWS = 65536
OUTPUT = "MAINSPRING_OUTPUT"


def is_batches(event: Any) -> bool:
    """Say whether an event is an upload to S3, or names an input there."""
    if not isinstance(event, dict):
        return False
    records = event.get("Records")
    if isinstance(records, list) and records:
        return all(isinstance(record, dict) and "s3" in record for record in records)
    return isinstance(event.get("input"), str) and event["input"].startswith("s3://")


def answer_batches(predictor: mainspring_edge.Predictor, event: Any) -> dict[str, Any]:
    """Score what an event names; return the addresses of the results and their rows.

    An upload's results go to the address in the environment variable MAINSPRING_OUTPUT, such as
    ``s3://scores/late/``; it must not start the function again.
    """
    client = _module("boto3", "it is there in the runtimes of AWS").client("s3")
    files = []
    if "input" in event:
        output = event.get("output")
        if not isinstance(output, str):
            raise mainspring_edge.MainspringError("Add 'output': an address as s3://BUCKET/KEY.")
        given = (event["input"], output, event.get("kind", "predict"), event.get("keep", []))
        files.append(given)
    for record in event.get("Records", []):
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        folder = os.environ.get(OUTPUT, "")
        if not folder.startswith("s3://"):
            text = (
                f"Set the environment variable {OUTPUT} to where results go: s3://BUCKET/FOLDER/."
            )
            raise mainspring_edge.MainspringError(text)
        name = key.rpartition("/")[2]
        files.append((f"s3://{bucket}/{key}", folder.rstrip("/") + "/" + name, "predict", []))
    results = []
    for source, target, kind, keep in files:
        body = client.get_object(**_place(source))["Body"].read()
        num_rows, scored = score_parquet(predictor, body, kind, keep)
        client.put_object(**_place(target), Body=scored)
        results.append({"input": source, "output": target, "num_rows": num_rows})
    return {"results": results}


def score_parquet(
    predictor: mainspring_edge.Predictor, data: bytes, kind: str = "predict", keep: Any = ()
) -> tuple[int, bytes]:
    """Return how many rows a Parquet file has, and a Parquet file of their predictions.

    ``keep`` names columns to copy, such as an id. Batches of 65,536 rows are read and written one
    after the other; the two files lie in memory.
    """
    if kind not in KINDS:
        found = ", ".join(KINDS)
        raise mainspring_edge.MainspringError(f"The kind is {kind!r}, expected one of {found}.")
    pyarrow = _module("pyarrow", "add it as a layer")
    parquet = _module("pyarrow.parquet", "add pyarrow as a layer")
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
    except pyarrow.ArrowInvalid as error:
        raise mainspring_edge.MainspringError(f"The input is no Parquet file: {error}") from None
    names = set(file.schema_arrow.names)
    for name in (*predictor.input_names, *keep):
        if name not in names:
            raise mainspring_edge.MainspringError(f"Column '{name}' is missing.", 14, name)
    read = list(dict.fromkeys([*predictor.input_names, *keep]))
    room, writer, num_rows = io.BytesIO(), None, 0
    for batch in file.iter_batches(BATCH_ROWS, columns=read):
        columns = {name: batch.column(name) for name in keep}
        values = predict_batch(predictor, batch, kind)
        columns.update(_columns(pyarrow, predictor, kind, values, batch.num_rows))
        scored = pyarrow.table(columns)
        writer = writer or parquet.ParquetWriter(room, scored.schema)
        writer.write_table(scored)
        num_rows += batch.num_rows
    if writer is None:
        raise mainspring_edge.MainspringError("The input has no row group.")
    writer.close()
    return num_rows, room.getvalue()


def predict_batch(predictor: mainspring_edge.Predictor, batch: Any, kind: str = "predict") -> Any:
    """Return the numbers of a batch, row by row: anything with ``__arrow_c_array__``."""
    schema, array = batch.__arrow_c_array__()
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    door = {"schema": get(schema, b"arrow_schema"), "array": get(array, b"arrow_array")}
    length = ctypes.c_int64.from_address(door["array"]).value  # the first field of ArrowArray
    return predictor._answer(length, KINDS[kind], door)


def _columns(
    pyarrow: Any, predictor: mainspring_edge.Predictor, kind: str, values: Any, num_rows: int
) -> dict[str, Any]:
    labels = predictor.labels
    if kind == "predict" and labels:
        return {"prediction": [labels[int(number)] for number in values]}
    # The numbers' own memory: a list of them would be a Python object each.
    numbers = pyarrow.Array.from_buffers(
        pyarrow.float64(), len(values), [None, pyarrow.py_buffer(values)]
    )
    width = len(values) // num_rows if num_rows else 1
    if width == 1:
        return {"prediction": numbers}
    names = labels if kind == "proba" and len(labels) == width else range(width)
    return {f"{kind}_{name}": numbers[at::width] for at, name in enumerate(names)}


def _place(address: str) -> dict[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not bucket or not key or not address.startswith("s3://"):
        text = f"The address is {address!r}, expected s3://BUCKET/KEY."
        raise mainspring_edge.MainspringError(text)
    return {"Bucket": bucket, "Key": key}


def _module(name: str, fix: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        text = f"Batches need {name}, which is not installed: {fix}."
        raise mainspring_edge.MainspringError(text) from None
