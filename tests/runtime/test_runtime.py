"""mainspring.runtime: the same bits from every form of data, and nothing heavy loaded."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine, errors, runtime
from tests.runtime.conftest import predict

FORBIDDEN = {"numpy", "pyarrow", "asyncio", "starlette", "importlib.metadata", "pandas"}


@pytest.fixture
def predictor(bundle: Any) -> runtime.RuntimePredictor:
    return runtime.load(bundle.to_bytes())


@pytest.fixture(scope="module")
def plain() -> tuple[runtime.RuntimePredictor, lightgbm.Booster]:
    """A model alone: it takes a matrix."""
    features = np.random.default_rng(1).normal(size=(300, 3))
    params = {"objective": "binary", "verbose": -1, "num_leaves": 7}
    data = lightgbm.Dataset(features, label=features[:, 0] > 0, feature_name=["a", "b", "c"])
    booster = lightgbm.train(params, data, 5)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    meta = b'{"model":{"pandas_categorical":false},"name":"plain","preprocessor":false}'
    return (
        runtime.load(_engine.write_bundle(meta, None, ["a", "b", "c"], image.section, b"")),
        booster,
    )


def test_load_from_path_and_bytes_gives_the_same_predictor(bundle: Any, tmp_path: Path) -> None:
    path = tmp_path / "mixed.spring"
    path.write_bytes(bundle.to_bytes())
    for source in (path, str(path), bundle.to_bytes(), bytearray(bundle.to_bytes())):
        opened = runtime.load(source)
        assert (opened.name, opened.num_classes) == ("mixed", 2)
        assert opened.input_names == ["distance", "flight", "carrier", "departure"]
        assert len(opened.feature_names) == 13
        assert repr(opened) == "RuntimePredictor('mixed': 4 columns)"
    with pytest.raises(errors.FileError):
        runtime.load(tmp_path / "absent.spring")
    with pytest.raises(errors.BundleCorruptError):
        runtime.load(b"nothing of the kind")


def test_load_of_transforms_only_is_refused(bundle: Any) -> None:
    from tests.runtime.test_batches import strip_model

    with pytest.raises(errors.UnsupportedError, match="transforms but no model"):
        runtime.load(strip_model(bundle))


def test_predict_of_every_form_gives_the_bits_of_the_batch(
    predictor: runtime.RuntimePredictor, bundle: Any, table: pa.Table
) -> None:
    table = table.slice(0, 200)
    expected = predict(bundle, table, "predict")
    rows = table.to_pylist()
    text = json.dumps(rows, default=lambda moment: moment.isoformat())
    for data in (
        rows,
        text,
        text.encode(),
        bytearray(text.encode()),
        f'{{"rows": {text}}}',
        table,
        table.combine_chunks().to_batches()[0],
        _engine.Table.from_stream(table.__arrow_c_stream__()),
    ):
        got = predictor.predict(data)
        assert isinstance(got, memoryview)
        assert (got.format, got.shape) == ("d", (200,))
        np.testing.assert_array_equal(np.asarray(got), expected)
    np.testing.assert_array_equal(predictor.predict_raw(table), predict(bundle, table, "raw"))
    proba = predictor.predict_proba(rows)
    assert proba.shape == (200, 2)
    np.testing.assert_array_equal(np.asarray(proba), predict(bundle, table, "proba"))
    assert predictor.predict(rows[7]).tolist() == [expected[7]]
    assert predictor.predict(json.dumps(rows[7], default=str)).tolist() == [expected[7]]
    assert predictor.predict_row(rows[7]) == expected[7]


def test_predict_of_no_rows_gives_an_empty_view(predictor: runtime.RuntimePredictor) -> None:
    for data in ([], "[]", b'{"rows": []}'):
        assert predictor.predict(data).shape == (0,)
        assert predictor.predict_proba(data).shape == (0,)


def test_predict_of_a_matrix_equals_the_booster(
    plain: tuple[runtime.RuntimePredictor, lightgbm.Booster],
) -> None:
    predictor, booster = plain
    matrix = np.random.default_rng(2).normal(size=(50, 3))
    expected = booster.predict(matrix, raw_score=True)
    np.testing.assert_array_equal(predictor.predict_raw(matrix), expected)
    np.testing.assert_array_equal(predictor.predict_raw(memoryview(matrix)), expected)
    np.testing.assert_array_equal(predictor.predict_raw(np.asfortranarray(matrix)), expected)
    rows = [dict(zip("abc", row, strict=True)) for row in matrix.tolist()]
    np.testing.assert_array_equal(predictor.predict_raw(rows), expected)
    assert math.isclose(predictor.predict_row(rows[0]), booster.predict(matrix[:1])[0])  # type: ignore[arg-type]
    assert predictor.predict_proba(matrix).shape == (50, 2)
    with pytest.raises(errors.SchemaError, match="2 columns, expected 3"):
        predictor.predict(matrix[:, :2])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("{", errors.DataError, "JSON cannot be read"),
        (b"\xff\xfe\xfd", errors.DataError, "JSON cannot be read"),
        ("5", errors.DataError, "expected a list of objects"),
        ("[1]", errors.DataError, "byte 1, row 0: expected an object"),
        ("[[1, 2]]", errors.DataError, "byte 1, row 0: expected an object"),
        ('{"rows": 3}', errors.SchemaError, "lacks the columns"),
        ("[" * 10**6, errors.DataError, "byte 1, row 0"),
        (None, errors.ParameterError, "type NoneType"),
        (3, errors.ParameterError, "type int"),
        (np.zeros((3, 13)), errors.ParameterError, "type ndarray"),
    ],
)
def test_predict_of_something_else_is_refused(
    predictor: runtime.RuntimePredictor, data: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        predictor.predict(data)


def test_predict_by_name_when_trained_on_categories_is_refused(bundle: Any) -> None:
    features = np.random.default_rng(1).normal(size=(300, 2))
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(features, label=features[:, 0]), 3)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    meta = b'{"model":{"pandas_categorical":[["x"]]},"name":"codes","preprocessor":false}'
    predictor = runtime.load(_engine.write_bundle(meta, None, ["a", "b"], image.section, b""))
    for data in ([{"a": 1, "b": 2}], pa.table({"a": [1.0], "b": [2.0]})):
        with pytest.raises(errors.UnsupportedError, match="pandas categories"):
            predictor.predict(data)
    with pytest.raises(errors.UnsupportedError, match="pandas categories"):
        predictor.predict_row({"a": 1, "b": 2})
    assert predictor.predict(features[:4]).shape == (4,)
    with pytest.raises(errors.UnsupportedError, match="classifier"):
        predictor.predict_proba(features[:4])


def test_serving_rows_and_json_loads_nothing_heavy(bundle: Any, tmp_path: Path) -> None:
    path = tmp_path / "mixed.spring"
    path.write_bytes(bundle.to_bytes())
    code = f"""
import sys
from mainspring import runtime
predictor = runtime.load({str(path)!r})
row = {{"distance": 1.5, "flight": 2, "carrier": "UA", "departure": "2013-01-01T10:00:00Z"}}
assert list(predictor.predict([row])) == [predictor.predict_row(row)]
predictor.predict(b'{{"rows": [{{"distance": 1, "flight": 2, "carrier": null, "departure": 5}}]}}')
predictor.predict_proba([row] * 3)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert FORBIDDEN & set(done.stdout.split()) == set()
    assert "mainspring.runtime" in done.stdout.split()
