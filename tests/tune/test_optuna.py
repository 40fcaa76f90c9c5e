"""Studies of Optuna over preprocessors and models: shared by processes, pruned by epoch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

optuna = pytest.importorskip("optuna")

import mainspring as ms  # noqa: E402
from mainspring import col  # noqa: E402
from mainspring.tune import cross_validate, optuna_study, prune_by_epoch  # noqa: E402
from tests.tune.test_cross_validation import OPTIONS, table  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)

WORKER = """
import sys, optuna, mainspring as ms
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = ms.tune.optuna_study("shared", sys.argv[1], seed=int(sys.argv[2]))
study.optimize(lambda trial: -(trial.suggest_float("x", -1, 1) - 0.5) ** 2, n_trials=5)
"""


def test_processes_share_a_study(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    workers = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", WORKER, str(path), str(seed)])
        for seed in range(2)
    ]
    assert [worker.wait() for worker in workers] == [0, 0]
    study = optuna_study("shared", path)
    assert len(study.trials) == 10
    assert study.best_value == max(trial.value for trial in study.trials)


def test_study_over_a_preprocessor_and_a_booster_finds_the_better_one() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    rows = table(600)

    def objective(trial: Any) -> float:
        column = trial.suggest_categorical("column", ["x", "key"])
        leaves = trial.suggest_int("leaves", 2, 8)

        def train(X: Any, y: Any, prep: ms.Preprocessor) -> Any:
            options = {**OPTIONS, "num_leaves": leaves}
            return lightgbm.train(options, lightgbm.Dataset(X, y), 5)

        prep = ms.Preprocessor(col(column) if column == "x" else col(column).ordinal())
        return cross_validate(prep, train, rows, target="y", folds=3).mean

    study = optuna_study("boosters", seed=0)
    study.optimize(objective, n_trials=6)
    assert study.best_params["column"] == "x"
    assert study.best_value > 0.8


def test_trial_that_falls_behind_is_pruned() -> None:
    study = optuna_study(
        "pruned", seed=0, pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=0)
    )

    def objective(trial: Any) -> float:
        on_epoch = prune_by_epoch(trial, "roc_auc")
        for number in range(3):
            level = 0.9 if trial.number == 0 else 0.1
            on_epoch(SimpleNamespace(number=number, metrics={"roc_auc": level}))
        return 0.9

    study.optimize(objective, n_trials=2)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "PRUNED"]
    assert study.trials[1].last_step == 0


def test_pruning_ends_a_training() -> None:
    pytest.importorskip("torch")
    from mainspring import train

    rows = table(400)
    prep = ms.Preprocessor(col("x").standardize()).fit(rows)
    pruner = optuna.pruners.ThresholdPruner(lower=2.0)  # nothing is as good
    study = optuna_study("networks", seed=0, pruner=pruner)

    def objective(trial: Any) -> float:
        model = train.MLP.from_features(prep, hidden=(trial.suggest_int("hidden", 2, 8),))
        done = train.fit(
            model, rows, preprocessor=prep, label="y", validation=rows, epochs=5,
            on_epoch=prune_by_epoch(trial, "roc_auc"),
        )  # fmt: skip
        return done.metrics["roc_auc"]

    study.optimize(objective, n_trials=1)
    assert study.trials[0].state.name == "PRUNED"
    assert study.trials[0].last_step == 0
