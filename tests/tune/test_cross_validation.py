"""Scores of cross-validation see no row twice, and no target of the rows that are scored."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from mainspring.tune import cross_validate

OPTIONS = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 0, "num_leaves": 7}


def boost(X: Any, y: Any, prep: ms.Preprocessor) -> Any:
    data = lightgbm.Dataset(X, y, categorical_feature=prep.categorical_indices)
    return lightgbm.train(OPTIONS, data, 10)


def table(rows: int = 900, *, noise: bool = False) -> pa.Table:
    random = np.random.default_rng(0)
    x = random.normal(size=rows)
    label = random.random(rows) < (0.5 if noise else 1 / (1 + np.exp(-2 * x)))
    keys = [f"k{number}" for number in random.integers(0, rows // 2, rows)]
    return pa.table({"x": x, "key": keys, "y": label.astype(int)})


def test_score_is_that_of_folds_done_by_hand() -> None:
    rows = table()
    prep = ms.Preprocessor(col("x").standardize(), col("key").target_mean())
    found = cross_validate(prep, boost, rows, target="y", folds=4)
    for place, (rest, held_out) in enumerate(ms.StratifiedFolds(4, target="y").split(rows)):
        own = ms.Preprocessor(col("x").standardize(), col("key").target_mean())
        X = own.fit_transform(rows.take(rest), target="y")
        booster = boost(X, rows["y"].to_numpy()[rest], own)
        other = rows.take(held_out)
        scored = {"y": other["y"], "p": booster.predict(own.transform(other))}
        expected = ms.evaluate(scored, target="y", score="p").value("roc_auc")
        assert found.scores[place] == pytest.approx(expected, abs=1e-12)
    assert found.mean == pytest.approx(np.mean(found.scores))
    assert found.std > 0
    assert not prep.__sklearn_is_fitted__()


def test_noise_scores_as_noise_though_the_encoder_knows_the_target() -> None:
    prep = ms.Preprocessor(col("key").target_mean(smoothing=0.1))
    found = cross_validate(prep, boost, table(2000, noise=True), target="y", folds=5)
    assert 0.45 < found.mean < 0.55


def test_regression_and_other_folds_are_taken() -> None:
    rows = table().append_column("z", pa.array(np.arange(900.0)))

    def train(X: Any, y: Any, prep: ms.Preprocessor) -> Any:
        return lightgbm.train({**OPTIONS, "objective": "regression"}, lightgbm.Dataset(X, y), 20)

    seen = []
    found = cross_validate(
        ms.Preprocessor("z"), train, rows, target="z", metric="r2",
        folds=ms.GroupFolds(3, group="key"), on_fold=lambda fold, score: seen.append((fold, score)),
    )  # fmt: skip
    assert [score for _, score in seen] == list(found.scores)
    assert found.mean > 0.9
    with pytest.raises(ms.ParameterError, match="rocauc"):
        cross_validate(ms.Preprocessor("x"), boost, rows, target="y", metric="rocauc")
