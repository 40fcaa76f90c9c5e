"""The protocols of other servers: what their clients send is answered as there, with our bits."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from tests.runtime.conftest import predict
from tests.serve.client import JSON, ask, post
from tests.serve.conftest import ROW, infer_body

ARROW = ("content-type", "application/vnd.apache.arrow.stream")


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in ROW}


def split_of(rows: list[dict[str, Any]], names: list[str]) -> dict[str, Any]:
    return {"columns": names, "data": [[row.get(name) for name in names] for row in rows]}


def test_v1_predict_takes_rows_lists_and_columns(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    few = rows[:700]
    listed = [[row[name] for name in ROW] for row in few]
    for body in ({"instances": few}, {"signature_name": "x", "instances": listed}):
        answer = post(app, "/v1/models/two:predict", body)
        assert answer.json["predictions"] == expected[:700].tolist()
    answer = post(app, "/v1/models/two/versions/1:predict", {"inputs": columns_of(few)})
    assert answer.json["outputs"] == expected[:700].tolist()


def test_v1_status_and_metadata_are_answered(app: Any) -> None:
    status = ask(app, "GET", "/v1/models/two").json["model_version_status"][0]
    assert (status["version"], status["state"]) == ("1", "AVAILABLE")
    assert ask(app, "GET", "/v1/models/two/metadata").json["model_spec"]["name"] == "two"


@pytest.mark.parametrize("form", ["dataframe_split", "dataframe_records", "instances", "inputs"])
def test_invocations_take_every_form_of_mlflow(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray, form: str
) -> None:
    few = rows[:600]
    turned = ["departure", "extra", "carrier", "distance", "flight"]
    body: dict[str, Any] = {
        "dataframe_split": {**split_of(few, turned), "index": list(range(600))},
        "dataframe_records": few,
        "instances": few,
        "inputs": columns_of(few),
    }
    answer = post(app, "/invocations", {form: body[form], "params": {}})
    assert answer.json == {"predictions": expected[:600].tolist()}


def test_invocations_take_csv(app: Any, rows: list[dict[str, Any]], expected: np.ndarray) -> None:
    lines = ["carrier,distance,flight,departure,unknown"]
    for row in rows[:50]:
        texts = [
            "" if row[name] is None else str(row[name])
            for name in ("carrier", "distance", "flight", "departure")
        ]
        lines.append(",".join(f'"{text}"' if " " in text else text for text in texts) + ",x")
    text = "\r\n".join(lines).encode()
    answer = post(app, "/invocations", text, headers=[("content-type", "text/csv")])
    wanted = expected[:50].tolist()
    # An empty text is a missing one in CSV.
    empty = [i for i, row in enumerate(rows[:50]) if row["carrier"] == ""]
    for i, value in enumerate(answer.json["predictions"]):
        assert i in empty or value == wanted[i]


@pytest.mark.parametrize(
    ("target", "body", "text"),
    [
        ("/v1/models/two:predict", {"instances": [ROW], "inputs": {}}, "beside"),
        ("/v1/models/two:predict", {"dataframe_split": {}}, "'dataframe_split'"),
        ("/v1/models/two:predict", {}, "no rows"),
        ("/v1/models/two:predict", {"instances": 5}, "not a list"),
        ("/v1/models/two:predict", {"instances": [[1, 2]]}, "another value"),
        ("/v1/models/two:predict", {"instances": [[1, 2, "UA", None, 5]]}, "as many values"),
        ("/v1/models/two:predict", {"instances": [ROW, {"distance": 1}]}, "lacks"),
        ("/invocations", {"dataframe_split": {"columns": ["distance"]}}, "lacks"),
        ("/invocations", {"dataframe_split": split_of([ROW], ["distance"])}, "lacks the columns"),
        ("/invocations", {"dataframe_split": split_of([ROW], [*ROW, "carrier"])}, "twice"),
        ("/invocations", {"inputs": {"distance": [1]}}, "lacks the columns"),
        ("/invocations", {"dataframe_records": [{**ROW, "distance": "x"}]}, "'distance'"),
    ],
)
def test_rows_of_other_servers_when_wrong_are_refused(
    app: Any, target: str, body: Any, text: str
) -> None:
    answer = post(app, target, body)
    assert answer.status == 400
    assert text in answer.error


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "empty"),
        (b"\xff\n", "UTF-8"),
        (b"distance,flight\n1,2\n", "lacks the columns"),
        (b"distance,flight,carrier,departure\n1,2,3\n", "Row 0"),
        (b"distance,flight,carrier,departure\nx,2,UA,\n", "'distance'"),
        (b'distance,"', "CSV"),
    ],
)
def test_csv_when_wrong_is_refused(app: Any, body: bytes, text: str) -> None:
    answer = post(app, "/invocations", body, headers=[("content-type", "text/csv")])
    assert answer.status == 400
    assert text in answer.error


def raw_tensors(rows: list[dict[str, Any]], **changes: Any) -> tuple[bytes, int]:
    """Return an inference request whose tensors are binary, and the length of its JSON."""
    blobs = {
        "distance": np.array(
            [np.nan if row["distance"] is None else row["distance"] for row in rows], "<f8"
        ).tobytes(),
        "flight": np.array([row["flight"] or 0 for row in rows], "<i8").tobytes(),
        "carrier": b"".join(
            struct.pack("<I", len(text)) + text
            for text in ((row["carrier"] or "").encode() for row in rows)
        ),
        "departure": b"".join(
            struct.pack("<I", len(text)) + text
            for text in ((row["departure"] or "").encode() for row in rows)
        ),
    }
    body = infer_body(rows)
    for tensor in body["inputs"]:
        name = tensor["name"]
        missing = [i for i, row in enumerate(rows) if row[name] is None and name != "distance"]
        del tensor["data"]
        tensor["parameters"] = {"binary_data_size": len(blobs[name]), "missing": missing}
        tensor.update(changes.get(name, {}))
    head = json.dumps({**body, **changes.get("members", {})}).encode()
    return head + b"".join(blobs.values()), len(head)


def post_binary(app: Any, body: bytes, length: int, *more: tuple[str, str]) -> Any:
    headers = [JSON, ("inference-header-content-length", str(length)), *more]
    return ask(app, "POST", "/v2/models/two/infer", [body], headers)


def test_binary_tensors_give_the_bits_of_json(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    body, length = raw_tensors(rows, members={"parameters": {"binary_data_output": True}})
    answer = post_binary(app, body, length)
    assert answer.status == 200, answer.body[:300]
    at = int(answer.headers["inference-header-content-length"])
    output = json.loads(answer.body[:at])["outputs"][0]
    assert output["parameters"] == {"binary_data_size": 8 * len(rows)}
    np.testing.assert_array_equal(np.frombuffer(answer.body[at:], "<f8"), expected)
    body, length = raw_tensors(rows[:5])
    outputs = post_binary(app, body, length).json["outputs"]
    assert outputs[0]["data"] == expected[:5].tolist()


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        *((name, np.array([-1, 0, 7], name)) for name in ("int8", "int16", "int32", "int64")),
        *((name, np.array([0, 1, 255], name)) for name in ("uint8", "uint16", "uint32")),
        *((name, np.array([0.5, np.nan, -3], name)) for name in ("float16", "float32")),
        ("uint64", np.array([0, 5, 2**64 - 1], "uint64")),
        ("bool", np.array([True, False, True])),
    ],
)
def test_binary_tensors_of_every_type_feed_a_number(
    app: Any, datatype: str, values: np.ndarray
) -> None:
    body = infer_body([ROW] * 3)
    name = datatype.upper().replace("FLOAT", "FP")
    raw = values.tobytes()
    body["inputs"][0] = {
        "name": "distance",
        "datatype": name,
        "shape": [3, 1],
        "parameters": {"binary_data_size": len(raw)},
    }
    head = json.dumps(body).encode()
    found = post_binary(app, head + raw, len(head)).json["outputs"][0]["data"]
    plain = [None if value != value else float(value) for value in values.tolist()]
    wanted = post(app, "/predict", [{**ROW, "distance": value} for value in plain]).json
    assert found == wanted["predictions"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"distance": {"parameters": {"binary_data_size": 8}}}, "bytes"),
        ({"distance": {"parameters": {"binary_data_size": 24}}}, "'distance'"),
        ({"distance": {"parameters": {"binary_data_size": -1}}}, "binary_data_size"),
        ({"distance": {"parameters": {"binary_data_size": 2**63 - 1}}}, "left"),
        ({"carrier": {"parameters": {"binary_data_size": 3}}}, "'carrier'"),
        ({"distance": {"shape": [2**61 + 2]}}, "'distance'"),
        ({"distance": {"datatype": "FP32"}}, "'distance'"),
        ({"flight": {"parameters": {"binary_data_size": 16, "missing": [2]}}}, "miss"),
        ({"flight": {"data": [1, 2]}}, "both"),
    ],
)
def test_binary_tensors_when_wrong_are_refused(
    app: Any, changes: dict[str, Any], text: str
) -> None:
    body, length = raw_tensors([ROW, ROW], **changes)
    answer = post_binary(app, body, length)
    assert answer.status == 400
    assert text in answer.error


def test_binary_texts_that_pass_their_end_or_are_no_utf8_are_refused(app: Any) -> None:
    body, length = raw_tensors([ROW])
    assert post_binary(app, body.replace(b"\x02\0\0\0UA", b"\xff\xff\0\0UA"), length).status == 400
    answer = post_binary(app, body.replace(b"\x02\0\0\0UA", b"\x02\0\0\0\xffA"), length)
    assert (answer.status, "UTF-8" in answer.error) == (400, True)
    for wrong in ("0", "-1", "x", str(len(body) + 1), "9" * 30):
        answer = ask(
            app,
            "POST",
            "/v2/models/two/infer",
            [body],
            [JSON, ("inference-header-content-length", wrong)],
        )
        assert answer.status == 400
    assert post_binary(app, body + b"x", length).status == 400
    for size in range(length, len(body)):
        assert post_binary(app, body[:size], length).status == 400


def ipc(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(max_chunksize=500):
            writer.write_batch(batch)
    return sink.getvalue()


def test_arrow_streams_give_the_bits_of_the_batch(
    both: Any, app: Any, table: pa.Table, expected: np.ndarray, folder: Any
) -> None:
    answer = post(app, "/predict", ipc(table), headers=[ARROW])
    assert answer.headers["content-type"] == ARROW[1]
    read = pa.ipc.open_stream(answer.body).read_all()
    read.validate(full=True)
    np.testing.assert_array_equal(read["prediction"].to_numpy(), expected)
    several = post(both, "/models/three/predict", ipc(table.slice(3, 9)), headers=[ARROW])
    read = pa.ipc.open_stream(several.body).read_all()
    wanted = predict(_engine.Bundle.load(folder / "three.spring"), table.slice(3, 9), "predict")
    np.testing.assert_array_equal(np.stack([column.to_numpy() for column in read], 1), wanted)
    asked = [ARROW, ("accept", "application/json")]
    json_answer = post(app, "/predict?kind=raw", ipc(table.slice(0, 2)), headers=asked)
    assert len(json_answer.json["predictions"]) == 2
    none = post(app, "/predict", ipc(table.slice(0, 0)), headers=[ARROW])
    assert pa.ipc.open_stream(none.body).read_all().num_rows == 0


def with_carrier(table: pa.Table, column: Any) -> pa.Table:
    return table.set_column(table.column_names.index("carrier"), "carrier", column)


def test_arrow_streams_of_every_layout_are_read(
    app: Any, table: pa.Table, expected: np.ndarray
) -> None:
    encoded = with_carrier(table, table["carrier"].dictionary_encode())
    views = with_carrier(table, table["carrier"].cast(pa.string_view()))
    large = with_carrier(table, table["carrier"].cast(pa.large_string()))
    more = table
    for name, kind, value in (
        ("struct", pa.struct([("a", pa.int8()), ("b", pa.list_(pa.string()))]), {"a": 1}),
        ("map", pa.map_(pa.string(), pa.float32()), [("k", 1.5)]),
        ("fixed", pa.list_(pa.int16(), 3), [1, 2, 3]),
        ("duration", pa.duration("us"), 5),
        ("time", pa.time64("ns"), 5),
        ("nothing", pa.null(), None),
        ("bytes", pa.binary(7), b"1234567"),
        ("decimal", pa.decimal128(9, 2), 5),
    ):
        more = more.append_column(name, pa.array([value] * len(table), kind))
    for each in (encoded, views, large, more, table.slice(7).combine_chunks()):
        answer = post(app, "/predict", ipc(each), headers=[ARROW])
        assert answer.status == 200, answer.body[:300]
        read = pa.ipc.open_stream(answer.body).read_all()["prediction"].to_numpy()
        np.testing.assert_array_equal(read, expected[len(table) - len(each) :])
    body = b"x" + ipc(table)  # so that nothing in it is aligned
    answer = ask(app, "POST", "/predict", [memoryview(body)[1:]], [ARROW])
    assert answer.status == 200


def test_arrow_streams_when_wrong_are_refused(app: Any, table: pa.Table) -> None:
    few = table.slice(0, 40)
    good = ipc(with_carrier(few, few["carrier"].dictionary_encode()))
    for length in range(0, len(good) - 8, 8):
        answer = post(app, "/predict", good[:length], headers=[ARROW])
        if answer.status == 200:  # cut between two batches: a stream needs no end
            assert good[length : length + 4] == b"\xff\xff\xff\xff"
        else:
            assert (answer.status, "error" in answer.json) == (400, True)
    assert post(app, "/predict", b"hello, I am no stream", headers=[ARROW]).status == 400
    packed = post(app, "/predict", ipc(few, compression="lz4"), headers=[ARROW])
    assert (packed.status, "compressed" in packed.error) == (400, True)
    other = few.drop_columns(["carrier"])
    assert "carrier" in post(app, "/predict", ipc(other), headers=[ARROW]).error
    text = few.set_column(few.column_names.index("distance"), "distance", pa.array(["x"] * 40))
    assert "distance" in post(app, "/predict", ipc(text), headers=[ARROW]).error
    many = pa.concat_tables([table, table])
    assert post(app, "/predict", ipc(many), headers=[ARROW]).status == 413


def test_arrow_streams_with_any_byte_changed_are_answered(app: Any, table: pa.Table) -> None:
    few = table.slice(0, 20)
    good = ipc(with_carrier(few, few["carrier"].dictionary_encode()))
    random = np.random.default_rng(5)
    for _ in range(3000):
        changed = bytearray(good)
        for at in random.integers(0, len(good), random.integers(1, 4)):
            changed[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF, changed[at] ^ 1 << 3])
        answer = post(app, "/predict", bytes(changed), headers=[ARROW])
        assert answer.status in (200, 400, 413)


def test_request_ids_and_traces_are_passed_on(app: Any) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = [JSON, ("x-request-id", "abc"), ("traceparent", parent)]
    answer = post(app, "/predict", ROW, headers=headers)
    assert (answer.headers["x-request-id"], answer.headers["traceparent"]) == ("abc", parent)
    for garbage in ("x", parent[:-1], parent.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32)):
        answer = post(app, "/predict", ROW, headers=[JSON, ("traceparent", garbage)])
        assert (answer.status, "traceparent" in answer.headers) == (200, False)
    ids = {post(app, "/predict", ROW).headers["x-request-id"] for _ in range(10)}
    assert len(ids) == 10


def test_extensions_of_triton_are_answered(app: Any) -> None:
    assert "binary_tensor_data" in ask(app, "GET", "/v2").json["extensions"]
    config = ask(app, "GET", "/v2/models/two/config").json
    assert config["input"][0] == {"name": "distance", "data_type": "TYPE_FP64", "dims": [1]}
    assert config["max_batch_size"] == 2000
    before = ask(app, "GET", "/v2/models/two/stats").json["model_stats"][0]
    post(app, "/v2/models/two/infer", infer_body([ROW, ROW]))
    after = ask(app, "GET", "/v2/models/two/versions/1/stats").json["model_stats"][0]
    assert after["inference_count"] - before["inference_count"] == 2
    assert after["inference_stats"]["success"]["count"] > 0
    index = ask(app, "POST", "/v2/repository/index", [b'{"ready": true}'])
    assert index.json == [{"name": "two", "version": "1", "state": "READY", "reason": ""}]
    for path in ("/v2/systemsharedmemory/status", "/v2/trace/setting", "/v2/logging"):
        answer = ask(app, "GET", path)
        assert (answer.status, answer.error != "") == (404, True)
    for verb in ("load", "unload", "rollback", "traffic"):
        assert ask(app, "POST", f"/v2/repository/models/two/{verb}", [b"{}"]).status == 403
    for body in (b"[", b"[]", b"[" * 60_000):
        assert ask(app, "POST", "/v2/repository/index", [body]).status == 400
