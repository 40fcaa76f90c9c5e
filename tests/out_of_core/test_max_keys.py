"""More distinct values than fitting keeps: the heavy ones stay, within the stated error."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import ApproximationWarning, ParameterError, Preprocessor, _engine, col
from tests.out_of_core.sample import slices


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ApproximationWarning)
        yield


def limited(prep: Preprocessor) -> dict[str, int]:
    return dict(prep._fitter.limited_columns)


def flood(num_rows: int = 20_000) -> pa.Table:
    """20 values in half of the rows, and a value of its own in each other row."""
    random = np.random.default_rng(5)
    heavy = random.random(num_rows) < 0.5
    keys = np.where(heavy, random.integers(0, 20, num_rows), 1000 + np.arange(num_rows))
    return pa.table(
        {
            "s": [f"key {key} that is longer than a slot" for key in keys],
            "n": pa.array(keys, mask=random.random(num_rows) < 0.05),
            "list": [[f"a{key}", f"b{key % 3}"] for key in keys],
            "text": [f"the word{key}" for key in keys],
            "x": random.normal(size=num_rows),
            "y": random.integers(0, 2, num_rows),
        }
    )


TABLE = flood()
HEAVY = [f"key {key} that is longer than a slot" for key in range(20)]


def encoders(max_keys: int) -> Preprocessor:
    """Everything that counts keys."""
    return Preprocessor(
        col("s").ordinal(),
        col("s").count(),
        col("s").target_mean(),
        col("s").james_stein(),
        col("s").weight_of_evidence(),
        col("s").leave_one_out(),
        col("s").ordered_target(),
        col("n").ordinal().alias("n id"),
        col("n").one_hot(min_count=100),
        col("list").one_hot(min_count=100),
        col("text").bag_of_words(min_count=100),
        col("text").tf_idf(min_count=100),
        col("x").group_stats(by="s", stats=("count", "mean", "std", "max", "nunique")),
        col("s").impute("most_frequent").count(normalize=True).alias("share"),
        profile=False,
        max_keys=max_keys,
    )


def test_values_when_as_many_as_are_kept_give_the_same_bits() -> None:
    table = TABLE.slice(0, 3000)
    parts = ("s", "n", "text")
    most = max(len(set(table[name].to_pylist())) for name in parts) + 1  # 'the' is a word too
    most = max(most, len({value for row in table["list"].to_pylist() for value in row}))
    whole = encoders(10**9).fit(table, target="y").bundle.to_bytes()
    assert encoders(most).fit(table, target="y").bundle.to_bytes() == whole
    assert encoders(most).fit(slices(table, [1, 700, 0]), target="y").bundle.to_bytes() == whole
    with pytest.warns(ApproximationWarning, match="Column 'list'"):
        fewer = encoders(most - 1).fit(table, target="y")
    assert list(limited(fewer)) == ["list"]


@settings(max_examples=60)
@given(
    keys=st.lists(st.integers(0, 60), min_size=1, max_size=1500),
    max_keys=st.integers(1, 40),
    sizes=st.lists(st.integers(0, 300), min_size=1, max_size=5).filter(any),
    shards=st.integers(1, 4),
    kind=st.sampled_from(["short", "long", "integer"]),
)
def test_counts_when_keys_are_too_many_are_within_the_stated_error(
    keys: list[int], max_keys: int, sizes: list[int], shards: int, kind: str
) -> None:
    values: Any = keys
    if kind != "integer":
        tail = "" if kind == "short" else " and a tail that no slot has room for"
        values = [f"{key}{tail}" for key in keys]
    table = pa.table({"s": values})

    def learnt(part: pa.Table) -> Preprocessor:
        prep = Preprocessor(col("s").count(), profile=False, max_keys=max_keys)
        return prep.partial_fit(slices(part, sizes))

    with quiet():
        bounds = np.linspace(0, len(keys), shards + 1).astype(int)
        prep = learnt(table.slice(0, bounds[1]))
        for first, end in itertools.pairwise(bounds[1:]):
            prep.merge(learnt(table.slice(first, end - first)))
    true = Counter(values)
    error = limited(prep).get("s", 0)
    assert error <= 2 * len(keys) / max_keys
    assert (error == 0) == (len(true) <= max_keys)
    counts = prep.transform(pa.table({"s": list(true)}))[:, 0]
    assert (counts > 0).sum() <= max_keys
    for counted, count in zip(counts, true.values(), strict=True):
        assert counted <= count
        assert count - counted <= error
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.state_bytes() == prep.state_bytes()
    assert limited(again) == limited(prep)


def test_heavy_values_when_there_is_a_flood_are_encoded_as_without_a_limit() -> None:
    with quiet():
        some = encoders(1000).fit(TABLE, target="y")
    all_of_them = encoders(10**9).fit(TABLE, target="y")
    asked = TABLE.filter(pa.compute.is_in(TABLE["s"], pa.array(HEAVY)))
    names = some.feature_names_out_
    assert names == all_of_them.feature_names_out_
    exact = [name for name in names if not name.endswith(("james_stein", "share_frequency"))]
    places = [names.index(name) for name in exact]
    got, expected = some.transform(asked), all_of_them.transform(asked)
    np.testing.assert_array_equal(got[:, places], expected[:, places])
    spread = names.index("s_james_stein")
    assert not np.array_equal(got[:, spread], np.full(len(got), got[0, spread]))


def test_values_that_were_let_go_are_unseen_and_count_for_the_mean_of_all() -> None:
    names = ["target_mean", "james_stein", "leave_one_out", "ordered_target"]
    prep = Preprocessor(
        *(getattr(col("s"), name)().alias(name) for name in names),
        col("s").weight_of_evidence().alias("woe"),
        col("s").ordinal(),
        col("s").count().alias("count"),
        profile=False,
        max_keys=100,
    )
    with quiet():
        prep.fit(TABLE, target="y")
    asked = pa.table({"s": ["never seen", TABLE["s"][-1].as_py(), TABLE["s"][0].as_py()]})
    never, *others = prep.transform(asked)
    mean = np.float32(np.mean(TABLE["y"].to_numpy()))
    np.testing.assert_array_equal(never, [mean] * 4 + [0, 1, 0])
    assert any(np.array_equal(never, other) for other in others)  # most single ones have gone


@pytest.mark.parametrize("name", ["leave_one_out", "ordered_target"])
def test_training_rows_of_values_that_were_let_go_see_the_mean_of_others(name: str) -> None:
    def make(max_keys: int) -> Preprocessor:
        expression = getattr(col("s"), name)(smoothing=2.0)
        return Preprocessor(expression, profile=False, max_keys=max_keys)

    with quiet():
        some = make(100).fit_transform(TABLE, target="y")[:, 0]
    heavy = np.isin(TABLE["s"].to_pylist(), HEAVY)
    # Those that stay have all of their rows; those of a single row see the others' mean anyway.
    np.testing.assert_array_equal(some, make(10**9).fit_transform(TABLE, target="y")[:, 0])
    assert heavy.any()
    assert not heavy.all()


def test_fit_when_keys_are_too_many_does_not_depend_on_threads() -> None:
    before = int(ms.build_info()["num_threads"])  # type: ignore[call-overload]
    bundles = []
    try:
        for threads in (1, 3):
            ms.set_num_threads(threads)
            with quiet():
                bundles.append(encoders(500).fit(TABLE, target="y").bundle.to_bytes())
    finally:
        ms.set_num_threads(before)
    assert bundles[0] == bundles[1]


def test_warning_names_column_limit_and_error_once() -> None:
    prep = Preprocessor(col("s").ordinal(), col("n").ordinal(), profile=False, max_keys=1000)
    with pytest.warns(ApproximationWarning) as caught:
        prep.fit(TABLE)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert text.startswith("Columns 's', 'n' have more distinct values than the 1,000 that")
    error = max(limited(prep).values())
    assert f"at most {error} times among 20,000 rows" in text
    assert caught[0].filename == __file__
    with pytest.warns(ApproximationWarning):  # a new fit
        prep.fit(TABLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prep.partial_fit(TABLE)  # both columns have been named
        prep.fit(TABLE.slice(0, 100))
        prep.partial_fit(TABLE.slice(0, 100))
    with pytest.warns(ApproximationWarning, match="'s', 'n'"):
        prep.merge(pickle.loads(pickle.dumps(prep)).partial_fit(TABLE.slice(100, 2500)))


def test_limit_travels_with_states_and_pickles() -> None:
    prep = Preprocessor(col("s").ordinal(), max_keys=7)
    assert repr(prep) == "Preprocessor(col('s').ordinal(), max_keys=7)"
    assert repr(pickle.loads(pickle.dumps(prep))) == repr(prep)
    prep.partial_fit(TABLE.slice(0, 5))
    assert repr(Preprocessor.from_state_bytes(prep.state_bytes())) == repr(prep)
    default = Preprocessor("x")
    assert repr(default) == "Preprocessor(col('x'))"
    specs = [expression._spec() for expression in default.expressions]
    assert default._fitter.max_keys == _engine.Fitter(specs).max_keys


@pytest.mark.parametrize("max_keys", [0, -1, 1.5, True, "9", None, 1 << 63])
def test_limit_when_wrong_is_refused_by_name(max_keys: Any) -> None:
    with pytest.raises(ParameterError, match=r"max_keys must be an integer of 1 or more, got"):
        Preprocessor(col("s").ordinal(), max_keys=max_keys)


TEN_MILLION = """
import resource, warnings
import numpy as np, pyarrow as pa
import mainspring as ms
from mainspring import col

def batches():
    random = np.random.default_rng(1)
    for first in range(0, 10_000_000, 50_000):
        rare = pa.array(np.arange(first, first + 50_000)).cast(pa.string())
        keys = pa.compute.binary_join_element_wise("user ", rare, "")
        heavy = pa.array([f"heavy {i}" for i in random.integers(0, 100, 5_000)])
        yield pa.table({"s": pa.concat_arrays([keys, heavy])})

prep = ms.Preprocessor(col("s").ordinal(min_count=1000), col("s").count(), profile=False)
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    prep.fit(batches())
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10) - base
((name, error),) = prep._fitter.limited_columns
X = prep.transform(pa.table({"s": [f"heavy {i}" for i in range(100)] + ["user 1"]}))
assert (X[:100, 0] >= 2).all() and X[100, 0] == 1, X
assert error <= 2 * 11_000_000 / 4_000_000
assert abs(X[:100, 1] - 10_000).max() < 500
assert len(caught) == 1, caught
print(more)
"""


@pytest.mark.slow
def test_ten_million_categories_take_bounded_memory_and_keep_the_heavy_ones() -> None:
    command = [sys.executable, "-c", TEN_MILLION]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 900, f"{ran.stdout} MiB"
