"""Classifiers whose predict returns labels: through every door, of every type."""

from __future__ import annotations

import json
import pickle
from ctypes import (
    CDLL,
    POINTER,
    Structure,
    byref,
    c_char,
    c_double,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import mainspring as ms
from mainspring import _engine, runtime
from mainspring.cli import main
from tests.edge import library as edge
from tests.edge.columns import column_of

CLASSES: dict[str, list[Any]] = {
    "bool": [False, True],
    "int": [-(2**62) - 1, 7],
    "float": [-1.0, 2.0],
    "text": ["größer", "no"],
    "ints": [-3, 0, 8],
    "texts": ["", "a", 'b"\\\n', "ζ"],
}
NAMES = tuple(CLASSES)
TYPES = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.large_string()}


def fitted(name: str) -> tuple[lightgbm.LGBMClassifier, np.ndarray]:
    classes = np.array(CLASSES[name])
    generator = np.random.default_rng(3)
    rows = generator.normal(size=(200, 3))
    drawn = (np.abs(rows[:, 0]) * 2 + generator.random(200)).astype(int) % len(classes)
    model = lightgbm.LGBMClassifier(n_estimators=4, min_child_samples=5, n_jobs=1, verbose=-1)
    return model.fit(rows, classes[drawn]), np.vstack([rows, np.full((1, 3), np.nan)])


def table_of(rows: np.ndarray) -> pa.Table:
    return pa.table({f"Column_{i}": rows[:, i] for i in range(3)})


by_name = pytest.mark.parametrize("name", NAMES)


@pytest.mark.shows("LightGBM", "gbdt", "LGBMClassifier: labels of every type, probabilities", "ulp")
@by_name
def test_labels_of_a_matrix_are_the_classifiers_own(name: str) -> None:
    model, rows = fitted(name)
    predictor = ms.Predictor(model)
    expected = model.predict(rows)
    assert len(set(expected.tolist())) == len(CLASSES[name])
    got = predictor.predict(rows)
    assert got.dtype == expected.dtype == predictor.classes_.dtype
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(predictor.classes_, model.classes_)
    np.testing.assert_allclose(
        predictor.predict_proba(rows), model.predict_proba(rows), rtol=4e-16, atol=0
    )
    raw = model.predict(rows, raw_score=True)
    np.testing.assert_array_equal(predictor.predict_raw(rows), raw)
    assert predictor.output_names == ["label"]


@by_name
def test_labels_through_every_door_are_the_same(name: str, tmp_path: Path) -> None:
    model, rows = fitted(name)
    predictor = ms.Predictor(model)
    expected = predictor.predict(rows).tolist()
    table = table_of(rows)
    assert predictor.predict(table).tolist() == expected
    for again in (pickle.loads(pickle.dumps(predictor)), saved(predictor, tmp_path)):
        assert again.predict(rows).tolist() == expected
        assert again.to_bytes() == predictor.to_bytes()
    columns = pa.table(predictor.predict_arrow(table))
    assert columns.schema == pa.schema([pa.field("label", TYPES[type(expected[0])], False)])
    assert columns["label"].to_pylist() == expected
    cut = pa.concat_tables([table.slice(0, 3), table.slice(3, 9), table.slice(12)])
    assert pa.table(predictor.predict_arrow(cut))["label"].to_pylist() == expected
    assert pa.table(predictor.predict_arrow(table.slice(0, 0))).num_rows == 0
    dicts = table.to_pylist()
    got = [predictor.predict_row(row) for row in dicts]
    assert got == expected
    assert {type(label) for label in got} == {type(label) for label in CLASSES[name]}
    assert predictor.predict(dicts).tolist() == expected
    light = runtime.load(predictor.to_bytes())
    assert light.classes_ == CLASSES[name]
    for data in (dicts, table, rows, json.dumps([*dicts[:-1], dict.fromkeys(dicts[0])])):
        assert light.predict(data) == expected
    assert light.predict_row(dicts[0]) == expected[0]
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    predictor.save(tmp_path / "labels.spring")
    out = tmp_path / "out.parquet"
    files = [str(tmp_path / "labels.spring"), str(tmp_path / "rows.parquet")]
    assert main(["predict", *files, "-o", str(out)]) == 0
    assert pa.parquet.read_table(out)["label"].to_pylist() == expected


def saved(predictor: ms.Predictor, folder: Path) -> ms.Predictor:
    predictor.save(folder / "again.spring")
    return ms.load(folder / "again.spring")


@by_name
def test_labels_of_the_server_are_json_values(name: str) -> None:
    model, rows = fitted(name)
    predictor = ms.Predictor(model)
    expected = predictor.predict(rows[:5]).tolist()
    served = _engine.ServedModel(predictor.bundle, "m", "1", ["label"], 100)
    dicts = table_of(rows[:5]).to_pylist()
    status, body, _ = served.answer(
        _engine.RequestForm("rows", "predict"), json.dumps(dicts).encode()
    )
    assert status == 200
    assert json.loads(body) == {"outputs": ["label"], "predictions": expected}
    inputs = [
        {"name": f"Column_{i}", "shape": [5], "datatype": "FP64", "data": rows[:5, i].tolist()}
        for i in range(3)
    ]
    request = json.dumps({"inputs": inputs}).encode()
    status, body, _ = served.answer(_engine.RequestForm("infer"), request)
    assert status == 200
    (output,) = json.loads(body)["outputs"]
    datatype = {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}[type(expected[0])]
    assert output == {"name": "label", "datatype": datatype, "shape": [5], "data": expected}
    status, body, _ = served.answer(
        _engine.RequestForm("rows", "proba"), json.dumps(dicts).encode()
    )
    np.testing.assert_allclose(json.loads(body)["predictions"], predictor.predict_proba(rows[:5]))


class Label(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_uint32),
        ("integer", c_int64),
        ("number", c_double),
        ("text", POINTER(c_char)),
        ("text_length", c_uint64),
    ]


@by_name
def test_labels_of_the_c_interface_are_named_by_number(root: Path, name: str) -> None:
    library: CDLL = edge.load(edge.library_path(root))
    model, rows = fitted(name)
    predictor = ms.Predictor(model)
    opened = edge.open_bundle(library, predictor.to_bytes())
    arrays = [pa.array(rows[:, i]) for i in range(3)]  # columns only point to their memory
    columns = [column_of(array) for array in arrays]
    code, _, numbers = opened.predict(columns, len(rows), edge.PREDICT)
    assert code == edge.OK
    library.mainspring_num_labels.argtypes = [c_void_p]
    library.mainspring_num_labels.restype = c_uint32
    library.mainspring_label_at.argtypes = [c_void_p, c_uint32, POINTER(Label)]
    library.mainspring_label_at.restype = c_uint32
    count = library.mainspring_num_labels(opened.handle)
    labels: list[Any] = []
    for number in range(count):
        short = Label(struct_size=8)
        assert library.mainspring_label_at(opened.handle, number, byref(short)) != edge.OK
        label = Label(struct_size=sizeof(Label))
        assert library.mainspring_label_at(opened.handle, number, byref(label)) == edge.OK
        labels.append(
            [
                None,
                label.integer,
                label.number,
                bool(label.integer),
                label.text[: label.text_length].decode(),
            ][label.type]
        )
    assert labels == CLASSES[name]
    label = Label(struct_size=sizeof(Label))
    assert library.mainspring_label_at(opened.handle, count, byref(label)) != edge.OK
    assert [labels[int(number)] for number in numbers.ravel()] == predictor.predict(rows).tolist()


def test_out_of_labels_has_their_type() -> None:
    model, rows = fitted("ints")
    predictor = ms.Predictor(model)
    out = np.zeros(len(rows), np.int64)
    assert predictor.predict(rows, out=out) is out
    assert out.tolist() == model.predict(rows).tolist()
    with pytest.raises(ms.ParameterError, match="int64 array of shape"):
        predictor.predict(rows, out=np.zeros(len(rows)))


def test_boosters_and_regressors_go_on_giving_numbers() -> None:
    model, rows = fitted("text")
    booster = ms.Predictor(model.booster_)
    np.testing.assert_array_equal(booster.classes_, [0, 1])
    np.testing.assert_allclose(booster.predict(rows), model.booster_.predict(rows), rtol=1e-15)
    regressor = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(rows[:-1], rows[:-1, 0])
    assert ms.Predictor(regressor).classes_ is None
    assert runtime.load(ms.Predictor(regressor).to_bytes()).classes_ is None


def image() -> Any:
    model, _ = fitted("int")
    return _engine.read_lightgbm(model.booster_.model_to_string().encode(), "text")


@pytest.mark.parametrize(
    ("labels", "decision", "threshold", "error", "message"),
    [
        ([1], "raw", 0.0, ms.DataError, "2 classes, but 1 labels"),
        ([1, 1], "raw", 0.0, ms.DataError, "the same label"),
        ([0.0, -0.0], "raw", 0.0, ms.DataError, "the same label"),
        (["a", "a"], "raw", 0.0, ms.DataError, "the same label"),
        ([1.0, np.nan], "raw", 0.0, ms.DataError, "not a finite number"),
        ([1, "a"], "raw", 0.0, ms.ParameterError, "of type str"),
        ([1, True], "raw", 0.0, ms.ParameterError, "of type bool"),
        ([1, 2**63], "raw", 0.0, ms.ParameterError, "int of 64 bits"),
        ([None, 1], "raw", 0.0, ms.ParameterError, "NoneType"),
        (["a", "\ud800"], "raw", 0.0, ms.ParameterError, "of type str"),
        ([1, 2], "none", 0.0, ms.ParameterError, "'raw' or 'probability'"),
        ([1, 2], "raw", np.inf, ms.DataError, "threshold"),
    ],
)
def test_labels_when_they_cannot_be_are_refused(
    labels: list[Any], decision: str, threshold: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        image().with_labels(labels, decision, threshold)


@pytest.mark.parametrize(("decision", "threshold"), [("raw", -0.25), ("probability", 0.55)])
def test_thresholds_decide_between_two_classes(decision: str, threshold: float) -> None:
    _, rows = fitted("int")
    read = image().with_labels(["low", "high"], decision, threshold)
    file = _engine.write_bundle(
        b'{"name":"m","outputs":["label"],"preprocessor":false,"model":{"description":"",'
        b'"pandas_categorical":false}}',
        None,
        list(read.feature_names),
        read.section,
        b"",
        read.labels,
    )
    predictor = ms.Predictor.from_bytes(file)
    scores = (
        predictor.predict_raw(rows) if decision == "raw" else predictor.predict_proba(rows)[:, 1]
    )
    expected = np.where(scores > threshold, "high", "low")
    assert set(expected) == {"high", "low"}
    np.testing.assert_array_equal(predictor.predict(rows), expected)
