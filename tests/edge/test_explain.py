"""Contributions through the C interface: the bits of Predictor.explain, and what is refused."""

from __future__ import annotations

from ctypes import CDLL, POINTER, byref, c_double, c_uint64
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression

import mainspring as ms
from mainspring import col
from tests.edge import library as edge
from tests.edge.columns import column_of

DRAW = np.random.default_rng(21)
TABLE = pa.table(
    {
        "x": pa.array(np.where(DRAW.random(700) < 0.1, np.nan, DRAW.normal(size=700))),
        "y": DRAW.normal(size=700),
        "where": np.array(["Ulm", "Bonn", "Köln"])[DRAW.integers(0, 3, 700)],
    }
)
SCORE = np.nan_to_num(TABLE["x"].to_numpy()) * TABLE["y"].to_numpy()
COLUMNS = [TABLE[name].combine_chunks() for name in TABLE.column_names]


def predictor(outputs: int = 1) -> ms.Predictor:
    numbers = col("x", "y").impute("mean")
    prep = ms.Preprocessor(numbers, col("where").case("upper").ordinal())
    features = prep.fit_transform(TABLE)
    if outputs == 1:
        return ms.Predictor(RandomForestRegressor(6, random_state=3).fit(features, SCORE), prep)
    classes = np.digitize(SCORE, [-0.3, 0.3])
    return ms.Predictor(GradientBoostingClassifier(n_estimators=4).fit(features, classes), prep)


@pytest.fixture(scope="module")
def shared() -> CDLL:
    """Return the library for servers."""
    return edge.load(Path(ms.get_library_dir()) / "libmainspring.so")


def request(opened: edge.Opened, num_rows: int = 700) -> edge.Request:
    return opened.request([column_of(array) for array in COLUMNS], num_rows)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("level", [edge.BASELINE, edge.AVX2, edge.AVX512])
def test_contributions_have_the_bits_of_python(shared: CDLL, outputs: int, level: int) -> None:
    ours = predictor(outputs)
    opened = edge.open_bundle(shared, ours.to_bytes(), level)
    code, _, out, bases = edge.explain(opened, request(opened))
    assert code == edge.OK
    expected = ours.explain(TABLE)
    np.testing.assert_array_equal(out, expected.values.reshape(out.shape))
    np.testing.assert_array_equal(bases, np.atleast_1d(expected.base_values))
    assert np.abs(out).max() > 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_a_matrix_are_explained_as_columns_are(shared: CDLL, dtype: type) -> None:
    matrix = DRAW.normal(size=(600, 4)).astype(dtype)
    model = RandomForestRegressor(5, random_state=0).fit(matrix, matrix[:, 0] * matrix[:, 3])
    ours = ms.Predictor(model)
    opened = edge.open_bundle(shared, ours.to_bytes())
    columns = np.asfortranarray(matrix)
    code, _, out, _ = edge.explain(opened, opened.matrix_request(columns, 520, first_row=80))
    assert code == edge.OK
    np.testing.assert_array_equal(out[:, 0], ours.explain(matrix[80:]).values)


def test_strings_that_need_more_room_than_there_is_take_smaller_tiles(shared: CDLL) -> None:
    """Room for strings ends where the explainer's own begins."""
    ours = predictor()
    places = pa.array(["straße " * 40 + name for name in TABLE["where"].to_pylist()])
    table = TABLE.set_column(2, "where", places)
    opened = edge.open_bundle(shared, ours.to_bytes())
    arrays = [*COLUMNS[:2], places]
    asked = opened.request([column_of(array) for array in arrays], 700)
    code, _, out, _ = edge.explain(opened, asked)
    assert code == edge.OK
    np.testing.assert_array_equal(out[:, 0], ours.explain(table).values)


def test_too_little_room_is_an_error(shared: CDLL) -> None:
    opened = edge.open_bundle(shared, predictor().to_bytes())
    wanted = shared.mainspring_explain_scratch_bytes(opened.handle)
    assert wanted > shared.mainspring_scratch_bytes(opened.handle)
    code, where, out, _ = edge.explain(opened, request(opened, 9), edge.aligned(wanted - 1))
    assert (code, where) == (edge.BUFFER_TOO_SMALL, wanted)
    assert np.isnan(out).all()
    asked, scratch = request(opened, 9), edge.aligned(wanted)
    asked.scratch, asked.scratch_bytes = scratch.ctypes.data, len(scratch)
    room, base = (c_double * 27)(), c_double(0)
    for out_values, num_bases, expected in (
        (26, 1, edge.BUFFER_TOO_SMALL),
        (27, 0, edge.INVALID_ARGUMENT),
        (27, 1, edge.OK),
    ):
        code = shared.mainspring_explain(
            opened.handle, byref(asked), room, out_values, byref(base), num_bases, None
        )
        assert code == expected
    nothing, none = POINTER(c_double)(), c_uint64(7)
    call = (byref(asked), nothing, 27, byref(base), 1, byref(none))
    assert shared.mainspring_explain(opened.handle, *call) == edge.INVALID_ARGUMENT
    assert shared.mainspring_explain(None, *call) == edge.INVALID_ARGUMENT
    assert shared.mainspring_explain_scratch_bytes(None) == 0


def test_first_trees_alone_are_not_explained(shared: CDLL) -> None:
    opened = edge.open_bundle(shared, predictor().to_bytes())
    asked = request(opened, 9)
    asked.num_trees = 2
    code, where, out, _ = edge.explain(opened, asked)
    assert (code, where) == (edge.INVALID_ARGUMENT, 2)
    assert np.isnan(out).all()


def test_no_rows_have_no_contributions(shared: CDLL) -> None:
    opened = edge.open_bundle(shared, predictor().to_bytes())
    code, _, _, bases = edge.explain(opened, request(opened, 0))
    assert code == edge.OK
    assert np.isnan(bases).all()


def test_models_without_trees_are_refused(shared: CDLL) -> None:
    matrix = DRAW.normal(size=(50, 2))
    linear = ms.Predictor(LinearRegression().fit(matrix, matrix[:, 0]))
    opened = edge.open_bundle(shared, linear.to_bytes())
    assert shared.mainspring_explain_scratch_bytes(opened.handle) == 0
    code, _, out, _ = edge.explain(opened, opened.matrix_request(matrix, 50), edge.aligned(1 << 20))
    assert code == edge.NOT_EXPLAINED
    assert np.isnan(out).all()
    assert b"background" in shared.mainspring_message(code)


def test_bundles_of_transforms_have_no_model_to_explain(shared: CDLL) -> None:
    prep = ms.Preprocessor(col("x")).fit(TABLE)
    opened = edge.open_bundle(shared, prep.bundle.to_bytes())
    asked, where = opened.request([column_of(COLUMNS[0])], 9), c_uint64(7)
    code = shared.mainspring_explain(opened.handle, byref(asked), None, 0, None, 0, byref(where))
    assert code == edge.NO_MODEL
    assert shared.mainspring_explain_scratch_bytes(opened.handle) == 0


def test_the_library_for_devices_says_that_it_explains_nothing(library: CDLL) -> None:
    opened = edge.open_bundle(library, predictor().to_bytes())
    assert library.mainspring_explain_scratch_bytes(opened.handle) == 0
    code, _, out, _ = edge.explain(opened, request(opened), edge.aligned(1 << 20))
    assert code == edge.NOT_EXPLAINED
    assert np.isnan(out).all()
    assert b"devices" in library.mainspring_message(code)
