"""Rows without their zeros through linear models and networks: the bits of the dense rows."""

from __future__ import annotations

import json
import resource
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine, runtime

sparse = pytest.importorskip("scipy.sparse")
sklearn = pytest.importorskip("sklearn")

from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402

NUM_FEATURES = 37


def matrix(rows: int, seed: int, density: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(rows, NUM_FEATURES)) * (rng.random((rows, NUM_FEATURES)) < density)
    return dense


def models() -> dict[str, object]:
    """Narrow and wide first layers, one layer and several, classes that are decided on."""
    features = matrix(200, 1, 0.5)
    number = features @ np.arange(NUM_FEATURES) + 1.5
    pair = (number > 0).astype(int)
    many = np.digitize(number, np.quantile(number, np.linspace(0.1, 0.9, 9)))
    return {
        "linear": LinearRegression().fit(features, number),
        "nine targets": Ridge().fit(features, np.outer(number, np.arange(9) - 4.0)),
        "logistic": LogisticRegression().fit(features, pair),
        "ten classes": LogisticRegression(max_iter=300).fit(features, many),
        "network": MLPClassifier(hidden_layer_sizes=(20, 5), max_iter=30, random_state=0).fit(
            features, many
        ),
        "tanh network": MLPRegressor(
            hidden_layer_sizes=(3,), activation="tanh", max_iter=30, random_state=0
        ).fit(features, number),
    }


@pytest.fixture(scope="module")
def predictors() -> dict[str, ms.Predictor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: ms.Predictor(model) for name, model in models().items()}


def outputs(predictor: ms.Predictor, data: object) -> list[np.ndarray]:
    methods = [predictor.predict, predictor.predict_raw]
    if predictor.num_classes:
        methods.append(predictor.predict_proba)
    return [method(data) for method in methods]


NAMES = ["linear", "nine targets", "logistic", "ten classes", "network", "tanh network"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [0, 1, 47, 1000])
def test_sparse_rows_have_the_bits_of_dense_ones(
    predictors: dict[str, ms.Predictor], name: str, rows: int
) -> None:
    dense = matrix(rows, 2)
    for dtype in (np.float64, np.float32):
        wanted = outputs(predictors[name], dense.astype(dtype))
        for got, want in zip(
            outputs(predictors[name], sparse.csr_matrix(dense.astype(dtype))), wanted, strict=True
        ):
            assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_entries_give_the_bits_of_dense_rows(
    predictors: dict[str, ms.Predictor], name: str, data: st.DataObject
) -> None:
    number = st.floats() | st.sampled_from([-0.0, 0.0, float("nan"), float("inf"), 1e308, 5e-324])
    dense = np.zeros((3, NUM_FEATURES))
    places = st.tuples(st.integers(0, 2), st.integers(0, NUM_FEATURES - 1))
    for place, value in data.draw(st.dictionaries(places, number, max_size=20)).items():
        dense[place] = value
    rows = sparse.csr_array(dense)
    for got, want in zip(
        outputs(predictors[name], rows), outputs(predictors[name], dense), strict=True
    ):
        assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
def test_every_format_when_given_is_read(predictors: dict[str, ms.Predictor], form: str) -> None:
    dense = matrix(30, 3)
    want = predictors["logistic"].predict_proba(dense)
    for data in (
        getattr(sparse, f"{form}_matrix")(dense),
        getattr(sparse, f"{form}_array")(dense),
    ):
        assert predictors["logistic"].predict_proba(data).tobytes() == want.tobytes()


def test_entries_of_one_place_are_added_and_the_matrix_is_left_alone(
    predictors: dict[str, ms.Predictor],
) -> None:
    features = np.array([3, 1, 3], np.int32)
    values = np.array([1.0, 2.0, 0.5])
    rows = sparse.csr_matrix((values, features, [0, 3]), shape=(1, NUM_FEATURES))
    dense = np.zeros((1, NUM_FEATURES))
    dense[0, [1, 3]] = 2.0, 1.5
    assert predictors["linear"].predict(rows) == predictors["linear"].predict(dense)
    assert rows.indices.tolist() == [3, 1, 3]


def test_whole_numbers_when_sparse_are_read(predictors: dict[str, ms.Predictor]) -> None:
    dense = (matrix(20, 4) * 3).astype(np.int64)
    got = predictors["linear"].predict(sparse.csr_matrix(dense))
    assert got.tobytes() == predictors["linear"].predict(dense).tobytes()


def test_csr_matrix_of_a_preprocessor_is_read() -> None:
    table = pa.table({"tag": ["a", "b", None, "a", "c"] * 20, "x": np.arange(100.0)})
    prep = ms.Preprocessor(ms.col("tag").one_hot(), "x")
    rows = prep.fit_transform(table, output="csr")
    model = LogisticRegression().fit(rows.to_scipy(), np.arange(100) % 2)
    predictor = ms.Predictor(model)
    want = predictor.predict_proba(prep.transform(table))
    assert predictor.predict_proba(rows).tobytes() == want.tobytes()


def test_out_when_given_is_filled(predictors: dict[str, ms.Predictor]) -> None:
    rows = sparse.csr_matrix(matrix(10, 5))
    out = np.empty(10)
    assert predictors["linear"].predict(rows, out=out) is out


def test_threads_leave_no_trace(predictors: dict[str, ms.Predictor]) -> None:
    rows = sparse.csr_matrix(matrix(5000, 6))
    results = []
    before = _engine.num_threads()
    try:
        for threads in (1, 2):
            ms.set_num_threads(threads)
            results.append(predictors["ten classes"].predict_proba(rows).tobytes())
    finally:
        ms.set_num_threads(before)
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda m: m.indices.__setitem__(0, NUM_FEATURES), "below 37"),
        (lambda m: m.indices.__setitem__(0, -1), "behind -1"),
        (lambda m: m.indptr.__setitem__(1, 10**6), "Row 0"),
        (lambda m: m.indptr.__setitem__(2, 0), "Row 1"),
        (lambda m: m.indptr.__setitem__(0, 1), "begin at 0"),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(
    predictors: dict[str, ms.Predictor], spoil: object, words: str
) -> None:
    rows = sparse.csr_matrix(matrix(5, 7))
    rows.has_canonical_format = True  # as who has spoilt it believes
    spoil(rows)  # type: ignore[operator]
    with pytest.raises(ms.SchemaError, match=words):
        predictors["linear"].predict(rows)


def test_another_shape_is_refused(predictors: dict[str, ms.Predictor]) -> None:
    with pytest.raises(ms.SchemaError, match="36"):
        predictors["linear"].predict(sparse.csr_matrix((4, 36)))


def test_words_are_refused(predictors: dict[str, ms.Predictor]) -> None:
    rows = sparse.csr_matrix(matrix(3, 8))
    rows.data = rows.data.astype(complex)
    with pytest.raises(ms.SchemaError, match="complex"):
        predictors["linear"].predict(rows)


def test_forest_when_given_sparse_rows_says_why_not() -> None:
    from sklearn.tree import DecisionTreeRegressor

    dense = matrix(50, 9)
    predictor = ms.Predictor(DecisionTreeRegressor(max_depth=3).fit(dense, dense[:, 0]))
    with pytest.raises(ms.UnsupportedError, match="missing"):
        predictor.predict(sparse.csr_matrix(dense))


TEXTS = ("red shoes", "blue shoes for rain", "", None, "a red hat", "hat hat hat", "rain") * 30


def text_model(prep: ms.Preprocessor, table: pa.Table) -> LogisticRegression:
    labels = np.array(["hat" in (text or "") for text in TEXTS])
    return LogisticRegression().fit(prep.transform(table, output="csr").to_scipy(), labels)


@pytest.fixture(scope="module")
def text_parts() -> tuple[pa.Table, ms.Preprocessor, ms.Predictor]:
    """Many hashed n-grams before a linear model."""
    table = pa.table({"text": TEXTS})
    prep = ms.Preprocessor(ms.col("text").word_ngrams(ngram_range=(1, 2), buckets=2**16)).fit(table)
    return table, prep, ms.Predictor(text_model(prep, table), prep)


def test_many_features_between_plan_and_model_give_what_the_model_alone_gives(
    text_parts: tuple[pa.Table, ms.Preprocessor, ms.Predictor], tmp_path: Path
) -> None:
    table, prep, predictor = text_parts
    alone = ms.Predictor(text_model(prep, table))
    want = alone.predict_proba(prep.transform(table, output="csr"))
    rows = [{"text": text} for text in TEXTS]
    assert predictor.predict_proba(table).tobytes() == want.tobytes()
    assert predictor.predict_proba(rows).tobytes() == want.tobytes()
    assert predictor.scorer("proba")(rows[4]) == want[4].tolist()
    columns = pa.table(predictor.predict_arrow(table, "proba"))
    assert np.column_stack(columns.columns).tobytes() == want.tobytes()
    predictor.save(tmp_path / "text.spring")
    opened = runtime.load(tmp_path / "text.spring")
    assert opened.predict_proba(json.dumps(rows).encode()).tolist() == want.tolist()


def test_many_features_between_plan_and_model_are_never_dense(
    text_parts: tuple[pa.Table, ms.Preprocessor, ms.Predictor],
) -> None:
    table, _, predictor = text_parts
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    predictor.predict(table)
    predictor.predict_row({"text": "red hat"})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000  # KiB; a tile of dense features has 131,072
