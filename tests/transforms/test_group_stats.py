"""Statistics of groups: what flows beside a column, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import GroupStats
from tests.generic.columns import num_threads

TABLE = pa.table(
    {
        "city": ["Rome", "Oslo", "Rome", None, "Rome", None, "Bonn"],
        "price": [1.0, 4.0, 3.0, 8.0, None, 2.0, None],
        "tax": [1, 1, 2, 2, 3, 3, 4],
    }
)


def fitted(*expressions: Any) -> Preprocessor:
    return Preprocessor(*expressions, profile=False).fit(TABLE)


def test_features_when_joined_back_are_those_of_the_group() -> None:
    prep = fitted(col("price").group_stats(by="city", stats=("count", "mean", "std", "nunique")))
    names = [f"price_{stat}_by_city" for stat in ("count", "mean", "std", "nunique")]
    assert prep.feature_names_out_ == names
    got = prep.transform(TABLE.select(["price", "city"]))
    root2 = np.float32(np.sqrt(2.0))
    assert got[0].tolist() == got[4].tolist() == [2.0, 2.0, root2, 2.0]  # Rome; missing price
    assert got[3].tolist() == [2.0, 5.0, np.float32(np.sqrt(18.0)), 2.0]  # no city
    assert got[1, :2].tolist() == [1.0, 4.0]
    assert np.isnan(got[1, 2])  # one value has no std
    unseen = prep.transform(pa.table({"price": [7.0], "city": ["Lima"]}))
    assert np.array_equal(unseen, got[6:], equal_nan=True)  # Bonn: a group without a value
    assert unseen[0, [0, 3]].tolist() == [0.0, 0.0]
    assert np.isnan(unseen[0, 1:3]).all()


def test_expression_when_of_several_columns_gives_each_its_statistics() -> None:
    prep = fitted(col("price", "tax").group_stats(by="city", stats=("sum", "max")))
    assert prep.feature_names_out_ == [
        f"{name}_{stat}_by_city" for name in ("price", "tax") for stat in ("sum", "max")
    ]
    assert prep.transform(TABLE)[0].tolist() == [4.0, 3.0, 6.0, 3.0]


def test_operators_before_and_behind_apply_to_the_numbers_alone() -> None:
    plain = fitted(col("price").group_stats(by="city", stats=("mean",)))
    assert plain.transform(TABLE)[:2, 0].tolist() == [2.0, 4.0]
    prep = fitted(
        col("price").clip(0, 2).group_stats(by="tax", stats=("mean",)).impute("mean").clip(0, 1.9),
        col("price").impute("median").group_stats(by="tax", stats=("count",)),
        col("tax").ordinal(),
    )
    got = prep.transform(TABLE)
    assert got[:, 0].tolist() == [1.5, 1.5, np.float32(1.9), np.float32(1.9), *got[4:, 0].tolist()]
    assert got[4:, 0].tolist() == [np.float32(1.9)] * 2 + [np.float32((1.5 + 1.5 + 2 * 4) / 6)]
    assert got[:, 1].tolist() == [2.0] * 6 + [1.0]


def test_key_when_it_is_the_column_itself_counts_its_values() -> None:
    prep = fitted(col("tax").group_stats(by="tax", stats=("count", "nunique")), col("tax"))
    assert prep.transform(TABLE).tolist() == [
        [2.0 if tax < 4 else 1.0, 1.0, float(tax)] for tax in TABLE["tax"].to_pylist()
    ]


def test_cross_fit_when_a_target_is_learnt_too_gives_the_same_statistics() -> None:
    stats = col("price").group_stats(by="city", stats="mean")
    both = Preprocessor(stats, col("city").target_mean())
    got = both.fit_transform(TABLE, y=np.arange(7.0))
    want = fitted(stats).transform(TABLE)
    assert np.array_equal(got[:, :1], want, equal_nan=True)


def test_shards_and_threads_give_the_same_bits() -> None:
    random = np.random.default_rng(1)
    table = pa.table({"x": random.normal(size=9000), "k": random.integers(0, 50, 9000)})
    stats = ("count", "sum", "mean", "std", "min", "max", "nunique")
    expression = col("x").group_stats(by="k", stats=stats)
    plans = set()
    for threads in (1, 3):
        with num_threads(threads):
            plans.add(Preprocessor(expression, profile=False).fit(table).bundle.to_bytes())
    shards = [Preprocessor(expression, profile=False) for _ in range(3)]
    for i, shard in enumerate(shards):
        shard.partial_fit(table.slice(3000 * i, 3000))
    again = type(shards[0]).from_state_bytes(shards[2].merge(shards[0]).state_bytes())
    plans.add(again.merge(shards[1]).bundle.to_bytes())
    assert len(plans) == 1


def test_profile_when_kept_holds_the_key() -> None:
    prep = Preprocessor(col("price").group_stats(by="city")).fit(TABLE)
    assert prep.profile is not None
    assert list(prep.profile.columns) == ["price", "city"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "'by' of group_stats must be the name of a column"),
        ({"by": "k", "stats": ()}, "'stats' of group_stats must be one or more"),
        ({"by": "k", "stats": ("mean", "mean")}, "'stats' of group_stats must be one or more"),
        ({"by": "k", "stats": ("median",)}, r"'nunique', each once, got \['median'\]"),
    ],
)
def test_operator_when_a_parameter_is_wrong_names_it(params: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        GroupStats(**params)


def test_fit_when_columns_do_not_fit_says_which() -> None:
    with pytest.raises(SchemaError, match="'city' has type"):
        fitted(col("city").group_stats(by="tax"))
    with pytest.raises(SchemaError, match="town"):
        fitted(col("price").group_stats(by="town"))
    with pytest.raises(ParameterError, match=r"Two operators of col.'price'.* take keys"):
        fitted(col("price").group_stats(by="city").group_stats(by="tax"))
    two = fitted(col("price").group_stats(by="city", stats=("min", "max")).alias("x"))
    own = fitted(col("price").group_stats(by="city", stats=("min", "max")))
    names = [name.replace("price", "x", 1) for name in own.feature_names_out_]
    assert two.feature_names_out_ == names
    one = fitted(col("price").group_stats(by="city").alias("usual"))
    assert one.feature_names_out_ == ["usual"]
    huge = pa.table({"x": [1e200, 1.0], "k": ["a", "a"]})
    with pytest.raises(DataError, match=r"beyond 2\*\*500"):
        Preprocessor(col("x").group_stats(by="k", stats=("std",))).fit(huge)
