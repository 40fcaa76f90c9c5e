"""Optuna: a study that several processes share, and pruning after each epoch."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from mainspring import errors

__all__ = ["optuna_study", "prune_by_epoch"]


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise errors.MissingExtraError(
            "Studies need Optuna, which is not installed. Run: pip install 'mainspring[tune]'",
            hint="pip install 'mainspring[tune]'",
        ) from error
    return optuna


def optuna_study(
    name: str,
    path: str | os.PathLike[str] | None = None,
    *,
    direction: str = "maximize",
    seed: int | None = None,
    pruner: Any = None,
) -> Any:
    """Open a study of Optuna that any number of processes may work on at once.

    Parameters
    ----------
    name : str
        Of the study; where the file has it already, it goes on.
    path : str or path, optional
        A journal, to which processes append their trials. Default: in memory.
    direction : {"maximize", "minimize"}, default "maximize"
        Of the objective.
    seed : int, optional
        Of the sampler; each of several processes takes another one.
    pruner : optuna.pruners.BasePruner, optional
        Default: the median pruner, after five trials and one step.

    Returns
    -------
    optuna.study.Study
        As ``optuna.create_study`` returns it.

    Raises
    ------
    MissingExtraError
        When Optuna is not installed.

    Examples
    --------
    >>> study = ms.tune.optuna_study("late", "late.journal")      # doctest: +SKIP
    >>> study.optimize(objective, n_trials=20)                    # doctest: +SKIP
    """
    optuna = _optuna()
    storage = None
    if path is not None:
        journal = optuna.storages.journal.JournalFileBackend(os.fspath(path))
        storage = optuna.storages.JournalStorage(journal)
    if pruner is None:
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1)
    return optuna.create_study(
        study_name=name,
        storage=storage,
        direction=direction,
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=pruner,
        load_if_exists=True,
    )


def prune_by_epoch(trial: Any, metric: str) -> Callable[[Any], None]:
    """Return what tells a trial of each epoch's metric and ends it where the pruner says so.

    Parameters
    ----------
    trial : optuna.trial.Trial
        Of the objective.
    metric : str
        Of the validation rows.

    Returns
    -------
    callable
        For ``mainspring.train.fit(..., on_epoch=)``; raises ``optuna.TrialPruned``.

    Raises
    ------
    MissingExtraError
        When Optuna is not installed.
    """
    optuna = _optuna()

    def on_epoch(epoch: Any) -> None:
        trial.report(epoch.metrics[metric], epoch.number)
        if trial.should_prune():
            raise optuna.TrialPruned(f"pruned after epoch {epoch.number + 1}")

    return on_epoch
