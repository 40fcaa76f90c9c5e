"""Columns are ranked by effect times what the model makes of them."""

from __future__ import annotations

import numpy as np
import pytest

import mainspring as ms


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    lightgbm = pytest.importorskip("lightgbm")
    random = np.random.default_rng(0)
    rows = random.normal(size=(2_000, 3))
    label = 5 * rows[:, 0] + 0.5 * rows[:, 1]
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(rows, label), 30)
    names = [f"Column_{i}" for i in range(3)]
    profile = ms.profile({name: rows[:, i] for i, name in enumerate(names)})
    return ms.Predictor(booster, profile=profile)


def moved(rows: int = 1_000) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    far = {"Column_0": 0.5, "Column_1": 1.0, "Column_2": 2.0}
    return {name: random.normal(mean, 1, rows) for name, mean in far.items()}


def test_importance_when_a_model_says_it_ranks_by_it(predictor: ms.Predictor) -> None:
    plain = ms.detect_drift(predictor, moved())
    assert plain.drifted == ["Column_2", "Column_1", "Column_0"]
    ranked = ms.detect_drift(predictor, moved(), importance="model")
    assert ranked.drifted[0] == "Column_0"
    assert ranked.drifted[-1] == "Column_2"
    assert {c.name: c.drifted for c in ranked.columns} == {c.name: c.drifted for c in plain.columns}


def test_model_importance_is_of_what_the_model_uses(predictor: ms.Predictor) -> None:
    found = ms.drift.model_importance(predictor, moved())
    assert found["Column_0"] > 5 * found["Column_1"] > 5 * found["Column_2"]
    assert np.mean(list(found.values())) == pytest.approx(1)
    assert found == ms.drift.model_importance(predictor, moved())


def test_importance_when_there_is_no_model_says_so(predictor: ms.Predictor) -> None:
    with pytest.raises(ms.ParameterError, match="needs a Predictor"):
        ms.detect_drift(moved(), moved(), importance="model")
    with pytest.raises(ms.ParameterError, match='"model"'):
        ms.detect_drift(predictor, moved(), importance="gain")
    with pytest.raises(ms.ParameterError, match="at least 2 rows"):
        ms.drift.model_importance(predictor, moved(1))
    with pytest.raises(ms.ParameterError, match="in parts"):
        ms.drift.model_importance(predictor, "folder.parquet")
