"""Encoders with drawn parameters over drawn tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from sklearn.utils.fixes import parse_version

import mainspring as ms
from mainspring import errors
from tests.from_sklearn.agreement import assert_agrees, category_table

SEEDS = st.integers(0, 2**32 - 1)
FREQUENCIES = st.sampled_from([None, 2, 8, 0.2, 0.35])
MOST = st.sampled_from([None, 1, 2, 3])
# Before 1.8 "warn" gave 0 in all features against its documentation, which is what we follow.
WARN_IS_INFREQUENT = parse_version(sklearn.__version__) >= parse_version("1.8")
drawn = settings(max_examples=40, deadline=None)


def with_unseen(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which some values were not fitted on."""
    rows = table.iloc[:6].copy()
    rows["city"] = ["Bonn", *rows["city"].iloc[1:]]
    rows["code"] = [77, *rows["code"].iloc[1:]]
    rows["grade"] = [3.0, *rows["grade"].iloc[1:]]
    rows.loc[rows.index[0], "home"] = "Bonn"
    return rows


@drawn
@given(
    SEEDS,
    st.sampled_from(["ignore", "infrequent_if_exist", "error", "warn"]),
    st.sampled_from([None, "first", "if_binary"]),
    FREQUENCIES,
    MOST,
    st.booleans(),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_one_hot_encoder_when_parameters_are_drawn(
    seed: int, unknown: str, drop: str | None, rare: float | None, most: int | None, sparse: bool
) -> None:
    if unknown == "warn" and not WARN_IS_INFREQUENT:
        unknown = "infrequent_if_exist"
    table = category_table(seed)
    encoder = OneHotEncoder(
        handle_unknown=unknown,
        drop=drop,
        min_frequency=rare,
        max_categories=most,
        sparse_output=sparse,
    ).fit(table)
    if len(encoder.get_feature_names_out()) == 0:
        return
    tables = [table] if unknown == "error" else [table, with_unseen(table)]
    prep = assert_agrees(encoder, *tables)
    if unknown == "error":  # where scikit-learn raises, nothing is 1
        first = prep.transform(with_unseen(table))[0]
        names = prep.feature_names_out_
        assert not any(first[i] for i in range(len(names)) if names[i].startswith("city_"))


@drawn
@given(
    SEEDS,
    st.sampled_from([-1, 99, np.nan]),
    st.sampled_from([np.nan, -2, 55]),
    FREQUENCIES,
    MOST,
)
def test_ordinal_encoder_when_parameters_are_drawn(
    seed: int, unknown: float, missing: float, rare: float | None, most: int | None
) -> None:
    table = category_table(seed)
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=unknown,
        encoded_missing_value=missing,
        min_frequency=rare,
        max_categories=most,
    ).fit(table)
    assert_agrees(encoder, table, with_unseen(table))


def test_ordinal_encoder_when_unseen_is_an_error_gives_missing() -> None:
    table = category_table(3)
    prep = assert_agrees(OrdinalEncoder(dtype=np.int16).fit(table[["city"]]), table[["city"]])
    assert np.isnan(prep.transform({"city": ["Bonn", None]})).all()


@drawn
@given(
    SEEDS,
    st.sampled_from(["continuous", "binary", "multiclass"]),
    st.sampled_from(["auto", 0.0, 12.5]),
)
def test_target_encoder_when_parameters_are_drawn(
    seed: int, kind: str, smooth: float | str
) -> None:
    table = category_table(seed)
    random = np.random.default_rng(seed)
    target: Any = random.normal(size=len(table))
    if kind == "binary":
        target = np.where(np.arange(len(table)) % 3 == 0, "no", "yes")
    if kind == "multiclass":
        target = np.arange(len(table)) % 3
    encoder = TargetEncoder(target_type=kind, smooth=smooth).fit(table, target)
    assert_agrees(encoder, table, with_unseen(table))


@drawn
@given(SEEDS, st.sampled_from([np.nan, "Oslo", ""]), st.booleans(), st.booleans())
def test_imputed_strings_when_encoded_behind_it(
    seed: int, missing: float | str, indicator: bool, constant: bool
) -> None:
    table = category_table(seed)[["home", "city"]]
    if isinstance(missing, str):
        table = table.fillna(missing)
    table = table.astype(object)
    imputer = SimpleImputer(
        missing_values=missing,
        strategy="constant" if constant else "most_frequent",
        fill_value="nowhere" if constant else None,
    )
    pipeline = make_pipeline(imputer, OneHotEncoder(handle_unknown="ignore")).fit(table)
    assert_agrees(
        pipeline,
        table,
        pd.concat([table[::-1], pd.DataFrame({"home": ["Bonn"], "city": ["Pisa"]})]),
    )
    if indicator:
        flagged = SimpleImputer(
            missing_values=missing, strategy="most_frequent", add_indicator=True
        )
        last = OneHotEncoder(handle_unknown="ignore").fit(flagged.fit_transform(table)[:, :2])
        assert last.categories_[0].size


def test_imputed_numbers_when_encoded_behind_it() -> None:
    table = category_table(5)[["grade", "code"]]
    for encoder in (OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()):
        pipeline = make_pipeline(SimpleImputer(strategy="most_frequent"), encoder).fit(table)
        assert_agrees(pipeline, table)


def test_encoders_when_categories_are_given_keep_their_order() -> None:
    table = pd.DataFrame({"size": ["small", "large", "medium", "small"]})
    sizes = [["small", "medium", "large"]]
    assert_agrees(OrdinalEncoder(categories=sizes).fit(table), table)
    assert_agrees(OneHotEncoder(categories=sizes, drop=["medium"]).fit(table), table)


def test_encoders_when_integers_pass_2_to_53_read_them_exactly() -> None:
    numbers = [2**60, 2**60 + 1, -(2**62), 5]
    table = pd.DataFrame({"id": numbers})
    prep = assert_agrees(OrdinalEncoder().fit(table), table)
    assert prep.transform(table)[:, 0].tolist() == [2, 3, 0, 1]


def test_encoders_when_none_and_nan_are_two_categories_are_refused() -> None:
    table = np.array([["a"], [None], [np.nan], ["b"]], dtype=object)
    for encoder in (OneHotEncoder(), OrdinalEncoder()):
        with pytest.raises(errors.UnsupportedError, match="None and NaN as two categories"):
            ms.from_sklearn(encoder.fit(table))


def test_encoders_when_a_column_has_only_none_take_nulls() -> None:
    table = pd.DataFrame({"x": pd.Series([None, None], dtype=object)})
    prep = assert_agrees(OneHotEncoder().fit(table), table)
    assert prep.transform({"x": ["a", None]}).tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-01-02"])}), "category of type"),
        (np.array([[1], [2.5], [2**63]], dtype=object), "beyond 2"),
    ],
)
def test_encoders_when_categories_are_nothing_the_engine_has_are_refused(
    table: Any, reason: str
) -> None:
    with pytest.raises(errors.UnsupportedError, match=reason) as caught:
        ms.from_sklearn(OneHotEncoder().fit(table))
    assert "OneHotEncoder" in str(caught.value)
