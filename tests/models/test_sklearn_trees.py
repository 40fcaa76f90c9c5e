"""Trees of scikit-learn: scores bit for bit, labels and probabilities, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import ensemble, linear_model, tree

import mainspring as ms
from mainspring import _engine
from tests.models.lightgbm_models import ulps
from tests.tolerances import PROBABILITY_ULPS

NUM_FEATURES = 5
CATEGORICAL = 3
# With missing values; the others refuse them.
WITH_MISSING = (
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
)
KINDS = (*WITH_MISSING, "GradientBoostingClassifier", "GradientBoostingRegressor")
KINDS = (*KINDS, "AdaBoostClassifier")
LOSSES = {
    "HistGradientBoostingRegressor": ("squared_error", "absolute_error", "poisson", "gamma"),
    "GradientBoostingRegressor": ("squared_error", "absolute_error", "huber", "quantile"),
    "GradientBoostingClassifier": ("log_loss", "exponential"),
}
LABELS: dict[str, list[Any]] = {
    "text": ["no", "yes", "ü"],
    "int": [7, -1, 3],
    "bool": [False, True],
}


def estimator_of(kind: str, seed: int, **options: Any) -> Any:
    made = getattr(ensemble, kind, None) or getattr(tree, kind)
    if kind.startswith("Hist"):
        options |= {"max_iter": 6, "min_samples_leaf": 5}
    elif kind in ensemble.__all__:
        options["n_estimators"] = 6
    if kind.startswith("AdaBoost"):
        options["estimator"] = tree.DecisionTreeClassifier(max_depth=3)
    elif not kind.startswith("Hist"):
        options["max_depth"] = 6
    return made(random_state=seed, **options)


def training_data(seed: int, *, missing: bool) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(250, NUM_FEATURES))
    matrix[:, 1] = np.round(matrix[:, 1], 1)
    matrix[:, CATEGORICAL] = draw.choice([0, 2, 3, 7, 40, 77, 1000], 250)
    score = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + (matrix[:, CATEGORICAL] % 3)
    if missing:
        matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, score + draw.normal(size=250) / 2


def thresholds_of(model: Any) -> np.ndarray:
    if hasattr(model, "tree_"):
        return np.asarray(model.tree_.threshold)
    if hasattr(model, "_predictors"):
        return np.concatenate([t.nodes["num_threshold"] for its in model._predictors for t in its])
    return np.concatenate([one.tree_.threshold for one in np.ravel(model.estimators_)])


def hard_rows(model: Any, seed: int, *, missing: bool, num_rows: int = 200) -> np.ndarray:
    """Rows with thresholds, their neighbours of either width, and odd categories."""
    draw = np.random.default_rng(seed + 1)
    shape = (num_rows, NUM_FEATURES)
    values = thresholds_of(model)
    exact = draw.choice(values[np.isfinite(values)], shape)
    choices = [
        draw.normal(size=shape),
        exact,
        exact.astype(np.float32).astype(np.float64),
        np.nextafter(exact, np.inf),
        np.nextafter(exact, -np.inf),
        np.nextafter(exact.astype(np.float32), np.float32(np.inf)).astype(np.float64),
        draw.choice([0.0, -0.0, 1e-40, -1e-300, 1e30, -1e30], shape),
        draw.choice([-1.0, 0, 1, 2, 2.5, 3, 7, 40, 77, 78, 1000, 2.0**31], shape),
    ]
    rows = np.choose(draw.integers(0, len(choices), shape), choices)
    if missing:
        rows[draw.random(shape) < 0.1] = np.nan
    return rows


def fitted(kind: str, labels: str, targets: int, loss: int, seed: int) -> Any:
    missing = kind in WITH_MISSING
    matrix, score = training_data(seed, missing=missing)
    options = {}
    if kind in LOSSES:
        options["loss"] = LOSSES[kind][loss % len(LOSSES[kind])]
    if kind.startswith("Hist") and seed % 2:
        options["categorical_features"] = [CATEGORICAL]
    if kind.endswith("Classifier"):
        names = np.array(LABELS[labels])
        classes = np.digitize(score, [0.3, 1.4]) % len(names)
        if options.get("loss") == "exponential":
            classes = np.minimum(classes, 1)
        return estimator_of(kind, seed, **options).fit(matrix, names[classes])
    target = np.abs(score) + 0.1
    takes_targets = "Boosting" not in kind
    if takes_targets and targets > 1:
        target = np.column_stack([target, -target, score][:targets])
    return estimator_of(kind, seed, **options).fit(matrix, target)


MODELS = st.builds(
    fitted,
    kind=st.sampled_from(KINDS),
    labels=st.sampled_from(sorted(LABELS)),
    targets=st.sampled_from([1, 3]),
    loss=st.integers(0, 3),
    seed=st.integers(0, 200),
)


def raw_scores_of(model: Any, rows: np.ndarray) -> Any:
    """What the engine calls raw scores, from the library."""
    name = type(model).__name__
    if name.startswith("Hist"):
        return model._raw_predict(rows)
    if name.startswith("GradientBoosting"):
        return model._raw_predict(np.ascontiguousarray(rows, np.float32))
    return None


def assert_same_as_sklearn(model: Any, rows: np.ndarray) -> None:
    predictor = ms.Predictor(model)
    for matrix in (rows, rows.astype(np.float32), np.asfortranarray(rows)[::-1]):
        expected, got = model.predict(matrix), predictor.predict(matrix)
        assert got.shape == expected.shape
        raw = raw_scores_of(model, matrix)
        if raw is not None:
            got_raw = predictor.predict_raw(matrix)
            np.testing.assert_array_equal(got_raw.reshape(raw.shape), raw)
        if hasattr(model, "classes_"):
            np.testing.assert_array_equal(got, expected)
            np.testing.assert_array_equal(predictor.classes_, model.classes_)
            proba, own = predictor.predict_proba(matrix), model.predict_proba(matrix)
            if "Boost" in type(model).__name__:
                np.testing.assert_allclose(proba, own, rtol=1e-14, atol=1e-15)
            else:
                np.testing.assert_array_equal(proba, own)
        elif getattr(model, "loss", "") in ("poisson", "gamma"):
            assert ulps(got, expected).max() <= PROBABILITY_ULPS
        else:
            np.testing.assert_array_equal(got, expected)


@pytest.mark.shows(
    "scikit-learn",
    "trees, forests, boosting",
    "drawn models: labels of three types, several targets, missing values, categories",
    "link",
)
@given(MODELS)
@settings(max_examples=60)
def test_predict_of_any_model_is_scikit_learns(model: Any) -> None:
    missing = type(model).__name__ in WITH_MISSING
    assert_same_as_sklearn(model, hard_rows(model, 3, missing=missing))


@pytest.mark.shows(
    "scikit-learn",
    "trees, forests, boosting",
    "DecisionTree, ExtraTree(s), RandomForest, (Hist)GradientBoosting, AdaBoostClassifier",
    "link",
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_predict_of_each_kind_is_scikit_learns(kind: str, seed: int) -> None:
    for number, labels in enumerate(LABELS):
        model = fitted(kind, labels, 1 + 2 * (number % 2), number, seed)
        assert_same_as_sklearn(model, hard_rows(model, seed, missing=kind in WITH_MISSING))


def test_oracle_when_a_direction_is_changed_differs() -> None:
    """The comparison can fail: NaN sent the other way shows."""
    model = fitted("HistGradientBoostingRegressor", "int", 1, 0, 2)
    rows = hard_rows(model, 2, missing=True)
    expected = model.predict(rows)
    for trees in model._predictors:
        trees[0].nodes["missing_go_to_left"] ^= 1
    assert not np.array_equal(ms.Predictor(model).predict(rows), expected)


@pytest.mark.shows("scikit-learn", "trees, forests, boosting", "IsolationForest", "labels")
@pytest.mark.parametrize("max_features", [1.0, 0.5])
@pytest.mark.parametrize("contamination", ["auto", 0.2])
def test_isolation_forest_finds_the_same_outliers(max_features: float, contamination: Any) -> None:
    matrix, _ = training_data(5, missing=False)
    model = ensemble.IsolationForest(
        n_estimators=30, max_features=max_features, contamination=contamination, random_state=5
    ).fit(matrix)
    rows = np.vstack([matrix, matrix * 3])
    predictor = ms.Predictor(model)
    expected = model.predict(rows)
    assert set(expected.tolist()) == {-1, 1}
    np.testing.assert_array_equal(predictor.predict(rows), expected)
    # Raw scores are sums of path lengths: the library's score is a function of them.
    mean = predictor.predict_raw(rows) / 30
    own = -np.log2(-model.score_samples(rows))
    np.testing.assert_allclose(mean / mean[0], own / own[0], rtol=1e-12)
    with pytest.raises(ms.UnsupportedError, match="probabilities"):
        predictor.predict_proba(rows)


def test_trees_of_one_node_predict_their_constant() -> None:
    matrix = np.ones((20, 2))
    for kind in ("DecisionTreeRegressor", "RandomForestRegressor", "GradientBoostingRegressor"):
        model = estimator_of(kind, 0).fit(matrix, np.full(20, 2.5))
        np.testing.assert_array_equal(ms.Predictor(model).predict(matrix), model.predict(matrix))


def test_boosting_from_zero_is_read() -> None:
    matrix, score = training_data(6, missing=False)
    model = ensemble.GradientBoostingRegressor(n_estimators=4, init="zero").fit(matrix, score)
    np.testing.assert_array_equal(ms.Predictor(model).predict(matrix), model.predict(matrix))


def test_names_of_features_find_columns() -> None:
    pandas = pytest.importorskip("pandas")
    matrix, score = training_data(7, missing=True)
    frame = pandas.DataFrame(matrix, columns=["a b", "é", "c", "d", "e"])
    model = estimator_of("RandomForestRegressor", 7).fit(frame, score)
    predictor = ms.Predictor(model)
    assert predictor.feature_names == list(frame.columns)
    np.testing.assert_array_equal(
        predictor.predict(frame[frame.columns[::-1]]), model.predict(frame)
    )


def test_models_that_cannot_be_read_say_why() -> None:
    matrix, score = training_data(8, missing=False)
    classes = (score > 0).astype(int)
    with pytest.raises(ms.NotFittedError, match="RandomForestRegressor has not been fitted"):
        ms.Predictor(ensemble.RandomForestRegressor())
    cases = [
        (
            estimator_of("RandomForestClassifier", 0).fit(matrix, np.zeros(250)),
            r"fitted on one class, 0\.0",
        ),
        (
            estimator_of("RandomForestClassifier", 0).fit(matrix, np.column_stack([classes] * 2)),
            "predicts 2 targets",
        ),
        (
            ensemble.GradientBoostingRegressor(
                n_estimators=2, init=linear_model.LinearRegression()
            ).fit(matrix, score),
            "begins with a model of its own, LinearRegression",
        ),
        (
            ensemble.AdaBoostClassifier(linear_model.LogisticRegression(), n_estimators=2).fit(
                matrix, classes
            ),
            "boosts a LogisticRegression",
        ),
        (
            estimator_of("HistGradientBoostingRegressor", 0, categorical_features=[0]).fit(
                np.round(matrix, 0) - 0.5, score
            ),
            r"the category -\d\.5 in column 0; expected whole numbers",
        ),
        (ensemble.BaggingRegressor(n_estimators=2).fit(matrix, score), "cannot be read"),
    ]
    for model, message in cases:
        with pytest.raises(ms.UnsupportedError, match=message):
            ms.Predictor(model)


def arrays(**changes: Any) -> dict[str, Any]:
    """A stump on the second of two features."""
    parts: dict[str, Any] = {
        "tree_sizes": np.array([3]),
        "outputs": np.array([0]),
        "left": np.array([1, -1, -1]),
        "right": np.array([2, -1, -1]),
        "features": np.array([1, 0, 0]),
        "thresholds": np.array([0.5, 0, 0]),
        "treatments": np.array([2, 0, 0], np.uint8),
        "leaves": np.array([0.0, 1.0, 2.0]),
    }
    return {**parts, **changes}


SHAPE = {
    "num_outputs": 1,
    "num_classes": 0,
    "link": "identity",
    "link_scale": 1.0,
    "link_divisor": 1.0,
    "bases": [],
    "has_vectors": False,
    "rounds_input": False,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tree_sizes": np.array([4])}, "has 4 nodes, which the arrays do not hold"),
        ({"tree_sizes": np.array([0, 3])}, "one value for each node"),
        ({"tree_sizes": np.array([-1])}, "has -1 nodes"),
        ({"tree_sizes": np.array([2])}, "names node 2 of 2"),
        ({"outputs": np.array([1])}, "adds to output 1 of 1"),
        ({"left": np.array([0, -1, -1])}, "a cycle"),
        ({"left": np.array([2, -1, -1])}, "a cycle, or a node without a parent"),
        ({"left": np.array([-1, -1, -1])}, "a node without a parent"),
        ({"right": np.array([3, -1, -1])}, "names node 3 of 3"),
        ({"right": np.array([2])}, "one value for each node"),
        ({"features": np.array([2, 0, 0])}, "reads feature 2 of 2"),
        ({"thresholds": np.array([np.nan, 0, 0])}, "a threshold that is NaN"),
        ({"treatments": np.array([9, 0, 0], np.uint8)}, "an unknown treatment"),
        ({"leaves": np.array([0, np.inf, 0])}, "a leaf that is not finite"),
        (
            {
                "treatments": np.array([8, 0, 0], np.uint8),
                "set_begins": np.array([1, 0, 0]),
                "set_lengths": np.array([1, 0, 0]),
                "set_words": np.array([1], np.uint32),
            },
            "a set of categories outside of the words",
        ),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    _engine.read_trees(arrays(), SHAPE, ["a", "b"], "stump")
    with pytest.raises(ms.DataError, match=message):
        _engine.read_trees(arrays(**changes), SHAPE, ["a", "b"], "stump")


def test_shapes_that_no_model_has_are_refused() -> None:
    with pytest.raises(ms.DataError, match="0 features"):
        _engine.read_trees(arrays(), SHAPE, [], "stump")
    with pytest.raises(ms.DataError, match="a base for each output"):
        _engine.read_trees(arrays(), {**SHAPE, "bases": [1.0, 2.0]}, ["a", "b"], "stump")
    with pytest.raises(ms.ParameterError, match="link 'magic' is not known"):
        _engine.read_trees(arrays(), {**SHAPE, "link": "magic"}, ["a", "b"], "stump")
    with pytest.raises(ms.ParameterError, match="left has element format"):
        _engine.read_trees(arrays(left=np.zeros(3)), SHAPE, ["a", "b"], "stump")
