"""Encoders by a target: what fit_transform gives, what they refuse, what others give."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import DataError, ParameterError, Preprocessor, col
from mainspring.transforms import operator_classes
from tests.generic.case import WORDS
from tests.generic.columns import num_threads
from tests.tolerances import differences

PARAMS = {
    "leave_one_out": [{}, {"smoothing": 1.5}],
    "ordered_target": [{}, {"smoothing": 0.0, "seed": 3}],
    "james_stein": [{}, {"folds": 2, "seed": 1}],
    "weight_of_evidence": [{}, {"regularization": 0.25, "folds": 3}],
}
by_params = pytest.mark.parametrize(
    ("op", "params"), [(op, params) for op, all_params in PARAMS.items() for params in all_params]
)
ROWS = st.lists(st.tuples(WORDS, st.floats(-100, 100)), min_size=1, max_size=60)


def preprocessor(op: str, params: dict[str, Any]) -> Preprocessor:
    return Preprocessor(getattr(col("k"), op)(**params), profile=False)


@by_params
@given(rows=ROWS)
def test_fit_transform_when_rows_are_left_out_equals_the_oracle(
    op: str, params: dict[str, Any], rows: list[tuple[str | None, float]]
) -> None:
    oracle = importlib.import_module(f"tests.reference.{op}")
    keys = [key for key, _ in rows]
    target = [float(y > 0) if op == "weight_of_evidence" else y for _, y in rows]
    table = pa.table({"k": pa.array(keys, pa.string()), "y": target})
    prep = preprocessor(op, params)
    got = prep.fit_transform(table, target="y")
    expected = np.array(oracle.training_features([keys], target=target, **params)).T
    assert differences(op, got, expected).size == 0, (got, expected)
    # What stays is the encoding by all rows, as of a fit that was never asked for the rows.
    assert (
        prep.bundle.to_bytes() == preprocessor(op, params).fit(table, target="y").bundle.to_bytes()
    )
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert prep.fit_transform(chunked, target="y").tobytes() == got.tobytes()
    # The states stay open for more rows.
    twice = preprocessor(op, params).fit(pa.concat_tables([table, table]), target="y")
    assert prep.partial_fit(table, target="y").bundle.to_bytes() == twice.bundle.to_bytes()


def noise(num_rows: int) -> tuple[pa.Table, np.ndarray]:
    random = np.random.default_rng(5)
    target = random.integers(0, 2, num_rows).astype(float)
    return pa.table({"k": [f"user {i // 2}" for i in range(num_rows)]}), target


@pytest.mark.parametrize("op", PARAMS)
def test_fit_transform_when_threads_change_gives_the_same_bits(op: str) -> None:
    table, target = noise(5000)
    results = set()
    for threads in (1, 4):
        with num_threads(threads):
            results.add(preprocessor(op, {}).fit_transform(table, target).tobytes())
    assert len(results) == 1


@pytest.mark.parametrize("op", ["ordered_target", "weight_of_evidence", "james_stein"])
def test_fit_transform_when_a_column_is_noise_does_not_leak_the_target(op: str) -> None:
    table, target = noise(4000)
    prep = preprocessor(op, {})
    held_out = prep.fit_transform(table, target)[:, 0]
    own = prep.transform(table)[:, 0]
    there = ~np.isnan(held_out)
    assert abs(np.corrcoef(held_out[there], target[there])[0, 1]) < 0.06
    assert np.corrcoef(own, target)[0, 1] > 0.5


def test_fit_transform_when_an_operator_follows_applies_it_to_the_rows_values() -> None:
    table, target = noise(300)
    for op in ("leave_one_out", "ordered_target"):
        plain = preprocessor(op, {"smoothing": 2.0}).fit_transform(table, target)
        expression = getattr(col("k"), op)(smoothing=2.0).clip(0.4, 0.6)
        got = Preprocessor(expression).fit_transform(table, target)
        want = np.clip(plain, np.float32(0.4), np.float32(0.6))
        assert np.array_equal(got, want, equal_nan=True)


def test_fit_transform_when_two_passes_are_needed_keeps_rows_in_step() -> None:
    table = pa.table({"k": [1.0, None, 2.0, None, 2.0], "y": [1.0, 2.0, 3.0, 4.0, 5.0]})
    prep = Preprocessor(col("k").impute("median").leave_one_out())
    got = prep.fit_transform(table, target="y")[:, 0]
    assert got.tolist() == [3.5, 4.0, pytest.approx(11 / 3), pytest.approx(10 / 3), 3.0]


def test_fit_when_the_target_is_not_binary_says_where() -> None:
    table = pa.table({"k": ["a", "b", "c"]})
    with pytest.raises(DataError, match=r"The target is 2 at row 1, expected 0 or 1") as caught:
        preprocessor("weight_of_evidence", {}).fit(table, [0, 2, 3])
    assert caught.value.row == 1
    shard = preprocessor("weight_of_evidence", {}).partial_fit(table, [0, 1, 0])
    before = shard.state_bytes()
    with pytest.raises(DataError, match=r"at row 5"):
        shard.partial_fit(table, [0, 1, 0.5])
    assert shard.state_bytes() == before
    with pytest.raises(DataError, match="at row 2, expected at most"):
        preprocessor("james_stein", {}).fit(table, [0, 1, 1e200])


@pytest.mark.parametrize("op", PARAMS)
def test_fit_when_there_is_no_target_names_the_operator(op: str) -> None:
    with pytest.raises(ParameterError, match=f"{op} learns from a target, got none"):
        preprocessor(op, {}).fit(pa.table({"k": ["a"]}))


@pytest.mark.parametrize(
    ("op", "params", "message"),
    [
        ("leave_one_out", {"smoothing": -1.0}, "'smoothing' of leave_one_out"),
        ("ordered_target", {"smoothing": float("nan")}, "'smoothing' of ordered_target"),
        ("ordered_target", {"seed": -1}, "'seed' of ordered_target"),
        ("james_stein", {"folds": 1}, "'folds' of james_stein"),
        ("weight_of_evidence", {"regularization": 0.0}, "'regularization' of weight_of_evidence"),
        ("weight_of_evidence", {"folds": 1001}, "'folds' of weight_of_evidence"),
    ],
)
def test_operator_when_a_parameter_is_wrong_names_it(
    op: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        operator_classes()[op](**params)


@pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated")
def test_encodings_when_compared_with_category_encoders_are_equal() -> None:
    encoders = pytest.importorskip("category_encoders")
    pd = pytest.importorskip("pandas")
    random = np.random.default_rng(3)
    keys = [f"c{i}" for i in random.integers(0, 40, 3000)]
    target = random.integers(0, 2, 3000).astype(float)
    frame, y = pd.DataFrame({"k": pd.Series(keys, dtype=object)}), pd.Series(target)
    table = pa.table({"k": keys})
    theirs = {
        "count": encoders.CountEncoder(),
        "weight_of_evidence": encoders.WOEEncoder(regularization=1.0),
        "leave_one_out": encoders.LeaveOneOutEncoder(),
    }
    for op, encoder in theirs.items():
        prep = preprocessor(op, {})
        got = prep.fit(table, None if op == "count" else target).transform(table)
        want = encoder.fit(frame, y).transform(frame).to_numpy(dtype=float)
        np.testing.assert_allclose(got, want, rtol=1e-6)
    left_out = preprocessor("leave_one_out", {}).fit_transform(table, target)
    want = theirs["leave_one_out"].fit_transform(frame, y).to_numpy(dtype=float)
    np.testing.assert_allclose(left_out, want, rtol=1e-6)
