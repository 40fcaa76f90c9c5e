"""The column that a feature about the past becomes: a name that knows its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.transforms.derived_column import DerivedColumn

if TYPE_CHECKING:
    from mainspring.history.plans import HistoryPlans
    from mainspring.history.source import EventSource
    from mainspring.transforms.condition import Condition

__all__ = ["Definition", "Frame", "HistoryColumn"]


@dataclass(frozen=True)
class Frame:
    """Which of the visible events are looked at.

    Parameters
    ----------
    kind : {"time", "rows", "expanding", "session", "calendar"}
        How they are chosen.
    rows : int
        How many, of rows; of a calendar the number of periods.
    width, lag : int
        Microseconds; of a calendar the number of the unit, and periods.
    zone : str or None
        The time zone of a calendar.
    """

    kind: str
    rows: int
    width: int
    lag: int
    zone: str | None = None


@dataclass(frozen=True)
class Definition:
    """All that is known about a feature.

    Parameters
    ----------
    source : EventSource
        Whose events.
    frame : Frame
        Which of them.
    aggregate : str
        What is made of them.
    value : str or None
        The column of values.
    parameter : float
        Half-life in microseconds, or share of a quantile.
    where : Condition or None
        Which events take part.
    available : str or None
        The column that says when an event is known.
    edges : tuple of float or None
        Between which a quantile counts.
    """

    source: EventSource
    frame: Frame
    aggregate: str
    value: str | None
    parameter: float
    where: Condition | None
    available: str | None
    edges: tuple[float, ...] | None = None


class HistoryColumn(DerivedColumn):
    """The name of a feature, as it would be written, with its definition.

    Equal to the plain text: two features of one text are one.
    """

    definition: Definition

    @classmethod
    def of(cls, text: str, more: str, definition: Definition) -> HistoryColumn:
        """Make the column.

        Parameters
        ----------
        text : str
            The window, as it is written.
        more : str
            Arguments of the aggregate besides the value.
        definition : Definition
            What it stands for.

        Returns
        -------
        HistoryColumn
        """
        window = []
        if definition.available is not None:
            window.append(f"available={definition.available}")
        if definition.where is not None:
            window.append(f"where={definition.where}")
        if window:
            inside = text[:-1] if text.endswith("()") else text[:-1] + ";"
            text = inside + ";".join(window) + ")"
        # LightGBM takes no comma in a name, nor any other mark of JSON.
        arguments = ";".join(part for part in (definition.value or "", more) if part)
        column = cls(f"{definition.source.name}.{text}.{definition.aggregate}({arguments})")
        column.definition = definition
        return column

    def derivation(self, columns: Sequence[DerivedColumn]) -> HistoryPlans:
        """Make the plans of all columns; see :class:`DerivedColumn`."""
        from mainspring.history.plans import HistoryPlans

        return HistoryPlans(columns)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (str(self), self.definition)


def _restored(text: str, definition: Definition) -> HistoryColumn:
    column = HistoryColumn(text)
    column.definition = definition
    return column
