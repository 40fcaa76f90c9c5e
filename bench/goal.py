"""What a claim and a goal are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Claim", "Goal", "Record", "ratio", "short"]

Record = Mapping[str, Any]


def short(number: float) -> str:
    """Return a number with two or three figures."""
    if number == 0 or number >= 100:
        return f"{number:.0f}"
    return f"{number:.2g}" if number < 10 else f"{number:.3g}"


def ratio(number: float) -> str:
    """Return a ratio with three figures."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:.{digits}f}"


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
        "ns", "us" or "ms" for times, else that of the value.
    rows : int, optional
        Rows that the time is divided by.
    """

    text: str
    case: str
    peer: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""
    rows: int | None = None

    def number(self, record: Record) -> float:
        """Return the record's number that the goal is about."""
        if record["kind"] == "value":
            return float(record["ours"])
        if self.at_least is not None:
            return float(record["ratio"]["cpu"]["median"])
        scale = {"ns": 1e9, "us": 1e6, "ms": 1e3}[self.unit]
        return float(record["ours"]["cpu"]["median"]) * scale / (self.rows or 1)

    def words(self, record: Record) -> str:
        """Return the record's number with its unit, as a reader meets it."""
        number = self.number(record)
        if self.unit == "share":
            return f"{100 * number:.0f} %"
        if self.unit.endswith("/s"):
            return f"{number:,.0f} {self.unit}" if number >= 100 else f"{number:.2f} {self.unit}"
        if self.unit in ("", "x"):
            return f"{ratio(number)} x"
        return f"{short(number)} {self.unit}{' a row' if self.rows else ''}"

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
