"""Numbers, target means and ids of clicks with scikit-learn's ColumnTransformer on pandas."""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)

from bench.data.clicks import CATEGORIES, NUMBERS
from bench.jobs.click_features import SMOOTHING, Floats

__all__ = ["API", "FOLDS", "check_plain_features", "plain_transformer"]

API = "ColumnTransformer on pandas"
FOLDS = 5


def plain_transformer() -> ColumnTransformer:
    """Make the estimator of the part that scikit-learn has."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median"), FunctionTransformer(np.log1p), StandardScaler()
    )
    means = TargetEncoder(target_type="binary", smooth=SMOOTHING, cv=FOLDS)
    ids = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    return ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("means", means, CATEGORIES), ("ids", ids, CATEGORIES)]
    )


def check_plain_features(ours: Floats, theirs: Floats) -> None:
    """Assert that both computed the same; ids are two numberings of the same categories."""
    first_id = len(NUMBERS) + len(CATEGORIES)
    np.testing.assert_allclose(
        ours[:, :first_id], np.asarray(theirs[:, :first_id], np.float32), rtol=1e-5, atol=1e-5
    )
    for place in range(first_id, ours.shape[1]):
        both = np.column_stack([ours[:, place], np.nan_to_num(theirs[:, place], nan=-2)])
        pairs = np.unique(both, axis=0)
        assert len(pairs) == len(np.unique(both[:, 0])) == len(np.unique(both[:, 1]))
