"""Lists of ids in output="tensors": values and offsets, as embedding tables that pool take them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import Predictor, Preprocessor, col
from mainspring.errors import ParameterError
from mainspring.transforms import Jagged
from tests.reference.hashes import hash_bucket, hash_value

WORDS = st.none() | st.lists(st.none() | st.sampled_from(["a", "b", "", "a long word " * 4, "é"]))
WHOLES = st.none() | st.lists(st.none() | st.integers(-2, 3), max_size=5)
NUMBERS = st.none() | st.lists(st.none() | st.sampled_from([0.0, -0.0, math.nan, 1.5, math.inf]))


def plain(jagged: Jagged) -> list[list[int]]:
    ends = jagged.offsets.tolist()
    assert ends[0] == 0
    assert ends[-1] == len(jagged.values)
    assert jagged.values.dtype == jagged.offsets.dtype == np.int32
    assert all(0 <= id < jagged.cardinality for id in jagged.values.tolist())
    return [jagged.values[a:b].tolist() for a, b in itertools.pairwise(ends)]


def ids_of(train: list[Any], rows: list[Any]) -> list[list[int]]:
    """Ids as ordinal gives them: the elements of the most rows first, each once in a row."""
    sets = [
        {value + 0.0 if isinstance(value, float) else value for value in row or []} for row in train
    ]
    counts = Counter(value for row in sets for value in row if value is not None and value == value)

    def order(value: Any) -> tuple[int, Any]:
        return -counts[value], value.encode() if isinstance(value, str) else value

    vocabulary = sorted(counts, key=order)

    def one(value: Any) -> int:
        if value is None or value != value:
            return 0
        return vocabulary.index(value) + 2 if value in vocabulary else 1

    return [[one(value) for value in row or []] for row in rows]


def table(rows: list[Any], kind: pa.DataType) -> pa.Table:
    return pa.table({"x": pa.array(rows, pa.list_(kind))})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (WORDS, pa.string()),
        (WORDS, pa.large_string()),
        (WHOLES, pa.int64()),
        (NUMBERS, pa.float64()),
    ],
    ids=["string", "large_string", "int64", "float64"],
)
def test_ids_of_any_lists_are_those_of_their_elements(values: Any, kind: pa.DataType) -> None:
    @given(st.lists(values, min_size=1, max_size=30), st.lists(values, max_size=30))
    def check(train: list[Any], rows: list[Any]) -> None:
        prep = Preprocessor(col("x").ordinal(), profile=False).fit(table(train, kind))
        expected = ids_of(train, rows)
        tensors = prep.transform(table(rows, kind), output="tensors")
        assert plain(tensors.lists["x"]) == expected
        assert tensors.dense.shape == tensors.ids.shape == (len(rows), 0)
        as_dicts = prep.transform(table(rows, kind).to_pylist(), output="tensors")
        assert plain(as_dicts.lists["x"]) == expected

    check()


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(2, 50))
def test_hashed_ids_are_those_of_the_hash(rows: list[Any], buckets: int) -> None:
    prep = Preprocessor(col("x").hash(buckets=buckets), profile=False)
    found = prep.fit_transform(table(rows, pa.string()), output="tensors").lists["x"]

    def one(value: Any) -> int:
        return 0 if value is None else 1 + hash_bucket(hash_value(value.encode()), buckets - 1)

    assert plain(found) == [[one(value) for value in row or []] for row in rows]


def drawn(num_rows: int) -> pa.Table:
    random = np.random.default_rng(num_rows)
    lengths = random.integers(0, 9, num_rows)
    lists = [random.choice(["a", "b", "c", "d"], length).tolist() for length in lengths]
    lists[1::7] = [None] * len(lists[1::7])
    return pa.table(
        {
            "tags": pa.array(lists, pa.list_(pa.string())),
            "days": pa.array([[1, 2, 3][: i % 4] for i in range(num_rows)], pa.list_(pa.int32())),
            "x": random.normal(size=num_rows),
            "city": random.choice(["Rome", "Oslo"], num_rows),
        }
    )


TABLE = drawn(3000)


def mixed() -> Preprocessor:
    return Preprocessor(
        col("tags").ordinal(),
        "x",
        col("tags").list_slice(-2).hash(buckets=100).alias("last tags"),
        col("city").ordinal(),
        col("days").ordinal(),
        col("tags").list_length().alias("length"),
        profile=False,
    )


def test_lists_stand_beside_numbers_and_ids() -> None:
    prep = mixed().fit(TABLE)
    tensors = prep.transform(TABLE, output="tensors")
    assert list(tensors.lists) == ["tags", "last tags", "days"]
    assert prep.feature_names_out_ == ["x", "city", "length"]
    assert (tensors.dense_names, tensors.id_names) == (["x", "length"], ["city"])
    without = Preprocessor("x", col("city").ordinal(), col("tags").list_length(), profile=False)
    alone = without.fit_transform(TABLE, output="tensors")
    np.testing.assert_array_equal(tensors.dense, alone.dense)
    np.testing.assert_array_equal(tensors.ids, alone.ids)
    tags = TABLE["tags"].to_pylist()
    assert plain(tensors.lists["tags"]) == ids_of(tags, tags)
    short = [len(ids) for ids in plain(tensors.lists["last tags"])]
    assert short == [min(2, len(row or [])) for row in tags]
    assert repr(tensors).endswith("lists=['tags', 'last tags', 'days'])")


def test_chunks_threads_offsets_batches_and_saved_plans_give_the_same_bits() -> None:
    prep = mixed().fit(TABLE)
    whole = prep.transform(TABLE, output="tensors")

    def same(lists: dict[str, Jagged], expected: dict[str, Jagged] = whole.lists) -> bool:
        return all(
            lists[name].values.tobytes() == found.values.tobytes()
            and lists[name].offsets.tobytes() == found.offsets.tobytes()
            for name, found in expected.items()
        )

    chunks = pa.concat_tables([TABLE.slice(0, 700), TABLE.slice(700, 1), TABLE.slice(701)])
    assert same(prep.transform(chunks, output="tensors").lists)
    before = int(ms.build_info()["num_threads"])  # type: ignore[call-overload]
    try:
        ms.set_num_threads(3)
        assert same(prep.transform(TABLE, output="tensors").lists)
    finally:
        ms.set_num_threads(before)
    part = prep.transform(TABLE.slice(517, 1029), output="tensors").lists
    tags, days = part["tags"], whole.lists["tags"]
    assert plain(tags) == plain(days)[517 : 517 + 1029]
    parts = list(prep.transform_batches(TABLE, output="tensors", batch_rows=1024))
    values = np.concatenate([one.lists["tags"].values for one in parts])
    assert values.tobytes() == whole.lists["tags"].values.tobytes()
    again = Preprocessor.from_state_bytes(mixed().partial_fit(TABLE).state_bytes())
    assert same(again.transform(TABLE, output="tensors").lists)


def test_training_rows_have_the_ids_that_new_rows_have() -> None:
    prep = Preprocessor(col("city").target_mean(), col("tags").ordinal(), profile=False)
    y = np.arange(3000) % 2
    tensors = prep.fit_transform(TABLE, y, output="tensors")
    new = prep.transform(TABLE, output="tensors")
    assert tensors.lists["tags"].values.tobytes() == new.lists["tags"].values.tobytes()
    assert tensors.dense.tobytes() != new.dense.tobytes()


@pytest.mark.parametrize("output", ["numpy", "arrow", "pandas", "polars", "csr"])
def test_other_outputs_refuse_lists_by_name(output: str) -> None:
    prep = mixed().fit(TABLE)
    message = rf"'tags', 'last tags', 'days' give lists of ids.*output='{output}' has no place"
    with pytest.raises(ParameterError, match=message):
        prep.transform(TABLE, output=output)
    with pytest.raises(ParameterError, match=message):
        prep.transform(TABLE.slice(0, 2).to_pylist(), output=output)


def test_rows_and_predictors_refuse_lists_by_name() -> None:
    prep = Preprocessor(col("tags").ordinal(), "x", profile=False).fit(TABLE)
    with pytest.raises(ParameterError, match="'tags' gives a list of ids in each row"):
        prep.transform_row({"tags": ["a"], "x": 1.0})
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(ParameterError, match="'tags' gives a list of ids in each row"):
        Predictor(model, prep)


def test_embedding_bag_pools_the_vectors_of_each_row() -> None:
    torch = pytest.importorskip("torch")
    tags = mixed().fit_transform(TABLE, output="tensors").lists["tags"]
    values, offsets = torch.from_dlpack(tags.values), torch.from_dlpack(tags.offsets)
    assert values.data_ptr() == tags.values.ctypes.data
    assert offsets.data_ptr() == tags.offsets.ctypes.data
    bag = torch.nn.EmbeddingBag(tags.cardinality, 4, mode="sum", include_last_offset=True)
    pooled = bag(values, offsets).detach().numpy()
    weight = bag.weight.detach().numpy()
    expected = [weight[ids].sum(axis=0) if ids else np.zeros(4) for ids in plain(tags)]
    np.testing.assert_allclose(pooled, np.array(expected), rtol=1e-5, atol=1e-5)
