"""output="csr": the features that are not 0, the same on every way, for every library."""

from __future__ import annotations

import itertools
import pickle
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from mainspring.errors import DataError, MissingExtraError, ParameterError
from mainspring.transforms import CsrMatrix

WORDS = ["", "a", "b", "long enough to leave the slot of a table", "é"]


def drawn(num_rows: int, seed: int = 0) -> pa.Table:
    generator = np.random.default_rng(seed)
    numbers = generator.choice([0.0, -0.0, 1.5, -2.0, np.nan, np.inf], num_rows)
    words = generator.choice([*WORDS, None], num_rows)
    lists = [
        None
        if generator.random() < 0.1
        else list(generator.choice([*WORDS, None], generator.integers(0, 90)))
        for _ in range(num_rows)
    ]
    return pa.table(
        {
            "x": numbers,
            "n": generator.integers(-2, 3, num_rows),
            "w": pa.array(words, pa.string()),
            "l": pa.array(lists, pa.list_(pa.string())),
            "y": generator.integers(0, 2, num_rows).astype(float),
        }
    )


def mixed() -> Preprocessor:
    return Preprocessor(
        "x",
        col("w").one_hot(),
        col("l").one_hot(min_count=30),
        col("w").ordinal(),
        col("w").hash(buckets=50).one_hot_ids(),
        col("n").bucketize(edges=(-1, 0, 1)).one_hot_ids(),
        col("n").standardize(),
        profile=False,
    )


TABLE = drawn(3000)


def bits(matrix: CsrMatrix) -> tuple[bytes, ...]:
    return matrix.indptr.tobytes(), matrix.indices.tobytes(), matrix.data.tobytes()


def checked(matrix: CsrMatrix, dense: Any) -> CsrMatrix:
    """The matrix, whose form is right and whose values are those of the dense one."""
    num_rows, num_features = matrix.shape
    assert matrix.shape == dense.shape
    assert matrix.indptr.dtype == matrix.indices.dtype == np.int32
    assert matrix.data.dtype == np.float32
    assert len(matrix.indptr) == num_rows + 1
    assert matrix.indptr[0] == 0
    assert matrix.indptr[-1] == len(matrix.indices) == len(matrix.data) == matrix.num_entries
    for first, last in itertools.pairwise(matrix.indptr.tolist()):
        assert (np.diff(matrix.indices[first:last]) > 0).all()
    assert (matrix.indices >= 0).all()
    assert (matrix.indices < num_features).all()
    assert (matrix.data != 0).all()
    assert matrix.num_entries == np.count_nonzero(dense)
    np.testing.assert_array_equal(matrix.to_dense(), dense)
    return matrix


def test_transform_when_output_is_csr_has_the_features_that_are_not_0() -> None:
    prep = mixed().fit(TABLE)
    matrix = checked(prep.transform(TABLE, output="csr"), prep.transform(TABLE))
    assert isinstance(matrix, CsrMatrix)
    assert np.isnan(matrix.data).any()  # missing is there, 0 and -0 are not
    assert matrix.nbytes == 4 * (3001 + 2 * matrix.num_entries)
    assert bits(mixed().fit_transform(TABLE, output="csr")) == bits(matrix)


@pytest.mark.parametrize("num_rows", [0, 1, 2, 511, 512, 513, 2049])
def test_transform_when_rows_are_few_or_many_is_the_front_of_all(num_rows: int) -> None:
    prep = mixed().fit(TABLE)
    part = TABLE.slice(0, num_rows)
    matrix = checked(prep.transform(part, output="csr"), prep.transform(part))
    whole = prep.transform(TABLE, output="csr")
    assert matrix.indices.tobytes() == whole.indices[: matrix.num_entries].tobytes()
    assert matrix.indptr.tobytes() == whole.indptr[: num_rows + 1].tobytes()


def test_transform_when_chunks_threads_and_offsets_differ_gives_the_same_bits() -> None:
    table = drawn(40_000, seed=1)
    prep = mixed().fit(table)
    wanted = bits(prep.transform(table, output="csr"))
    chunks = [table.slice(first, 777) for first in range(0, 40_000, 777)]
    assert bits(prep.transform(pa.concat_tables(chunks), output="csr")) == wanted
    threads = ms.build_info()["num_threads"]
    try:
        for count in (1, 2, 5):
            ms.set_num_threads(count)
            assert bits(prep.transform(table, output="csr")) == wanted
    finally:
        ms.set_num_threads(int(str(threads)))


def test_transform_when_rows_are_dicts_gives_the_same_bits() -> None:
    prep = mixed().fit(TABLE)
    rows = TABLE.slice(0, 40).to_pylist()
    wanted = bits(prep.transform(TABLE.slice(0, 40), output="csr"))
    assert bits(prep.transform(rows, output="csr")) == wanted
    one = prep.transform(rows[7], output="csr")
    assert one.shape[0] == 1
    np.testing.assert_array_equal(one.to_dense(), prep.transform(rows[7]))
    assert prep.transform(TABLE.slice(0, 0).to_pylist(), output="csr").shape[0] == 0


def test_transform_when_a_row_of_dicts_is_bad_is_an_error() -> None:
    prep = mixed().fit(TABLE)
    rows = TABLE.slice(0, 3).to_pylist()
    rows[1]["x"] = "no number"
    with pytest.raises(DataError, match="'x'"):
        prep.transform(rows, output="csr")


def test_fit_transform_when_target_is_learnt_is_cross_fitted() -> None:
    def prep() -> Preprocessor:
        return Preprocessor(col("w").target_mean(folds=3), col("w").one_hot(), profile=False)

    dense = prep().fit_transform(TABLE, target="y")
    matrix = checked(prep().fit_transform(TABLE, target="y", output="csr"), dense)
    parts = list(prep().fit_transform_batches(TABLE, target="y", output="csr", batch_rows=700))
    assert [part.shape[0] for part in parts] == [700, 700, 700, 700, 200]
    np.testing.assert_array_equal(np.vstack([part.to_dense() for part in parts]), dense)
    assert np.concatenate([part.data for part in parts]).tobytes() == matrix.data.tobytes()


def test_transform_batches_when_output_is_csr_gives_parts() -> None:
    prep = mixed().fit(TABLE)
    whole = prep.transform(TABLE, output="csr")
    parts = list(prep.transform_batches(TABLE, output="csr", batch_rows=1000))
    assert [part.shape for part in parts] == [(1000, whole.shape[1])] * 3
    assert b"".join(part.data.tobytes() for part in parts) == whole.data.tobytes()
    assert b"".join(part.indices.tobytes() for part in parts) == whole.indices.tobytes()


def test_transform_when_features_are_very_many_is_sparse_only() -> None:
    buckets = 1 << 24
    prep = Preprocessor(
        col("w").hash(buckets=buckets).one_hot_ids(), "x", col("w").hash(buckets=7), profile=False
    ).fit(TABLE)
    assert prep.n_features_out_ == buckets + 2
    assert len(prep.bundle.to_bytes()) < 4096  # no memory for each
    matrix = prep.transform(TABLE, output="csr")
    hashed = Preprocessor(col("w").hash(buckets=buckets), profile=False).fit_transform(TABLE)
    rows = np.repeat(np.arange(len(TABLE)), np.diff(matrix.indptr))
    first = matrix.indices < buckets
    assert rows[first].tolist() == list(range(len(TABLE)))
    assert matrix.indices[first].tolist() == hashed.ravel().astype(int).tolist()
    assert matrix.indices.max() == buckets + 1
    wanted = r"3,000 rows of 16,777,218 features, 201,326,616,000 bytes.*65,536.*output='csr'"
    for refused in (
        lambda: prep.transform(TABLE),
        lambda: prep.transform(TABLE, output="arrow"),
        lambda: prep.transform(TABLE, output="tensors"),
        lambda: next(iter(prep.transform_batches(TABLE))),
    ):
        with pytest.raises(ParameterError, match=wanted):
            refused()
    row = TABLE.slice(0, 1).to_pylist()[0]
    for refused in (lambda: prep.transform_row(row), lambda: prep.transform([row])):
        with pytest.raises(ParameterError, match=r"1 rows of 16,777,218"):
            refused()
    again = pickle.loads(pickle.dumps(prep))
    assert bits(again.transform(TABLE, output="csr")) == bits(matrix)


def test_transform_when_dense_rows_are_at_their_limit_is_dense() -> None:
    table = TABLE.slice(0, 2)
    most = Preprocessor(col("w").hash(buckets=1 << 16).one_hot_ids(), profile=False).fit(table)
    checked(most.transform(table, output="csr"), most.transform(table))
    more = Preprocessor("x", col("w").hash(buckets=1 << 16).one_hot_ids(), profile=False).fit(table)
    with pytest.raises(ParameterError, match=r"65,537 features"):
        more.transform(table)


def test_names_when_features_are_numbered_are_theirs_alone() -> None:
    hashed = col("w").hash(buckets=12).one_hot_ids()
    prep = Preprocessor(hashed, col("x").alias("w_12"), profile=False).fit(TABLE)
    assert prep.feature_names_out_ == [f"w_{i}" for i in range(13)]
    for first, second in ((hashed, col("x").alias("w_11")), (col("x").alias("w_0"), hashed)):
        with pytest.raises(ParameterError, match=r"Two features are called 'w_(0|11)'"):
            Preprocessor(first, second, profile=False).fit(TABLE)
    with pytest.raises(ParameterError, match="Two features are called 'w_0'"):
        Preprocessor(hashed, hashed, profile=False).fit(TABLE)
    Preprocessor(hashed, col("x").alias("w_011"), profile=False).fit(TABLE)
    steps = prep.bundle.steps
    assert [step["features"] for step in steps if "features" in step] == [["w_0 to w_11"]]


def test_one_hot_ids_when_there_are_no_ids_is_an_error() -> None:
    with pytest.raises(ParameterError, match=r"takes ids.*col\('w'\) gives none"):
        Preprocessor(col("w").one_hot_ids(), profile=False).fit(TABLE)


def test_output_when_out_is_given_is_an_error() -> None:
    prep = mixed().fit(TABLE)
    with pytest.raises(ParameterError, match=r"with output='numpy', got output='csr'"):
        prep.transform(TABLE, output="csr", out=np.zeros((3000, 99), np.float32))


def test_to_scipy_when_scipy_is_there_shares_the_memory() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    prep = mixed().fit(TABLE)
    matrix = prep.transform(TABLE, output="csr")
    theirs = matrix.to_scipy()
    assert isinstance(theirs, sparse.csr_matrix)
    for ours, shared in (
        (matrix.data, theirs.data),
        (matrix.indices, theirs.indices),
        (matrix.indptr, theirs.indptr),
    ):
        assert np.shares_memory(ours, shared)
    theirs.has_canonical_format = False
    assert sparse.csr_matrix(theirs).has_canonical_format  # looked at anew
    np.testing.assert_array_equal(theirs.toarray(), prep.transform(TABLE))
    array = sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
    np.testing.assert_array_equal(array.toarray(), prep.transform(TABLE))


def test_to_scipy_when_scipy_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix = mixed().fit_transform(TABLE, output="csr")
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(MissingExtraError, match="pip install scipy"):
        matrix.to_scipy()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="torch"):
        matrix.to_torch()


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_to_torch_when_torch_is_there_shares_the_memory() -> None:
    torch = pytest.importorskip("torch")
    prep = mixed().fit(TABLE)
    matrix = prep.transform(TABLE, output="csr")
    theirs = matrix.to_torch()
    assert theirs.layout == torch.sparse_csr
    assert theirs.values().data_ptr() == matrix.data.ctypes.data
    assert theirs.col_indices().data_ptr() == matrix.indices.ctypes.data
    np.testing.assert_array_equal(theirs.to_dense().numpy(), prep.transform(TABLE))
    for part in (matrix.indptr, matrix.indices, matrix.data):
        assert torch.from_dlpack(part).data_ptr() == part.ctypes.data


def finite_csr() -> tuple[CsrMatrix, Any, Any]:
    table = drawn(4000, seed=3)
    prep = Preprocessor(
        col("w").one_hot(), col("l").one_hot(), col("n").standardize(), profile=False
    ).fit(table)
    return prep.transform(table, output="csr"), prep.transform(table), np.asarray(table["y"])


def test_lightgbm_when_given_csr_learns_what_it_learns_of_dense() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    matrix, dense, label = finite_csr()
    params = {"verbose": -1, "num_threads": 1, "deterministic": True, "enable_bundle": False}
    scores = []
    for features in (matrix.to_scipy(), dense):
        booster = lightgbm.train(params, lightgbm.Dataset(features, label), 5)
        scores.append(booster.predict(features))
    np.testing.assert_array_equal(scores[0], scores[1])


def test_xgboost_when_given_csr_takes_what_is_not_there_as_missing() -> None:
    xgboost = pytest.importorskip("xgboost")
    matrix, dense, label = finite_csr()
    params = {"nthread": 1, "tree_method": "hist"}
    sparse = xgboost.DMatrix(matrix.to_scipy(), label)
    assert sparse.num_nonmissing() == matrix.num_entries
    with_missing = np.where(dense == 0, np.nan, dense)
    same = xgboost.DMatrix(with_missing, label)
    scores = [xgboost.train(params, data, 5).predict(data) for data in (sparse, same)]
    np.testing.assert_array_equal(scores[0], scores[1])


def test_sklearn_when_given_csr_takes_it() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    matrix, dense, label = finite_csr()
    model = linear.Ridge(solver="lsqr").fit(matrix.to_scipy(), label)
    np.testing.assert_allclose(
        model.predict(matrix.to_scipy()), model.predict(dense), rtol=1e-5, atol=1e-5
    )


def test_memory_when_rows_are_sparse_is_that_of_the_entries() -> None:
    table = pa.table({"w": np.random.default_rng(0).integers(0, 50_000, 200_000)})
    prep = Preprocessor(col("w").hash(buckets=1 << 22).one_hot_ids(), profile=False).fit(table)
    matrix = prep.transform(table, output="csr")
    assert matrix.nbytes == 4 * (200_001 + 2 * 200_000)
