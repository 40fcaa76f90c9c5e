"""Windows over the past of a source, and the aggregates over what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring import errors
from mainspring.history.arguments import edges_of, edges_text
from mainspring.history.column import Definition, Frame, HistoryColumn
from mainspring.transforms.expression import Expression

if TYPE_CHECKING:
    from mainspring.history.source import EventSource
    from mainspring.transforms.condition import Condition

__all__ = ["EventWindow"]


@dataclass(frozen=True)
class EventWindow:
    """Which events of a source are looked at; its methods say what is made of them.

    Nulls are skipped. The count, sum and number of different values of nothing are 0; all else of
    nothing is null.
    """

    source: EventSource
    frame: Frame
    text: str
    value: str | None
    where: Condition | None
    available: str | None

    def count(self, value: str | None = None) -> Expression:
        """Count events, or those that have the value."""
        return self.feature("count", value)

    def sum(self, value: str | None = None) -> Expression:
        """Add values up, exactly."""
        return self.feature("sum", self._value(value, "sum"))

    def mean(self, value: str | None = None) -> Expression:
        """Average values: their exact sum, rounded, by their number."""
        return self.feature("mean", self._value(value, "mean"))

    def std(self, value: str | None = None) -> Expression:
        """Return the standard deviation of a sample; null below two values."""
        return self.feature("std", self._value(value, "std"))

    def min(self, value: str | None = None) -> Expression:
        """Return the smallest value."""
        return self.feature("min", self._value(value, "min"))

    def max(self, value: str | None = None) -> Expression:
        """Return the largest value."""
        return self.feature("max", self._value(value, "max"))

    def first(self, value: str | None = None) -> Expression:
        """Return the first value in time; of equal times the one that was known first."""
        return self.feature("first", self._value(value, "first"))

    def last(self, value: str | None = None) -> Expression:
        """Return the last value in time; of equal times the one that was known last."""
        return self.feature("last", self._value(value, "last"))

    def nunique(self, value: str | None = None) -> Expression:
        """Count different values: numbers, text or times."""
        return self.feature("nunique", self._value(value, "nunique"))

    def quantile(
        self, share: float, value: str | None = None, *, edges: Sequence[float] | None = None
    ) -> Expression:
        """Return the exact quantile, linear between ranks, or one on fixed edges.

        Parameters
        ----------
        share : float
            From 0 to 1.
        value : str, optional
            The column of numbers.
        edges : sequence of float, optional
            2 to 1,024 numbers, ascending. Values are counted between them, those of a bin are taken
            to be spread evenly over it, and what lies outside is at the nearest edge: off by no
            more than the width of the bin. A window of any length costs as much as its edges then,
            also online; the exact quantile looks at every event of it.

        Returns
        -------
        Expression
            One feature.

        Raises
        ------
        ParameterError
            When an argument cannot be.
        """
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise errors.ParameterError(
                f"quantile: share must be from 0 to 1, got {share!r}.",
                expected="a number from 0 to 1",
                got=repr(share),
            )
        value = self._value(value, "quantile")
        chosen = None if edges is None else edges_of(edges)
        more = repr(float(share)) + ("" if chosen is None else f";edges={edges_text(chosen)}")
        return self.feature("quantile", value, float(share), more, chosen)

    def _value(self, value: str | None, aggregate: str) -> str:
        chosen = self.value if value is None else value
        if chosen is None:
            raise errors.ParameterError(
                f"{aggregate}: expected the column to take, as in .{aggregate}('amount').",
                expected="a column name",
                got="none",
            )
        return chosen

    def feature(
        self,
        aggregate: str,
        value: str | None,
        parameter: float = 0.0,
        more: str = "",
        edges: tuple[float, ...] | None = None,
    ) -> Expression:
        """Make an expression of one feature; the other methods do it for each aggregate."""
        for name, what in ((value, aggregate), (self.available, "available")):
            if name is not None and not (isinstance(name, str) and name):
                raise errors.ParameterError(
                    f"{what}: expected a column name, got {name!r}.",
                    expected="a column name",
                    got=repr(name),
                )
        definition = Definition(
            source=self.source,
            frame=self.frame,
            aggregate=aggregate,
            value=value,
            parameter=parameter,
            where=self.where,
            available=self.available,
            edges=edges,
        )
        column = HistoryColumn.of(self.text, more, definition)
        return Expression((column,))
