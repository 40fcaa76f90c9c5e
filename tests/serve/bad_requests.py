"""Bad requests that a server has to withstand, each as it goes over the wire, with its answer."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tests.serve.conftest import ROW, infer_body

GOOD = json.dumps(ROW).encode()
JSON_TYPE = "Content-Type: application/json"
ARROW_TYPE = "Content-Type: application/vnd.apache.arrow.stream"
# Of the server that they are sent to.
MAX_BODY_BYTES = 16 << 20
MAX_ROWS = 1000


@dataclass(frozen=True)
class BadRequest:
    """A whole request, what it may be answered with, and what the error says."""

    number: int
    title: str
    data: bytes
    statuses: tuple[int, ...] = (400,)
    texts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.title}".replace(" ", "-")


def over_wire(
    body: bytes,
    path: str = "/predict",
    lines: Sequence[str] = (JSON_TYPE,),
    method: str = "POST",
    length: int | None = -1,
) -> bytes:
    """Write a request; ``length`` None: no Content-Length, -1: the right one."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", *lines]
    if length is not None:
        head.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def in_chunks(body: bytes, size: int, path: str = "/predict") -> bytes:
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    data = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    lines = (JSON_TYPE, "Transfer-Encoding: chunked")
    return over_wire(data + b"0\r\n\r\n", path, lines, length=None)


def value(name: str, text: str) -> bytes:
    """A row in which one value is written as given."""
    parts = [f'"{key}":{text if key == name else json.dumps(v)}' for key, v in ROW.items()]
    return ("{" + ",".join(parts) + "}").encode("utf-8", "surrogatepass")


def changed(name: str, to: object) -> bytes:
    return json.dumps({**ROW, name: to}).encode()


def tensors(**members: Any) -> bytes:
    return json.dumps(infer_body([ROW, ROW], **members)).encode()


def tensor(number: int = 0, **members: Any) -> bytes:
    body = infer_body([ROW, ROW])
    body["inputs"][number] |= members
    body["inputs"][number] = {k: v for k, v in body["inputs"][number].items() if v is not ...}
    return json.dumps(body).encode()


def binary(size: object = 16, data: bytes = struct.pack("<2d", 1, 2), **members: Any) -> bytes:
    """Tensors whose first is binary; the JSON's length comes in a header of its own."""
    body = infer_body([ROW, ROW])
    first = {"name": "distance", "datatype": "FP64", "shape": [2]}
    body["inputs"][0] = {**first, "parameters": {"binary_data_size": size}, **members}
    head = json.dumps(body).encode()
    lines = (JSON_TYPE, f"Inference-Header-Content-Length: {len(head)}")
    return over_wire(head + data, INFER, lines)


def binary_text(data: bytes) -> bytes:
    body = infer_body([ROW, ROW])
    body["inputs"][2] = {
        "name": "carrier",
        "datatype": "BYTES",
        "shape": [2],
        "parameters": {"binary_data_size": len(data)},
    }
    head = json.dumps(body).encode()
    lines = (JSON_TYPE, f"Inference-Header-Content-Length: {len(head)}")
    return over_wire(head + data, INFER, lines)


def json_length(text: str) -> bytes:
    return over_wire(tensors(), INFER, (JSON_TYPE, f"Inference-Header-Content-Length: {text}"))


def arrow(**columns: pa.Array) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table(
        {
            "distance": pa.array([1.5, 2.5]),
            "flight": pa.array([1, 2]),
            "carrier": pa.array(["UA", "AA"]),
            "departure": pa.array([0, 1], pa.timestamp("us", "UTC")),
            **columns,
        }
    )
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def patched(data: bytes, find: bytes, put: bytes) -> bytes:
    at = data.rindex(find)
    return data[:at] + put + data[at + len(find) :]


def by_arrow(body: bytes) -> bytes:
    return over_wire(body, "/predict", (ARROW_TYPE,))


def compressed_arrow() -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.ipc.open_stream(arrow()).read_all()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


INFER = "/v2/models/mixed/infer"
DICTIONARY = pa.DictionaryArray.from_arrays(
    pa.array([2, 1], pa.int32()), pa.array(["UA", "AA", "DL"])
)
_INDICES = struct.pack("<2i", 2, 1)
_OFFSETS = struct.pack("<3i", 0, 2, 4)


def bad_requests() -> list[BadRequest]:
    """List them all, in the order of the list that they come from."""
    return [*_syntax(), *_schema(), *_tensors(), *_http()]


def _syntax() -> list[BadRequest]:
    def case(number: int, title: str, body: bytes, *texts: str, status: int = 400) -> BadRequest:
        return BadRequest(number, title, over_wire(body), (status,), texts)

    names = b",".join(b'"%d":1' % number for number in range(10**6))
    return [
        case(1, "empty body", b"", "byte 0"),
        case(2, "no JSON", b"hello", "byte 0"),
        case(3, "truncated", GOOD[:-1], f"byte {len(GOOD) - 1}"),
        case(4, "trailing bytes", GOOD + b"x", f"byte {len(GOOD)}"),
        *(case(5, f"top-level {text.decode()}", text, "byte") for text in (b"null", b"5", b'"a"')),
        case(5, "top-level list of numbers", b"[1]", "byte 1"),
        case(6, "trailing comma", GOOD[:-1] + b",}", f"byte {len(GOOD)}"),
        case(7, "comment", b"/**/" + GOOD, "byte 0"),
        case(8, "single quotes", b"{'distance':1}", "byte 1"),
        case(9, "leading zero", value("distance", "01"), "byte 13"),
        case(10, "plus", value("distance", "+1"), "'distance'", "byte 12"),
        case(11, "hexadecimal", value("distance", "0x1"), "byte 13"),
        case(12, "no whole part", value("distance", ".5"), "'distance'", "byte 12"),
        case(12, "no fraction", value("distance", "1."), "byte 14"),
        *(
            case(13, text, value("distance", text), "'distance'", "byte 1")
            for text in ("NaN", "Infinity", "-Infinity")
        ),
        case(14, "1e999", value("distance", "1e999"), "'distance'", "byte 12"),
        case(15, "beyond int64 and uint64", value("flight", str(2**64)), "'flight'", "byte"),
        case(16, "5,000 digits", value("distance", "1" * 5000), "'distance'", "byte 12"),
        case(17, "invalid UTF-8", value("carrier", '"?"').replace(b"?", b"\xff"), "byte"),
        case(18, "overlong UTF-8", value("carrier", '"?"').replace(b"?", b"\xc0\xaf"), "byte"),
        case(19, "lone surrogate escape", value("carrier", '"\\ud800"'), "byte"),
        case(20, "bad escape", value("carrier", '"\\x"'), "byte"),
        case(21, "raw control character", value("carrier", '"\x01"'), "byte"),
        case(22, "NUL in a key", b'{"a\x00":1}', "byte 3"),
        case(23, "byte order mark", b"\xef\xbb\xbf" + GOOD, "byte 0"),
        case(24, "UTF-16", GOOD.decode().encode("utf-16"), "byte 0"),
        case(25, "10^6 nested lists", b"[" * 10**6, "byte 1"),
        case(26, "10^6 nested objects", b'{"a":' * 10**6, "byte"),
        case(27, "duplicate keys", GOOD[:-1] + b',"distance":1}', f"byte {len(GOOD)}"),
        case(28, "10^6 unknown keys", b"{" + names + b"}", "65,536 names", "byte"),
        case(29, "64 MB string", b'"' + b"x" * (64 << 20) + b'"', "longer", status=413),
    ]


def _schema() -> list[BadRequest]:
    def case(
        number: int,
        title: str,
        body: object,
        *texts: str,
        path: str = "/predict",
        status: int = 400,
    ) -> BadRequest:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return BadRequest(number, title, over_wire(data, path), (status,), texts)

    less = {name: one for name, one in ROW.items() if name != "flight"}
    ragged = {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values()), [1]]}}
    wide = {"dataframe_split": {"columns": list(ROW), "data": [[*ROW.values(), 1]]}}
    twice = {"dataframe_split": {"columns": [*ROW, "distance"], "data": [[*ROW.values(), 1]]}}
    both = {"instances": [ROW], "inputs": {name: [one] for name, one in ROW.items()}}
    return [
        case(30, "missing column", less, "'flight'", "byte 0"),
        case(31, "unknown column is ignored", {**ROW, "other": 1}, status=200),
        case(32, "string for number", changed("distance", "far"), "'distance'", "byte 13"),
        case(33, "numeric string", changed("distance", "1.5"), "'distance'", "byte 13"),
        case(34, "bool for number", changed("distance", True), "'distance'", "byte 13"),
        case(35, "number for string", changed("carrier", 5), "'carrier'", "byte"),
        # Every column of a fitted plan takes null: what is missing was learnt.
        case(36, "null is missing", changed("distance", None), status=200),
        case(36, "null for a row", b"[null]", "byte 1"),
        case(37, "list for scalar", changed("distance", [1]), "'distance'", "byte 13"),
        case(37, "object for scalar", changed("carrier", {}), "'carrier'", "byte"),
        case(38, "ragged rows", ragged, "byte", path="/invocations"),
        case(39, "width of columns and data", wide, "byte", path="/invocations"),
        case(40, "duplicate columns", twice, "'distance'", "byte", path="/invocations"),
        case(41, "zero rows are answered with none", [], status=200),
        case(42, "too many rows", [ROW] * (MAX_ROWS + 1), str(MAX_ROWS), status=413),
        case(43, "instances and inputs", both, "byte", path="/v1/models/mixed:predict"),
    ]


def _tensors() -> list[BadRequest]:
    def case(number: int, title: str, body: bytes, *texts: str) -> BadRequest:
        data = body if body.startswith(b"POST") else over_wire(body, INFER)
        return BadRequest(number, title, data, (400,), texts)

    inputs = infer_body([ROW, ROW])["inputs"]
    return [
        case(44, "inputs missing", b"{}", "inputs"),
        case(44, "inputs null", tensors(inputs=None), "inputs", "byte"),
        case(44, "inputs an object", tensors(inputs={}), "inputs", "byte"),
        case(45, "duplicate input", tensors(inputs=[*inputs, inputs[0]]), "'distance'", "byte"),
        case(46, "wrong datatype", tensor(datatype="BYTES"), "'distance'", "byte"),
        case(46, "unknown datatype", tensor(datatype="DOUBLE"), "'DOUBLE'", "byte"),
        case(46, "lower-case datatype", tensor(datatype="fp64"), "'fp64'", "byte"),
        case(47, "negative shape", tensor(shape=[-1]), "shape", "byte"),
        case(48, "shape a fraction", tensor(shape=[2.0]), "shape", "byte"),
        case(48, "shape a string", tensor(shape=["2"]), "shape", "byte"),
        case(49, "shape 2^32 x 2^32", tensor(shape=[2**32, 2**32]), "'distance'", "byte"),
        case(50, "shape 2^63-1", tensor(shape=[2**63 - 1]), "'distance'", "byte"),
        case(50, "shape 2^63-1 x 1", tensor(shape=[2**63 - 1, 1]), "'distance'", "byte"),
        case(51, "shape is not the data's", tensor(shape=[3]), "'distance'", "byte"),
        case(52, "wrong rank", tensor(shape=[2, 1, 1]), "shape", "byte"),
        case(53, "rows differ", tensor(shape=[1], data=[1.0]), "values", "byte"),
        case(54, "unknown output", tensors(outputs=[{"name": "x"}]), "'x'", "byte"),
        case(55, "id a number", tensors(id=5), '"id"', "byte"),
        case(56, "negative priority", tensors(parameters={"priority": -1}), "priority", "byte"),
        case(56, "huge timeout", tensors(parameters={"timeout": 2**63}), "timeout", "byte"),
        case(57, "header length negative", json_length("-1"), "Inference-Header"),
        case(57, "header length text", json_length("all"), "Inference-Header"),
        case(57, "header length beyond the body", json_length("99999999"), "Inference-Header"),
        case(57, "header length zero", json_length("0"), "Inference-Header"),
        case(58, "binary size short", binary(8), "'distance'"),
        case(58, "binary size long", binary(24), "'distance'", "24"),
        case(58, "binary size negative", binary(-16), "binary_data_size"),
        case(58, "binary size that overflows", binary(2**63 - 1), "'distance'"),
        case(
            59,
            "text past the end",
            binary_text(struct.pack("<I2sI2s", 2, b"UA", 99, b"AA")),
            "'carrier'",
        ),
        case(60, "data and binary data", tensor(parameters={"binary_data_size": 16}), "both"),
        case(61, "FP16 in JSON", tensor(datatype="FP16"), "'distance'", "byte"),
    ]


def _http() -> list[BadRequest]:
    def case(
        number: int, title: str, data: bytes, *statuses: int, texts: tuple[str, ...] = ()
    ) -> BadRequest:
        return BadRequest(number, title, data, statuses, texts)

    chunked = "Transfer-Encoding: chunked"
    packed = (JSON_TYPE, "Content-Encoding: gzip")
    bomb = gzip.compress(b" " * (MAX_BODY_BYTES + 2))
    stream = arrow()
    dictionary = arrow(carrier=DICTIONARY)
    return [
        case(62, "no content type", over_wire(GOOD, lines=()), 415, texts=("application/json",)),
        case(
            62,
            "wrong content type",
            over_wire(GOOD, lines=("Content-Type: a/b",)),
            415,
            texts=("a/b",),
        ),
        case(63, "GET", over_wire(b"", INFER, method="GET"), 405, texts=("POST",)),
        case(63, "PUT", over_wire(GOOD, INFER, method="PUT"), 405, texts=("POST",)),
        case(
            64, "unknown model", over_wire(GOOD, "/models/other/predict"), 404, texts=("'other'",)
        ),
        case(
            64,
            "unknown version",
            over_wire(GOOD, "/v2/models/mixed/versions/7/infer"),
            404,
            texts=("'7'",),
        ),
        case(
            65,
            "version not a number",
            over_wire(GOOD, "/v2/models/mixed/versions/x/infer"),
            404,
            texts=("'x'",),
        ),
        case(66, "..%2f in the name", over_wire(GOOD, "/models/..%2fmixed/predict"), 404),
        case(
            67,
            "10 kB name",
            over_wire(GOOD, f"/models/{'x' * 10_000}/predict"),
            404,
            texts=("...",),
        ),
        case(68, "Content-Length beyond the body", over_wire(GOOD, length=len(GOOD) + 9), 408),
        case(68, "negative Content-Length", over_wire(GOOD, length=-2), 400),
        case(
            69,
            "Content-Length and chunks",
            over_wire(b"0\r\n\r\n", lines=(JSON_TYPE, chunked)),
            400,
        ),
        case(70, "over the limit by length", over_wire(b"", length=MAX_BODY_BYTES + 1), 413),
        case(70, "over the limit by chunks", in_chunks(b" " * (MAX_BODY_BYTES + 1), 1 << 16), 413),
        case(71, "gzip garbage", over_wire(b"\x1f\x8bgarbage", lines=packed), 400, texts=("gzip",)),
        case(72, "gzip bomb", over_wire(bomb, lines=packed), 413, texts=("unpacked",)),
        case(
            73,
            "unknown Content-Encoding",
            over_wire(GOOD, lines=(JSON_TYPE, "Content-Encoding: zzz")),
            415,
            texts=("zzz",),
        ),
        case(74, "10^5 chunks of one byte are read", in_chunks(b" " * 10**5 + GOOD, 1), 200),
        case(77, "Arrow truncated", by_arrow(stream[: len(stream) // 2]), 400),
        case(
            77,
            "Arrow of another schema",
            by_arrow(arrow(distance=pa.array(["x", "y"]))),
            400,
            texts=("'distance'",),
        ),
        case(
            77,
            "dictionary index out of range",
            by_arrow(patched(dictionary, _INDICES, struct.pack("<2i", 0, 99))),
            400,
            texts=("'carrier'",),
        ),
        case(
            77,
            "offsets not monotone",
            by_arrow(patched(stream, _OFFSETS, struct.pack("<3i", 0, 4, 2))),
            400,
            texts=("'carrier'",),
        ),
        case(
            77,
            "huge declared length",
            by_arrow(struct.pack("<Ii", 0xFFFFFFFF, 2**31 - 1) + stream[8:]),
            400,
        ),
        case(
            77,
            "a name that is no UTF-8",
            by_arrow(stream.replace(b"distance", b"distanc\xff")),
            400,
            texts=("'distanc\ufffd'",),
        ),
        case(77, "compressed buffers", by_arrow(compressed_arrow()), 400),
        case(
            78,
            "bad Authorization is ignored without keys",
            over_wire(GOOD, lines=(JSON_TYPE, "Authorization: Bearer \xff")),
            200,
        ),
        case(
            79,
            "traceparent garbage is ignored",
            over_wire(GOOD, lines=(JSON_TYPE, "traceparent: \x09zz-zz")),
            200,
        ),
    ]
