"""What every source does: gives its batches in order, once or as often as it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring._sources.part import in_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from mainspring._sources.part import Batch, Part

__all__ = ["Source"]


class Source:
    """Rows that do not have to fit in memory: the base of every kind of source.

    A subclass has ``batches``. Use it in a ``with`` block: what it has opened or written is gone
    afterwards.
    """

    #: Whether the rows can be read only once.
    once: bool = False
    #: Rows, where that is known without reading them.
    num_rows: int | None = None
    #: Whether columns must have the types that they have in their files; else texts may come as
    #: dictionaries, which is faster.
    plain: bool = False

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give the rows in their order, the same each time.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns that are looked at; others may be missing. All columns where the source lacks
            one of them, so that the one who looks can say so.
        """
        raise NotImplementedError

    def parts(
        self, columns: Sequence[str] | None = None, num_rows: int | None = None
    ) -> Iterator[Part]:
        """Give the rows in parts of ``num_rows`` rows, by default as many as is fast."""
        return in_parts(self.batches(columns), num_rows)

    def close(self) -> None:
        """Free what the source holds."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def projection(names: Sequence[str], columns: Sequence[str] | None) -> list[str] | None:
    """Return the columns to read of those that are there, or None for all of them."""
    if not columns or not set(columns) <= set(names) or len(set(names)) != len(names):
        return None
    return list(columns)
