"""The three doors of a request, parts of a forest, and what the interface tells of a model."""

from __future__ import annotations

import json
from ctypes import CDLL, POINTER, byref, c_char, c_uint64, sizeof
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import Ridge

import mainspring as ms
from mainspring import _engine
from tests.bundle.sample import sample_bundle
from tests.edge import library as edge
from tests.edge.arrow import ExportedBatch
from tests.edge.sample_table import sample_table

SAMPLE = sample_bundle(lists=False)
DRAW = np.random.default_rng(5)
ROWS = DRAW.normal(size=(700, 4))
ROWS[DRAW.random(ROWS.shape) < 0.1] = np.nan
FILLED = np.nan_to_num(ROWS)
CLASSES = np.digitize(FILLED[:, 0] * FILLED[:, 1] + FILLED[:, 2], [-0.5, 0.5])


@pytest.fixture(scope="module")
def boosted() -> ms.Predictor:
    model = GradientBoostingClassifier(n_estimators=7, max_depth=3).fit(FILLED, CLASSES)
    return ms.Predictor(model)


@pytest.fixture(scope="module")
def averaged() -> ms.Predictor:
    model = RandomForestClassifier(9, max_depth=6, random_state=0).fit(ROWS, CLASSES)
    return ms.Predictor(model)


def same(got: np.ndarray, expected: np.ndarray) -> bool:
    return got.reshape(expected.shape).tobytes() == np.asarray(expected, np.float64).tobytes()


LAYOUTS = {
    "rows": lambda m: m,
    "columns": np.asfortranarray,
    "backwards": lambda m: m[::-1].copy()[::-1],
    "mirrored": lambda m: m[:, ::-1].copy()[:, ::-1],
    "every other": lambda m: np.repeat(np.repeat(m, 2, axis=0), 3, axis=1)[::2, ::3],
    "one row repeated": lambda m: np.broadcast_to(m[3], m.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("num_rows", [1, 9, 700])
def test_matrix_of_any_layout_gives_the_bits_of_python(
    library: CDLL, averaged: ms.Predictor, layout: Any, dtype: Any, num_rows: int
) -> None:
    matrix = layout(ROWS.astype(dtype))
    opened = edge.open_bundle(library, averaged.to_bytes())
    for kind, expected in (
        (edge.PROBA, averaged.predict_proba(matrix[:num_rows])),
        (edge.RAW, averaged.predict_raw(matrix[:num_rows])),
    ):
        code, _, out = opened.answer(opened.matrix_request(matrix, num_rows), kind)
        assert code == edge.OK
        assert same(out, expected)


def test_matrix_from_a_row_on_gives_the_bits_of_python(
    library: CDLL, averaged: ms.Predictor
) -> None:
    opened = edge.open_bundle(library, averaged.to_bytes())
    request = opened.matrix_request(np.asfortranarray(ROWS), 100, first_row=600)
    code, _, out = opened.answer(request, edge.PROBA)
    assert code == edge.OK
    assert same(out, averaged.predict_proba(ROWS[600:]))


def test_features_of_transforms_are_taken_past_them(library: CDLL) -> None:
    """What transform gives, predict takes: the same as both at once."""
    opened = edge.open_bundle(library, SAMPLE)
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    table = _engine.Table.from_stream(sample_table(300).__arrow_c_stream__())
    features = np.empty((300, len(bundle.feature_names)), np.float32)
    bundle.transform_table(table, features)
    expected = np.empty((300, 1))
    bundle.predict_table(table, "raw", expected)
    code, _, out = opened.answer(opened.matrix_request(features, 300), edge.RAW)
    assert code == edge.OK
    assert same(out, expected)


def arrow_request(
    opened: edge.Opened, batch: ExportedBatch, num_rows: int, first_row: int = 0
) -> edge.Request:
    request = opened.bare_request(num_rows, first_row)
    request.schema, request.array = batch.schema, batch.array
    return request


def python_scores(table: pa.Table) -> np.ndarray:
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    out = np.empty((table.num_rows, bundle.output_width("raw")))
    bundle.predict_table(_engine.Table.from_stream(table.__arrow_c_stream__()), "raw", out)
    return out


FORMS = {
    "plain": lambda t: t,
    "other order": lambda t: t.select(t.column_names[::-1]),
    "views": lambda t: t.set_column(5, "carrier", t["carrier"].cast(pa.string_view())),
    "dictionary": lambda t: t.set_column(5, "carrier", t["carrier"].dictionary_encode()),
    "runs": lambda t: t.set_column(
        1, "distance", pa.array(pa.compute.run_end_encode(t["distance"].combine_chunks()))
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("first_row", [0, 130])
def test_batch_of_arrow_gives_the_bits_of_python(library: CDLL, form: Any, first_row: int) -> None:
    table = form(sample_table(900))
    (whole,) = table.combine_chunks().to_batches()
    opened = edge.open_bundle(library, SAMPLE)
    expected = python_scores(table)
    for skipped in (0, 3, 64):
        batch = ExportedBatch(whole.slice(skipped))
        num_rows = 900 - skipped - first_row
        code, _, out = opened.answer(arrow_request(opened, batch, num_rows, first_row), edge.RAW)
        assert code == edge.OK
        assert same(out, expected[skipped + first_row :])
    assert len(np.unique(expected)) > 5


def test_struct_with_an_offset_gives_the_bits_of_python(library: CDLL) -> None:
    table = sample_table(200)
    rows = pa.StructArray.from_arrays(
        [column.combine_chunks() for column in table.columns], table.column_names
    )
    opened = edge.open_bundle(library, SAMPLE)
    batch = ExportedBatch(rows.slice(17))
    code, _, out = opened.answer(arrow_request(opened, batch, 183), edge.RAW)
    assert code == edge.OK
    assert same(out, python_scores(table)[17:])


def test_columns_that_are_missing_or_of_another_type_are_named(library: CDLL) -> None:
    opened = edge.open_bundle(library, SAMPLE)
    table = sample_table(10)
    names = _engine.Bundle.open(SAMPLE, "sample").input_names
    for number, name in enumerate(names):
        batch = ExportedBatch(table.drop_columns([name]).to_batches()[0])
        code, where, out = opened.answer(arrow_request(opened, batch, 10))
        assert (code, where) == (edge.MISSING_COLUMN, number)
        assert np.isnan(out).all()
        # A name that only begins so is another one.
        longer = [n + "x" if n == name else n for n in table.column_names]
        batch = ExportedBatch(table.rename_columns(longer).to_batches()[0])
        assert opened.answer(arrow_request(opened, batch, 10))[:2] == (code, where)
    at = table.column_names.index("distance")
    for column, wanted in (
        (pa.array(["far"] * 10), edge.WRONG_COLUMN_TYPE),
        (pa.array([{"a": 1}] * 10), edge.UNSUPPORTED_TYPE),
    ):
        changed = table.set_column(at, "distance", column)
        batch = ExportedBatch(changed.to_batches()[0])
        code, where, _ = opened.answer(arrow_request(opened, batch, 10))
        assert (code, where) == (wanted, names.index("distance"))


def test_rows_that_are_null_as_a_whole_are_refused(library: CDLL) -> None:
    table = sample_table(70)
    mask = pa.array([row == 66 for row in range(70)])
    rows = pa.StructArray.from_arrays(
        [column.combine_chunks() for column in table.columns], table.column_names, mask=mask
    )
    opened = edge.open_bundle(library, SAMPLE)
    batch = ExportedBatch(rows)
    assert opened.answer(arrow_request(opened, batch, 66))[0] == edge.OK
    assert opened.answer(arrow_request(opened, batch, 67))[0] == edge.INVALID_ARGUMENT
    assert opened.answer(arrow_request(opened, batch, 3, first_row=67))[0] == edge.OK


def test_array_that_is_no_batch_is_refused(library: CDLL) -> None:
    opened = edge.open_bundle(library, SAMPLE)
    alone = ExportedBatch(pa.array([1.0, 2.0]))
    code, _, out = opened.answer(arrow_request(opened, alone, 2))
    assert code == edge.UNSUPPORTED_TYPE
    assert np.isnan(out).all()


def test_leaves_are_python_s(library: CDLL, boosted: ms.Predictor, averaged: ms.Predictor) -> None:
    for predictor, num_trees in ((boosted, 21), (averaged, 9)):
        opened = edge.open_bundle(library, predictor.to_bytes())
        assert library.mainspring_output_width(opened.handle, edge.LEAVES) == num_trees
        for count in (0, 1, 4, num_trees):
            request = opened.matrix_request(ROWS, 700)
            request.num_trees = count
            code, _, out = opened.answer(request, edge.LEAVES)
            assert code == edge.OK
            expected = predictor.leaf_index(ROWS, num_trees=count or None)
            assert same(out, expected)
            assert len(np.unique(expected)) > 3


def test_stages_are_python_s(library: CDLL, boosted: ms.Predictor, averaged: ms.Predictor) -> None:
    for predictor, counts in ((boosted, (3, 12, 21)), (averaged, (1, 4, 9))):
        opened = edge.open_bundle(library, predictor.to_bytes())
        labels = predictor.classes_
        assert labels is not None
        for count in counts:
            request = opened.matrix_request(ROWS, 700)
            request.num_trees = count
            raw, proba, label = (
                opened.answer(request, kind)[2] for kind in (edge.RAW, edge.PROBA, edge.PREDICT)
            )
            assert same(raw, predictor.predict_raw(ROWS, num_trees=count))
            assert same(proba, predictor.predict_proba(ROWS, num_trees=count))
            expected = predictor.predict(ROWS, num_trees=count)
            np.testing.assert_array_equal(labels[label[:, 0].astype(int)], expected)
        assert not same(
            opened.answer(opened.matrix_request(ROWS, 700), edge.PROBA)[2],
            predictor.predict_proba(ROWS, num_trees=counts[0]),
        )


def test_trees_that_a_number_is_added_behind_keep_it(library: CDLL) -> None:
    catboost = pytest.importorskip("catboost")
    options = {"iterations": 6, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    model = catboost.CatBoostRegressor(**options).fit(FILLED, FILLED[:, 0] + 40)
    predictor = ms.Predictor(model)
    opened = edge.open_bundle(library, predictor.to_bytes())
    assert library.mainspring_output_width(opened.handle, edge.LEAVES) == 6
    for count in (1, 4, 6):
        request = opened.matrix_request(FILLED, 700)
        request.num_trees = count
        assert same(
            opened.answer(request, edge.RAW)[2], predictor.predict_raw(FILLED, num_trees=count)
        )


def test_trees_that_cannot_be_asked_for_are_refused(
    library: CDLL, boosted: ms.Predictor, averaged: ms.Predictor
) -> None:
    linear = ms.Predictor(Ridge().fit(FILLED, FILLED[:, 0]))
    for predictor, kind, count in (
        (boosted, edge.RAW, 4),  # ends within a round of three classes
        (boosted, edge.RAW, 24),
        (boosted, edge.LEAVES, 22),
        (averaged, edge.PROBA, 10),
        (averaged, edge.PROBA, 2**32 - 1),
        (linear, edge.RAW, 1),
    ):
        opened = edge.open_bundle(library, predictor.to_bytes())
        request = opened.matrix_request(FILLED[:5], 5)
        request.num_trees = count
        out = np.full(5, np.nan)
        code = library.mainspring_predict(
            opened.handle,
            byref(request),
            kind,
            out.ctypes.data_as(POINTER(edge.c_double)),
            out.size,
            None,
        )
        assert code == edge.INVALID_ARGUMENT
        assert np.isnan(out).all()
    assert library.mainspring_output_width(opened.handle, edge.LEAVES) == 0


def test_model_tells_what_it_is(
    library: CDLL, boosted: ms.Predictor, averaged: ms.Predictor
) -> None:
    linear = ms.Predictor(Ridge().fit(FILLED, FILLED[:, :2]))
    for predictor, expected in (
        (boosted, (4, 3, 3, 21, b"forest", b"softmax")),
        (averaged, (4, 3, 3, 9, b"forest", b"identity")),
        (linear, (4, 2, 0, 0, b"dense", b"identity")),
    ):
        opened = edge.open_bundle(library, predictor.to_bytes())
        model = edge.Model(sizeof(edge.Model), reserved=7)
        assert library.mainspring_model_of(opened.handle, byref(model)) == edge.OK
        got = [getattr(model, name) for name, _ in edge.Model._fields_[1:]]
        got.pop(4)
        assert tuple(got) == expected
        text, length = POINTER(c_char)(), c_uint64()
        code = library.mainspring_meta(opened.handle, byref(text), byref(length))
        assert code == edge.OK
        assert text[: length.value] == predictor.bundle.meta
        assert json.loads(text[: length.value])["name"] == predictor.name
        assert library.mainspring_kernel_name(opened.handle, 1).decode() != ""


def test_model_of_a_bundle_without_one_is_none(library: CDLL) -> None:
    prep = ms.Preprocessor(ms.col("x")).fit({"x": [1.0]})
    opened = edge.open_bundle(library, prep.bundle.to_bytes())
    model = edge.Model(sizeof(edge.Model))
    assert library.mainspring_model_of(opened.handle, byref(model)) == edge.NO_MODEL
    model.struct_size = 8
    assert library.mainspring_model_of(opened.handle, byref(model)) == edge.INVALID_ARGUMENT
    assert library.mainspring_kernel_name(opened.handle, 1) == b""
