"""What Ray Tune hears of epochs, and what is said where a library is missing."""

from __future__ import annotations

import builtins
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import mainspring as ms
from mainspring.tune import optuna_study, prune_by_epoch, report_to_ray


def test_epochs_are_reported_as_ray_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, Any]] = []
    ray, tune = ModuleType("ray"), ModuleType("ray.tune")
    tune.report = heard.append  # type: ignore[attr-defined]
    ray.tune = tune  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.tune", tune)
    on_epoch = report_to_ray()
    on_epoch(SimpleNamespace(number=0, train_loss=0.5, metrics={"roc_auc": 0.7}))
    assert heard == [{"epoch": 0, "train_loss": 0.5, "roc_auc": 0.7}]


@pytest.mark.parametrize(
    ("call", "package"),
    [
        (report_to_ray, "ray"),
        (lambda: optuna_study("late"), "optuna"),
        (lambda: prune_by_epoch(None, "roc_auc"), "optuna"),
    ],
    ids=["report_to_ray", "optuna_study", "prune_by_epoch"],
)
def test_missing_library_is_named(call: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ms.MissingExtraError, match=r"which is not installed\. Run: pip install"):
        call()
