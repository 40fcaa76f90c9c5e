"""The operators that scikit-learn has too, on a table of some size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import mstats
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from mainspring import Preprocessor, col
from tests.tolerances import FLOAT32_STEP


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    num_rows = 5000
    frame = pd.DataFrame(
        {
            "price": np.exp(random.normal(3, 2, num_rows)),
            "count": random.poisson(3, num_rows).astype(float),
            "city": random.choice(
                ["Rome", "Oslo", "Lima", "Ulm"], num_rows, p=[0.5, 0.3, 0.15, 0.05]
            ),
            "late": random.integers(0, 2, num_rows),
        }
    )
    frame.loc[random.random(num_rows) < 0.1, ["price", "count"]] = np.nan
    return frame


def close(got: np.ndarray, expected: np.ndarray) -> bool:
    return np.allclose(got, expected, rtol=FLOAT32_STEP, atol=0, equal_nan=True)


@pytest.mark.parametrize("strategy", ["median", "mean", "most_frequent"])
def test_impute_when_compared_with_simple_imputer(frame: pd.DataFrame, strategy: str) -> None:
    numbers = frame[["price", "count"]]
    got = Preprocessor(col("price", "count").impute(strategy)).fit_transform(frame)
    assert close(got, SimpleImputer(strategy=strategy).fit_transform(numbers))


def test_standardize_when_compared_with_standard_scaler(frame: pd.DataFrame) -> None:
    got = Preprocessor(col("price", "count").standardize()).fit_transform(frame)
    expected = StandardScaler().fit_transform(frame[["price", "count"]])
    # Near zero the scaler's own rounded mean shows: absolute, a few ulp of mean / std.
    assert np.allclose(got, expected, rtol=FLOAT32_STEP, atol=1e-14, equal_nan=True)


@pytest.mark.parametrize("limits", [(0.0, 1.0), (-3.0, 7.0)])
def test_min_max_when_compared_with_min_max_scaler(
    frame: pd.DataFrame, limits: tuple[float, float]
) -> None:
    got = Preprocessor(col("price", "count").min_max(*limits)).fit_transform(frame)
    expected = MinMaxScaler(limits).fit_transform(frame[["price", "count"]])
    # The scaler folds the minimum into an offset: absolute, a few ulp of the limits.
    assert np.allclose(got, expected, rtol=FLOAT32_STEP, atol=1e-14, equal_nan=True)


def test_max_abs_when_compared_with_max_abs_scaler(frame: pd.DataFrame) -> None:
    numbers = frame[["price", "count"]] - 5
    got = Preprocessor(col("price", "count").max_abs()).fit_transform(numbers)
    assert close(got, MaxAbsScaler().fit_transform(numbers))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"low": 0.05, "high": 0.9}, {"quantile_range": (5.0, 90.0)}),
        ({"with_median": False}, {"with_centering": False}),
        ({"with_range": False}, {"with_scaling": False}),
    ],
)
def test_robust_scale_when_compared_with_robust_scaler(
    frame: pd.DataFrame, ours: dict[str, float], theirs: dict[str, Any]
) -> None:
    got = Preprocessor(col("price", "count").robust_scale(**ours)).fit_transform(frame)
    assert close(got, RobustScaler(**theirs).fit_transform(frame[["price", "count"]]))


def test_winsorize_when_compared_with_scipy_where_ranks_are_whole() -> None:
    values = np.random.default_rng(5).normal(size=101)
    got = Preprocessor(col("x").winsorize(0.05, 0.9)).fit_transform(pd.DataFrame({"x": values}))
    # Five rows below and ten above: SciPy counts rows, a quantile divides the way between them.
    assert close(got[:, 0], np.asarray(mstats.winsorize(values, (5 / 101, 10 / 101))))


@pytest.mark.parametrize("buckets", [2, 7, 50])
def test_width_bucketize_when_compared_with_bins(frame: pd.DataFrame, buckets: int) -> None:
    prices = frame[["price"]].dropna()
    bins = KBinsDiscretizer(n_bins=buckets, encode="ordinal", strategy="uniform", subsample=None)
    expected = bins.fit_transform(prices) + 1
    prep = Preprocessor(col("price").width_bucketize(buckets)).fit(prices)
    assert np.array_equal(prep.transform(prices), expected)
    new = pd.DataFrame({"price": [-1.0, 0.0, 1e9]})
    assert np.array_equal(prep.transform(new), bins.transform(new) + 1)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
def test_powers_when_compared_with_power_transformer(
    frame: pd.DataFrame, method: str, standardize: bool
) -> None:
    numbers = frame[["price", "count"]] + 0.5
    if method == "yeo-johnson":
        numbers["count"] -= 3
    column = col("price", "count")
    operator = column.yeo_johnson if method == "yeo-johnson" else column.box_cox
    got = Preprocessor(operator(standardize=standardize)).fit_transform(numbers)
    transformer = PowerTransformer(method=method, standardize=standardize).fit(numbers)
    # SciPy's search for the exponent ends 1e-8 from its root; we go on to the last digits.
    np.testing.assert_allclose(got, transformer.transform(numbers), rtol=2e-6, atol=2e-6)


def test_exponents_when_compared_with_scipy_are_its_own(frame: pd.DataFrame) -> None:
    for values, operator, find in [
        (frame["price"].dropna(), col("x").box_cox(False), stats.boxcox_normmax),
        (frame["count"].dropna() - 4, col("x").yeo_johnson(False), stats.yeojohnson_normmax),
    ]:
        prep = Preprocessor(operator).fit(pd.DataFrame({"x": values}))
        step = next(step for step in prep.bundle.steps if step["step"] == "power")
        arguments = {"method": "mle"} if find is stats.boxcox_normmax else {}
        assert step["numbers"][0] == pytest.approx(find(values.to_numpy(), **arguments), abs=1e-6)


@pytest.mark.parametrize("output", ["uniform", "normal"])
@pytest.mark.parametrize("quantiles", [10, 1000, 9000])
def test_quantile_transform_when_compared_with_quantile_transformer(
    frame: pd.DataFrame, output: str, quantiles: int
) -> None:
    numbers = frame[["price", "count"]]
    got = Preprocessor(
        col("price", "count").quantile_transform(quantiles, output=output)
    ).fit_transform(numbers)
    transformer = QuantileTransformer(
        n_quantiles=min(quantiles, len(numbers)), output_distribution=output, subsample=None
    )
    expected = transformer.fit_transform(numbers)
    # The transformer counts missing rows among those that quantiles can be taken of: with more
    # quantiles than values the two have other places.
    if quantiles <= numbers.count().min():
        # Its ranks are rounded products of a hundred, and normal quantiles are steep at their ends.
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=2e-6)


def test_chain_when_compared_with_a_pipeline(frame: pd.DataFrame) -> None:
    got = Preprocessor(col("price").impute("median").log1p().standardize()).fit_transform(frame)
    imputed = np.log1p(SimpleImputer(strategy="median").fit_transform(frame[["price"]]))
    expected = StandardScaler().fit_transform(imputed)
    assert np.allclose(got, expected, rtol=FLOAT32_STEP, atol=1e-13)


def test_ordinal_when_compared_with_ordinal_encoder(frame: pd.DataFrame) -> None:
    by_count = frame["city"].value_counts().index.tolist()
    encoder = OrdinalEncoder(categories=[by_count]).fit(frame[["city"]])
    got = Preprocessor(col("city").ordinal()).fit_transform(frame)
    assert np.array_equal(got, encoder.transform(frame[["city"]]) + 2)


def test_bucketize_when_compared_with_bins(frame: pd.DataFrame) -> None:
    counts = frame[["count"]].dropna()
    bins = KBinsDiscretizer(n_bins=4, encode="ordinal", strategy="uniform").fit(counts)
    edges = bins.bin_edges_[0][1:-1]
    got = Preprocessor(col("count").bucketize(edges)).fit_transform(counts)
    assert np.array_equal(got, bins.transform(counts) + 1)
    sides = 1 + np.searchsorted(edges, counts["count"], side="right")
    assert np.array_equal(got[:, 0], sides)


@pytest.mark.parametrize("buckets", [2, 5, 16])
def test_quantile_bucketize_when_compared_with_bins(frame: pd.DataFrame, buckets: int) -> None:
    prices = frame[["price"]].dropna()
    bins = KBinsDiscretizer(
        n_bins=buckets,
        encode="ordinal",
        strategy="quantile",
        quantile_method="linear",
        subsample=None,
    ).fit(prices)
    got = Preprocessor(col("price").quantile_bucketize(buckets)).fit_transform(prices)
    assert np.array_equal(got, bins.transform(prices) + 1)


def test_missing_flag_when_compared_with_missing_indicator(frame: pd.DataFrame) -> None:
    got = Preprocessor(col("price", "count", "city").missing_flag()).fit_transform(frame)
    expected = MissingIndicator(features="all").fit_transform(frame[["price", "count"]])
    assert np.array_equal(got[:, :2], expected)
    assert not got[:, 2].any()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"min_count": 500}, {"min_frequency": 500}),
        # The encoder counts the feature of the infrequent ones as a category, too.
        ({"max_size": 2}, {"max_categories": 4}),
    ],
)
def test_one_hot_when_compared_with_one_hot_encoder(
    frame: pd.DataFrame, ours: dict[str, int], theirs: dict[str, int]
) -> None:
    cities = frame[["city"]].astype(object)
    cities.iloc[::3] = None
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False, **theirs)
    encoder.fit(cities)
    prep = Preprocessor(col("city").one_hot(**ours)).fit(cities)
    as_theirs = {"city_None": "city_missing", "city_infrequent_sklearn": "city_infrequent"}
    names = [as_theirs.get(name, name) for name in encoder.get_feature_names_out()]
    assert sorted(names) == sorted(prep.feature_names_out_)
    places = [prep.feature_names_out_.index(name) for name in names]
    new = pd.DataFrame({"city": ["Bonn", None, *cities["city"]]}, dtype=object)
    assert np.array_equal(prep.transform(new)[:, places], encoder.transform(new))


def test_target_mean_when_compared_with_target_encoder(frame: pd.DataFrame) -> None:
    encoder = TargetEncoder(smooth=7.0, target_type="continuous")
    encoder.fit(frame[["city"]], frame["late"])
    prep = Preprocessor(col("city").target_mean(smoothing=7.0)).fit(frame, target="late")
    assert close(prep.transform(frame), encoder.transform(frame[["city"]]))
    # Unseen is the mean of all rows for both.
    new = pd.DataFrame({"city": ["Bonn"]})
    assert close(prep.transform(new), encoder.transform(new))
