"""FeatureTransformer: scikit-learn's own checks, and how it works among its estimators."""
