"""NaN that is a value beside null: what every operator makes of it, in every layout."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import ParameterError, Preprocessor, SchemaError, col
from tests.generic.case import Case
from tests.generic.columns import Columns, draw_columns, draw_target, has_value, many_rows
from tests.generic.operators import CASES
from tests.tolerances import differences

NAN = math.nan
UNSEEN = 123456.75  # no case draws it
# What NaN becomes behind keep_nan.
NUMBERS = dict.fromkeys(
    (
        *("box_cox", "clip", "identity", "impute", "keep_nan", "log1p", "max_abs", "min_max"),
        *("quantile_transform", "robust_scale", "standardize", "winsorize", "yeo_johnson"),
        *("arithmetic_number", "polynomial"),  # missing, which a matrix does not tell apart
    ),
    NAN,
)
ZERO = ("bucketize", "missing_flag", "out_of_range_flag", "quantile_bucketize", "width_bucketize")
LIKE_UNSEEN = (
    *("count", "james_stein", "leave_one_out", "map_values", "one_hot", "ordered_target"),
    *("ordinal", "target_mean", "weight_of_evidence"),
)
BY_HASH = ("hash",)


def is_nan(value: Any) -> bool:
    return value is not None and value != value


def takes_one_float(case: Case) -> bool:
    alone = len(case.types) == 1 and not case.before and not case.then
    return alone and pa.types.is_floating(case.types[0])


KEPT = [
    replace(case, before=(("keep_nan", {}),))
    for case in CASES
    if takes_one_float(case) and case.op != "keep_nan"
]
by_kept_case = pytest.mark.parametrize("case", KEPT, ids=lambda case: case.id)


def without_nan(columns: Columns, target: np.ndarray) -> tuple[Columns, np.ndarray]:
    stays = [row for row, value in enumerate(columns[0]) if not is_nan(value)]
    return [[column[row] for row in stays] for column in columns], target[stays]


def expected(case: Case, train: Columns, rows: Columns, target: np.ndarray) -> np.ndarray:
    """The oracle's features after rows of NaN have been left out, then those of NaN."""
    learnt, its_target = without_nan(train, target)
    unseen = [[UNSEEN if is_nan(value) else value for value in rows[0]]]
    wanted = case.expected(learnt, unseen, list(its_target))
    gone = [is_nan(value) for value in rows[0]]
    if case.op in NUMBERS and not case.params.get("keep_others"):
        wanted[gone] = NUMBERS[case.op]
    elif case.op in ZERO:
        wanted[gone] = 0
    elif case.params.get("keep_others"):
        wanted[gone] = NAN
    else:
        assert case.op in LIKE_UNSEEN, f"say what NaN becomes behind keep_nan().{case.op}()"
    return wanted


def assert_features(case: Case, got: np.ndarray, rows: Columns, wanted: np.ndarray) -> None:
    if case.op in BY_HASH or case.params.get("unseen_buckets"):
        # One value whose hash the oracle of unseen ones does not have.
        gone = np.array([is_nan(value) for value in rows[0]], bool)
        assert len(np.unique(got[gone])) <= 1
        got, wanted = got[~gone], wanted[~gone]
    assert differences(case.op, got, wanted).size == 0, (got, wanted)


@by_kept_case
@given(data=st.data())
def test_features_are_the_oracles_and_nothing_is_learnt_from_nan(
    case: Case, data: st.DataObject
) -> None:
    train = draw_columns(data, case, "train", min_size=1, max_size=30)
    rows = draw_columns(data, case, "rows", max_size=10)
    target = case.target(draw_target(data, len(train[0])))
    learnt, its_target = without_nan(train, target)
    assume(learnt[0] and (has_value(learnt[0]) or not case.needs_value))
    prep = case.preprocessor().fit(case.table(train), target)
    apart = case.preprocessor().fit(case.table(learnt), its_target)
    assert prep.bundle.to_bytes() == apart.bundle.to_bytes()
    for columns in (train, [[*rows[0], NAN, None]]):
        if case.op in BY_HASH or case.params.get("unseen_buckets"):
            wanted = case.expected(
                learnt, [[UNSEEN if is_nan(v) else v for v in columns[0]]], list(its_target)
            )
        else:
            wanted = expected(case, train, columns, target)
        assert_features(case, prep.transform(case.table(columns)), columns, wanted)


@by_kept_case
def test_what_is_learnt_does_not_depend_on_batches_shards_or_state_bytes(case: Case) -> None:
    columns = many_rows(case, 1500)
    columns[0] = [NAN if row % 7 == 3 else value for row, value in enumerate(columns[0])]
    table, target = case.table(columns), case.target(np.sin(np.arange(1500.0)))
    whole = case.preprocessor().fit(table, target)
    cuts = [(0, 500), (500, 501), (501, 1400), (1400, 1500)]
    chunked = pa.concat_tables([table.slice(a, b - a) for a, b in cuts])
    assert case.preprocessor().fit(chunked, target).bundle.to_bytes() == whole.bundle.to_bytes()
    parts = [case.preprocessor().partial_fit(table.slice(a, b - a), target[a:b]) for a, b in cuts]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(Preprocessor.from_state_bytes(part.state_bytes()))
    assert merged.bundle.to_bytes() == whole.bundle.to_bytes()
    again = ms.transforms.Preprocessor.from_state_bytes(whole.state_bytes())
    assert again.transform(table).tobytes() == whole.transform(table).tobytes()


ENCODERS = ("target_mean", "leave_one_out", "ordered_target", "james_stein", "weight_of_evidence")


@pytest.mark.parametrize("op", ENCODERS)
def test_training_features_do_not_see_targets_of_nan(op: str) -> None:
    generator = np.random.default_rng(1)
    values = generator.integers(0, 5, 400).astype(float)
    gone = generator.random(400) < 0.3
    values[gone] = NAN
    null = generator.random(400) < 0.1
    gone &= ~null
    table = pa.table({"x": pa.array(values, mask=null)})
    target = (generator.random(400) < 0.4).astype(float)
    other = np.where(gone, 1 - target, target)
    made = [
        Preprocessor(getattr(col("x").keep_nan(), op)()).fit_transform(table, each)
        for each in (target, other)
    ]
    assert made[0].tobytes() == made[1].tobytes()
    assert len(np.unique(made[0])) > 5
    changed = np.where(~gone, 1 - target, target)
    third = Preprocessor(getattr(col("x").keep_nan(), op)()).fit_transform(table, changed)
    assert third.tobytes() != made[0].tobytes()


VALUES = [1.5, None, NAN, -0.25, NAN, None, 8.0, 1.5, 0.0, NAN]
CHAINS = [
    col("x").keep_nan().impute("median").log1p().standardize().alias("filled"),
    col("x").keep_nan().missing_flag(),
    col("x").keep_nan().ordinal().alias("id"),
    col("x").keep_nan().quantile_bucketize(3).alias("bucket"),
    col("x").keep_nan().hash(buckets=1 << 20).alias("hash"),
    col("x").keep_nan().count().alias("count"),
    col("x").keep_nan().one_hot().alias("hot"),
    col("x").impute("mean").alias("plain"),
    col("x").missing_flag().alias("flag"),
    ((col("x").keep_nan() * 2) + col("x").keep_nan().impute("constant", 1.0)).alias("sum"),
]


def table(values: list[Any] = VALUES, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"x": pa.array(values, kind or pa.float64())})


@pytest.fixture(scope="module")
def prep() -> Preprocessor:
    return Preprocessor(*CHAINS, profile=False).fit(table())


def test_each_chain_makes_of_nan_what_the_page_says(prep: Preprocessor) -> None:
    got = dict(zip(prep.get_feature_names_out(), prep.transform(table()).T, strict=True))
    null, nan = VALUES.index(None), 2
    assert math.isnan(got["filled"][nan])
    assert not math.isnan(got["filled"][null])
    assert (got["x_missing"][nan], got["x_missing"][null]) == (0, 1)
    assert (got["id"][nan], got["id"][null]) == (1, 0)
    assert (got["bucket"][nan], got["bucket"][null]) == (0, 0)
    assert got["hash"][nan] != got["hash"][null]
    assert len({got["hash"][row] for row in range(10) if is_nan(VALUES[row])}) == 1
    assert (got["count"][nan], got["count"][null]) == (0, 2)
    assert (got["flag"][nan], got["flag"][null]) == (1, 1)
    assert got["plain"][nan] == got["plain"][null] == np.float32(2.15)
    assert math.isnan(got["sum"][nan])
    assert math.isnan(got["sum"][null])


def dictionary(values: list[Any]) -> pa.Array:
    """NaN and null among the entries, null among the indices."""
    entries = pa.array([None, NAN, -0.25, 8.0, 1.5, 0.0])
    places = [None if v is None and row > 3 else v for row, v in enumerate(values)]
    index = {-0.25: 2, 8.0: 3, 1.5: 4, 0.0: 5}
    codes = [
        (0 if values[row] is None and row <= 3 else None) if v is None else index.get(v, 1)
        for row, v in enumerate(places)
    ]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), entries)


def runs(values: list[Any]) -> pa.Array:
    return pa.RunEndEncodedArray.from_arrays(
        pa.array(range(1, len(values) + 1), pa.int32()), pa.array(values, pa.float64())
    )


LAYOUTS: dict[str, Any] = {
    "float16": lambda v: table([None if x is None else np.float16(x) for x in v], pa.float16()),
    "float32": lambda v: table(v, pa.float32()),
    "dictionary": lambda v: pa.table({"x": dictionary(v)}),
    "runs": lambda v: pa.table({"x": runs(v)}),
    "chunks": lambda v: pa.concat_tables([table(v[:3]), table(v[3:4]), table(v[4:])]),
    "slice": lambda v: table([7.0, NAN, None, *v, None, 3.0]).slice(3, len(v)),
    "polars": lambda v: pl.DataFrame({"x": v}),
    "rows": lambda v: [{"x": value} for value in v],
    "column": lambda v: {"x": v},
    "another NaN": lambda v: table([-NAN if is_nan(x) else x for x in v]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_give_the_same_bits(prep: Preprocessor, layout: str) -> None:
    given = LAYOUTS[layout](VALUES)
    assert prep.transform(given).tobytes() == prep.transform(table()).tobytes()
    fitted = Preprocessor(*CHAINS, profile=False).fit(given)
    assert fitted.transform(table()).tobytes() == prep.transform(table()).tobytes()


def test_dictionaries_of_many_rows_give_the_same_bits(prep: Preprocessor) -> None:
    many = VALUES * 300
    given = pa.table({"x": pa.chunked_array([dictionary(VALUES)] * 300)})
    assert prep.transform(given).tobytes() == prep.transform(table(many)).tobytes()


def test_rows_alone_give_the_bits_of_the_table(prep: Preprocessor) -> None:
    whole = prep.transform(table())
    for row, value in enumerate(VALUES):
        assert prep.transform_row({"x": value}).tobytes() == whole[row].tobytes()
        assert prep.transform(table([value])).tobytes() == whole[row].tobytes()


def test_matrix_has_nan_alone() -> None:
    matrix = np.array([[1.0], [NAN], [3.0]])
    made = Preprocessor(col("x").keep_nan().impute("mean"), col("x").keep_nan().missing_flag())
    got = made.fit({"x": matrix[:, 0]}).transform({"x": matrix[:, 0]})
    np.testing.assert_array_equal(got, [[1, 0], [NAN, 0], [3, 0]])


def test_pandas_makes_nan_null_before() -> None:
    frame = pd.DataFrame({"x": [1.0, NAN, 3.0]})
    got = Preprocessor(col("x").keep_nan().impute("mean")).fit_transform(frame)
    assert got.ravel().tolist() == [1, 2, 3]


def test_sparse_rows_and_arrow_columns_have_the_same_values(prep: Preprocessor) -> None:
    dense = prep.transform(table())
    assert prep.transform(table(), output="csr").to_scipy().toarray().tobytes() == dense.tobytes()
    columns = pa.table(prep.transform(table(), output="arrow"))
    assert columns["filled"].null_count == 3
    assert columns["filled"].to_pylist()[2] is None


def test_predictions_of_many_rows_know_nan_from_null() -> None:
    generator = np.random.default_rng(4)
    values = generator.normal(size=4000).round(2)
    values[generator.random(4000) < 0.2] = NAN
    given = pa.table({"x": pa.array(values, mask=generator.random(4000) < 0.2)})
    made = Preprocessor(
        col("x").keep_nan().impute("constant", 9.0), col("x").keep_nan().missing_flag()
    )
    features = made.fit_transform(given)
    label = np.nan_to_num(features[:, 0], nan=-5) + features[:, 1]
    data = lightgbm.Dataset(features, label)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 20)
    predictor = ms.Predictor(booster, made)
    wanted = booster.predict(features, num_threads=1)
    assert predictor.predict(given).tobytes() == wanted.tobytes()
    rows = given.to_pylist()[:50]
    assert predictor.predict(rows).tobytes() == wanted[:50].tobytes()


@pytest.mark.parametrize("cut", ["x", "xy"])
def test_a_column_may_be_read_both_ways(cut: str) -> None:
    data = pa.table({"x": pa.array(VALUES), "y": pa.array(VALUES[::-1])})
    made = Preprocessor(
        *(col(name).keep_nan().missing_flag().alias(f"null {name}") for name in cut),
        *(col(name).missing_flag().alias(f"missing {name}") for name in cut),
        *(col(name).keep_nan().alias(name) for name in cut),
    )
    got = made.fit_transform(data)
    null = np.array([[v is None for v in data[name].to_pylist()] for name in cut]).T
    either = np.array([[v is None or v != v for v in data[name].to_pylist()] for name in cut]).T
    np.testing.assert_array_equal(got[:, : len(cut)], null)
    np.testing.assert_array_equal(got[:, len(cut) : 2 * len(cut)], either)


def test_keys_of_others_are_read_as_ever() -> None:
    data = pa.table({"x": [1.0, 2.0, 4.0, NAN], "key": [NAN, None, 1.0, 1.0]})
    got = Preprocessor(col("x").keep_nan().group_stats(by="key", stats=("sum",))).fit_transform(
        data
    )
    assert got.ravel().tolist() == [3, 3, 4, 4]


def test_alias_and_names_are_those_of_the_column() -> None:
    made = Preprocessor(col("x").keep_nan(), col("x").keep_nan().alias("kept")).fit(table())
    assert made.get_feature_names_out().tolist() == ["x", "kept"]
    np.testing.assert_array_equal(
        made.transform(table())[:, 0], [NAN if v is None else v for v in VALUES]
    )


@pytest.mark.parametrize(
    "late",
    [
        lambda: col("x").standardize().keep_nan(),
        lambda: col("x").keep_nan().keep_nan(),
        lambda: (col("x") + col("y")).keep_nan(),
    ],
)
def test_keep_nan_behind_another_operator_is_refused(late: Any) -> None:
    data = pa.table({"x": [1.0, NAN], "y": [1.0, 2.0]})
    with pytest.raises(
        ParameterError, match="keep_nan says how a column is read, expected it first"
    ):
        Preprocessor(late()).fit(data)


def test_column_of_strings_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match=r"Column 'x' has type string, expected a number"):
        Preprocessor(col("x").keep_nan()).fit(pa.table({"x": ["a"]}))


def test_profile_counts_nan_of_python_apart_from_null() -> None:
    profile = ms.profile([{"x": value} for value in VALUES])
    assert (profile.column("x").nans, profile.column("x").nulls) == (3, 2)


def test_marks_of_pandas_are_null_still() -> None:
    made = Preprocessor(col("x").keep_nan().missing_flag())
    got = made.fit_transform({"x": [1.0, pd.NA, NAN]})
    assert got.ravel().tolist() == [0, 1, 1]  # one mark among them: all are those of pandas
    texts = Preprocessor(col("s").missing_flag()).fit_transform({"s": ["a", NAN, None]})
    assert texts.ravel().tolist() == [0, 1, 1]
