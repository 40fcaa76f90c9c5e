"""Imputers, scalers and what bends numbers, with drawn parameters over drawn tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

import mainspring as ms
from tests.from_sklearn.agreement import assert_agrees, expected_of, number_table

SEEDS = st.integers(0, 2**32 - 1)
BOOLS = st.booleans()
drawn = settings(max_examples=25, deadline=None)


def other_rows(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return rows that were not fitted on: far out, on the fitted values, and between them."""
    far = number_table(seed + 1)[table.columns]
    return pd.concat([far, far * 50 - 3, table + 1e-9], ignore_index=True)


@drawn
@given(SEEDS, BOOLS, BOOLS)
def test_standard_scaler_when_parameters_are_drawn(seed: int, mean: bool, std: bool) -> None:
    table = number_table(seed)
    scaler = StandardScaler(with_mean=mean, with_std=std).fit(table)
    assert_agrees(scaler, table, other_rows(table, seed))


@drawn
@given(SEEDS, st.tuples(st.floats(-3, 0), st.floats(0.25, 7)), BOOLS)
def test_min_max_scaler_when_parameters_are_drawn(
    seed: int, limits: tuple[float, float], clip: bool
) -> None:
    table = number_table(seed)
    scaler = MinMaxScaler(limits, clip=clip).fit(table)
    assert_agrees(scaler, table, other_rows(table, seed))


@drawn
@given(SEEDS, BOOLS, BOOLS, st.tuples(st.floats(0, 40), st.floats(60, 100)), BOOLS)
def test_robust_scaler_when_parameters_are_drawn(
    seed: int, center: bool, scale: bool, levels: tuple[float, float], unit: bool
) -> None:
    table = number_table(seed)
    unit = unit and levels[0] > 1e-9 and levels[1] < 100
    scaler = RobustScaler(
        with_centering=center, with_scaling=scale, quantile_range=levels, unit_variance=unit
    ).fit(table)
    assert_agrees(scaler, table, other_rows(table, seed))


@drawn
@given(SEEDS, BOOLS)
def test_max_abs_scaler_when_parameters_are_drawn(seed: int, clip: bool) -> None:
    table = number_table(seed)
    scaler = MaxAbsScaler()
    if "clip" in scaler.get_params():
        scaler.set_params(clip=clip)
    assert_agrees(scaler.fit(table), table, other_rows(table, seed))


def lowest(values: Any) -> float:
    """Return the smallest value, or 9 where there is none: a strategy of one's own."""
    return float(np.min(values, initial=9))


@drawn
@given(
    SEEDS,
    st.sampled_from(["mean", "median", "most_frequent", "constant", "lowest"]),
    st.sampled_from([np.nan, 2.5, -1, 0]),
    BOOLS,
    BOOLS,
)
def test_simple_imputer_when_parameters_are_drawn(
    seed: int, strategy: str, missing: float, indicator: bool, keep: bool
) -> None:
    table = number_table(seed).drop(columns="whole")
    if not np.isnan(missing):
        table = table.fillna(missing)
    if strategy != "lowest":  # a callable gets no empty column
        table["never"] = missing
    imputer = SimpleImputer(
        strategy=lowest if strategy == "lowest" else strategy,
        missing_values=missing,
        fill_value=7.5 if strategy == "constant" else None,
        add_indicator=indicator,
        keep_empty_features=keep and strategy != "lowest",
    )
    assert_agrees(imputer.fit(table), table, table[::-1])


@drawn
@given(
    SEEDS,
    st.integers(2, 12),
    st.sampled_from(["ordinal", "onehot", "onehot-dense"]),
    st.sampled_from(["uniform", "quantile", "kmeans"]),
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_k_bins_discretizer_when_parameters_are_drawn(
    seed: int, bins: int, encode: str, strategy: str
) -> None:
    table = number_table(seed, missing=0)
    discretizer = KBinsDiscretizer(bins, encode=encode, strategy=strategy, subsample=None)
    prep = assert_agrees(discretizer.fit(table), table, other_rows(table, seed).fillna(0.25))
    for name, edges in zip(table.columns, discretizer.bin_edges_, strict=True):
        on_edges = table.iloc[[0] * len(edges)].assign(**{name: np.clip(edges, -1e9, 1e9)})
        np.testing.assert_array_equal(prep.transform(on_edges), expected_of(discretizer, on_edges))


@drawn
@given(SEEDS, st.integers(1, 80), st.sampled_from(["uniform", "normal"]))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_quantile_transformer_when_parameters_are_drawn(
    seed: int, quantiles: int, output: str
) -> None:
    table = number_table(seed)
    ranks = QuantileTransformer(
        n_quantiles=quantiles, output_distribution=output, subsample=None
    ).fit(table)
    found = pd.DataFrame(ranks.quantiles_, columns=table.columns)
    bound = 1e-7
    near = [found + bound, found - bound, found + 0.3 * bound, found - 3 * bound]
    # Two interpolations and their mean: ranks differ by some 2^-53, and the normal quantiles are
    # steep at their ends, where a rank has lost digits.
    for tables in [found, *near, other_rows(table, seed)]:
        assert_agrees(ranks, tables, steps=2, absolute=2e-6 if output == "normal" else 1e-15)


@drawn
@given(SEEDS, st.sampled_from(["yeo-johnson", "box-cox"]), BOOLS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_power_transformer_when_parameters_are_drawn(
    seed: int, method: str, standardize: bool
) -> None:
    table = number_table(seed, low=0.01 if method == "box-cox" else None) + 0.5
    power = PowerTransformer(method=method, standardize=standardize)
    power.fit(table[["price", "few", "whole"]])
    rows = table[["price", "few", "whole"]]
    # Powers of NumPy and of the engine are within 2 ulp; what is subtracted from them cancels.
    assert_agrees(power, rows, rows * 1.7, steps=2, absolute=1e-12)


@drawn
@given(SEEDS)
def test_function_transformer_when_log1p_or_nothing(seed: int) -> None:
    table = number_table(seed).abs()
    for function in (np.log1p, None):
        transformer = FunctionTransformer(function, feature_names_out="one-to-one").fit(table)
        # Both logarithms are within 2 ulp of float64.
        assert_agrees(transformer, table, table * 50, steps=1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "transformer", [StandardScaler(), MinMaxScaler(), RobustScaler(), MaxAbsScaler()], ids=str
)
def test_scaler_when_a_column_was_all_missing_gives_missing(transformer: Any) -> None:
    table = pd.DataFrame({"x": [1.0, 2.0, 4.0], "none": [np.nan] * 3})
    prep = assert_agrees(transformer.fit(table), table)
    assert np.isnan(prep.transform({"x": [1.0], "none": [5.0]})[0, 1])


def test_scalers_when_fitted_on_float32_differ_by_its_roundings() -> None:
    table = number_table(1)[["price", "gap"]].astype(np.float32)
    for scaler in (StandardScaler(), RobustScaler(), MaxAbsScaler()):
        scaler.fit(table)
        # scikit-learn calculates in float32 there: two roundings of numbers as large as the input.
        largest = float(np.nanmax(np.abs(table / scaler.scale_)))
        assert_agrees(scaler, table, steps=2, absolute=2 * largest * 2.0**-23)


def test_step_list_when_a_pipeline_is_converted_has_no_more_than_needed() -> None:
    table = number_table(2)
    scaler = StandardScaler().fit(table[["price"]])
    prep = ms.from_sklearn(scaler)
    assert [step["step"] for step in prep.bundle.steps] == ["load", "affine", "store"]


def test_scale_of_zero_is_refused() -> None:
    table = number_table(0)
    # The distance of these levels is infinite in a normal distribution.
    scaler = RobustScaler(quantile_range=(5e-324, 60.0), unit_variance=True).fit(table)
    with pytest.raises(ms.UnsupportedError, match="scale of 0"):
        ms.from_sklearn(scaler, columns=list(table.columns))
