"""Cross-fitting: rows never see their own target, and new rows never see a fold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from tests.generic.case import WORDS
from tests.generic.columns import num_threads
from tests.reference import target_mean as oracle
from tests.tolerances import differences


@given(
    rows=st.lists(st.tuples(WORDS, st.floats(-100, 100)), min_size=1, max_size=60),
    smoothing=st.sampled_from([0.0, 1.5, 20.0]),
    folds=st.integers(2, 7),
    seed=st.integers(0, 3),
)
def test_fit_transform_when_cross_fitted_equals_the_oracle(
    rows: list[tuple[str | None, float]], smoothing: float, folds: int, seed: int
) -> None:
    keys = [key for key, _ in rows]
    target = [value for _, value in rows]
    table = pa.table({"k": pa.array(keys, pa.string()), "y": target})
    params = {"smoothing": smoothing, "folds": folds, "seed": seed}
    prep = Preprocessor(col("k").target_mean(**params), profile=False)
    got = prep.fit_transform(table, target="y")
    expected = np.array(oracle.training_features([keys], target=target, **params)).T
    assert differences("target_mean", got, expected).size == 0
    # What stays is the encoding by all rows.
    served = np.array(oracle.features([keys], [keys], target=target, **params)).T
    assert differences("target_mean", prep.transform(table), served).size == 0
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert prep.fit_transform(chunked, target="y").tobytes() == got.tobytes()


def test_transform_of_many_categories_equals_that_of_a_few_rows_at_a_time() -> None:
    random = np.random.default_rng(11)
    codes = random.integers(0, 6000, 20_000)  # a table of means that is larger than a page or ten
    target = random.normal(size=len(codes))
    words = pa.array([f"word {code}" for code in codes], mask=random.random(len(codes)) < 0.1)
    table = pa.table({"word": words, "number": codes})
    prep = Preprocessor(col("word", "number").target_mean(smoothing=20.0), profile=False)
    prep.fit(table, target)
    asked = pa.table(
        {
            "word": pa.array([None, "another", *words.to_pylist()[:1500]]),
            "number": np.r_[-1, 6001, codes[:1500]],
        }
    )
    whole = prep.transform(asked)
    parts = [prep.transform(asked.slice(row, 40)) for row in range(0, asked.num_rows, 40)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    sums = np.bincount(codes, target, minlength=6000) + 20.0 * target.mean()
    means = sums / (np.bincount(codes, minlength=6000) + 20.0)
    assert np.allclose(whole[2:, 1], means[codes[:1500]], rtol=1e-6)
    assert np.allclose(whole[:2, 1], target.mean(), rtol=1e-6)


def noise(num_rows: int = 4000) -> tuple[pa.Table, np.ndarray]:
    random = np.random.default_rng(5)
    target = random.integers(0, 2, num_rows).astype(float)
    return pa.table({"id": [f"user {i // 2}" for i in range(num_rows)]}), target


def test_fit_transform_when_a_column_is_noise_does_not_leak_the_target() -> None:
    table, target = noise()
    prep = Preprocessor(col("id").target_mean(smoothing=1.0))
    cross_fitted = prep.fit_transform(table, target)[:, 0]
    own = prep.transform(table)[:, 0]
    assert np.corrcoef(own, target)[0, 1] > 0.5  # the leak that cross-fitting is there for
    assert abs(np.corrcoef(cross_fitted, target)[0, 1]) < 0.05
    # Nor against it: a prior that counts the row's own target would show here.
    single = pa.table({"id": [str(i) for i in range(table.num_rows)]})
    encoded = Preprocessor(col("id").target_mean()).fit_transform(single, target)[:, 0]
    assert len(np.unique(encoded)) == 5  # one prior a fold
    for value in np.unique(encoded):
        outside = target[encoded != value]
        assert value == np.float32(np.float64(np.float64(outside.mean()) * 20) / 20)


def test_fit_transform_when_threads_change_gives_the_same_bits() -> None:
    table, target = noise(20_000)
    prep = Preprocessor(col("id").target_mean(), col("id").ordinal())
    results = set()
    for threads in (1, 4):
        with num_threads(threads):
            results.add(prep.fit_transform(table, target).tobytes())
    assert len(results) == 1


def test_fit_transform_when_an_operator_follows_applies_it_to_cross_fitted_values() -> None:
    table, target = noise(500)
    plain = Preprocessor(col("id").target_mean(smoothing=3)).fit_transform(table, target)
    clipped = Preprocessor(col("id").target_mean(smoothing=3).clip(0.4, 0.6))
    got = clipped.fit_transform(table, target)
    assert np.array_equal(got, np.clip(plain, np.float32(0.4), np.float32(0.6)))
    assert clipped.bundle.steps[-1]["step"] == "store"
    assert "fold" not in str(clipped.bundle.steps)


def test_fit_transform_when_there_is_no_row_outside_the_fold_is_missing() -> None:
    got = Preprocessor(col("k").target_mean()).fit_transform(pa.table({"k": ["a"]}), [1.0])
    assert np.isnan(got).all()


def test_target_mean_when_ids_come_in_encodes_each_bucket() -> None:
    table = pa.table({"x": [None, 1.0, 5.0, 5.5, 9.0, 2.0], "y": [1, 2, 3, 4, 5, 6]})
    prep = Preprocessor(col("x").bucketize((3.0, 7.0, 100.0)).target_mean(smoothing=0))
    got = prep.fit(table, target="y").transform(table)[:, 0]
    assert got.tolist() == [1.0, 4.0, 3.5, 3.5, 5.0, 4.0]
    assert prep.feature_names_out_ == ["x_bucket_target_mean"]
    unseen = prep.transform(pa.table({"x": [1e9]}))
    assert unseen[0, 0] == 3.5  # the mean of all rows


def test_target_mean_when_several_columns_are_crossed_encodes_the_pair() -> None:
    table = pa.table({"a": ["x", "x", "y", "y"], "b": [1, 2, 1, 1], "y": [1.0, 2.0, 3.0, 5.0]})
    prep = Preprocessor(col("a", "b").cross(buckets=1 << 20).target_mean(smoothing=0))
    assert prep.fit(table, target="y").transform(table)[:, 0].tolist() == [1.0, 2.0, 4.0, 4.0]


def test_fit_when_the_target_is_wrong_says_where() -> None:
    table = pa.table({"k": ["a", "b", "c"], "y": [1.0, None, 2.0], "s": ["1", "2", "3"]})
    prep = Preprocessor(col("k").target_mean())
    with pytest.raises(DataError, match="missing value at row 1") as caught:
        prep.fit(table, target="y")
    assert caught.value.row == 1
    with pytest.raises(DataError, match="infinity at row 2"):
        prep.fit(table, [0, 1, np.inf])
    with pytest.raises(ParameterError, match="learns from a target, got none"):
        prep.fit(table)
    with pytest.raises(ParameterError, match="2 values, expected one for each of the table's 3"):
        prep.fit(table, [0, 1])
    with pytest.raises(ParameterError, match="Both y and target"):
        prep.fit(table, [0, 1, 2], target="y")
    with pytest.raises(SchemaError, match="yy"):
        prep.fit(table, target="yy")
    with pytest.raises(SchemaError, match="'s'"):
        prep.fit(table, target="s")
    with pytest.raises(DataError, match="'no' at row 1"):
        prep.fit(table, np.array([True, "no", None], dtype=object))
    with pytest.raises(ParameterError, match="2 dimensions"):
        prep.fit(table, np.zeros((3, 2)))
    with pytest.raises(ParameterError, match="name of a column"):
        prep.fit(table, target=np.zeros(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "target",
    [[0, 1, 1], (0.0, 1.0, 1.0), np.array([False, True, True]), np.array([[0], [1], [1]], np.int8)],
    ids=["list", "tuple", "bools", "column"],
)
def test_fit_when_the_target_is_any_array_takes_it(target: object) -> None:
    table = pa.table({"k": ["a", "a", "b"]})
    prep = Preprocessor(col("k").target_mean(smoothing=0)).fit(table, target)
    assert prep.transform(table)[:, 0].tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e-300, 1e200, 2.0**-1060])
def test_target_mean_when_targets_have_any_size_sums_exactly(scale: float) -> None:
    random = np.random.default_rng(1)
    target = random.normal(size=300) * scale * np.exp(random.normal(scale=20, size=300))
    keys = [str(i) for i in random.integers(0, 9, 300)]
    table = pa.table({"k": keys})
    prep = Preprocessor(col("k").target_mean(smoothing=0)).fit(table, target)
    parts = Preprocessor(col("k").target_mean(smoothing=0))
    for at in range(0, 300, 7):
        parts.partial_fit(table.slice(at, 7), target[at : at + 7])
    assert parts.bundle.to_bytes() == prep.bundle.to_bytes()
    assert (
        parts.state_bytes()[:1000]
        == Preprocessor.from_state_bytes(parts.state_bytes()).state_bytes()[:1000]
    )
    expected = np.array(oracle.features([keys], [keys], target=list(target), smoothing=0.0)).T
    assert differences("target_mean", prep.transform(table), expected).size == 0
