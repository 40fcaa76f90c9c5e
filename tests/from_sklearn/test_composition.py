"""Column transformers, unions and pipelines in each other; names; what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

import mainspring as ms
from mainspring import errors
from tests.from_sklearn.agreement import (
    assert_agrees,
    category_table,
    expected_of,
    number_table,
    prep_names,
)

NUMBERS = ["price", "gap", "few", "whole"]


def table_of(seed: int, rows: int = 60) -> pd.DataFrame:
    """Return numbers and categories together."""
    return number_table(seed, rows=rows).join(category_table(seed, rows=rows))


def team_pipeline() -> ColumnTransformer:
    """Return what a team has: numbers imputed and scaled, strings imputed and encoded."""
    numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    strings = Pipeline(
        [
            ("impute", SimpleImputer(strategy="constant", fill_value="nowhere")),
            ("hot", OneHotEncoder(handle_unknown="ignore", min_frequency=3)),
        ]
    )
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer(
        [
            ("num", numbers, ["price", "few"]),
            ("cat", strings, ["city", "home"]),
            ("code", codes, ["code", "flag"]),
            ("mean", TargetEncoder(), ["city"]),
            ("gone", "drop", ["same"]),
        ],
        remainder="drop",
    )


def test_column_transformer_of_pipelines_when_converted_agrees() -> None:
    table = table_of(1)
    transformer = team_pipeline().fit(table, table["whole"] > 4)
    more = table_of(2)
    more.loc[0, ["city", "home"]] = "Bonn"
    more.loc[1, "code"] = 99
    assert_agrees(transformer, table, more)


def test_preprocessor_when_converted_reads_any_table_and_rows() -> None:
    table = table_of(1)
    prep = assert_agrees(team_pipeline().fit(table, table["whole"] > 4), table)
    wanted = prep.transform(table)
    arrow = pa.Table.from_pandas(table)
    as_dictionary = arrow.set_column(
        arrow.schema.get_field_index("city"), "city", arrow["city"].dictionary_encode()
    )
    for form in (arrow, as_dictionary, pl.from_pandas(table), arrow.slice(0)):
        assert np.array_equal(prep.transform(form), wanted)
    rows = arrow.slice(7, 3).to_pylist()
    assert np.array_equal(prep.transform(rows), wanted[7:10])
    assert np.array_equal(prep.transform_row(rows[0]), wanted[7])
    parts = list(prep.transform_batches(iter(arrow.to_batches(max_chunksize=13))))
    assert np.array_equal(np.concatenate(parts), wanted)
    assert prep.transform(table, output="pandas").shape == wanted.shape


def test_preprocessor_when_converted_is_pickled_and_goes_into_a_bundle(tmp_path: Path) -> None:
    table = table_of(4, rows=300)
    late = (table["whole"] > 4).astype(int)
    transformer = team_pipeline().fit(table, late)
    prep = ms.from_sklearn(transformer)
    features = prep.transform(table)
    again = pickle.loads(pickle.dumps(prep))
    assert np.array_equal(again.transform(table), features)
    assert repr(again) == repr(prep) == "from_sklearn(ColumnTransformer)"
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(features, label=late),
        num_boost_round=5,
    )
    path = tmp_path / "late.spring"
    ms.Predictor(booster, prep).save(path)
    np.testing.assert_allclose(ms.load(path).predict(table), booster.predict(features), rtol=1e-15)


@pytest.mark.parametrize("act", ["fit", "fit_transform", "partial_fit", "fit_transform_batches"])
def test_preprocessor_when_converted_is_not_fitted_again(act: str) -> None:
    table = number_table(1)
    prep = ms.from_sklearn(StandardScaler().fit(table))
    before = prep.transform(table)
    for one in (prep, pickle.loads(pickle.dumps(prep))):
        with pytest.raises(errors.ParameterError, match="no expressions to fit"):
            getattr(one, act)(table)
        assert np.array_equal(one.transform(table), before, equal_nan=True)
    with pytest.raises(errors.ParameterError, match="no expressions to fit"):
        ms.Preprocessor("price").merge(prep)
    with pytest.raises(errors.ParameterError, match="no expressions to fit"):
        prep.state_bytes()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", ["pandas", "polars", "numpy"])
def test_transformer_when_fitted_on_another_form_agrees(form: str, seed: int) -> None:
    table = number_table(seed)[NUMBERS]
    if form == "polars":
        table = pl.from_pandas(table)
    if form == "numpy":
        table = table.to_numpy()
    transformer = make_union(make_pipeline(SimpleImputer(), MinMaxScaler()), RobustScaler())
    assert_agrees(transformer.fit(table), table)


def test_strings_when_fitted_on_another_form_agree() -> None:
    table = category_table(1)[["city", "home"]]
    encoder = OneHotEncoder(handle_unknown="ignore")
    polars = pl.DataFrame({name: table[name].tolist() for name in table}, strict=False)
    assert_agrees(encoder.fit(polars), polars)
    matrix = table.fillna("none").to_numpy(dtype=object)
    prep = assert_agrees(encoder.fit(matrix), matrix)
    named = ms.from_sklearn(encoder, columns=["city", "home"])
    assert np.array_equal(
        named.transform(table.fillna("none")), prep.transform((matrix, prep_names(encoder)))
    )
    assert named.feature_names_out_[0].startswith("city_")


SELECTIONS: list[Any] = [
    ["gap", "price"],
    "few",
    [3, 0],
    [-1],
    slice(1, 3),
    slice("gap", "whole"),
    [True, False, False, True, False],
    np.array([2]),
    make_column_selector(pattern="e$"),
    make_column_selector(dtype_include=np.integer),
    lambda frame: [frame.columns[1]],
    np.array(["same"], dtype=object),
]


@pytest.mark.parametrize("selection", SELECTIONS, ids=range(len(SELECTIONS)))
@pytest.mark.parametrize("remainder", ["drop", "passthrough", RobustScaler()], ids=str)
@pytest.mark.parametrize("verbose", [True, False, "{transformer_name}.{feature_name}"])
def test_column_transformer_when_columns_are_selected(
    selection: Any, remainder: Any, verbose: Any
) -> None:
    table = number_table(3)
    if isinstance(selection, str):
        selection = [selection]
    transformer = ColumnTransformer(
        [("a", MinMaxScaler(), selection), ("none", RobustScaler(), [])],
        remainder=remainder,
        verbose_feature_names_out=verbose,
        transformer_weights={"a": 0.3},
    )
    assert_agrees(transformer.fit(table), table)
    # Another order of the columns, and one more: they are found by name.
    prep = ms.from_sklearn(transformer)
    shuffled = table[table.columns[::-1]].assign(other="x")
    assert np.array_equal(prep.transform(shuffled), prep.transform(table), equal_nan=True)


LEAVES: list[Any] = [
    StandardScaler(),
    RobustScaler(with_centering=False),
    MinMaxScaler((-1, 2), clip=True),
    SimpleImputer(add_indicator=True),
    "passthrough",
    FunctionTransformer(feature_names_out="one-to-one"),
]


def trees(leaves: Any) -> Any:
    """Draw a pipeline or union of what was drawn before."""
    return st.builds(
        lambda parts, pipeline: (
            make_pipeline(*parts)
            if pipeline
            else FeatureUnion(
                [(f"part{i}", part) for i, part in enumerate(parts)],
                transformer_weights={"part0": 2.5},
            )
        ),
        st.lists(leaves, min_size=1, max_size=3),
        st.booleans(),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(st.sampled_from(LEAVES), trees, max_leaves=8).filter(
        lambda tree: not isinstance(tree, str)
    ),
    st.integers(0, 2**32 - 1),
)
def test_nested_transformers_when_drawn_agree(transformer: Any, seed: int) -> None:
    from sklearn.base import clone

    table = number_table(seed)
    transformer = clone(transformer).fit(table)
    columns = list(table.columns)  # of nothing but passthroughs nobody knows how many
    try:
        names = transformer.get_feature_names_out(columns)
    except (AttributeError, TypeError, ValueError):
        names = pd.Index([])
    named = len(names) > 0 and pd.Index(names).is_unique
    assert_agrees(transformer, table, names=named, columns=columns)


def test_passthroughs_when_nothing_says_how_many_columns_need_names() -> None:
    table = number_table(1)
    transformer = make_pipeline("passthrough").fit(table)
    with pytest.raises(errors.NotFittedError, match="pass columns"):
        ms.from_sklearn(transformer)
    prep = ms.from_sklearn(transformer, columns=list(table.columns))
    np.testing.assert_array_equal(prep.transform(table), table.astype(np.float32))
    inner = make_pipeline(make_pipeline("passthrough"), StandardScaler()).fit(table)
    assert_agrees(inner, table)


def test_one_hot_when_scaled_behind_it_agrees() -> None:
    table = category_table(2)[["city", "code"]]
    pipeline = make_pipeline(
        OneHotEncoder(sparse_output=False), StandardScaler(), MaxAbsScaler()
    ).fit(table)
    assert_agrees(make_pipeline(*pipeline[:2]), table)
    assert_agrees(pipeline, table)


def test_ordinal_when_encoded_again_agrees() -> None:
    table = category_table(2)[["city", "code"]]
    assert_agrees(make_pipeline(OrdinalEncoder(), OneHotEncoder(drop="first")).fit(table), table)


def test_column_transformer_behind_another_when_it_selects_by_name() -> None:
    table = number_table(7)
    first = ColumnTransformer(
        [("s", StandardScaler(), ["price", "gap"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    second = ColumnTransformer([("m", MinMaxScaler(), ["gap", "few"])], remainder="passthrough")
    assert_agrees(make_pipeline(first, second).fit(table), table)


def test_one_hot_features_when_stored_together_are_one_step() -> None:
    table = category_table(2)[["city", "code"]]
    prep = ms.from_sklearn(OneHotEncoder().fit(table))
    steps = [step["step"] for step in prep.bundle.steps]
    assert steps == ["load", "lookup", "store_one_hot"] * 2


def test_feature_union_when_parts_share_columns_computes_once() -> None:
    table = number_table(2)[["price"]]
    union = make_union(make_pipeline(SimpleImputer(), StandardScaler()), SimpleImputer())
    prep = assert_agrees(union.fit(table), table)
    steps = [step["step"] for step in prep.bundle.steps]
    assert sorted(steps) == ["affine", "fill", "load", "store", "store"]


def test_names_when_scikit_learn_has_none_are_the_parts_and_columns() -> None:
    table = number_table(2)[["price", "few"]].abs()
    transformer = ColumnTransformer([("log", FunctionTransformer(np.log1p), ["few", "price"])])
    prep = assert_agrees(transformer.fit(table), table, names=False, steps=1)
    assert prep.feature_names_out_ == ["log__few", "log__price"]


def test_names_when_some_are_the_same_get_their_place() -> None:
    table = pd.DataFrame({"a": ["b_c", "x"], "a_b": ["c", "y"]})
    prep = assert_agrees(OneHotEncoder().fit(table), table, names=False)
    assert prep.feature_names_out_ == ["a_b_c", "a_x", "a_b_c__2", "a_b_y"]


def fitted_subclass() -> Any:
    class Scaler(StandardScaler):
        def transform(self, rows: Any, copy: Any = None) -> Any:
            return super().transform(rows, copy) * 2

    return Scaler().fit(number_table(1))


REFUSED: list[tuple[Any, str]] = [
    (lambda _: object(), "object cannot be converted: it is no estimator"),
    (lambda t: PCA(2).fit(t.fillna(0)), "PCA has no equal"),
    (lambda t: make_pipeline(KNNImputer()).fit(t), "'knnimputer' > KNNImputer"),
    (
        lambda t: make_pipeline(SimpleImputer(), LogisticRegression(max_iter=3000)).fit(
            t, t["whole"] > 4
        ),
        r"LogisticRegression predicts.*pipeline\[:-1\]",
    ),
    (lambda t: FunctionTransformer(np.sqrt).fit(t), "func is 'sqrt'"),
    (lambda t: FunctionTransformer(np.log1p, kw_args={"casting": "safe"}).fit(t), "kw_args"),
    (lambda t: KBinsDiscretizer(3, dtype=np.float32).fit(t.fillna(0)), "dtype=float32"),
    (lambda t: fitted_subclass(), "class of its own"),
    (lambda t: SimpleImputer(strategy="constant", fill_value=np.inf).fit(t), "infinity"),
    (lambda t: ColumnTransformer([("d", "drop", ["few"])]).fit(t), "gives no feature"),
    (lambda t: SimpleImputer(strategy="most_frequent").fit(category_table(1)[["home"]]), "strings"),
    (
        lambda t: make_pipeline(
            OrdinalEncoder(), FeatureUnion([("q", MinMaxScaler()), ("p", PCA(1))])
        ).fit(category_table(1)[["city"]]),
        "FeatureUnion 'p' > PCA",
    ),
]


@pytest.mark.parametrize(("make", "reason"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.filterwarnings("ignore")
def test_transformer_when_the_engine_has_no_equal_is_refused_by_name(
    make: Any, reason: str
) -> None:
    with pytest.raises(errors.UnsupportedError, match=reason):
        ms.from_sklearn(make(number_table(1)))


@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        OneHotEncoder(),
        SimpleImputer(),
        make_pipeline(StandardScaler()),
        ColumnTransformer([("a", StandardScaler(), ["x"])]),
        QuantileTransformer(),
        make_union(StandardScaler()),
    ],
    ids=lambda transformer: type(transformer).__name__,
)
def test_transformer_when_not_fitted_is_an_error(transformer: Any) -> None:
    with pytest.raises(errors.NotFittedError, match="Fit it"):
        ms.from_sklearn(transformer)


def test_columns_when_they_do_not_fit_are_an_error() -> None:
    table = number_table(1)
    for transformer, columns in [
        (StandardScaler().fit(table), ["a", "b", "c", "d", "e"]),
        (StandardScaler().fit(table.to_numpy()), ["a"]),
        (StandardScaler().fit(table.to_numpy()), ["a", "b", "c", "d", 5]),
    ]:
        with pytest.raises(errors.ParameterError, match="columns"):
            ms.from_sklearn(transformer, columns=columns)
    assert ms.from_sklearn(StandardScaler().fit(table), columns=list(table.columns))


def test_column_when_it_has_another_kind_later_is_a_schema_error() -> None:
    prep = ms.from_sklearn(StandardScaler().fit(number_table(1)[["price"]]))
    with pytest.raises(errors.SchemaError, match="price"):
        prep.transform({"price": ["many"]})
    with pytest.raises(errors.SchemaError, match="price"):
        prep.transform({"cost": [1.0]})


def test_agreement_when_numbers_differ_fails() -> None:
    table = number_table(1)
    scaler = StandardScaler().fit(table)
    prep = ms.from_sklearn(scaler)
    scaler.mean_ = scaler.mean_ * (1 + 2.0**-20)
    assert not np.array_equal(prep.transform(table), expected_of(scaler, table), equal_nan=True)
