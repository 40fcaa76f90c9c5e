"""The engine's features as a scikit-learn estimator.

Importing this package imports scikit-learn, which nothing else in ``mainspring`` needs.
"""

from __future__ import annotations

from mainspring import errors

try:
    from sklearn.utils.validation import validate_data as _validate_data  # new in 1.6
except ImportError as error:
    raise errors.MissingExtraError(
        "mainspring.sklearn needs scikit-learn 1.6 or later, which is not installed. "
        "Run: pip install 'mainspring[sklearn]'",
        hint="pip install 'mainspring[sklearn]'",
    ) from error

from mainspring.sklearn.feature_transformer import FeatureTransformer

__all__ = ["FeatureTransformer"]

del _validate_data
