"""What a client can send wrong: a 4xx that says where, and a server that answers the next one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serve.client import JSON, ask, post
from tests.serve.conftest import ROW, infer_body

GOOD = json.dumps(ROW)


@pytest.fixture(autouse=True)
def alive(app: Any) -> Iterator[None]:
    """A good request has its answer after each bad one."""
    before = post(app, "/predict", ROW).body
    yield
    assert post(app, "/predict", ROW).body == before
    scraped = ask(app, "GET", "/metrics").body.decode()
    assert 'status="500"' not in scraped


def with_value(name: str, text: str) -> bytes:
    """Return a row in which one value is written as given."""
    parts = [f'"{key}":{text if key == name else json.dumps(v)}' for key, v in ROW.items()]
    return ("{" + ",".join(parts) + "}").encode()


SYNTAX = {
    "empty": (b"", 0),
    "no JSON": (b"hello", 0),
    "truncated": (GOOD[:-4].encode(), len(GOOD) - 4),
    "trailing bytes": (GOOD.encode() + b" x", len(GOOD) + 1),
    "number": (b"5", 0),
    "string": (b'"text"', 0),
    "null": (b"null", 0),
    "list of numbers": (b"[1, 2]", 1),
    "trailing comma": (b'{"distance":1,}', 14),
    "trailing comma of a list": (f"[{GOOD},]".encode(), len(GOOD) + 2),
    "comment": (b"/* x */" + GOOD.encode(), 0),
    "single quotes": (b"{'distance':1}", 1),
    "leading zero": (with_value("distance", "01"), 13),
    "plus": (with_value("distance", "+1"), 12),
    "hexadecimal": (with_value("distance", "0x1"), 13),
    "no whole part": (with_value("distance", ".5"), 12),
    "no fraction": (with_value("distance", "1."), 14),
    "NaN": (with_value("distance", "NaN"), 12),
    "Infinity": (with_value("distance", "Infinity"), 12),
    "-Infinity": (with_value("distance", "-Infinity"), 13),
    "5,000 digits": (with_value("distance", "1" * 5000), 12),
    "5,000 digits behind the point": (with_value("distance", "0." + "1" * 5000), 12),
    "invalid UTF-8": (with_value("carrier", '"').replace(b'""', b'"\xff"') + b"\xff", None),
    "overlong UTF-8": (b'{"carrier":"\xc0\xaf"}', 12),
    "lone surrogate": (with_value("carrier", '"\\ud800x"'), None),
    "bad escape": (with_value("carrier", '"\\x"'), None),
    "control character": (with_value("carrier", '"a\x01"'), None),
    "NUL in a name": (b'{"a\x00":1}', 3),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), 0),
    "UTF-16": (GOOD.encode("utf-16"), 0),
    "nested lists": (b"[" * 10**6, 1),
    "nested objects": (b'{"a":' * 200_000, None),
    "nested in an unknown name": (b'{"x":' + b"[" * 10**6, 69),
    "name twice": (GOOD[:-1].encode() + b',"distance":1}', len(GOOD)),
    "escaped name twice": (GOOD[:-1].encode() + b',"\\u0064istance":1}', len(GOOD)),
    "list in the wrapper is not closed": (f'{{"rows":[{GOOD}]'.encode(), len(GOOD) + 10),
    "member beside rows": (f'{{"rows":[{GOOD}],"instances":[]}}'.encode(), len(GOOD) + 10),
}


@pytest.mark.parametrize("case", SYNTAX)
def test_body_when_it_is_no_json_is_refused_at_its_byte(app: Any, case: str) -> None:
    body, offset = SYNTAX[case]
    answer = post(app, "/predict", body)
    assert answer.status == 400
    if offset is not None:
        assert f"byte {offset}" in answer.error, answer.error
    assert len(answer.body) < 600


SCHEMA = {
    "missing column": ({k: v for k, v in ROW.items() if k != "flight"}, "'flight'", "byte 0"),
    "misspelt column": (
        {("fligth" if k == "flight" else k): v for k, v in ROW.items()},
        "'flight'",
        "Did you mean 'fligth'?",
    ),
    "string for number": ({**ROW, "distance": "far"}, "'distance'", 'value "far" at row 0'),
    "numeric string": ({**ROW, "distance": "1.5"}, "'distance'", "byte 13"),
    "bool for number": ({**ROW, "distance": True}, "'distance'", "expected a number or null"),
    "bool for integer": ({**ROW, "flight": False}, "'flight'", "expected an integer or null"),
    "number for string": ({**ROW, "carrier": 5}, "'carrier'", "expected a string or null"),
    "list for number": ({**ROW, "distance": [1]}, "'distance'", "value [1]"),
    "object for string": ({**ROW, "carrier": {}}, "'carrier'", "value {}"),
    "float for time": ({**ROW, "departure": 1.5}, "'departure'", "RFC 3339"),
    "no time": ({**ROW, "departure": "yesterday"}, "'departure'", "RFC 3339"),
    "time beyond int64": ({**ROW, "departure": 2**63}, "'departure'", "its type holds"),
    "integer beyond uint64": ({**ROW, "flight": 2**64}, "'flight'", "its type holds"),
    "integer below int64": ({**ROW, "flight": -(2**63) - 1}, "'flight'", "its type holds"),
    "second row": ([ROW, {**ROW, "distance": "far"}], "'distance'", "row 1"),
    "columns of two lengths": (
        {"columns": {name: [ROW[name]] * (1 + (name == "carrier")) for name in ROW}},
        "'carrier'",
        "has 2 values",
    ),
    "column is no list": ({"columns": {"distance": 5}}, "'distance'", "expected a list"),
    "column missing": ({"columns": {"distance": []}}, "'flight', 'carrier'", "lacks"),
    "member beside columns": ({"columns": {}, "rows": []}, "'rows'", "not known"),
}


@pytest.mark.parametrize("case", SCHEMA)
def test_values_when_wrong_are_refused_by_column(app: Any, case: str) -> None:
    body, column, text = SCHEMA[case]
    answer = post(app, "/predict", body)
    assert answer.status == 400
    assert column in answer.error
    assert text in answer.error


def test_number_beyond_float64_is_refused(app: Any) -> None:
    error = post(app, "/predict", with_value("distance", "1e999")).error
    assert "'distance'" in error
    assert "1e999" in error


def test_values_are_not_shown_when_redacted(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSPRING_REDACT", "1")
    error = post(app, "/predict", {**ROW, "distance": "secret"}).error
    assert "'distance'" in error
    assert "secret" not in error


def test_unknown_names_of_a_row_are_ignored_up_to_a_number(app: Any) -> None:
    for count, status in ((65_536, 200), (65_537, 400)):
        names = b",".join(b'"%d":1' % number for number in range(count))
        answer = post(app, "/predict", b"[{" + names + b"," + GOOD[1:].encode() + b"]")
        assert answer.status == status
        lacking = post(app, "/predict", b"{" + names + b"}")
        assert lacking.status == 400
        assert ("'distance'" in lacking.error) == (status == 200)
        assert ("more than 65,536 names" in lacking.error) == (status == 400)


def test_more_rows_or_bytes_than_allowed_are_refused(app: Any) -> None:
    rows = [{**ROW, "departure": None, "carrier": None}] * 2001
    answer = post(app, "/predict", rows)
    assert (answer.status, "more than 2000 rows" in answer.error) == (413, True)
    assert post(app, "/predict", rows[:2000]).status == 200
    assert post(app, "/v2/models/two/infer", infer_body(rows)).status == 413
    long = b" " * (1 << 20) + b"{}"
    assert post(app, "/predict", long).status == 413
    assert ask(app, "POST", "/predict", [b" " * 1000] * 1100).status == 413
    declared = [JSON, ("content-length", str(10**12))]
    assert ask(app, "POST", "/predict", [b"{}"], declared, disconnect=True).status == 413


def infer(**change: Any) -> dict[str, Any]:
    return {**infer_body([ROW, ROW]), **change}


def infer_input(number: int = 0, **change: Any) -> dict[str, Any]:
    body = infer_body([ROW, ROW])
    body["inputs"][number].update(change)
    body["inputs"][number] = {
        key: value for key, value in body["inputs"][number].items() if value is not ...
    }
    return body


def first_inputs(count: int) -> list[Any]:
    return list(infer_body([ROW, ROW])["inputs"][:count])


INFER = {
    "no inputs": ({}, '"inputs"'),
    "inputs null": (infer(inputs=None), '"inputs"'),
    "inputs an object": (infer(inputs={}), '"inputs"'),
    "an input is a number": (infer(inputs=[5]), "an input"),
    "input missing": (infer(inputs=first_inputs(3)), "'departure'"),
    "input twice": (infer(inputs=[*first_inputs(4), *first_inputs(1)]), "'distance'"),
    "unknown input": (infer_input(name="distanse"), "Did you mean 'distance'?"),
    "datatype lower case": (infer_input(datatype="fp64"), "'fp64'"),
    "datatype unknown": (infer_input(datatype="DOUBLE"), "'DOUBLE'"),
    "datatype missing": (infer_input(datatype=...), '"datatype"'),
    "datatype a number": (infer_input(datatype=64), "datatype"),
    "datatype of another kind": (infer_input(datatype="BYTES"), "'distance'"),
    "text as a number": (infer_input(2, datatype="FP64"), "'carrier'"),
    "float for a time": (infer_input(3, datatype="FP64"), "'departure'"),
    "FP16": (infer_input(datatype="FP16"), "cannot be written in JSON"),
    "shape negative": (infer_input(shape=[-1]), "shape"),
    "shape a float": (infer_input(shape=[2.0]), "shape"),
    "shape a string": (infer_input(shape=["2"]), "shape"),
    "shape no list": (infer_input(shape=2), "shape"),
    "shape that overflows": (infer_input(shape=[2**32, 2**32]), "shape"),
    "shape of 2^63": (infer_input(shape=[2**63]), "shape"),
    "shape of 2^63 - 1": (infer_input(shape=[2**63 - 1]), "shape"),
    "shape of another length": (infer_input(shape=[3]), "shape"),
    "rank 0": (infer_input(shape=[]), "shape"),
    "rank 3": (infer_input(shape=[2, 1, 1]), "shape"),
    "two columns": (infer_input(shape=[1, 2]), "shape"),
    "rows differ": (infer_input(shape=[1], data=[1.0]), "values"),
    "nested without a shape": (infer_input(data=[[1], [2]]), "lists inside"),
    "partly nested": (infer_input(shape=[2, 1], data=[[1], 2]), "'['"),
    "nested twice": (infer_input(shape=[2, 1], data=[[[1]], [[2]]]), "'distance'"),
    "null for data": (infer_input(data=None), "a list"),
    "data missing": (infer_input(data=...), '"data"'),
    "name missing": (infer_input(name=...), '"name"'),
    "string for FP64": (infer_input(data=["1", 2]), "'distance'"),
    "bool for FP64": (infer_input(data=[True, 2]), "'distance'"),
    "number for BOOL": (infer_input(datatype="BOOL", data=[1, 0]), "'distance'"),
    "fraction for INT64": (infer_input(datatype="INT64", data=[1.5, 0]), "'distance'"),
    "beyond INT8": (infer_input(datatype="INT8", data=[1, 128]), "row 1"),
    "below UINT8": (infer_input(datatype="UINT8", data=[1, -1]), "'distance'"),
    "beyond UINT64": (infer_input(1, datatype="UINT64", data=[2**64, 1]), "'flight'"),
    "beyond FP32": (infer_input(datatype="FP32", data=[1, 1e39]), "row 1"),
    "number for BYTES": (infer_input(2, data=["x", 5]), "'carrier'"),
    "unknown output": (infer(outputs=[{"name": "score"}]), "'score'"),
    "output twice": (infer(outputs=[{"name": "prediction"}] * 2), "twice"),
    "output no object": (infer(outputs=["prediction"]), "an output"),
    "id a number": (infer(id=5), '"id"'),
    "priority negative": (infer(parameters={"priority": -1}), "priority"),
    "timeout huge": (infer(parameters={"timeout": 2**63}), "timeout"),
    "parameters a list": (infer(parameters=[]), "parameters"),
    "binary data of an input": (infer_input(parameters={"binary_data_size": 16}), "binary"),
    "data and binary data": (infer_input(parameters={"binary_data_size": 0}), "both"),
    "classification": (
        infer(outputs=[{"name": "prediction", "parameters": {"classification": 3}}]),
        "classification",
    ),
    "mixed protocols": (infer(instances=[]), "'instances'"),
    "a name of 10,000 letters": (infer_input(name="x" * 10_000), "..."),
}


@pytest.mark.parametrize("case", INFER)
def test_tensors_when_wrong_are_refused(app: Any, case: str) -> None:
    body, text = INFER[case]
    answer = post(app, "/v2/models/two/infer", body)
    assert answer.status == 400
    assert text in answer.error
    assert len(answer.body) < 600


@pytest.mark.parametrize("case", SYNTAX)
def test_tensors_when_they_are_no_json_are_refused(app: Any, case: str) -> None:
    assert post(app, "/v2/models/two/infer", SYNTAX[case][0]).status == 400


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "text"),
    [
        ("POST", "/predict", [], 415, "application/json"),
        ("POST", "/predict", [("content-type", "text/plain")], 415, "text/plain"),
        ("POST", "/predict", [JSON, ("content-encoding", "gzip")], 400, "not gzip"),
        ("POST", "/predict", [JSON, ("content-encoding", "zzz")], 415, "zzz"),
        ("POST", "/predict", [JSON, ("content-length", "-5")], 400, "Content-Length"),
        ("POST", "/predict", [JSON, ("content-length", "9" * 400)], 413, "longer"),
        ("POST", "/predict?kind=score", [JSON], 400, "kind=score"),
        ("POST", "/predict?output=raw", [JSON], 400, "kind=raw"),
        ("GET", "/predict", [], 405, "use POST"),
        ("PUT", "/v2/models/two/infer", [JSON], 405, "use POST"),
        ("DELETE", "/metrics", [], 405, "use"),
        ("POST", "/v2/models/none/infer", [JSON], 404, "'none'"),
        ("GET", "/v2/models/none", [], 404, "'none'"),
        ("GET", "/v2/models/two/versions/x", [], 404, "'x'"),
        ("POST", "/v2/models/two/versions/2/infer", [JSON], 404, "'2'"),
        ("POST", "/v2/models/..%2ftwo/infer", [JSON], 404, ""),
        ("POST", f"/models/{'x' * 10_000}/predict", [JSON], 404, "..."),
        ("GET", "/nothing", [], 404, "GET /"),
        (
            "POST",
            "/v2/models/two/infer",
            [JSON, ("inference-header-content-length", "-1")],
            400,
            "binary",
        ),
    ],
)
def test_requests_when_wrong_are_refused(
    app: Any, method: str, target: str, headers: list[Any], status: int, text: str
) -> None:
    answer = ask(app, method, target, [GOOD.encode()], headers)
    assert answer.status == status
    assert text in answer.error
    assert len(answer.body) < 600
    assert status != 405 or answer.headers["allow"]


def test_client_that_leaves_is_counted_and_forgotten(app: Any) -> None:
    answer = ask(app, "POST", "/predict", [b'{"dist'], [JSON], disconnect=True)
    assert (answer.status, "closed" in answer.error) == (400, True)
