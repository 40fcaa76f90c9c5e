"""Hashed models that learn from sparse matrices and from plans of many numbers."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import col
from mainspring.train import HashedFactorizationMachine, HashedLogisticRegression
from tests.train.id_oracle import Oracle

sparse = pytest.importorskip("scipy.sparse")

MODELS = [HashedLogisticRegression, HashedFactorizationMachine]
SETTINGS: list[dict[str, Any]] = [
    {},
    {"l1": 0.4, "l2": 0.2, "rate": 0.3},
    {"optimizer": "adagrad", "l2": 0.02},
    {"num_factors": 5, "scale": 0.3, "factor_l2": 0.03},
    {"num_factors": 17, "optimizer": "adagrad", "l2": 0.01},
]


def make(settings: dict[str, Any], prep: ms.Preprocessor | None = None) -> Any:
    kind = HashedFactorizationMachine if "num_factors" in settings else HashedLogisticRegression
    return kind(prep, **settings)


def draw(rows: int, columns: int = 60, density: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    dense = random.normal(size=(rows, columns)) * (random.random((rows, columns)) < density)
    wanted = dense @ random.normal(size=columns) + 0.3 * random.normal(size=rows)
    return dense, (wanted > 0).astype(int)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_sparse_rows_follow_the_papers(settings: dict[str, Any]) -> None:
    dense, y = draw(300)
    scales = np.linspace(0.0, 2.0, len(y))
    model = make(settings)
    oracle = Oracle(
        **{{"optimizer": "rule"}.get(k, k): v for k, v in settings.items() if k != "scale"}
    )
    if oracle.num_factors:
        begun = copy.deepcopy(model)
        begun.partial_fit(sparse.csr_matrix(dense[:1]), y[:1], [0, 1], sample_weight=[0.0])
        oracle.vectors.update(enumerate(begun._factors[:, 0].astype(float)))
    model.fit(sparse.csr_matrix(dense), y, sample_weight=scales)
    rows = [[(c, float(np.float32(row[c]))) for c in np.flatnonzero(row)] for row in dense]
    losses = [oracle.step(row, y[i], scales[i]) for i, row in enumerate(rows)]
    found = np.append(model.coef_[0], model.intercept_)
    expected = [oracle.weight(key) for key in [*range(dense.shape[1]), "bias"]]
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(model.loss_, np.average(losses, weights=scales), rtol=1e-5)
    scores = [oracle.score(row) for row in rows]
    np.testing.assert_allclose(
        model.decision_function(sparse.csr_matrix(dense)), scores, rtol=5e-3, atol=1e-3
    )


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_sparse_rows_give_the_bits_of_dense_ones(settings: dict[str, Any]) -> None:
    dense, y = draw(500)
    names = [f"x{number}" for number in range(dense.shape[1])]
    table = pa.table(dict(zip(names, dense.T.astype(np.float32), strict=True)))
    of_columns = make(settings, ms.Preprocessor(*names, profile=False)).fit(table, y)
    of_matrix = make(settings).fit(sparse.csr_matrix(dense), y)
    assert (of_matrix.coef_ == of_columns.coef_).all()
    assert of_matrix.intercept_ == of_columns.intercept_
    assert of_matrix.loss_ == of_columns.loss_
    want = of_columns.decision_function(table)
    assert (of_matrix.decision_function(sparse.csr_matrix(dense)) == want).all()
    assert (of_matrix.decision_function(dense) == want).all()


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "bsr"])
def test_any_format_of_scipy_gives_the_same_bits(form: str) -> None:
    dense, y = draw(200)
    want = HashedLogisticRegression().fit(sparse.csr_matrix(dense), y).coef_
    given_matrix = getattr(sparse, f"{form}_array")(dense)
    assert (HashedLogisticRegression().fit(given_matrix, y).coef_ == want).all()
    narrow = sparse.csr_matrix(dense.astype(np.float32))
    assert (HashedLogisticRegression().fit(narrow, y).coef_ == want).all()


@given(st.data(), st.sampled_from(SETTINGS))
def test_any_rows_give_the_bits_of_their_predictor(
    data: st.DataObject, settings: dict[str, Any]
) -> None:
    places = st.tuples(st.integers(0, 6), st.integers(0, 40))
    numbers = st.floats(-4, 4, width=32)
    dense = np.zeros((7, 41), np.float32)
    for place, number in data.draw(st.dictionaries(places, numbers, max_size=60)).items():
        dense[place] = number
    y = data.draw(st.lists(st.integers(0, 1), min_size=7, max_size=7))
    model = make(settings).partial_fit(sparse.csr_matrix(dense), y, classes=[0, 1])
    predictor = ms.Predictor(model)
    want = model.decision_function(sparse.csr_matrix(dense))
    assert (predictor.predict_raw(dense) == want).all()
    if "num_factors" not in settings:
        assert (predictor.predict_raw(sparse.csr_matrix(dense)) == want).all()
        again = ms.Predictor.from_bytes(predictor.to_bytes())
        assert (again.predict_proba(dense) == model.predict_proba(dense)).all()


WORDS = "cheap flight late plane storm gate delay crew snow hub sun calm clear early".split()


def texts(rows: int, seed: int = 0) -> tuple[pa.Table, np.ndarray]:
    """Words, tags and a city; four words and a tag decide."""
    random = np.random.default_rng(seed)
    said, tags, wanted = [], [], []
    for _ in range(rows):
        words = random.choice(WORDS, random.integers(1, 8)).tolist()
        own = random.choice(["a", "b", "c", "d"], random.integers(0, 4), replace=False).tolist()
        chance = sum({"late": 2, "storm": 2, "sun": -2, "calm": -2}.get(w, 0) for w in words)
        wanted.append(chance + (2 if "a" in own else -1) + random.normal() > 0)
        said.append(" ".join(words) if random.random() > 0.02 else None)
        tags.append(own)
    city = random.choice(["Rome", "Oslo", None], rows).tolist()
    return pa.table({"said": said, "tags": tags, "city": city}), np.array(wanted, int)


def preprocessors() -> dict[str, ms.Preprocessor]:
    return {
        "hashed words": ms.Preprocessor(col("said").word_ngrams(buckets=4096), profile=False),
        "tf-idf": ms.Preprocessor(col("said").tf_idf(), profile=False),
        "multi-hot": ms.Preprocessor(col("tags").one_hot(), profile=False),
        "all, with ids": ms.Preprocessor(
            col("said").word_ngrams(buckets=512),
            col("city").hash(buckets=64),
            col("tags").one_hot(),
            col("city", "said").cross(buckets=256),
            profile=False,
        ),
    }


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", list(preprocessors()))
def test_plans_of_many_numbers_give_the_bits_of_their_matrix(name: str, kind: Any) -> None:
    table, y = texts(900)
    prep = preprocessors()[name].fit(table)
    fed = kind(prep).fit(table, y)
    rows = prep.transform(table, output="csr")
    if "id" not in prep.bundle.feature_kinds:
        for matrix in (rows, rows.to_scipy()):
            assert (kind().fit(matrix, y).coef_ == fed.coef_).all()
    other = texts(300, seed=1)[0]
    if kind is HashedLogisticRegression:
        assert (ms.Predictor(fed).predict_raw(other) == fed.decision_function(other)).all()
    assert fed.score(*texts(2000, seed=2)) > 0.6


def test_many_numbers_are_learnt_as_all_of_them_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    table, y = texts(400)
    prep = preprocessors()["all, with ids"].fit(table)
    found = [HashedFactorizationMachine(prep, l2=0.1).fit(table, y)]
    monkeypatch.setattr("mainspring.train.id_features._MOST_DENSE", 1 << 20)
    found.append(HashedFactorizationMachine(prep, l2=0.1).fit(table, y))
    assert (found[0].coef_ == found[1].coef_).all()
    assert (found[0]._factors == found[1]._factors).all()


def test_text_is_learnt_as_well_as_by_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    table, y = texts(4000)
    test, truth = texts(2000, seed=1)
    prep = ms.Preprocessor(col("said").tf_idf(), col("tags").one_hot()).fit(table)
    ours = HashedLogisticRegression(epochs=10).fit(prep.transform(table, output="csr"), y)
    theirs = linear.SGDClassifier(loss="log_loss", random_state=0)
    theirs.fit(prep.transform(table, output="csr").to_scipy(), y)
    rows = prep.transform(test, output="csr").to_scipy()
    own = metrics.roc_auc_score(truth, ours.decision_function(rows))
    assert own > metrics.roc_auc_score(truth, theirs.decision_function(rows)) - 0.01
    assert own > 0.9


@pytest.mark.parametrize("kind", MODELS)
def test_partial_fit_in_pieces_equals_fit_and_pickles_go_on(kind: Any) -> None:
    dense, y = draw(20_000, columns=300, density=0.01)
    rows = sparse.csr_matrix(dense)
    whole = kind().fit(rows, y)
    parts = kind()
    for first in (0, 1, 7000, 19_999):
        end = {0: 1, 1: 7000, 7000: 19_999, 19_999: 20_000}[first]
        parts = pickle.loads(pickle.dumps(parts))
        parts.partial_fit(rows[first:end], y[first:end], classes=[0, 1])
    assert (parts.coef_ == whole.coef_).all()
    assert parts.num_rows_ == 20_000
    assert parts.n_features_in_ == 300
    assert parts.preprocessor_ is None


def test_a_million_columns_when_sparse_take_two_numbers_each() -> None:
    y = np.arange(500) % 2
    columns = np.random.default_rng(0).integers(0, 1 << 20, (500, 10))
    rows = sparse.coo_matrix(
        (np.ones(5000), (np.repeat(np.arange(500), 10), columns.ravel())), (500, 1 << 20)
    )
    model = HashedLogisticRegression().fit(rows, y)
    assert model._weights.nbytes == 8 * ((1 << 20) + 1)
    assert model.decision_function(rows).shape == (500,)


def bad_matrix(**changes: Any) -> ms.transforms.CsrMatrix:
    arrays = {"indptr": [0, 2, 3], "indices": [0, 4, 1], "data": [1.0, 2.0, 3.0]} | changes
    starts = np.array(arrays["indptr"], np.int64)
    columns = np.array(arrays["indices"], np.int32)
    return ms.transforms.CsrMatrix(starts, columns, np.array(arrays["data"]), (2, 5))


@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        (bad_matrix(data=[1.0, np.nan, 3.0]), ms.DataError, "'Column_4' is missing .* row 0"),
        (bad_matrix(data=[1.0, 2.0, 1e300]), ms.DataError, "'Column_1' is missing .* row 1"),
        (bad_matrix(indices=[0, 5, 1]), ms.SchemaError, "feature 5 .* below 5"),
        (bad_matrix(indices=[0, -1, 1]), ms.SchemaError, "feature -1"),
        (bad_matrix(indices=[4, 4, 1]), ms.SchemaError, "expected ascending"),
        (bad_matrix(indptr=[0, 3, 2]), ms.SchemaError, "Row 0 .* entries up to 3"),
        (bad_matrix(data=["a", "b", "c"]), ms.SchemaError, "expected numbers"),
    ],
    ids=str,
)
def test_matrix_that_cannot_be_learnt_from_is_refused(
    matrix: Any, error: type[Exception], message: str
) -> None:
    good = sparse.csr_matrix(np.eye(2, 5))
    model = HashedLogisticRegression().fit(good, [0, 1])
    before = model.coef_.copy()
    with pytest.raises(error, match=message):
        model.partial_fit(matrix, [0, 1])
    with pytest.raises(error, match=message):
        HashedLogisticRegression().fit(matrix, [0, 1])
    with pytest.raises(error, match=message):
        model.decision_function(matrix)
    assert (model.coef_ == before).all()


def test_what_does_not_fit_together_is_refused() -> None:
    rows = sparse.csr_matrix(np.eye(4))
    y = [0, 1, 0, 1]
    table = pa.table({"a": ["x", "y", "x", "y"]})
    of_rows = HashedLogisticRegression().fit(rows, y)
    of_table = HashedLogisticRegression(buckets=8).fit(table, y)
    cases: list[tuple[Any, type[Exception], str]] = [
        (lambda: of_rows.predict(table), ms.SchemaError, "learnt from a sparse matrix"),
        (lambda: of_rows.partial_fit(table, y), ms.SchemaError, "learnt from a sparse matrix"),
        (lambda: of_rows.predict(rows[:, :3]), ms.SchemaError, r"expected \(num_rows, 4\)"),
        (lambda: of_table.predict(rows), ms.SchemaError, "learnt from columns by name"),
        (lambda: of_table.partial_fit(rows, y), ms.SchemaError, "learnt from columns by name"),
        (
            lambda: HashedLogisticRegression(ms.Preprocessor("a")).fit(rows, y),
            ms.ParameterError,
            "no columns for the preprocessor",
        ),
        (
            lambda: HashedLogisticRegression().fit(rows, target="a"),
            ms.ParameterError,
            "no columns by name",
        ),
        (lambda: of_rows.partial_fit(rows, y[:3]), ms.ParameterError, "y has 3 values"),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=message):
            call()
    wide = sparse.csr_matrix((2, 5000))
    machine = HashedFactorizationMachine().partial_fit(wide, [0, 1])
    with pytest.raises(ms.UnsupportedError, match=r"5,000 numbers, which a bundle has no layer"):
        ms.Predictor(machine)
