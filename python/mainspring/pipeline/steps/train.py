"""From rows to a Predictor and its numbers: train, tune, evaluate."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import mainspring as ms
from mainspring._columns import arrow_table
from mainspring.errors import ParameterError
from mainspring.pipeline.steps.features import of_pair
from mainspring.pipeline.steps.learners import Learner, learn
from mainspring.tune.cross_validation import cross_validate, evaluation_of
from mainspring.tune.optuna_studies import optuna_study

__all__ = ["evaluate", "train", "tune"]


def train(
    table: Any,
    *,
    preprocessor: Any,
    learner: Any,
    target: str,
    name: str = "model",
    tuned: Mapping[str, Any] | None = None,
) -> ms.Predictor:
    """Learn transforms and a model, and put them together.

    ``target_mean`` is cross-fitted, so no row sees its own label.

    Parameters
    ----------
    table : table
        Training rows; of a pair, as :func:`split` returns it, the first.
    preprocessor : Preprocessor
        As declared; a copy is fitted.
    learner : Learner, estimator or callable
        An estimator of scikit-learn is copied and fitted; a callable takes features, labels and the
        fitted preprocessor, and returns a model that a Predictor takes, such as a module of
        :mod:`mainspring.train` that it has trained.
    target : str
        The label's column.
    name : str, default "model"
        Of the Predictor.
    tuned : mapping, optional
        What :func:`tune` returned: its ``parameters`` take the place of the learner's.

    Returns
    -------
    Predictor
        With the profile of the training rows, for drift.
    """
    rows = arrow_table(of_pair(table, 0), "train")
    own = copy.deepcopy(preprocessor)
    features = own.fit_transform(rows, target=target, output="numpy")
    if tuned is not None:
        learner = _with(learner, tuned["parameters"])
    model = learn(learner, features, rows[target].to_numpy(), own)
    return ms.Predictor(model, own, name=name)


def tune(  # noqa: PLR0913 - each is a part of the search
    table: Any,
    *,
    preprocessor: Any,
    learner: Learner,
    target: str,
    space: Mapping[str, Sequence[Any]],
    trials: int = 20,
    folds: Any = 5,
    metric: str = "roc_auc",
    direction: str = "maximize",
    seed: int = 0,
) -> dict[str, Any]:
    """Search parameters of a learner without leakage.

    Parameters
    ----------
    table : table
        Training rows; of a pair the first.
    preprocessor, learner, target
        As in :func:`train`; each fold fits its own copies.
    space : mapping of str to sequence
        For each parameter its range, ``(low, high)`` of whole numbers or of numbers, or a list of
        choices.
    trials : int, default 20
        How many sets of parameters are tried.
    folds, metric
        Of :func:`mainspring.tune.cross_validate`.
    direction : {"maximize", "minimize"}, default "maximize"
        What is better.
    seed : int, default 0
        Of the search.

    Returns
    -------
    dict
        ``parameters``, ``value`` and ``trials``.
    """
    rows = of_pair(table, 0)
    study = optuna_study("tune", direction=direction, seed=seed)

    def objective(trial: Any) -> float:
        chosen = _with(learner, {name: _suggest(trial, name, of) for name, of in space.items()})
        found = cross_validate(
            preprocessor, chosen, rows, target=target, metric=metric, folds=folds
        )
        return found.mean

    study.optimize(objective, n_trials=trials)
    return {
        "parameters": study.best_params,
        "value": float(study.best_value),
        "trials": len(study.trials),
    }


def evaluate(
    predictor: ms.Predictor, table: Any, *, target: str, metrics: Sequence[str] | None = None
) -> dict[str, Any]:
    """Measure a predictor on rows that it has not seen.

    Parameters
    ----------
    predictor : Predictor
        The model.
    table : table
        Rows with labels; of a pair, as :func:`split` returns it, the second.
    target : str
        The label's column.
    metrics : sequence of str, optional
        Of :func:`mainspring.evaluate`; by default those that fit the task.

    Returns
    -------
    dict
        The report's ``to_dict``.
    """
    rows = arrow_table(of_pair(table, 1), "evaluate")
    return evaluation_of(predictor, rows, target, metrics).to_dict()


def _with(learner: Any, parameters: Mapping[str, Any]) -> Any:
    if not isinstance(learner, Learner):
        raise ParameterError(
            f"tune needs a Learner, whose parameters can be set, got {type(learner).__name__}.",
            expected="Learner",
            got=type(learner).__name__,
        )
    own = dict(parameters)
    rounds = own.pop("rounds", learner.rounds)
    return replace(learner, parameters={**learner.parameters, **own}, rounds=rounds)


def _suggest(trial: Any, name: str, of: Any) -> Any:
    if isinstance(of, tuple) and len(of) == 2:
        whole = all(type(end) is int for end in of)
        return trial.suggest_int(name, *of) if whole else trial.suggest_float(name, *of)
    return trial.suggest_categorical(name, list(of))
