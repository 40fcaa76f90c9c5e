"""output="tensors": numbers and ids apart, shared by every library through DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import Preprocessor, col
from mainspring.errors import ParameterError
from mainspring.transforms import Tensors


def drawn(num_rows: int) -> pa.Table:
    generator = np.random.default_rng(num_rows)
    words = generator.choice(["a", "b", "c", None], num_rows)
    return pa.table(
        {
            "x": generator.choice([0.0, 1.5, np.nan], num_rows),
            "w": pa.array(words, pa.string()),
            "y": generator.normal(size=num_rows),
        }
    )


TABLE = drawn(3000)


def mixed() -> Preprocessor:
    return Preprocessor(
        col("w").ordinal(),
        "x",
        col("w").hash(buckets=1 << 24).alias("hashed"),
        col("w").one_hot(),
        col("x").bucketize(edges=(1,)),
        profile=False,
    )


def checked(tensors: Tensors, prep: Preprocessor, matrix: Any) -> Tensors:
    kinds = np.array(prep.bundle.feature_kinds)
    names = np.array(prep.feature_names_out_)
    assert (tensors.dense.dtype, tensors.ids.dtype) == (np.float32, np.int32)
    for array in (tensors.dense, tensors.ids):
        assert array.flags.c_contiguous
        assert array.flags.writeable
    np.testing.assert_array_equal(tensors.dense, matrix[:, kinds == "number"])
    np.testing.assert_array_equal(tensors.ids, matrix[:, kinds == "id"])
    assert tensors.dense_names == names[kinds == "number"].tolist()
    assert tensors.id_names == names[kinds == "id"].tolist()
    assert (tensors.ids < np.array(tensors.cardinalities)).all()
    assert (tensors.ids >= 0).all()
    return tensors


@pytest.mark.parametrize("num_rows", [0, 1, 511, 513, 3000])
def test_transform_when_output_is_tensors_has_numbers_and_ids_apart(num_rows: int) -> None:
    prep = mixed().fit(TABLE)
    table = TABLE.slice(0, num_rows)
    tensors = checked(prep.transform(table, output="tensors"), prep, prep.transform(table))
    assert tensors.id_names == ["w", "hashed", "x_bucket"]
    assert tensors.cardinalities[1] == 1 << 24
    assert np.isnan(tensors.dense[:, 0]).any() == (num_rows > 0)


def test_transform_when_features_are_all_of_one_kind_has_an_empty_array() -> None:
    numbers = Preprocessor("x", profile=False).fit_transform(TABLE, output="tensors")
    assert (numbers.dense.shape, numbers.ids.shape) == ((3000, 1), (3000, 0))
    ids = Preprocessor(col("w").ordinal(), profile=False).fit_transform(TABLE, output="tensors")
    assert (ids.dense.shape, ids.ids.shape) == ((3000, 0), (3000, 1))


def test_transform_when_rows_are_dicts_or_parts_gives_the_same() -> None:
    prep = mixed().fit(TABLE)
    rows = TABLE.slice(0, 9).to_pylist()
    checked(prep.transform(rows, output="tensors"), prep, prep.transform(TABLE.slice(0, 9)))
    parts = list(prep.transform_batches(TABLE, output="tensors", batch_rows=1024))
    whole = prep.transform(TABLE, output="tensors")
    assert np.vstack([part.ids for part in parts]).tobytes() == whole.ids.tobytes()
    assert np.vstack([part.dense for part in parts]).tobytes() == whole.dense.tobytes()


def test_fit_transform_when_target_is_learnt_is_cross_fitted() -> None:
    def prep() -> Preprocessor:
        return Preprocessor(col("w").target_mean(folds=3), col("w").ordinal(), profile=False)

    dense = prep().fit_transform(TABLE, target="y")
    fitted = prep()
    checked(fitted.fit_transform(TABLE, target="y", output="tensors"), fitted, dense)


def test_transform_when_out_is_given_fills_and_returns_its_arrays() -> None:
    prep = mixed().fit(TABLE)
    first = prep.transform(TABLE, output="tensors")
    wanted = first.dense.copy(), first.ids.copy()
    dense, ids = first.dense, first.ids
    dense[:], ids[:] = 7, 7
    again = prep.transform(TABLE, output="tensors", out=first)
    assert again.dense is dense
    assert again.ids is ids
    np.testing.assert_array_equal(again.dense, wanted[0])
    np.testing.assert_array_equal(again.ids, wanted[1])


def test_transform_when_out_does_not_fit_is_an_error() -> None:
    prep = mixed().fit(TABLE)
    out = prep.transform(TABLE, output="tensors")
    with pytest.raises(ParameterError, match=r"out\.dense must be .*\(10, 5\), got .*\(3000, 5\)"):
        prep.transform(TABLE.slice(0, 10), output="tensors", out=out)
    with pytest.raises(ParameterError, match=r"out must be Tensors.*got ndarray"):
        prep.transform(TABLE, output="tensors", out=out.dense)
    out.ids = out.ids.astype(np.int64)
    with pytest.raises(ParameterError, match=r"out\.ids must be .*int32"):
        prep.transform(TABLE, output="tensors", out=out)


def test_dlpack_when_libraries_ask_shares_the_memory() -> None:
    tensors = mixed().fit_transform(TABLE, output="tensors")
    for array in (tensors.dense, tensors.ids):
        assert np.shares_memory(np.from_dlpack(array), array)
        torch = pytest.importorskip("torch")
        assert torch.from_dlpack(array).data_ptr() == array.ctypes.data


def test_dlpack_when_jax_asks_gives_the_same_numbers() -> None:
    jax = pytest.importorskip("jax")
    tensors = mixed().fit_transform(TABLE, output="tensors")
    for array in (tensors.dense, tensors.ids):
        np.testing.assert_array_equal(np.asarray(jax.dlpack.from_dlpack(array)), array)


def test_ids_when_an_embedding_is_looked_up_index_its_table() -> None:
    torch = pytest.importorskip("torch")
    prep = Preprocessor(col("w").ordinal(), col("x").bucketize(edges=(1,)), profile=False)
    tensors = prep.fit_transform(TABLE, output="tensors")
    tables = [torch.nn.Embedding(rows, 4) for rows in tensors.cardinalities]
    ids = torch.from_dlpack(tensors.ids)
    looked_up = [table(ids[:, j]) for j, table in enumerate(tables)]
    assert [tuple(rows.shape) for rows in looked_up] == [(3000, 4)] * 2
