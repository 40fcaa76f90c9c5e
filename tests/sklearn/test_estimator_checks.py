"""scikit-learn's own checks of an estimator; none is skipped and none is expected to fail."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from mainspring import col
from mainspring.sklearn import FeatureTransformer

EXPECTED_FAILED_CHECKS: dict[str, str] = {}


CASES = parametrize_with_checks(
    [FeatureTransformer(), FeatureTransformer([col("x0").clip(-1, 1)])],
    expected_failed_checks=lambda _: EXPECTED_FAILED_CHECKS,
).mark


# Before scikit-learn 1.8 the cases are a generator, which pytest warns of.
@pytest.mark.parametrize(CASES.args[0], list(CASES.args[1]), **CASES.kwargs)
def test_estimator_keeps_the_rule(estimator: Any, check: Any) -> None:
    check(estimator)


# Some fit a frame and apply a matrix, or the other way round, which has to warn.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_dataframe_column_names_consistency,
        estimator_checks.check_get_feature_names_out_error,
        estimator_checks.check_global_output_transform_pandas,
        estimator_checks.check_global_set_output_transform_polars,
        estimator_checks.check_set_output_transform,
        estimator_checks.check_set_output_transform_pandas,
        estimator_checks.check_set_output_transform_polars,
        estimator_checks.check_transformer_get_feature_names_out,
        estimator_checks.check_transformer_get_feature_names_out_pandas,
    ],
)
def test_estimator_keeps_the_rules_of_containers(check: Any) -> None:
    check("FeatureTransformer", FeatureTransformer())
