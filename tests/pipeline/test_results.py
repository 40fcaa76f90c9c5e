"""Results come back as they were, or are refused by name."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import col
from mainspring.pipeline import Store

Make = Callable[..., ms.Pipeline]
TABLE = pa.table(
    {
        "x": [1.0, None, 3.0],
        "s": pa.chunked_array(
            [pa.array(["a", "b"]).dictionary_encode(), pa.array(["c"]).dictionary_encode()]
        ),
        "l": [[1], [], None],
    }
)


def stored(make: Make, value: Any, **options: Any) -> Any:
    """Return a value as it comes back from the store."""
    pipeline = make()
    pipeline.add("made", lambda: value, version="1", effect=True, cache=False, **options)
    return pipeline.run()["made"]


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20),
    st.binary(max_size=9), st.dates(), st.datetimes(), st.timedeltas(),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_plain_values_come_back_with_their_types(
    tmp_path_factory: pytest.TempPathFactory, value: Any
) -> None:
    pipeline = ms.Pipeline("p", folder=tmp_path_factory.mktemp("store"))
    pipeline.add("made", lambda: value, version="1", effect=True)
    back = pipeline.run(workers=1)["made"]
    assert back == value
    assert repr(back) == repr(value)  # True is not 1, a tuple is no list


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(["a", "bcd"]),
        np.array([], dtype=np.int8),
        np.array(3.5),
        np.array(["2013-01-01"], dtype="datetime64[D]"),
    ],
)
def test_arrays_come_back_with_their_types(make: Make, array: Any) -> None:
    back = stored(make, array)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tolist() == array.tolist()


def test_scalars_of_numpy_come_back(make: Make) -> None:
    back = stored(make, {"a": np.int32(4), "b": np.float64(0.5)})
    assert (type(back["a"]), type(back["b"])) == (np.int32, np.float64)
    assert back == {"a": 4, "b": 0.5}


@pytest.mark.parametrize("rows", [3, 0])
def test_tables_come_back(make: Make, rows: int) -> None:
    back = stored(make, TABLE.slice(0, rows))
    assert back.schema == TABLE.schema
    assert back.to_pylist() == TABLE.to_pylist()[:rows]


def test_tables_of_other_libraries_and_readers_come_back_as_arrow(make: Make) -> None:
    pandas = pytest.importorskip("pandas")
    assert stored(make, pandas.DataFrame({"x": [1, 2]}))["x"].to_pylist() == [1, 2]
    polars = pytest.importorskip("polars")
    assert stored(make, polars.DataFrame({"s": ["a", None]}))["s"].to_pylist() == ["a", None]
    plain = TABLE.drop_columns(["s"])
    reader = pa.RecordBatchReader.from_batches(plain.schema, plain.to_batches(max_chunksize=2))
    assert stored(make, reader).to_pylist() == plain.to_pylist()


def test_objects_of_the_engine_come_back_with_their_bits(make: Make) -> None:
    table = pa.table({"x": [1.0, 2.0, 4.0], "s": ["a", "b", "a"], "y": [0.0, 1.0, 1.0]})
    prep = ms.Preprocessor(
        (col("x") + 1).impute("median").standardize(), col("s").target_mean(folds=2, smoothing=1)
    ).fit(table, target="y")
    back = stored(make, prep)
    assert (back.transform(table) == prep.transform(table)).all()
    assert repr(back) == repr(prep)
    assert back.profile.to_bytes() == prep.profile.to_bytes()


def test_profiles_come_back(make: Make) -> None:
    assert stored(make, ms.profile(TABLE)) == ms.profile(TABLE)


def test_preprocessors_that_go_on_learning_come_back(make: Make) -> None:
    table = pa.table({"x": [1.0, 2.0, 4.0]})
    prep = ms.Preprocessor(col("x").standardize()).partial_fit(table)
    back = stored(make, prep).partial_fit(table)
    again = ms.Preprocessor(col("x").standardize()).partial_fit(table).partial_fit(table)
    assert (back.transform(table) == again.transform(table)).all()


def test_models_come_back_with_their_bits(make: Make) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    x, y = np.random.default_rng(0).normal(size=(200, 3)), np.arange(200) % 2
    booster = lightgbm.train(
        {"verbose": -1, "objective": "binary", "num_threads": 1}, lightgbm.Dataset(x, y), 5
    )
    assert (stored(make, booster).predict(x) == booster.predict(x)).all()
    predictor = ms.Predictor(booster)
    assert (stored(make, (predictor, 1))[0].predict(x) == predictor.predict(x)).all()
    xgboost = pytest.importorskip("xgboost")
    other = xgboost.train({"nthread": 1}, xgboost.DMatrix(x, y), 3)
    back = stored(make, other)
    assert (back.predict(xgboost.DMatrix(x)) == other.predict(xgboost.DMatrix(x))).all()


def test_files_of_a_step_come_back(make: Make, tmp_path: Path) -> None:
    pipeline = make()
    (tmp_path / "own.txt").write_text("own")

    @pipeline.step
    def folder(scratch: Path) -> Path:
        (scratch / "deep").mkdir()
        (scratch / "deep" / "a.txt").write_text("a")
        return scratch

    @pipeline.step
    def one(scratch: Path) -> dict[str, Path]:
        (scratch / "b.txt").write_text("b")
        return {"file": scratch / "b.txt"}

    @pipeline.step
    def copied() -> Path:
        return tmp_path / "own.txt"

    run = pipeline.run()
    assert (run["folder"] / "deep" / "a.txt").read_text() == "a"
    assert run["one"]["file"].read_text() == "b"
    assert run["copied"].read_text() == "own"
    assert (tmp_path / "own.txt").read_text() == "own"
    assert list((tmp_path / ".mainspring" / "partial").iterdir()) == []


class Odd:
    def __init__(self) -> None:
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "'made' returned a value of type object, which has no form"),
        (Odd(), r"'made' returned a .*\.Odd, which has no form.*store='pickle'"),
        ({1, 2}, "of type set, "),
        ({1: 2}, "Give it keys that are texts"),
        (np.array([object()]), "of type numpy.ndarray, "),
        (pa.array([1, 2]), "which has no form in the store"),
        (ms.check(pa.table({"y": [0, 1], "x": [1, 2]}), target="y"), r"Return its to_dict\(\)"),
    ],
)
def test_results_without_a_form_are_refused_by_name(make: Make, value: Any, message: str) -> None:
    with pytest.raises(ms.UnsupportedError, match=message):
        stored(make, value)


def test_pickles_are_made_only_when_asked_for(make: Make) -> None:
    value = {"a": datetime.time(1, 2), "b": 3}
    with pytest.raises(ms.UnsupportedError):
        stored(make, value)
    assert stored(make, value, store="pickle") == value


def test_unpicklable_result_is_an_error_that_names_step_and_type(make: Make) -> None:
    with pytest.raises(
        ms.UnsupportedError, match=r"'made' returned a .*Odd, which cannot be pickl"
    ):
        stored(make, Odd(), store="pickle")


def test_store_loads_nothing_of_another_version(tmp_path: Path, make: Make) -> None:
    pipeline = make()
    pipeline.add("made", lambda: 1, version="1")
    key = pipeline.run().keys["made"]
    manifest = pipeline.store.path(key) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"kind": "json"', '"kind": "new"'))
    with pytest.raises(ms.DataError, match="kind 'new' was written by another version"):
        Store(tmp_path / ".mainspring").load(key)
