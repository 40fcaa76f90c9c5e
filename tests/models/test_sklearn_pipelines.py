"""Pipelines of scikit-learn with encoders and imputers before the model, as one Predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import mainspring as ms

NUMBERS, WORDS = ["distance", "wind"], ["carrier", "origin"]


def frame(rows: int, seed: int, words: str = "abcd") -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    made = pd.DataFrame(draw.normal(size=(rows, 2)), columns=NUMBERS)
    made.loc[draw.random(rows) < 0.1, "distance"] = np.nan
    for name in WORDS:
        made[name] = draw.choice(list(words), rows)
    return made


def label_of(rows: pd.DataFrame) -> Any:
    score = rows["distance"].fillna(0) + (rows["carrier"] == "a") - 0.5 * (rows["origin"] == "b")
    return np.where(score > 0.2, "late", "punctual")


def encoders() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            ("carrier", OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
            (
                "origin",
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                ["origin"],
            ),
        ]
    )


MODELS = {
    "forest": lambda: RandomForestClassifier(10, max_depth=6, random_state=1),
    "boosted": lambda: HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=5),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1),
    "linear": lambda: LogisticRegression(max_iter=300),
    "network": lambda: MLPClassifier((8,), max_iter=30, random_state=1),
    "scaled": lambda: Pipeline([("again", StandardScaler()), ("last", LogisticRegression())]),
}


@pytest.mark.shows(
    "scikit-learn", "Pipeline", "imputers, scalers, encoders by columns before a model", "float32"
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", MODELS)
def test_pipeline_predicts_as_scikit_learn(name: str, tmp_path: Path) -> None:
    """Features are float32 here, which trees of scikit-learn round to themselves."""
    rows = frame(600, 1)
    pipeline = Pipeline([("features", encoders()), ("model", MODELS[name]())])
    pipeline.fit(rows, label_of(rows))
    predictor = ms.Predictor(pipeline, name="pipeline")
    assert predictor.has_preprocessor
    assert sorted(predictor.input_names) == sorted(NUMBERS + WORDS)
    some = frame(500, 2, "abcdx")
    expected = pipeline.predict_proba(some)
    if name == "forest":
        np.testing.assert_array_equal(predictor.predict_proba(some), expected)
    else:
        np.testing.assert_allclose(predictor.predict_proba(some), expected, rtol=2e-5, atol=1e-6)
    assert (predictor.predict(some) == pipeline.predict(some)).mean() > 0.99
    assert predictor.classes_.tolist() == ["late", "punctual"]
    predictor.save(tmp_path / "late.spring")
    again = ms.load(tmp_path / "late.spring")
    np.testing.assert_array_equal(again.predict_proba(some), predictor.predict_proba(some))
    row = some.iloc[0].to_dict()
    assert predictor.predict_row(row) == predictor.predict(some.iloc[:1])[0]


def test_pipeline_of_a_matrix_has_columns_by_number() -> None:
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(300, 3))
    rows[draw.random(rows.shape) < 0.1] = np.nan
    pipeline = make_pipeline(SimpleImputer(), RandomForestRegressor(5, random_state=1))
    pipeline.fit(rows, np.nan_to_num(rows).sum(axis=1))
    predictor = ms.Predictor(pipeline)
    assert predictor.input_names == ["x0", "x1", "x2"]
    got = predictor.predict((rows, predictor.input_names))
    np.testing.assert_allclose(got, pipeline.predict(rows), rtol=1e-12)


def test_scalers_alone_stay_part_of_the_model() -> None:
    rows = np.random.default_rng(4).normal(size=(100, 3))
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(rows, rows[:, 0])
    predictor = ms.Predictor(pipeline)
    assert not predictor.has_preprocessor
    np.testing.assert_allclose(predictor.predict(rows), pipeline.predict(rows), rtol=1e-12)


def test_step_that_is_not_known_is_refused_by_name() -> None:
    rows = np.random.default_rng(5).normal(size=(100, 3))
    pipeline = make_pipeline(SimpleImputer(), PCA(2), Ridge()).fit(rows, rows[:, 0])
    with pytest.raises(ms.UnsupportedError, match="PCA"):
        ms.Predictor(pipeline)


def test_pipeline_that_is_not_fitted_is_refused() -> None:
    with pytest.raises(ms.NotFittedError, match="Pipeline does not say how many columns"):
        ms.Predictor(make_pipeline(SimpleImputer(), Ridge()))


def test_encoders_inside_of_another_model_are_refused_by_name() -> None:
    rows = frame(200, 6)
    inner = make_pipeline(encoders(), RandomForestClassifier(3, random_state=1))
    votes = VotingClassifier([("one", inner)]).fit(rows, label_of(rows))
    with pytest.raises(ms.UnsupportedError, match="ColumnTransformer"):
        ms.Predictor(votes)
