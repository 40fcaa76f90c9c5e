"""One test for all engines: what they learn and compute has the bits of one process.

A file for each engine (test_on_NAME.py) starts it and takes these tests in.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from mainspring.errors import ApproximationWarning, DataError, ParameterError, SchemaError
from mainspring.scale.row_work import transformed
from mainspring.scale.worker import num_opened
from tests.scale.engines import Engine
from tests.scale.sample import one_pass, partitions, sample_predictor, sample_table, two_passes

# What engines say of themselves and of each other is not for us to mend.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "FutureWarning", "ResourceWarning")
]
TABLE = sample_table()
PARTS = partitions(TABLE)


def learnt(prep: Preprocessor) -> tuple[bytes, bytes]:
    assert prep.profile is not None
    return prep.bundle.to_bytes(), prep.profile.to_bytes()


def in_order(engine: Engine, data: Any) -> pa.Table:
    """The rows in the order of their ids, without these."""
    return engine.table(data).sort_by("id").drop_columns(["id"])


def assert_same_columns(found: pa.Table, expected: pa.RecordBatch) -> None:
    assert found.column_names == expected.schema.names
    for name in found.column_names:
        a = found[name].to_numpy(zero_copy_only=False)
        b = expected[name].to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("make", [one_pass, two_passes])
def test_fit_when_rows_are_spread_has_the_bits_of_one_process(
    engine: Engine, make: Callable[[], Preprocessor]
) -> None:
    prep = make()
    assert engine.verbs.fit(prep, engine.data(PARTS), target="y") is prep
    assert learnt(prep) == learnt(make().fit(engine.as_read(PARTS), target="y"))


def test_fit_when_one_pass_was_enough_can_go_on(engine: Engine) -> None:
    prep = engine.verbs.fit(one_pass(), engine.data(PARTS), target="y")
    table = engine.as_read(PARTS)
    prep.partial_fit(table.slice(0, 500), target="y")
    twice = one_pass().fit(table, target="y").partial_fit(table.slice(0, 500), target="y")
    assert prep.bundle.to_bytes() == twice.bundle.to_bytes()


@pytest.mark.parametrize("make", [one_pass, two_passes])
def test_fit_transform_when_cross_fitted_numbers_rows_over_all_partitions(
    engine: Engine, make: Callable[[], Preprocessor]
) -> None:
    prep = make()
    data = engine.verbs.fit_transform(prep, engine.data(PARTS), target="y", keep=["id"])
    other = make()
    expected = other.fit_transform(engine.as_read(PARTS), target="y", output="arrow")
    assert_same_columns(in_order(engine, data), expected)
    assert prep.bundle.to_bytes() == other.bundle.to_bytes()
    plain = other.transform(engine.as_read(PARTS), output="arrow")
    assert not expected.equals(plain)


def test_fit_transform_when_the_target_is_not_used_is_fit_and_transform(engine: Engine) -> None:
    prep = Preprocessor(col("x").standardize())
    data = engine.verbs.fit_transform(prep, engine.data(PARTS), keep=["id"])
    expected = Preprocessor(col("x").standardize()).fit_transform(TABLE, output="arrow")
    assert_same_columns(in_order(engine, data), expected)


def test_transform_and_predict_when_rows_are_spread_have_the_bits_of_one_process(
    engine: Engine,
) -> None:
    prep = one_pass().fit(engine.as_read(PARTS), target="y")
    data = engine.data(PARTS)
    expected = prep.transform(engine.as_read(PARTS), output="arrow")
    found = engine.verbs.transform(prep, data, keep=["id"])
    assert_same_columns(in_order(engine, found), expected)
    predictor = sample_predictor(prep)
    found = engine.verbs.transform(predictor, data, keep=["id"])
    assert_same_columns(in_order(engine, found), expected)
    predicted = engine.verbs.predict(predictor, data, keep="id")
    one = pa.record_batch(predictor.predict_arrow(engine.as_read(PARTS)))
    assert_same_columns(in_order(engine, predicted), one)
    assert len(set(one.column(0).to_pylist())) == 2


def test_profile_when_rows_are_spread_has_the_bytes_of_one_process(engine: Engine) -> None:
    found = engine.verbs.profile(engine.data(PARTS), target="y")
    assert found.to_bytes() == ms.profile(engine.as_read(PARTS), target="y").to_bytes()
    some = engine.verbs.profile(engine.data(PARTS), columns=["city", "x"])
    assert some == ms.profile(engine.as_read(PARTS), columns=["city", "x"])


def test_drift_when_both_sides_are_spread_is_that_of_two_profiles(engine: Engine) -> None:
    moved = TABLE.set_column(1, "x", pa.array(np.linspace(3, 9, TABLE.num_rows)))
    table = engine.as_read(PARTS)
    before, after = ms.profile(table, target="y"), engine.as_read(partitions(moved))
    now = after.drop_columns(["y"])
    report = engine.verbs.drift(before, engine.data(partitions(moved.drop_columns(["y"]))))
    assert report.drifted == ["x"]
    assert report.to_dict() == ms.detect_drift(before, ms.profile(now)).to_dict()
    spread = engine.verbs.drift(engine.data(PARTS), engine.data(partitions(moved)))
    assert spread.to_dict() == ms.detect_drift(ms.profile(table), ms.profile(after)).to_dict()
    predictor = sample_predictor(one_pass().fit(table, target="y"))
    some = engine.verbs.drift(predictor, engine.data(partitions(moved)), columns=["x"])
    assert some.drifted == ["x"]
    assert [column.name for column in some.columns] == ["x"]
    whole = engine.verbs.drift(predictor, engine.data(partitions(moved)))
    assert whole.new_columns == ["id", "y"]


def test_fit_when_ranks_are_sketched_is_within_the_stated_error(engine: Engine) -> None:
    prep = Preprocessor(col("x").robust_scale(), max_values=1000, profile=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ApproximationWarning)
        engine.verbs.fit(prep, engine.data(PARTS))
    (text,) = [str(w.message) for w in caught if w.category is ApproximationWarning]
    error = int(text.split("is at most ")[1].split(" ")[0].replace(",", ""))
    values = np.sort(TABLE["x"].drop_null().to_numpy())
    scaled = prep.transform(TABLE)[:, 0].astype(float)
    x = TABLE["x"].to_numpy(zero_copy_only=False)
    median = x[np.nanargmin(np.abs(scaled))]
    assert 0 < error < 200
    assert abs(np.searchsorted(values, median) - len(values) / 2) <= error + 1


def test_fit_when_a_value_is_infinite_names_its_partition_row_and_column(engine: Engine) -> None:
    parts = list(PARTS)
    x = parts[3]["x"].to_pylist()
    x[41] = float("inf")
    parts[3] = parts[3].set_column(1, "x", pa.array(x))
    prep = Preprocessor(col("x").standardize())
    with pytest.raises(DataError, match=r"'x' gives an infinite value at row 41 of part") as caught:
        engine.verbs.fit(prep, engine.data(parts))
    assert (caught.value.column, caught.value.row) == ("x", 41)
    with pytest.raises(ms.NotFittedError):
        prep.transform(TABLE)


def test_fit_when_a_target_is_missing_names_its_partition_and_row(engine: Engine) -> None:
    parts = list(PARTS)
    y = parts[1]["y"].to_pylist()
    y[17] = None
    parts[1] = parts[1].set_column(5, "y", pa.array(y))
    before = one_pass().fit(engine.as_read(PARTS), target="y")
    same = learnt(before)
    with pytest.raises(
        DataError, match=r"^partition \d: The target is a missing.*row 17"
    ) as caught:
        engine.verbs.fit(before, engine.data(parts), target="y")
    assert caught.value.row == 17
    assert learnt(before) == same


def test_fit_when_there_are_no_rows_says_so(engine: Engine) -> None:
    empty = [TABLE.slice(0, 0), TABLE.slice(0, 0)]
    with pytest.raises(DataError, match="no rows"):
        engine.verbs.fit(one_pass(), engine.data(empty), target="y")
    assert engine.verbs.profile(engine.data(empty)).num_rows == 0


def test_verbs_when_a_column_is_missing_say_so_before_any_work(engine: Engine) -> None:
    parts = [part.drop_columns(["city"]) for part in PARTS]
    data = engine.data(parts)
    with pytest.raises(SchemaError, match="city"):
        engine.verbs.fit(one_pass(), data, target="y")
    with pytest.raises(SchemaError, match="city"):
        engine.verbs.profile(data, columns=["city"])
    prep = Preprocessor(col("x").standardize()).fit(TABLE)
    with pytest.raises(SchemaError, match="'when'"):
        engine.verbs.transform(prep, data, keep=["when"])


def test_fit_when_the_target_is_not_given_says_so(engine: Engine) -> None:
    with pytest.raises(ParameterError, match="target_mean learns from a target, got none"):
        engine.verbs.fit(one_pass(), engine.data(PARTS))


def test_fit_transform_when_a_value_needs_all_rows_names_the_expression(engine: Engine) -> None:
    prep = Preprocessor(col("city").leave_one_out())
    with pytest.raises(ParameterError, match=r"col\('city'\)\.leave_one_out\(\)"):
        engine.verbs.fit_transform(prep, engine.data(PARTS), target="y")
    fitted = Preprocessor(col("city").leave_one_out()).fit(engine.as_read(PARTS), target="y")
    engine.verbs.fit(prep, engine.data(PARTS), target="y")
    assert prep.bundle.to_bytes() == fitted.bundle.to_bytes()


def test_predict_when_the_kind_is_unknown_says_which_there_are(engine: Engine) -> None:
    predictor = sample_predictor(one_pass().fit(TABLE, target="y"))
    with pytest.raises(ParameterError, match="kind is 'leaf', expected one of 'predict'"):
        engine.verbs.predict(predictor, engine.data(PARTS), kind="leaf")


@dataclass(frozen=True)
class OpenedPass:
    """How often each process has opened an image."""

    key: str
    columns: list[str] | None = None

    def learn(self, number: int, *partitions: Any) -> bytes:
        return json.dumps({str(os.getpid()): num_opened(self.key)}).encode()

    def merge(self, states: Iterable[bytes]) -> bytes:
        merged: dict[str, int] = {}
        for state in states:
            merged |= json.loads(state)
        return json.dumps(merged).encode()


def test_transform_when_a_process_has_many_partitions_opens_the_bundle_once(
    engine: Engine,
) -> None:
    prep = Preprocessor(col("x").standardize()).fit(TABLE.slice(0, 3000))
    parts = [TABLE.slice(i, 500) for i in range(0, 6000, 500)]
    data = engine.data(parts)
    assert engine.table(engine.verbs.transform(prep, data)).num_rows == 6000
    cluster = engine.opened(data)
    key = transformed(prep, cluster.schema, ()).key
    opened = json.loads(cluster.reduce(OpenedPass(key)))
    assert set(opened.values()) <= {0, 1}
    assert 1 in opened.values()
    assert (str(os.getpid()) in opened) == (engine.name == "local")


__all__ = ["pytestmark", *(name for name in list(globals()) if name.startswith("test_"))]
