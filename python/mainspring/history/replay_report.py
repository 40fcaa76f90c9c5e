"""Training features held against what a service would have answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring.history.plans import plans_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ReplayReport", "replay"]


@dataclass(frozen=True)
class ReplayReport:
    """What :func:`replay` found.

    Attributes
    ----------
    num_requests : int
        Rows that were compared.
    num_different : int
        Of these, rows with a feature whose bits differ.
    first_different : int or None
        The first of them.
    num_events : int
        Events that the state took.
    arrived_late : int
        Events that came after a request for a later time than theirs.
    """

    num_requests: int
    num_different: int
    first_different: int | None
    num_events: int
    arrived_late: int

    @property
    def same(self) -> bool:
        """Whether every bit agrees."""
        return self.num_different == 0


def replay(plans: Any, events: Mapping[str, object], requests: object) -> ReplayReport:
    """Compare the features of a table with those of a state that is fed in order of arrival.

    Every event arrives when a feature may see it first: at its time, or at the first of its times
    of availability where all features wait for one. Requests come between them in order of time.

    Parameters
    ----------
    plans : Preprocessor, Predictor or HistoryPlans
        Fitted.
    events : mapping
        The table of each source.
    requests : table
        With the columns of request times and keys.

    Returns
    -------
    ReplayReport
        ``same`` says whether all bits agree.

    Raises
    ------
    ParameterError, SchemaError
        As for the features themselves.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> import mainspring as ms
    >>> clicks = ms.events("clicks", key="user", time="at")
    >>> rows = [{"user": 7, "at": datetime(2024, 5, d, tzinfo=timezone.utc)} for d in (1, 2)]
    >>> plans = ms.history.HistoryPlans.of(clicks.window("2d").count()).fit({"clicks": rows})
    >>> ms.replay(plans, {"clicks": rows}, rows).same
    True
    """
    made = plans_of(plans, "replay")
    table = arrow_table(requests, "replay")
    features = made.compute(table, events)
    parts = []
    for name, source in made.sources.items():
        parts.append(
            _engine.replay_history(
                made.plan(name),
                as_table(events[name]),
                as_table(table),
                source.at,
                list(source.keys),
                np.ascontiguousarray(features[name]),
            )
        )
    firsts = [part["first_different"] for part in parts if part["first_different"] is not None]
    return ReplayReport(
        num_requests=table.num_rows,
        num_different=max(part["num_different"] for part in parts),
        first_different=min(firsts) if firsts else None,
        num_events=sum(part["taken"] for part in parts),
        arrived_late=sum(part["arrived_late"] for part in parts),
    )
