"""The Predictor: shapes, inputs, errors, bytes and files."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine
from mainspring.models.feature_names import check_features
from tests.models.lightgbm_models import NUM_FEATURES, Recipe, hard_rows, train, training_data

NAMES = [f"Column_{number}" for number in range(NUM_FEATURES)]


@pytest.fixture(scope="module")
def booster() -> lightgbm.Booster:
    return train(Recipe("binary", seed=2))


@pytest.fixture(scope="module")
def predictor(booster: lightgbm.Booster) -> ms.Predictor:
    return ms.Predictor(booster, name="late")


@pytest.fixture(scope="module")
def rows(booster: lightgbm.Booster) -> np.ndarray:
    return hard_rows(booster, 2)


@pytest.fixture(scope="module")
def named() -> tuple[ms.Predictor, np.ndarray]:
    matrix, label = training_data(Recipe(seed=2))
    data = lightgbm.Dataset(matrix, label=label, feature_name=list("abcdef"))
    return ms.Predictor(lightgbm.train({"verbose": -1, "num_threads": 1}, data, 5)), matrix


def test_attributes_say_what_the_predictor_is(predictor: ms.Predictor) -> None:
    assert predictor.name == "late"
    assert predictor.feature_names == predictor.input_names == NAMES
    assert predictor.output_names == ["probability"]
    assert predictor.num_classes == 2
    assert predictor.profile is None
    assert not predictor.has_preprocessor
    assert "binary" in predictor.description
    assert "'late'" in repr(predictor)


def test_predictions_have_the_shapes_of_the_source_library(rows: np.ndarray) -> None:
    for objective, width in (("regression", ()), ("multiclass", (3,)), ("multiclassova", (3,))):
        source = train(Recipe(objective, seed=2))
        predictor = ms.Predictor(source)
        for num_rows in (0, 1, 5):
            part = rows[:num_rows]
            assert predictor.predict(part).shape == (num_rows, *width)
            assert predictor.predict_raw(part).shape == (num_rows, *width)
            if width:
                assert predictor.predict_proba(part).shape == (num_rows, *width)
                np.testing.assert_array_equal(
                    predictor.predict_proba(part), predictor.predict(part)
                )


def test_probabilities_of_two_classes_are_one_minus_p_and_p(
    predictor: ms.Predictor, rows: np.ndarray
) -> None:
    proba = predictor.predict_proba(rows)
    assert proba.shape == (len(rows), 2)
    np.testing.assert_array_equal(proba[:, 1], predictor.predict(rows))
    np.testing.assert_array_equal(proba[:, 0], 1.0 - proba[:, 1])


def test_predict_proba_of_a_regression_is_refused_by_name() -> None:
    with pytest.raises(ms.UnsupportedError, match=r"'model' is not a classifier.*Call predict"):
        ms.Predictor(train(Recipe())).predict_proba(np.zeros((1, NUM_FEATURES)))


def test_matrices_of_any_layout_and_type_give_the_same_bits(
    predictor: ms.Predictor, booster: lightgbm.Booster
) -> None:
    matrix = np.round(training_data(Recipe(seed=4))[0] * 4)
    expected = booster.predict(matrix, raw_score=True)
    wide = np.zeros((len(matrix) * 2, NUM_FEATURES * 3))
    wide[::2, ::3] = matrix
    read_only = matrix.copy()
    read_only.flags.writeable = False
    for data in (
        matrix,
        np.asfortranarray(matrix),
        matrix.astype(np.float32),
        matrix[::-1][::-1],
        matrix[:, ::-1].copy()[:, ::-1],
        wide[::2, ::3],
        matrix.astype(">f8"),
        read_only,
        matrix.tolist(),
    ):
        np.testing.assert_array_equal(predictor.predict_raw(data), expected)
    whole = np.nan_to_num(matrix)
    expected = booster.predict(whole, raw_score=True)
    for dtype in (np.int16, np.int64, np.float16):
        np.testing.assert_array_equal(predictor.predict_raw(whole.astype(dtype)), expected)


def test_columns_are_found_by_name_in_any_order_and_others_ignored(
    named: tuple[ms.Predictor, np.ndarray],
) -> None:
    predictor, matrix = named
    expected = predictor.predict(matrix)
    columns = {name: matrix[:, i] for i, name in enumerate("abcdef")}
    table = pa.table({"other": pa.array(["x"] * len(matrix))} | dict(reversed(columns.items())))
    np.testing.assert_array_equal(predictor.predict(table), expected)
    np.testing.assert_array_equal(predictor.predict(table.to_batches()[0]), expected)
    with_nulls = pa.table({name: pa.array(v, from_pandas=True) for name, v in columns.items()})
    np.testing.assert_array_equal(predictor.predict(with_nulls), expected)
    dicts = [dict(zip("abcdef", row, strict=True)) for row in matrix[:9].tolist()]
    np.testing.assert_array_equal(predictor.predict(dicts), expected[:9])
    assert predictor.predict([]).shape == (0,)


def test_columns_when_missing_or_of_wrong_type_are_named(
    named: tuple[ms.Predictor, np.ndarray],
) -> None:
    predictor, matrix = named
    table = pa.table({name: matrix[:, i] for i, name in enumerate("abcdef")})
    with pytest.raises(ms.SchemaError, match="'c'"):
        predictor.predict(table.drop_columns(["c"]))
    text = table.set_column(2, "c", pa.array(["x"] * len(matrix)))
    with pytest.raises(ms.SchemaError, match=r"'c'.*string") as caught:
        predictor.predict(text)
    assert caught.value.column == "c"
    with pytest.raises(ms.SchemaError, match="'c'"):
        predictor.predict_row({name: 1.0 for name in "abdef"})
    with pytest.raises(ms.MainspringError, match="'c'"):
        predictor.predict_row({name: "x" if name == "c" else 1.0 for name in "abcdef"})


def test_columns_for_a_model_without_names_are_refused_with_the_fix(
    predictor: ms.Predictor,
) -> None:
    table = pa.table({name: [1.0] for name in "abcdef"})
    with pytest.raises(ms.SchemaError, match=r"without feature names.*'e' and 1 more.*to_numpy"):
        predictor.predict(table)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.zeros(NUM_FEATURES), r"shape \(6,\).*reshape\(1, -1\)"),
        (np.zeros((2, 5)), r"shape \(2, 5\), expected \(num_rows, 6\)"),
        (np.zeros((2, 6, 1)), r"shape \(2, 6, 1\)"),
        (np.full((2, 6), "x"), r"dtype <U1, expected numbers"),
        (np.full((2, 6), None), r"dtype object"),
        (np.zeros((2, 6), complex), r"dtype complex128"),
        ([[1.0], [1.0, 2.0]], "not a matrix"),
        (3.0, r"shape \(\)"),
    ],
)
def test_matrices_when_wrong_are_schema_errors(
    predictor: ms.Predictor, data: object, message: str
) -> None:
    with pytest.raises(ms.SchemaError, match=message):
        predictor.predict(data)


def test_predict_row_of_something_else_is_refused(predictor: ms.Predictor) -> None:
    with pytest.raises(ms.ParameterError, match="mapping of column names"):
        predictor.predict_row([1.0] * NUM_FEATURES)  # type: ignore[arg-type]


def test_out_when_given_is_filled_and_returned(predictor: ms.Predictor, rows: np.ndarray) -> None:
    out = np.full(len(rows), -1.0)
    assert predictor.predict(rows, out=out) is out
    np.testing.assert_array_equal(out, predictor.predict(rows))
    proba = np.empty((len(rows), 2))
    assert predictor.predict_proba(rows, out=proba) is proba


def test_out_when_it_does_not_fit_is_refused(predictor: ms.Predictor, rows: np.ndarray) -> None:
    read_only = np.empty(len(rows))
    read_only.flags.writeable = False
    for out in (
        np.empty(len(rows) - 1),
        np.empty((len(rows), 1)),
        np.empty(len(rows), np.float32),
        np.empty(2 * len(rows))[::2],
        read_only,
        [0.0] * len(rows),
    ):
        with pytest.raises(ms.ParameterError, match="out must be a writable"):
            predictor.predict(rows, out=out)  # type: ignore[arg-type]


def test_bytes_files_and_pickles_keep_every_bit(
    predictor: ms.Predictor, rows: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "late.spring"
    predictor.save(path)
    expected = predictor.predict(rows)
    for copy in (
        ms.load(path),
        ms.load(str(path)),
        ms.Predictor.from_bytes(predictor.to_bytes()),
        pickle.loads(pickle.dumps(predictor)),
    ):
        assert copy.name == "late"
        assert copy.feature_names == NAMES
        assert copy.to_bytes() == path.read_bytes()
        np.testing.assert_array_equal(copy.predict(rows), expected)


def test_bytes_of_the_same_model_are_the_same_and_meta_is_canonical(
    booster: lightgbm.Booster, predictor: ms.Predictor
) -> None:
    again = ms.Predictor(booster.model_to_string(), name="late")
    assert again.to_bytes() == predictor.to_bytes()
    meta = _engine.Bundle.open(predictor.to_bytes(), "test").meta
    text = bytes(meta).decode()
    parsed = json.loads(text)
    assert text == json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert parsed["format"] == "spring"
    assert parsed["created_by"] == f"mainspring {ms.__version__}"
    assert parsed["features"] == NAMES
    assert parsed["columns"][0] == {"kind": "float", "name": "Column_0", "type": "float64"}
    assert parsed["outputs"] == ["probability"]
    assert parsed["profile"] is False


def test_load_when_the_file_is_wrong_says_why(predictor: ms.Predictor, tmp_path: Path) -> None:
    with pytest.raises(ms.FileError, match=r"nowhere\.spring"):
        ms.load(tmp_path / "nowhere.spring")
    path = tmp_path / "cut.spring"
    path.write_bytes(predictor.to_bytes()[:-64])
    with pytest.raises(ms.BundleCorruptError, match=r"cut\.spring"):
        ms.load(path)
    path.write_text("tree\n")
    with pytest.raises(ms.BundleCorruptError):
        ms.load(path)
    data = bytearray(predictor.to_bytes())
    data[-100] ^= 1
    with pytest.raises(ms.BundleCorruptError):
        ms.Predictor.from_bytes(bytes(data))


def test_save_when_refused_leaves_the_folder_as_it_was(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    with pytest.raises(ms.FileError):
        predictor.save(tmp_path / "no folder" / "late.spring")
    folder = tmp_path / "folder.spring"
    folder.mkdir()
    with pytest.raises(ms.FileError):
        predictor.save(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.spring"]
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_save_into_a_folder_without_permission_is_a_file_error(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ms.FileError):
        predictor.save(tmp_path / "late.spring")


FULL_DISK = """
import resource, signal, sys
import mainspring as ms
predictor = ms.load(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    predictor.save(sys.argv[2])
except ms.FileError as error:
    print("refused:", error)
"""


def test_save_when_the_disk_is_full_keeps_the_old_file(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    source = tmp_path / "source.spring"
    predictor.save(source)
    target = tmp_path / "target" / "late.spring"
    target.parent.mkdir()
    target.write_bytes(b"the old file")
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(source), str(target)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith("refused:")
    assert target.read_bytes() == b"the old file"
    assert list(target.parent.iterdir()) == [target]


ISA = """
import hashlib, sys
import numpy as np
import mainspring as ms
predictor = ms.load(sys.argv[1])
rows = np.load(sys.argv[2])
print(hashlib.sha256(predictor.predict(rows).tobytes() + predictor.predict_raw(rows).tobytes())
      .hexdigest())
"""


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_predictions_on_every_isa_level_have_the_same_bits(level: str, tmp_path: Path) -> None:
    source = train(Recipe("multiclass", categorical=True, seed=4))
    predictor = ms.Predictor(source)
    rows = hard_rows(source, 4)
    expected = predictor.predict(rows).tobytes() + predictor.predict_raw(rows).tobytes()
    predictor.save(tmp_path / "model.spring")
    np.save(tmp_path / "rows.npy", rows)
    run = subprocess.run(
        [sys.executable, "-c", ISA, str(tmp_path / "model.spring"), str(tmp_path / "rows.npy")],
        env={**os.environ, "MAINSPRING_ISA": level},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == hashlib.sha256(expected).hexdigest()


def test_predictions_with_any_number_of_threads_have_the_same_bits(
    predictor: ms.Predictor, rows: np.ndarray
) -> None:
    many = np.tile(rows, (40, 1))
    before = _engine.num_threads()
    try:
        ms.set_num_threads(1)
        expected = predictor.predict(many)
        for count in (2, 3, 4):
            ms.set_num_threads(count)
            np.testing.assert_array_equal(predictor.predict(many), expected)
    finally:
        ms.set_num_threads(before)


@pytest.mark.parametrize("name", ["", 3])
def test_names_when_no_text_are_refused(booster: lightgbm.Booster, name: object) -> None:
    with pytest.raises(ms.ParameterError, match="not empty"):
        ms.Predictor(booster, name=name)  # type: ignore[arg-type]


def test_preprocessor_of_another_kind_is_refused(booster: lightgbm.Booster) -> None:
    with pytest.raises(ms.ParameterError, match=r"StandardScaler|expected a mainspring"):
        ms.Predictor(booster, object())  # type: ignore[arg-type]


def test_features_when_they_differ_are_listed() -> None:
    check_features(["a", "b c"], ["a", "b_c"])
    check_features(["a", "b"], ["Column_0", "Column_1"])
    with pytest.raises(ms.SchemaError, match=r"makes is 3, expected the model's 2.*'c'.*none"):
        check_features(["a", "b", "c"], ["a", "b"])
    with pytest.raises(ms.SchemaError, match=r"'b' in place of 'a', 'a' in place of 'b'"):
        check_features(["b", "a"], ["a", "b"])
    with pytest.raises(ms.SchemaError, match=r"and 3 more"):
        check_features([f"x{i}" for i in range(8)], [f"y{i}" for i in range(8)])
