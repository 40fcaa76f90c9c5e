"""Columns of lists in JSON: rows, columns, what is refused where; tensors have none."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col, errors, runtime
from mainspring.serve import create_app
from mainspring.serve.hosted_model import open_models
from tests.serve.client import ask, post

WORDS = ["a", "é", "a word that is longer than twelve bytes", ""]
ROW = {"tags": ["a"], "prices": [1.5], "sizes": [3], "flags": [True], "raw": ["YQ=="], "n": 2.0}


def lists_table(num_rows: int) -> pa.Table:
    random = np.random.default_rng(5)

    def lists(values: list[Any], type_: pa.DataType) -> pa.Array:
        rows = [
            None
            if random.random() < 0.1
            else [values[i] for i in random.integers(0, len(values), random.integers(0, 7))]
            for _ in range(num_rows)
        ]
        return pa.array(rows, pa.list_(type_))

    return pa.table(
        {
            "tags": lists([*WORDS, None], pa.string()),
            "prices": lists([0.5, -2.25, 1e300, None], pa.float64()),
            "sizes": lists([1, 2, 2**53 + 1, None], pa.int64()),
            "flags": lists([True, False, None], pa.bool_()),
            "raw": lists([b"a", b"\xff\x00", None], pa.binary()),
            "n": pa.array(random.normal(size=num_rows)),
        }
    )


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return lists_table(1300)


@pytest.fixture(scope="module")
def predictor(table: pa.Table) -> ms.Predictor:
    prep = ms.Preprocessor(
        col("tags").ordinal().list_pad(3),
        col("tags").list_length(),
        col("prices").list_pool("max"),
        col("prices").one_hot(),
        col("sizes").list_slice(-1).one_hot(),
        col("sizes").list_pool("sum"),
        col("flags").list_pool("mean"),
        col("raw").hash(16).list_pad(2),
        col("n"),
    )
    features = prep.fit_transform(table)
    label = np.nan_to_num(features).clip(-9, 9).sum(axis=1) + table["n"].to_numpy()
    params = {"verbose": -1, "num_threads": 1, "deterministic": True}
    booster = lightgbm.train(params, lightgbm.Dataset(features, label), 12)
    return ms.Predictor(booster, prep, name="lists")


@pytest.fixture(scope="module")
def app(predictor: ms.Predictor) -> Any:
    return create_app({"lists": predictor}, max_rows=2000)


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    for row in rows:
        if row["raw"] is not None:
            row["raw"] = [None if raw is None else b64encode(raw).decode() for raw in row["raw"]]
    return rows


def test_rows_and_columns_of_lists_give_the_bits_of_the_batch(
    app: Any, predictor: ms.Predictor, table: pa.Table
) -> None:
    expected = predictor.predict(table)
    assert len(set(expected.tolist())) > 100
    rows = rows_of(table)
    columns = {name: [row[name] for row in rows] for name in ROW}
    for body in (rows, {"rows": rows}, {"columns": columns}):
        for ascii_only in (True, False):
            text = json.dumps(body, ensure_ascii=ascii_only).encode()
            answer = post(app, "/predict", text)
            assert answer.status == 200, answer.error
            np.testing.assert_array_equal(answer.json["predictions"], expected)
    for number in range(0, len(rows), 61):
        assert post(app, "/predict", rows[number]).json["predictions"] == [expected[number]]


def test_runtime_reads_lists_of_json_as_it_reads_those_of_dicts(
    predictor: ms.Predictor, table: pa.Table
) -> None:
    small = runtime.load(predictor.to_bytes())
    rows = rows_of(table.slice(0, 200))
    text = json.dumps(rows)
    np.testing.assert_array_equal(small.predict(text), predictor.predict(table.slice(0, 200)))
    dicts = [
        {**row, "raw": value} for row, value in zip(rows, table["raw"].to_pylist(), strict=False)
    ]
    np.testing.assert_array_equal(small.predict(text), small.predict(dicts))
    with pytest.raises(errors.DataError, match=r"'prices'.*list of numbers"):
        small.predict(json.dumps({**ROW, "prices": 1.5}))


def test_spaces_empty_lists_and_numbers_of_any_form_are_read(
    app: Any, predictor: ms.Predictor
) -> None:
    text = b'{"tags" : [ ] ,"prices":[1.5e0 , null,15e-1],"sizes":[ 3.0 ,2],"flags":[ false, 1 ],'
    text += b'"raw":null, "n":-0, "more": [[1, [2]], {"a": []}] }'
    plain = pa.table(
        {
            "tags": pa.array([[]], pa.list_(pa.string())),
            "prices": [[1.5, None, 1.5]],
            "sizes": [[3, 2]],
            "flags": [[False, True]],
            "raw": pa.array([None], pa.list_(pa.binary())),
            "n": [-0.0],
        }
    )
    assert post(app, "/predict", text).json["predictions"] == predictor.predict(plain).tolist()


BAD = {
    "a number": ({**ROW, "prices": 1.5}, "'prices'", "expected a list of numbers and nulls, or"),
    "a string": ({**ROW, "tags": "a"}, "'tags'", "expected a list of strings and nulls, or null"),
    "true": ({**ROW, "tags": True}, "'tags'", "value true at row 0"),
    "an object": ({**ROW, "tags": {"a": 1}}, "'tags'", 'value {"a": 1}'),
    "a list of lists": ({**ROW, "tags": [["a"]]}, "'tags'", 'value ["a"] at row 0 (byte 10)'),
    "a string among numbers": ({**ROW, "prices": [1, "x"]}, "'prices'", 'value "x" at row 0'),
    "a number among strings": ({**ROW, "tags": ["a", 1]}, "'tags'", "value 1 at row 0 (byte 15)"),
    "true among numbers": ({**ROW, "sizes": [True]}, "'sizes'", "a list of integers and nulls"),
    "a string among flags": ({**ROW, "flags": ["a"]}, "'flags'", "a list of true, false, num"),
    "an object in it": ({**ROW, "sizes": [{}]}, "'sizes'", "value {}"),
    "no base64": ({**ROW, "raw": ["?"]}, "'raw'", "expected base64 text"),
    "beyond uint64": ({**ROW, "sizes": [1, 2**64]}, "'sizes'", "its type holds"),
    "second row": ([ROW, {**ROW, "tags": [5]}], "'tags'", "row 1"),
    "not there": ({k: v for k, v in ROW.items() if k != "tags"}, "'tags'", "lacks the column"),
    "columns": ({"columns": {k: [v] for k, v in {**ROW, "tags": 5}.items()}}, "'tags'", "value 5"),
}


@pytest.mark.parametrize("case", BAD)
def test_lists_when_wrong_are_refused_by_column_and_byte(app: Any, case: str) -> None:
    body, column, text = BAD[case]
    answer = post(app, "/predict", body)
    assert answer.status == 400
    assert column in answer.error
    assert text in answer.error, answer.error


SYNTAX = {
    "no comma": ("[1 2]", "column 'prices'"),
    "comma at the end": ("[1,]", "column 'prices'"),
    "closed by a brace": ("[1}", "column 'prices'"),
    "a word": ("[nul]", "column 'prices'"),
    "another word": ("none", "column 'prices'"),
    "nothing": ("", "column 'prices'"),
}


@pytest.mark.parametrize("case", SYNTAX)
def test_lists_when_they_are_no_json_are_refused_at_their_byte(app: Any, case: str) -> None:
    text, expected = SYNTAX[case]
    start = b'{"prices":'
    rest = json.dumps({k: v for k, v in ROW.items() if k != "prices"}).encode()[1:]
    answer = post(app, "/predict", start + text.encode() + b"," + rest)
    assert answer.status == 400
    assert expected in answer.error
    assert "cannot be read at byte" in answer.error


def test_a_list_of_a_million_elements_is_read(app: Any, predictor: ms.Predictor) -> None:
    long = {**ROW, "prices": [0.5] * 1_000_000, "tags": [""] * 300_000}
    answer = post(app, "/predict", long)
    short = {**ROW, "raw": [b"a"], "prices": [0.5], "tags": [""] * 300_000}
    assert answer.json["predictions"] == [predictor.predict_row(short)]


def test_tensors_are_refused_and_the_metadata_says_why(app: Any) -> None:
    tensor = {"name": "n", "datatype": "FP64", "shape": [1], "data": [1.0]}
    answer = post(app, "/v2/models/lists/infer", {"inputs": [tensor]})
    assert answer.status == 400
    assert "Column 'tags' holds lists of any length, which tensors do not" in answer.error
    assert "/predict" in answer.error
    inputs = ask(app, "GET", "/v2/models/lists").json["inputs"]
    shapes = {column["name"]: (column["datatype"], column["shape"]) for column in inputs}
    assert shapes["tags"] == ("BYTES", [-1, -1])
    assert shapes["prices"] == ("FP64", [-1, -1])
    assert shapes["flags"] == ("BOOL", [-1, -1])
    assert shapes["n"] == ("FP64", [-1])


def test_example_row_is_taken(app: Any, predictor: ms.Predictor) -> None:
    model = open_models({"lists": predictor}, 10)[0]
    example = model.example_row()
    assert example["tags"] == ["text", "text"]
    assert example["flags"] == [True, True]
    assert len(post(app, "/predict", example).json["predictions"]) == 1
