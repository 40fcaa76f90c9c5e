"""What a claim and a goal are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Claim", "Goal", "Record"]

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Goal:
    """One number to reach, in runs of one thread.

    Attributes
    ----------
    text : str
        What is promised.
    case : str
        Beginning of the record's case.
    peer : str or None
        The record's peer; None takes the first one.
    at_least : float, optional
        Smallest ratio of CPU times that will do; of a value, the smallest value.
    at_most : float, optional
        Largest own number that will do, in ``unit``.
    unit : str
        "us" or "ms" for times, else that of the value.
    """

    text: str
    case: str
    peer: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    def number(self, record: Record) -> float:
        """Return the record's number that the goal is about."""
        if record["kind"] == "value":
            return float(record["ours"])
        if self.at_least is not None:
            return float(record["ratio"]["cpu"]["median"])
        return float(record["ours"]["cpu"]["median"]) * {"us": 1e6, "ms": 1e3}[self.unit]

    def is_met(self, record: Record) -> bool:
        """Say whether the record reaches the goal."""
        number = self.number(record)
        if self.at_least is not None:
            return number >= self.at_least
        return self.at_most is not None and number <= self.at_most


@dataclass(frozen=True)
class Claim:
    """What one file ``bench_<name>.py`` measures."""

    name: str
    title: str
    text: str
    goals: tuple[Goal, ...] = ()
