"""What learns: boosters by their parameters, estimators of scikit-learn, networks of torch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mainspring.errors import MissingExtraError, ParameterError

__all__ = ["Learner", "learn"]

_KINDS = ("lightgbm", "xgboost")


@dataclass(frozen=True)
class Learner:
    """A booster that is not trained yet: plain values, so that they can be part of a key.

    Parameters
    ----------
    library : {"lightgbm", "xgboost"}
        Whose booster.
    parameters : mapping
        Of its ``train``.
    rounds : int, default 100
        How many.

    Examples
    --------
    >>> from mainspring.pipeline.steps import Learner
    >>> Learner("lightgbm", {"objective": "binary"}, rounds=60)
    Learner(library='lightgbm', parameters={'objective': 'binary'}, rounds=60)
    """

    library: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rounds: int = 100

    def __post_init__(self) -> None:
        if self.library not in _KINDS:
            raise ParameterError(
                f"Learner: library must be 'lightgbm' or 'xgboost', got {self.library!r}. Give an "
                "estimator of scikit-learn or a function of your own instead of a Learner.",
                expected="'lightgbm' or 'xgboost'",
                got=repr(self.library),
            )

    def __call__(self, features: Any, labels: Any, preprocessor: Any) -> Any:
        """Train on features; the preprocessor says which are categories."""
        names = list(preprocessor.get_feature_names_out())
        try:
            if self.library == "lightgbm":
                import lightgbm

                data = lightgbm.Dataset(
                    features,
                    label=labels,
                    feature_name=names,
                    categorical_feature=preprocessor.categorical_indices,
                )
                return lightgbm.train({"verbose": -1, **self.parameters}, data, self.rounds)
            import xgboost
        except ImportError as error:
            raise MissingExtraError(
                f"Training needs {self.library}, which is not installed. Run: pip install "
                f"{self.library}",
                hint=f"pip install {self.library}",
            ) from error
        matrix = xgboost.DMatrix(features, label=labels, feature_names=names)
        return xgboost.train(dict(self.parameters), matrix, self.rounds)


def learn(learner: Any, features: Any, labels: Any, preprocessor: Any) -> Any:
    """Train whatever learns.

    Parameters
    ----------
    learner : Learner, estimator or callable
        An estimator of scikit-learn is copied and fitted; a callable takes features, labels and the
        fitted preprocessor, and returns a model that a Predictor takes, such as a module of
        :mod:`mainspring.train` that it has trained.
    features : ndarray
        A row for each label.
    labels : ndarray
        As they stand in the data.
    preprocessor : Preprocessor
        Fitted.

    Returns
    -------
    object
        The model.
    """
    if hasattr(learner, "fit") and hasattr(learner, "get_params"):
        return copy.deepcopy(learner).fit(features, labels)
    if not callable(learner):
        raise ParameterError(
            "learner: expected a Learner, an estimator of scikit-learn or a function, got "
            f"{type(learner).__name__}.",
            expected="a Learner, an estimator or a function",
            got=type(learner).__name__,
        )
    return learner(features, labels, preprocessor)
