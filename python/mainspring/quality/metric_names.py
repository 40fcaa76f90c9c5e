"""Which metrics are measured: those that were named, or all that apply."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring import _engine
from mainspring._names import did_you_mean
from mainspring.errors import ParameterError

__all__ = ["check_names", "metrics_of"]


def check_names(asked: Sequence[str] | None) -> None:
    """Raise a ParameterError for a name that is no metric's.

    Parameters
    ----------
    asked : sequence of str, optional
        Names.
    """
    known = [str(row["name"]) for row in _engine.quality_metrics()]
    for name in asked or ():
        if name not in known:
            hint = did_you_mean(name, known)
            raise ParameterError(
                f"metrics: there is no metric {name!r}; there are {', '.join(known)}.{hint}",
                expected=", ".join(known),
                got=repr(name),
            )


def metrics_of(task: str, scores: int, asked: Sequence[str] | None) -> list[str]:
    """Return the metrics of a task, in the engine's order; those that were asked for in theirs.

    Parameters
    ----------
    task : str
        Such as "binary".
    scores : int
        Scores of each row; 0 where there are none.
    asked : sequence of str, optional
        Names; by default all that apply, but the histogram's.

    Returns
    -------
    list of str
        Names.

    Raises
    ------
    ParameterError
        When a metric is of another task, or needs scores.
    """
    rows = {str(row["name"]): row for row in _engine.quality_metrics()}
    if asked is None:
        return [
            name
            for name, row in rows.items()
            if task in row["tasks"]
            and (scores or not row["needs_scores"])
            and name != "roc_auc_histogram"
        ]
    for name in asked:
        if task not in rows[name]["tasks"] or (rows[name]["needs_scores"] and not scores):
            needs = " with score=" if rows[name]["needs_scores"] else ""
            tasks = " or ".join(rows[name]["tasks"])
            raise ParameterError(
                f"metrics: '{name}' is of the task {tasks}{needs}, this is '{task}'"
                f"{'' if scores else ' without scores'}.",
                expected=f"{tasks}{needs}",
                got=task,
            )
    return list(asked)
