"""The Preprocessor around the operators: names, containers, copies, states, and its errors."""

from __future__ import annotations

import copy
import pickle
import struct
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mainspring import (
    BundleCorruptError,
    BundleError,
    DataError,
    NotFittedError,
    ParameterError,
    Preprocessor,
    SchemaError,
    _engine,
    col,
    detect_drift,
)
from mainspring.transforms import Expression, operator_classes
from tests.reference.crc32c import crc32c

TABLE = pa.table(
    {
        "x": [1.0, None, 3.0, 10.0],
        "n": [1, 2, 3, 4],
        "c": ["a", "b", None, "a"],
        "t": pa.array([0, 3600, 7200, None], pa.timestamp("s", "Europe/Paris")),
        "d": pa.array([0, 1, 2, 3], pa.date32()),
        "y": [0, 1, 1, 0],
    }
)


def mixed() -> Preprocessor:
    return Preprocessor(
        col("x").impute("median").log1p().standardize(),
        col("c").ordinal(),
        col("c").target_mean(smoothing=2, folds=2),
        col("t").datetime("hour", "weekday", cyclical=True),
        col("c", "n").cross(buckets=100),
        col("n").bucketize([2, 3]),
        "n",
        col("x").alias("raw x"),
    )


NAMES = [
    *("x", "c", "c_target_mean"),
    *("t_hour_sin", "t_hour_cos", "t_weekday_sin", "t_weekday_cos"),
    *("c_x_n", "n_bucket", "n", "raw x"),
]


def same(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def test_fit_when_expressions_are_mixed_names_features_in_their_order() -> None:
    prep = mixed().fit(TABLE, target="y")
    assert prep.feature_names_out_ == NAMES
    assert prep.n_features_out_ == len(NAMES)
    assert prep.get_feature_names_out(["ignored"]).tolist() == NAMES
    assert prep.get_feature_names_out().dtype == object
    assert prep.categorical_indices == [1, 7]
    assert prep.num_rounds == 1


def test_fit_when_columns_are_shared_reads_them_once() -> None:
    steps = [step["step"] for step in mixed().fit(TABLE, target="y").bundle.steps]
    assert steps.count("load") == 5  # x, c, t, and n as integer and as number
    assert steps.count("lookup") == 1  # ordinal and target_mean have one vocabulary
    assert steps.count("local_time") == 1
    pairs = Preprocessor(col("c", "n").cross(), col("x", "c").cross(8), col("n", "c").cross())
    steps = [step["step"] for step in pairs.fit(TABLE).bundle.steps]
    assert (steps.count("load"), steps.count("hash")) == (3, 3)


def test_transform_when_output_is_chosen_gives_that_container() -> None:
    prep = mixed().fit(TABLE, target="y")
    matrix = prep.transform(TABLE)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    batch = prep.transform(TABLE, output="arrow")
    assert batch.schema.names == NAMES
    kinds = {"c": pa.int32(), "c_x_n": pa.int32(), "n_bucket": pa.int32()}
    assert [field.type for field in batch.schema] == [kinds.get(n, pa.float32()) for n in NAMES]
    assert batch.column("raw x").null_count == 1
    assert same(batch.to_pandas().to_numpy(), matrix)

    frame = TABLE.to_pandas().set_index(pd.Index([7, 8, 9, 5]))
    prep.set_output(transform="pandas")
    got = prep.transform(frame)
    assert isinstance(got, pd.DataFrame)
    assert got.index.tolist() == [7, 8, 9, 5]
    assert same(got.to_numpy(), matrix)
    assert same(prep.transform(frame, output="numpy"), matrix)
    got = prep.set_output(transform="polars").fit_transform(TABLE, target="y")
    assert isinstance(got, pl.DataFrame)
    assert got.columns == NAMES
    assert prep.set_output().transform(TABLE).schema["c"] == pl.Int32
    assert isinstance(prep.set_output(transform="default").transform(TABLE), np.ndarray)


def test_transform_when_out_is_given_fills_and_returns_it() -> None:
    prep = mixed().fit(TABLE, target="y")
    out = np.zeros((4, len(NAMES)), np.float32)
    assert prep.transform(TABLE, out=out) is out
    assert same(out, prep.transform(TABLE))
    again = np.zeros_like(out)
    assert prep.fit_transform(TABLE, target="y", out=again) is again
    assert not same(again, out)  # cross-fitted


@pytest.mark.parametrize(
    ("out", "got"),
    [
        (np.zeros((4, 11)), "float64 of shape"),
        (np.zeros((3, 11), np.float32), r"shape \(3, 11\)"),
        (np.zeros((11, 4), np.float32).T, "not C-contiguous"),
        ([0.0], "list"),
    ],
)
def test_transform_when_out_is_wrong_says_what_it_must_be(out: Any, got: str) -> None:
    prep = mixed().fit(TABLE, target="y")
    with pytest.raises(ParameterError, match=got):
        prep.transform(TABLE, out=out)


def test_transform_when_out_is_read_only_or_output_unknown_is_an_error() -> None:
    prep = mixed().fit(TABLE, target="y")
    out = np.zeros((4, 11), np.float32)
    out.flags.writeable = False
    with pytest.raises(ParameterError, match="read-only"):
        prep.transform(TABLE, out=out)
    with pytest.raises(ParameterError, match="output='arrow'"):
        prep.transform(TABLE, output="arrow", out=np.zeros((4, 11), np.float32))
    with pytest.raises(ParameterError, match="output must be one of"):
        prep.transform(TABLE, output="torch")
    with pytest.raises(ParameterError, match="set_output"):
        prep.set_output(transform="arrows")


def test_transform_when_not_fitted_is_an_error() -> None:
    prep = mixed()
    for attribute in ("bundle", "feature_names_out_", "n_features_out_", "categorical_indices"):
        with pytest.raises(NotFittedError, match="Call fit"):
            getattr(prep, attribute)
    for call in (prep.get_feature_names_out, prep.state_bytes, lambda: prep.transform(TABLE)):
        with pytest.raises(NotFittedError, match="Call fit"):
            call()
    assert prep.profile is None


def test_fit_when_it_fails_leaves_the_object_as_it_was() -> None:
    prep = mixed().fit(TABLE, target="y")
    before = prep.bundle.to_bytes()
    profile = prep.profile.to_bytes()
    bad = TABLE.set_column(0, "x", pa.array([1.0, float("inf"), 3.0, 4.0]))
    with pytest.raises(DataError, match=r"infinite value at row 1.*standardize") as caught:
        prep.fit(bad, target="y")
    assert (caught.value.row, caught.value.column) == (1, "x")
    for failing in (prep.fit, prep.partial_fit):
        with pytest.raises(SchemaError, match="'c'"):
            failing(TABLE.drop_columns("c"), target="y")
    with pytest.raises(DataError, match="missing value"):
        prep.partial_fit(TABLE, [1, 0, None, 1])
    assert prep.bundle.to_bytes() == before
    assert prep.profile.to_bytes() == profile
    other = mixed().partial_fit(bad, target="y")
    with pytest.raises(DataError, match="infinite value at row 1"):
        _ = other.bundle
    shifted = mixed().partial_fit(TABLE, target="y").partial_fit(bad, target="y")
    with pytest.raises(DataError, match="infinite value at row 5"):
        _ = shifted.bundle


def test_min_max_when_a_value_is_infinite_names_its_row() -> None:
    first, second = pa.table({"x": [1.0, 2.0]}), pa.table({"x": [3.0, None, float("-inf")]})
    with pytest.raises(DataError, match=r"infinite value at row 2.*min_max") as caught:
        Preprocessor(col("x").min_max()).fit(second)
    assert (caught.value.row, caught.value.column) == (2, "x")
    sharded = Preprocessor(col("x").min_max()).partial_fit(first).partial_fit(second)
    with pytest.raises(DataError, match="infinite value at row 4"):
        _ = sharded.bundle
    wide = pa.table({"x": [-1.7e308, 1.7e308]})
    with pytest.raises(DataError, match="a range that is more than float64 holds"):
        Preprocessor(col("x").min_max()).fit(wide)


def test_copies_when_fitted_give_the_same_bits() -> None:
    prep = mixed().fit(TABLE, target="y").set_output(transform="pandas")
    for other in (pickle.loads(pickle.dumps(prep)), copy.copy(prep), copy.deepcopy(prep)):
        assert other.bundle.to_bytes() == prep.bundle.to_bytes()
        assert repr(other) == repr(prep)
        assert other.profile.to_bytes() == prep.profile.to_bytes()
        assert isinstance(other.transform(TABLE), pd.DataFrame)
        with pytest.raises(ParameterError, match="plan alone"):
            other.partial_fit(TABLE, target="y")
        with pytest.raises(ParameterError, match="plan alone"):
            prep.merge(other)
        with pytest.raises(ParameterError, match="plan alone"):
            other.state_bytes()
        assert other.fit(TABLE, target="y").bundle.to_bytes() == prep.bundle.to_bytes()
    fresh = pickle.loads(pickle.dumps(mixed()))
    with pytest.raises(NotFittedError):
        fresh.transform(TABLE)
    assert fresh.fit(TABLE, target="y").bundle.to_bytes() == prep.bundle.to_bytes()


def test_copies_when_half_fitted_go_on() -> None:
    whole = mixed().fit(TABLE, target="y")
    half = mixed().partial_fit(TABLE.slice(0, 2), target="y")
    other = pickle.loads(pickle.dumps(half)).partial_fit(TABLE.slice(2), target="y")
    assert other.bundle.to_bytes() == whole.bundle.to_bytes()
    assert other.profile.to_bytes() == whole.profile.to_bytes()
    half.merge(mixed().fit(TABLE.slice(2), target="y"))
    assert half.bundle.to_bytes() == whole.bundle.to_bytes()
    assert half.profile.to_bytes() == whole.profile.to_bytes()
    back = Preprocessor.from_state_bytes(half.state_bytes())
    assert back.expressions == half.expressions
    assert back.state_bytes() == half.state_bytes()
    assert back.merge(mixed()).bundle.to_bytes() == whole.bundle.to_bytes()
    assert mixed().merge(half).bundle.to_bytes() == whole.bundle.to_bytes()


def test_merge_when_preprocessors_differ_is_an_error() -> None:
    prep = Preprocessor(col("n").standardize()).partial_fit(TABLE)
    before = prep.state_bytes()
    cases: list[tuple[Any, str]] = [
        (Preprocessor(col("n").standardize(with_std=False)), "other parameters"),
        (Preprocessor(col("n").ordinal()), r"col\('n'\).ordinal\(\)"),
        (Preprocessor(col("n").standardize(), "x"), "one has 1 and the other 2"),
        ("prep", "got str"),
    ]
    for other, message in cases:
        if isinstance(other, Preprocessor):
            other.partial_fit(TABLE)
        with pytest.raises(ParameterError, match=message):
            prep.merge(other)
    ordinal = Preprocessor(col("n").ordinal()).partial_fit(TABLE)
    text = Preprocessor(col("n").ordinal()).partial_fit(pa.table({"n": ["1"]}))
    with pytest.raises(SchemaError, match="fitted as int64 here and as string there"):
        ordinal.merge(text)
    assert prep.state_bytes() == before


def test_partial_fit_when_a_column_changes_its_kind_is_an_error() -> None:
    prep = Preprocessor(col("n").ordinal()).partial_fit(TABLE)
    prep.partial_fit(pa.table({"n": pa.array([1, 2], pa.int8())}))  # narrower is fine
    with pytest.raises(SchemaError, match="'n' has type string, expected int64") as caught:
        prep.partial_fit(pa.table({"n": ["a"]}))
    assert caught.value.got == "string"


@pytest.mark.parametrize("text", [b"amount", b"total", b"int64"], ids=["column", "alias", "type"])
def test_state_bytes_when_a_name_is_not_utf8_are_refused(text: bytes) -> None:
    prep = Preprocessor(col("amount").standardize().alias("total"))
    prep.partial_fit(pa.table({"amount": [1, 2, 4]}))
    data = prep.state_bytes()
    length = 8 + struct.unpack_from("<Q", data)[0]  # of the states; a profile follows
    state, profile = data[:length], data[length:]
    for part in (state, profile):
        if text in part:
            changed = part.replace(text, b"\xff" + text[1:])
            if part is profile:  # its bytes from the 16th on are guarded by a checksum
                changed = changed[:12] + struct.pack("<I", crc32c(changed[16:])) + changed[16:]
            whole = changed + profile if part is state else state + changed
            with pytest.raises(BundleCorruptError, match="truncated or not a state of this kind"):
                Preprocessor.from_state_bytes(whole)


def test_state_bytes_when_changed_never_crash_the_reader() -> None:
    prep = mixed().partial_fit(TABLE, target="y")
    data = prep.state_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for trial in range(600):
        changed = bytearray(data)
        if trial % 3 == 0:
            del changed[int(random.integers(len(data))) :]
        for _ in range(int(random.integers(1, 4))):
            if changed:
                changed[int(random.integers(len(changed)))] = int(random.integers(256))
        try:
            other = Preprocessor.from_state_bytes(bytes(changed))
            other.transform(TABLE)
            prep.merge(other)
            prep = mixed().partial_fit(TABLE, target="y")
        except (BundleError, ParameterError, DataError, SchemaError, NotFittedError):
            refused += 1
    assert refused > 300


def test_repr_when_evaluated_gives_the_same_preprocessor() -> None:
    prep = mixed()
    scope = {"Preprocessor": Preprocessor, "col": col}
    again = eval(repr(prep), scope)
    assert again.expressions == prep.expressions
    assert repr(Preprocessor("x", profile=False)) == "Preprocessor(col('x'), profile=False)"


def test_transform_when_columns_come_in_other_containers_gives_the_same_bits() -> None:
    prep = mixed().fit(TABLE, target="y")
    wanted = prep.transform(TABLE).tobytes()
    assert prep.transform(TABLE.to_pandas()).tobytes() == wanted
    assert prep.transform(pl.from_arrow(TABLE)).tobytes() == wanted
    assert mixed().fit(TABLE.to_pandas(), target="y").transform(TABLE).tobytes() == wanted
    assert mixed().fit(pl.from_arrow(TABLE), target="y").transform(TABLE).tobytes() == wanted
    encoded = TABLE.set_column(2, "c", TABLE.column("c").dictionary_encode())
    assert mixed().fit(encoded, target="y").transform(encoded).tobytes() == wanted
    rows = TABLE.to_pylist()
    assert prep.transform(rows).tobytes() == wanted
    assert isinstance(prep.transform(rows, output="pandas"), pd.DataFrame)
    more = TABLE.append_column("unknown", [[1, 2, 3, 4]]).select(["unknown", *TABLE.schema.names])
    assert prep.transform(more).tobytes() == wanted


def test_profile_when_fitted_is_a_reference_for_drift() -> None:
    prep = mixed().fit(TABLE, target="y")
    assert sorted(prep.profile.columns) == ["c", "n", "t", "x"]
    assert Preprocessor("x", profile=False).fit(TABLE).profile is None
    assert callable(detect_drift)


BAD_TYPES: list[tuple[Expression, str]] = [
    (col("c").standardize(), "'c' has type string, expected a number for standardize"),
    (col("c").impute("median"), "'c' holds strings; impute expected strategy='most_frequent'"),
    (col("c").impute("constant", fill_value=1), "fill_value of the same kind, got 1"),
    (col("n").impute("constant", fill_value="1"), "'n' holds numbers"),
    (col("n").datetime("hour"), "'n' has type int64, expected a date or timestamp"),
    (col("t").log1p(), r"Use datetime\('hour', ...\) on it first"),
    (col("d").datetime("year", "hour"), "dates without a time"),
    (col("c"), "'c' has type string, expected a number for identity"),
    (col("c").impute("most_frequent"), "gives strings, expected numbers or ids"),
    (col("c").ordinal().standardize(), r"standardize takes numbers, but col\('c'\).ordinal\(\)"),
    (col("x").standardize().datetime("hour"), "datetime takes times"),
    (col("nowhere").ordinal(), "'nowhere'"),
]


@pytest.mark.parametrize(("expression", "message"), BAD_TYPES, ids=lambda value: repr(value))
def test_fit_when_types_do_not_fit_names_column_and_fix(
    expression: Expression, message: str
) -> None:
    with pytest.raises(SchemaError, match=message) as caught:
        Preprocessor(expression).fit(TABLE)
    assert caught.value.column == expression.columns[0]


BAD_NAMES: list[tuple[list[Expression | str], str]] = [
    ([col("n"), col("n").log1p()], r"Two features are called 'n'.*\.alias\('new_name'\)"),
    ([col("n").alias("x"), "x"], "Two features are called 'x'"),
    ([col("t").datetime("hour", "day").alias("z"), col("n").alias("z_day")], "called 'z_day'"),
    ([col("n").cross()], "needs two or more columns"),
    ([col("x").bucketize([1.0]).ordinal()], "gives ids already"),
]


@pytest.mark.parametrize(("expressions", "message"), BAD_NAMES, ids=lambda value: repr(value))
def test_fit_when_features_cannot_be_is_a_parameter_error(
    expressions: list[Expression | str], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        Preprocessor(*expressions).fit(TABLE)


def test_operator_classes_when_made_match_the_engine() -> None:
    assert operator_classes().keys() == {row["name"] for row in _engine.operators()}
