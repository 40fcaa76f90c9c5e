"""Models made of models that cannot be read, and nodes that do not go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import ensemble, linear_model, tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

import mainspring as ms
from mainspring import _engine
from tests.models.test_sklearn_composite import fitted, training_data, tree_regressors, trees


class Mine(ensemble.VotingRegressor):
    """A subclass, whose predict may be anything."""


def test_what_cannot_be_read_is_refused_by_name() -> None:
    rows, score, y = training_data(1, "three")
    two = training_data(1, "int")[2]
    subset = fitted(tree.DecisionTreeClassifier(), rows[y != "a"], y[y != "a"])
    calibrated = fitted(CalibratedClassifierCV(GaussianNB(), cv=2), rows, y)
    calibrated.calibrated_classifiers_[0].estimator = subset
    prefit = [("a", fitted(tree.DecisionTreeClassifier(), rows, two))]
    labels = ensemble.StackingClassifier(prefit, cv="prefit", stack_method="predict")
    hard = ensemble.VotingClassifier(trees(1), voting="hard")
    stack = ensemble.StackingClassifier([("a", hard)], stack_method="predict", cv=2)
    cases: list[tuple[Any, str]] = [
        (
            fitted(ensemble.VotingClassifier([("a", ensemble.BaggingClassifier())]), rows, y),
            "BaggingClassifier cannot be read",
        ),
        (Mine([("a", linear_model.Ridge())]).fit(rows, score), "Mine"),
        (calibrated, "a model of other classes"),
        (labels.fit(rows, two), r"knows \[-1, 3\], expected \[0, 1\]"),
        (
            fitted(
                ensemble.VotingRegressor(tree_regressors(1), weights=[1, 1, 1, -0.5]), rows, score
            ),
            "negative weights",
        ),
        (
            fitted(make_pipeline(Normalizer(), trees(1)[0][1]), rows, y),
            "Normalizer cannot be converted",
        ),
        (KMeans(1, n_init=1).fit(rows), "one cluster"),
    ]
    for source, message in cases:
        with pytest.raises(ms.UnsupportedError, match=message):
            ms.Predictor(source)
    np.testing.assert_array_equal(
        ms.Predictor(fitted(stack, rows, y)).predict(rows), fitted(stack, rows, y).predict(rows)
    )
    other = fitted(CalibratedClassifierCV(GaussianNB()), rows, two)
    other.calibrated_classifiers_[0].method = "beta"
    with pytest.raises(ms.UnsupportedError, match="method='beta'"):
        ms.Predictor(other)
    for unfitted in (
        ensemble.VotingRegressor(tree_regressors(1)),
        ensemble.StackingRegressor(tree_regressors(1)),
        CalibratedClassifierCV(),
        ensemble.AdaBoostRegressor(),
        GaussianNB(),
        KMeans(),
        make_pipeline(StandardScaler(), tree.DecisionTreeRegressor()),
    ):
        with pytest.raises(ms.NotFittedError, match="Call fit first"):
            ms.Predictor(unfitted)


def linear_part(num_features: int, num_outputs: int) -> Any:
    weights = np.ones((num_outputs, num_features))
    layers = [("dense", weights, np.zeros(num_outputs), "identity", 0.0, 0.0)]
    names = [f"Column_{i}" for i in range(num_features)]
    return _engine.make_dense("float64", layers, "identity", 0, names, "part")


ROW = (0, 0, 2)


@pytest.mark.parametrize(
    "nodes",
    [
        [("model", 1, [(0, 0, 3)], [], 0, "raw")],
        [("model", 2, [ROW], [], 0, "raw")],
        [("model", 1, [ROW], [], 1, "raw")],
        [("model", 1, [ROW], [], 0, "proba")],
        [("model", 1, [ROW, ROW], [], 0, "raw")],
        [("gather", 2, [(1, 0, 2)], [], 0, "predict")],
        [("gather", 2, [(2, 0, 2)], [], 0, "predict")],
        [("gather", 3, [ROW], [], 0, "predict")],
        [("gather", 2, [ROW], [1.0], 0, "predict")],
        [("average", 2, [ROW], [1.0, 0.0], 0, "predict")],
        [("average", 2, [ROW], [1.0], 0, "predict")],
        [("average", 2, [ROW], [np.nan, 1.0], 0, "predict")],
        [("interpolate", 1, [(0, 0, 1)], [1.0, 1.0, 0.0, 1.0], 0, "predict")],
        [("interpolate", 1, [(0, 0, 1)], [], 0, "predict")],
        [("median", 1, [ROW], [1.0, -1.0], 0, "predict")],
        [("complement", 2, [ROW], [], 0, "predict")],
        [("share", 1, [ROW], [], 0, "predict")],
        [("logistic", 2, [ROW], [1.0, 1.0], 0, "predict")],
        [("votes", 3, [ROW], [1.0], 0, "predict")],
        [("gather", 1, [(0, 2, 1)], [], 0, "predict")],
    ],
)
def test_nodes_that_do_not_go_together_are_refused(nodes: list[Any]) -> None:
    with pytest.raises(ms.DataError, match="do not go together"):
        _engine.make_composite([linear_part(2, 1)], nodes, -1, 0, ["a", "b"], "")


def test_composites_that_nobody_can_mean_are_refused() -> None:
    part = linear_part(2, 1)
    gather = ("gather", 2, [ROW], [], 0, "predict")
    with pytest.raises(ms.ParameterError, match="'magic' is not known"):
        _engine.make_composite([part], [("magic", *gather[1:])], -1, 0, ["a", "b"], "")
    with pytest.raises(ms.ParameterError, match="needs nodes"):
        _engine.make_composite([part], [], -1, 0, ["a", "b"], "")
    with pytest.raises(ms.ParameterError, match="its last part"):
        _engine.make_composite([part], [gather], 1, 0, ["a", "b"], "")
    inner = _engine.make_composite([part], [gather], -1, 0, ["a", "b"], "")
    nodes = [("model", 2, [ROW], [], 0, "raw")]
    with pytest.raises(ms.DataError, match="do not go together"):
        _engine.make_composite([inner], nodes, -1, 0, ["a", "b"], "")
    with pytest.raises(ms.DataError, match="at most 4096 and 65536"):
        _engine.make_composite([part], [gather] * 40_000, -1, 0, ["a", "b"], "")


def test_composites_are_not_explained() -> None:
    rows, _, y = training_data(1, "three")
    voting = fitted(ensemble.VotingClassifier(trees(1), voting="soft"), rows, y)
    predictor = ms.Predictor(voting)
    for background in (None, rows[:5]):
        with pytest.raises(ms.UnsupportedError, match="kind 'composite' cannot be explained"):
            predictor.explain(rows, background=background)
