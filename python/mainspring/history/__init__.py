"""Features about the past: what was known at a moment, and nothing else.

:func:`events` declares a source of events and the features about it, :class:`HistoryState` serves
them, :func:`replay` holds the two against each other; :func:`join_asof` finds the last row that was
known by then.
"""

from __future__ import annotations

from mainspring.history.as_of import join_asof
from mainspring.history.large_tables import write_features
from mainspring.history.plans import HistoryPlans
from mainspring.history.replay_report import ReplayReport, replay
from mainspring.history.source import EventSource, events
from mainspring.history.state import HistoryState
from mainspring.history.window import EventWindow

__all__ = [
    "EventSource",
    "EventWindow",
    "HistoryPlans",
    "HistoryState",
    "ReplayReport",
    "events",
    "join_asof",
    "replay",
    "write_features",
]
