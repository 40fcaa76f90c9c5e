"""Columns of expressions that no table has: they are computed before the plan runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Derivation", "DerivedColumn"]


class Derivation(Protocol):
    """Computes derived columns, and is part of what a preprocessor learns."""

    def fit(self, events: Mapping[str, object] | None) -> object:
        """Learn what the columns need."""

    def extend(self, data: object, events: object) -> pa.Table:
        """Return the table with the columns."""

    def to_bytes(self) -> bytes:
        """Return what a bundle stores of it."""

    def restore(self, data: bytes) -> None:
        """Take back what :meth:`to_bytes` returned."""


class DerivedColumn(str):
    """A column's name that knows how the column is made."""

    __slots__ = ()

    def derivation(self, columns: Sequence[DerivedColumn]) -> Derivation:
        """Make what computes these columns.

        Parameters
        ----------
        columns : sequence of DerivedColumn
            All of an expression list; this is one of them.

        Returns
        -------
        Derivation
            Not fitted.
        """
        raise NotImplementedError
