"""Windows of a drift report, and the alerts they raise when drift stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.drift.column_drift import ColumnDrift

__all__ = ["DriftAlert", "DriftWindow", "persistent"]


@dataclass(frozen=True)
class DriftWindow:
    """One part of the current data, judged by itself.

    Attributes
    ----------
    name : str
        Its rows, the value it has in common, or when it begins.
    num_rows : int
        How many rows it has.
    columns : list of ColumnDrift
        As those of the report.
    """

    name: str
    num_rows: int
    columns: list[ColumnDrift] = field(repr=False)

    @property
    def drifted(self) -> list[str]:
        """Names of the columns that drifted, largest effect times importance first."""
        found = [column for column in self.columns if column.drifted]
        return [column.name for column in sorted(found, key=lambda column: -column.rank)]

    def to_dict(self) -> dict[str, Any]:
        """Return the window as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats.
        """
        return {
            "name": self.name,
            "num_rows": self.num_rows,
            "drifted": self.drifted,
            "columns": [column.to_dict() for column in self.columns],
        }


@dataclass(frozen=True)
class DriftAlert:
    """A column whose drift has stayed.

    Attributes
    ----------
    column : str
        Its name.
    window : str
        The first window by which enough of the last ones had drifted.
    times : int
        In how many windows it drifted, of all.
    """

    column: str
    window: str
    times: int

    def __str__(self) -> str:
        windows = f"{self.times} window" + ("s" if self.times > 1 else "")
        return f"{self.column} drifted in {windows}, since {self.window} for long enough"


def persistent(windows: Sequence[DriftWindow], needed: int, among: int) -> list[DriftAlert]:
    """Find the columns that drifted in enough windows that follow each other.

    Parameters
    ----------
    windows : sequence of DriftWindow
        In order.
    needed, among : int
        So many of so many. Where there are fewer windows than ``needed``, nothing is found.

    Returns
    -------
    list of DriftAlert
        One for each such column, in the order in which it was noticed.
    """
    flags: dict[str, list[bool]] = {}
    for number, window in enumerate(windows):
        for column in window.columns:
            flags.setdefault(column.name, [False] * number).append(column.drifted)
    alerts: list[DriftAlert] = []
    for number, window in enumerate(windows):
        for name, drifted in flags.items():
            recent = drifted[max(0, number + 1 - among) : number + 1]
            known = any(alert.column == name for alert in alerts)
            if sum(recent) >= needed and not known:
                alerts.append(DriftAlert(name, window.name, sum(drifted)))
    return alerts
