"""An alias: the name of one feature, or the beginning of the names of many."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mainspring import Preprocessor, col
from mainspring.transforms import Expression

TABLE = pa.table(
    {
        "n": range(8),
        "x": [0.5 * i for i in range(8)],
        "t": pa.array(range(8), pa.timestamp("s")),
    }
)


ALIASES: list[tuple[Expression, list[str]]] = [
    (col("t").datetime("hour", "day").alias("z"), ["z_hour", "z_day"]),
    (col("n").log1p().clip(0, 1).alias("z"), ["z"]),
    (col("n", "x").polynomial(2, interaction_only=True).alias("z"), ["z_n", "z_x", "z_n_times_x"]),
    (col("n", "x").cross(buckets=2).one_hot().alias("z"), ["z_0", "z_1"]),
]


@pytest.mark.parametrize(("expression", "names"), ALIASES, ids=lambda value: repr(value))
def test_alias_begins_the_names_of_many_features(expression: Expression, names: list[str]) -> None:
    found = Preprocessor(expression).fit(TABLE).feature_names_out_
    assert found[: len(names)] == names
    own = type(expression)(expression.columns, expression.operators)
    assert len(Preprocessor(own).fit(TABLE).feature_names_out_) == len(found)


def test_alias_lets_one_column_go_through_an_operator_twice() -> None:
    table = pa.table({"x": [[1.0, 2.0, 3.0]]})
    twice = [col("x").list_pad(2), col("x").list_slice(-2).list_pad(2).alias("last")]
    prep = Preprocessor(*twice, profile=False)
    assert prep.fit_transform(table).tolist() == [[1.0, 2.0, 2.0, 3.0]]
    assert prep.feature_names_out_ == ["x_0", "x_1", "last_0", "last_1"]
