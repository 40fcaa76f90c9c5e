"""The result of a row depends on the row alone: not on batches, chunks, threads, or the CPU."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine, errors
from tests.runtime.conftest import bundle_bytes, mixed_table, predict
from tests.steps.plans import transform

DIGEST = """
import hashlib, sys
import numpy as np
import pyarrow as pa
from mainspring import _engine
bundle = _engine.Bundle.load(sys.argv[1])
table = pa.ipc.open_file(sys.argv[2]).read_all()
data = _engine.Table.from_stream(table.__arrow_c_stream__())
scores = np.empty(table.num_rows)
features = np.empty((table.num_rows, len(bundle.feature_names)), np.float32)
bundle.predict_table(data, "predict", scores)
bundle.transform_table(data, features)
row = table.slice(5, 1).to_pylist()[0]
scores[5] = bundle.predict_row(row, "predict")
digest = hashlib.sha256(scores.tobytes() + features.tobytes())
print(_engine.build_info()["isa"], digest.hexdigest())
"""


@pytest.fixture
def threads() -> Iterator[None]:
    before = _engine.num_threads()
    yield
    _engine.set_num_threads(before)


@pytest.mark.parametrize(
    "cuts", [[1], [512], [511, 513], [100, 100, 700], list(range(0, 1500, 13))]
)
def test_predict_table_in_any_chunks_gives_the_same_bits(
    bundle: Any, table: pa.Table, cuts: list[int]
) -> None:
    edges = [0, *cuts, table.num_rows]
    pieces = [table.slice(a, b - a) for a, b in pairwise(edges)]
    chunked = pa.concat_tables(pieces)
    np.testing.assert_array_equal(predict(bundle, chunked), predict(bundle, table))
    np.testing.assert_array_equal(transform(bundle, chunked), transform(bundle, table))


def test_predict_table_of_every_single_row_gives_the_bits_of_the_batch(
    bundle: Any, table: pa.Table
) -> None:
    expected = predict(bundle, table)
    for row in range(0, table.num_rows, 37):
        assert predict(bundle, table.slice(row, 1))[0] == expected[row]


@pytest.mark.usefixtures("threads")
def test_predict_table_on_any_number_of_threads_gives_the_same_bits(bundle: Any) -> None:
    table = mixed_table(9000)
    _engine.set_num_threads(1)
    expected, features = predict(bundle, table), transform(bundle, table)
    for count in (2, 3, 7):
        _engine.set_num_threads(count)
        np.testing.assert_array_equal(predict(bundle, table), expected)
        np.testing.assert_array_equal(transform(bundle, table), features)


def test_predict_table_of_dictionaries_that_differ_gives_the_same_bits(
    bundle: Any, table: pa.Table
) -> None:
    pieces = [table.slice(0, 400), table.slice(400, 1), table.slice(401)]
    encoded = [
        piece.set_column(3, "carrier", piece["carrier"].combine_chunks().dictionary_encode())
        for piece in pieces
    ]
    batches = [batch for piece in encoded for batch in piece.to_batches()]
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
    out = np.empty(table.num_rows)
    bundle.predict_table(_engine.Table.from_stream(reader.__arrow_c_stream__()), "raw", out)
    np.testing.assert_array_equal(out, predict(bundle, table))


def test_predict_on_every_instruction_set_gives_the_same_bits(
    table: pa.Table, tmp_path: Path
) -> None:
    bundle_path, table_path = tmp_path / "mixed.spring", tmp_path / "table.arrow"
    bundle_path.write_bytes(bundle_bytes(table, "binary", 2))
    with pa.ipc.new_file(table_path, table.schema) as writer:
        writer.write_table(table)
    seen = {}
    for level in ("baseline", "avx2", "avx512"):
        environment = {**os.environ, "MAINSPRING_ISA": level}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST, str(bundle_path), str(table_path)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        isa, digest = done.stdout.split()
        seen[isa] = digest
    assert "baseline" in seen
    assert len(set(seen.values())) == 1


def test_predict_table_of_no_rows_writes_nothing(bundle: Any, table: pa.Table) -> None:
    assert predict(bundle, table.slice(0, 0)).shape == (0,)
    assert transform(bundle, table.schema.empty_table()).shape == (0, 13)


def test_proba_of_two_and_three_classes_are_rows_that_sum_to_one(
    bundle: Any, three_classes: Any, table: pa.Table
) -> None:
    two = predict(bundle, table, "proba")
    assert two.shape == (1500, 2)
    np.testing.assert_array_equal(two[:, 1], predict(bundle, table, "predict"))
    np.testing.assert_array_equal(two[:, 0], 1.0 - two[:, 1])
    assert two[:, 1].std() > 0.01
    three = predict(three_classes, table, "proba")
    np.testing.assert_array_equal(three, predict(three_classes, table, "predict"))
    np.testing.assert_allclose(three.sum(1), 1.0, rtol=1e-15 * 4)


def test_missing_columns_are_named_with_what_is_there(bundle: Any, table: pa.Table) -> None:
    with pytest.raises(errors.SchemaError, match="carrier") as caught:
        predict(bundle, table.rename_columns(["distance", "u", "flight", "carier", "departure"]))
    assert caught.value.column == "carrier"
    assert "'carier'" in str(caught.value)
    with pytest.raises(errors.SchemaError, match="'flight', 'carrier' are missing"):
        predict(bundle, table.drop_columns(["flight", "carrier"]))


@pytest.mark.parametrize(
    ("name", "type_", "fix"),
    [
        ("distance", pa.string(), "Cast it to float64"),
        ("flight", pa.string(), "Cast it to int64"),
        ("carrier", pa.int64(), "Cast it to string"),
        ("departure", pa.int64(), "Cast it to timestamp"),
    ],
)
def test_columns_of_another_kind_are_refused_with_a_cast(
    bundle: Any, table: pa.Table, name: str, type_: pa.DataType, fix: str
) -> None:
    at = table.column_names.index(name)
    wrong = table.set_column(at, name, pa.nulls(table.num_rows, type_))
    with pytest.raises(errors.SchemaError, match=fix) as caught:
        predict(bundle, wrong)
    assert (caught.value.column, caught.value.got) == (name, str(type_))


def test_columns_of_a_narrower_type_give_the_same_bits(bundle: Any, table: pa.Table) -> None:
    whole = table.set_column(0, "distance", table["distance"].cast(pa.int16(), safe=False))
    narrow = whole.set_column(2, "flight", table["flight"].cast(pa.int8()))
    wide = whole.set_column(0, "distance", whole["distance"].cast(pa.float64()))
    wide = wide.set_column(2, "flight", table["flight"].cast(pa.float64()))
    np.testing.assert_array_equal(predict(bundle, narrow), predict(bundle, wide))


@pytest.mark.parametrize(
    "out", [np.empty(1499), np.empty(1500, np.float32), np.empty(3000)[::2], b"x" * 12000]
)
def test_out_that_does_not_fit_is_refused(bundle: Any, table: pa.Table, out: object) -> None:
    data = _engine.Table.from_stream(table.__arrow_c_stream__())
    with pytest.raises(errors.ParameterError, match="out"):
        bundle.predict_table(data, "raw", out)


def test_kinds_that_a_bundle_cannot_give_are_refused(bundle: Any, table: pa.Table) -> None:
    data = _engine.Table.from_stream(table.__arrow_c_stream__())
    with pytest.raises(errors.ParameterError, match="'predict', 'proba' or 'raw'"):
        bundle.output_width("probability")
    transforms = _engine.Bundle.open(strip_model(bundle), "transforms")
    assert transforms.output_width("predict") == 0
    with pytest.raises(errors.UnsupportedError, match="transforms only"):
        transforms.predict_table(data, "predict", np.empty(1500))


def strip_model(bundle: Any) -> bytes:
    from tests.reference import bundle as reference

    sections = reference.read(bundle.to_bytes()).sections
    return reference.write([s for s in sections if s.type != b"MODL"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predict_matrix_with_any_strides_gives_the_bits_of_the_table(
    bundle: Any, table: pa.Table, dtype: type
) -> None:
    features = transform(bundle, table).astype(dtype)
    expected = predict(bundle, table)
    padded = np.zeros((1500, 30), dtype)
    padded[:, ::2][:, :13] = features
    backwards = np.ascontiguousarray(features[::-1])
    for matrix in (
        features,
        np.asfortranarray(features),
        padded[:, ::2][:, :13],
        backwards[::-1],
        np.repeat(features, 2, axis=0)[::2],
    ):
        out = np.empty(1500)
        bundle.predict_matrix(matrix, "raw", out)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((4, 12)), "12 columns, expected 13"),
        (np.zeros(13), "1 dimensions"),
        (np.zeros((2, 13), np.int64), "format 'l'"),
        (np.zeros((2, 13), ">f8"), "format"),
        ([[0.0] * 13], "of type list"),
    ],
)
def test_predict_matrix_of_another_shape_or_type_is_refused(
    bundle: Any, matrix: object, message: str
) -> None:
    with pytest.raises((errors.SchemaError, errors.ParameterError), match=message):
        bundle.predict_matrix(matrix, "raw", np.empty(4))


def test_digest_when_a_score_changes_changes(bundle: Any, table: pa.Table) -> None:
    scores = predict(bundle, table)
    before = hashlib.sha256(scores.tobytes()).hexdigest()
    scores[7] = np.nextafter(scores[7], 1)
    assert hashlib.sha256(scores.tobytes()).hexdigest() != before
