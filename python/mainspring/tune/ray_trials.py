"""Ray Tune: the metrics of each epoch, for schedulers such as ASHA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mainspring import errors

__all__ = ["report_to_ray"]


def report_to_ray() -> Callable[[Any], None]:
    """Return what reports each epoch's loss and metrics to Ray Tune.

    Returns
    -------
    callable
        For ``mainspring.train.fit(..., on_epoch=)`` within a trial. ``ray.tune.Tuner`` with an
        ``ASHAScheduler(metric="roc_auc", mode="max")`` then stops trials that fall behind.

    Raises
    ------
    MissingExtraError
        When Ray is not installed.
    """
    try:
        from ray import tune
    except ImportError as error:
        raise errors.MissingExtraError(
            "report_to_ray needs Ray Tune, which is not installed. "
            "Run: pip install 'mainspring[ray]'",
            hint="pip install 'mainspring[ray]'",
        ) from error

    def on_epoch(epoch: Any) -> None:
        tune.report({"epoch": epoch.number, "train_loss": epoch.train_loss, **epoch.metrics})

    return on_epoch
