"""Every protocol gives the bits of the batch, for one row and for many."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine, runtime
from mainspring.serve import create_app
from tests.runtime.conftest import predict
from tests.serve.client import JSON, ask, ask_async, post
from tests.serve.conftest import ROW, infer_body


def test_rows_in_every_form_give_the_bits_of_the_batch(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    columns = {name: [row[name] for row in rows] for name in ROW}
    for body in (rows, {"rows": rows}, {"columns": columns}):
        answer = post(app, "/predict", body)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert answer.json["outputs"] == ["prediction"]
        np.testing.assert_array_equal(answer.json["predictions"], expected)
    for number in range(0, len(rows), 97):
        answer = post(app, "/models/two/predict", rows[number])
        assert answer.json["predictions"] == [expected[number]]


def test_tensors_give_the_bits_of_the_batch(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    body = infer_body(rows, id='a \u00e9 " id', outputs=[{"name": "prediction"}])
    answer = post(app, "/v2/models/two/versions/1/infer", body).json
    assert (answer["model_name"], answer["model_version"]) == ("two", "1")
    assert answer["id"] == 'a \u00e9 " id'
    (output,) = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("prediction", "FP64", [1300])
    np.testing.assert_array_equal(output["data"], expected)
    for tensor in body["inputs"]:
        tensor["shape"] = [len(rows), 1]
        tensor["data"] = [[value] for value in tensor["data"]]
    nested = post(app, "/v2/models/two/infer", body).json
    np.testing.assert_array_equal(nested["outputs"][0]["data"], expected)


def test_outputs_of_several_classes_have_names_and_can_be_chosen(
    both: Any, folder: Any, table: pa.Table, rows: list[dict[str, Any]]
) -> None:
    bundle = _engine.Bundle.load(folder / "three.spring")
    expected = predict(bundle, table, "predict")
    answer = post(both, "/models/three/predict", rows).json
    names = ["prediction_0", "prediction_1", "prediction_2"]
    assert answer["outputs"] == names
    np.testing.assert_array_equal(answer["predictions"], expected)
    outputs = post(both, "/v2/models/three/infer", infer_body(rows)).json["outputs"]
    assert [output["name"] for output in outputs] == names
    for number, output in enumerate(outputs):
        np.testing.assert_array_equal(output["data"], expected[:, number])
    wanted = [{"name": names[2]}, {"name": names[0], "parameters": {"binary_data": False}}]
    chosen = post(both, "/v2/models/three/infer", infer_body(rows[:3], outputs=wanted)).json
    assert [output["name"] for output in chosen["outputs"]] == [names[2], names[0]]
    np.testing.assert_array_equal(chosen["outputs"][0]["data"], expected[:3, 2])


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("predict", ["prediction"]),
        ("proba", ["probability_0", "probability_1"]),
        ("raw", ["raw"]),
    ],
)
def test_output_of_another_kind_is_given_when_asked(
    app: Any, folder: Any, table: pa.Table, rows: list[dict[str, Any]], kind: str, names: list[str]
) -> None:
    expected = predict(_engine.Bundle.load(folder / "two.spring"), table, kind)
    answer = post(app, f"/predict?kind={kind}", rows).json
    assert answer["outputs"] == names
    np.testing.assert_array_equal(answer["predictions"], expected)


@pytest.mark.parametrize(
    "change",
    [
        *({"distance": None}, {"flight": None}, {"carrier": None}, {"departure": None}),
        *({"distance": 7}, {"distance": -0.0}, {"distance": 2**63}, {"flight": 2.0}),
        *({"flight": 2.5}, {"flight": 2**64 - 1}, {"flight": -(2**63)}, {"flight": 1e300}),
        *({"carrier": ""}, {"carrier": '\u00e9\U0001f600 \n"\\'}, {"carrier": "x" * 500}),
        *({"departure": 1364751912000000}, {"departure": "2013-03-31"}, {"departure": -1}),
        *({"departure": "1677-01-01T00:00:00.25+05:30"}, {"departure": "9999-12-31 23:59"}),
    ],
)
def test_values_of_every_form_give_the_bits_of_a_dict(
    app: Any, folder: Any, change: dict[str, Any]
) -> None:
    row = {**ROW, **change}
    expected = runtime.load(folder / "two.spring").predict_row(row)
    for body in (json.dumps(row), json.dumps(row, ensure_ascii=False)):
        answer = post(app, "/predict", body.encode())
        assert answer.json["predictions"] == [expected], answer.body
    assert runtime.load(folder / "two.spring").predict(json.dumps([row])).tolist() == [expected]


def test_names_in_any_order_written_in_any_way_are_found(app: Any) -> None:
    expected = post(app, "/predict", ROW).json["predictions"]
    turned = dict(reversed(ROW.items()))
    escaped = json.dumps(turned).replace("distance", "\\u0064ist\\u0061nce")
    extra = {"other": {"a": [1, {"b": None}]}, **turned, "more": "x"}
    for body in ([ROW, turned, extra, ROW], [turned, extra]):
        assert post(app, "/predict", body).json["predictions"] == expected * len(body)
    assert post(app, "/predict", escaped.encode()).json["predictions"] == expected
    spaced = json.dumps([ROW, extra], indent=3).replace('": ', '"\t :\r\n ').encode()
    assert post(app, "/predict", b" \n" + spaced + b"\t").json["predictions"] == expected * 2


def test_no_rows_give_no_predictions(app: Any) -> None:
    for body in ([], {"rows": []}, {"columns": {name: [] for name in ROW}}):
        answer = post(app, "/predict", body)
        assert (answer.status, answer.json["predictions"]) == (200, [])
    answer = post(app, "/v2/models/two/infer", infer_body([]))
    assert answer.json["outputs"][0] == {
        "name": "prediction",
        "datatype": "FP64",
        "shape": [0],
        "data": [],
    }


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        *(("INT8", [-128, 127, None]), ("UINT8", [0, 255, None]), ("INT64", [2**63 - 1, 0, 1])),
        *(("UINT64", [2**64 - 1, 0, 1]), ("FP64", [0.1, -1, None]), ("BOOL", [True, False, None])),
        ("FP32", [0.1, 16777217, None]),
    ],
)
def test_tensors_of_every_type_feed_a_number(
    app: Any, folder: Any, datatype: str, values: list[Any]
) -> None:
    body = infer_body([ROW] * 3)
    body["inputs"][0].update(datatype=datatype, data=values)
    read = [math.nan if value is None else float(value) for value in values]
    if datatype == "FP32":
        read = np.array(read, np.float32).astype(float).tolist()
    rows = [{**ROW, "distance": value} for value in read]
    expected = list(runtime.load(folder / "two.spring").predict(rows))
    assert post(app, "/v2/models/two/infer", body).json["outputs"][0]["data"] == expected


def test_predictors_that_are_loaded_are_served_without_a_copy(folder: Any) -> None:
    light = runtime.load(folder / "two.spring")
    app = create_app([light])
    assert light.name == "mixed"
    assert post(app, "/predict", ROW).json["predictions"] == [light.predict_row(ROW)]
    full = create_app({"x": ms.load(folder / "two.spring")})
    assert post(full, "/predict", ROW).json["predictions"] == [light.predict_row(ROW)]


def test_requests_at_the_same_time_get_their_own_answers(
    app: Any, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    async def all_at_once() -> None:
        requests = []
        for first in range(0, 1300, 13):
            count = 1 if first % 2 else 400  # large ones leave the event loop
            body = json.dumps(rows[first : first + count]).encode()
            requests.append(ask_async(app, "POST", "/predict", [body], [JSON]))
        for first, answer in zip(range(0, 1300, 13), await asyncio.gather(*requests), strict=True):
            count = 1 if first % 2 else 400
            np.testing.assert_array_equal(
                answer.json["predictions"], expected[first : first + count]
            )

    asyncio.run(all_at_once())


def test_bodies_in_pieces_are_put_together(app: Any) -> None:
    body = json.dumps(ROW).encode()
    whole = ask(app, "POST", "/predict", [body]).body
    assert ask(app, "POST", "/predict", [bytes([byte]) for byte in body]).body == whole
    many = ask(app, "POST", "/predict", [b" "] * 100_000 + [body])
    assert many.body == whole
