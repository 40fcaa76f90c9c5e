"""Rows of one side of a join that wait for the other side, found again by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.errors import BundleCorruptError, SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["WaitingRows"]


class WaitingRows:
    """Rows in the order in which they came; the engine says which of them still wait.

    Attributes
    ----------
    schema : pyarrow.Schema or None
        Of all rows so far; a column that some batches lack is null in those.
    """

    def __init__(self) -> None:
        self.schema: pa.Schema | None = None
        self._tables: list[pa.Table] = []

    @property
    def num_rows(self) -> int:
        """Rows that are held, whether they still wait or not."""
        return sum(table.num_rows for table in self._tables)

    def schema_with(self, table: pa.Table) -> pa.Schema:
        """Return the schema of all rows and of those of a table.

        Parameters
        ----------
        table : pyarrow.Table
            The next rows.

        Returns
        -------
        pyarrow.Schema
            With the columns of both.

        Raises
        ------
        SchemaError
            When a column has another type than before, that no common one stands for.
        """
        import pyarrow as pa

        if self.schema is None:
            return table.schema
        try:
            return pa.unify_schemas([self.schema, table.schema], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            for field in table.schema:
                place = self.schema.get_field_index(field.name)
                if place >= 0 and self.schema.field(place).type != field.type:
                    known = self.schema.field(place).type
                    raise SchemaError(
                        f"Column '{field.name}' has type {field.type}, but had type {known} in "
                        "rows that wait. Cast it.",
                        column=field.name,
                        expected=str(known),
                        got=str(field.type),
                        hint="Cast it.",
                    ) from None
            raise

    def append(self, table: pa.Table) -> None:
        """Hold the rows of a table.

        Parameters
        ----------
        table : pyarrow.Table
            The next rows.
        """
        self.schema = self.schema_with(table)
        self._tables.append(table.combine_chunks())
        # Tables double in size from the last to the first: there are few, and a row is copied few
        # times.
        while len(self._tables) > 1 and self._tables[-2].num_rows <= 2 * self._tables[-1].num_rows:
            last = self._tables.pop()
            self._tables[-1] = self._together([self._tables[-1], last]).combine_chunks()

    def take(self, numbers: Any) -> pa.Table:
        """Return rows by their numbers.

        Parameters
        ----------
        numbers : numpy.ndarray
            uint64.

        Returns
        -------
        pyarrow.Table
            A copy.
        """
        import numpy as np

        # pyarrow's take of a column in pieces would join all of them first.
        ends = np.cumsum([table.num_rows for table in self._tables])
        place = np.searchsorted(ends, numbers, side="right")
        parts, rows = [], []
        for at in np.unique(place):
            mine = np.flatnonzero(place == at)
            first = ends[at] - self._tables[at].num_rows
            parts.append(self._tables[at].take(numbers[mine] - np.uint64(first)))
            rows.append(mine)
        found = self._together(parts)
        if len(parts) < 2:
            return found
        return found.combine_chunks().take(np.argsort(np.concatenate(rows), kind="stable"))

    def keep(self, numbers: Any) -> None:
        """Forget all rows but some, which are numbered from 0 from here on.

        Parameters
        ----------
        numbers : numpy.ndarray
            uint64, ascending.
        """
        if self.schema is not None:
            self._tables = [self.take(numbers).combine_chunks()] if len(numbers) else []

    def to_bytes(self) -> bytes:
        """Return the rows as an Arrow IPC stream.

        Returns
        -------
        bytes
            Nothing, when there never were rows.
        """
        import pyarrow as pa

        if self.schema is None:
            return b""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema) as writer:
            writer.write_table(self._together(self._tables).combine_chunks())
        return bytes(sink.getvalue())

    @classmethod
    def from_bytes(cls, data: bytes, num_rows: int) -> WaitingRows:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The stream.
        num_rows : int
            How many rows there must be.

        Returns
        -------
        WaitingRows
            As they were.

        Raises
        ------
        BundleCorruptError
            When the bytes are something else, or other rows.
        """
        import pyarrow as pa

        rows = cls()
        if data:
            try:
                table = pa.ipc.open_stream(data).read_all()
            except (pa.ArrowException, OSError) as error:
                raise BundleCorruptError(f"The rows that wait cannot be read: {error}.") from error
            rows.schema = table.schema
            rows._tables = [table] if table.num_rows else []
        if rows.num_rows != num_rows:
            raise BundleCorruptError("The rows that wait are not those that were written.")
        return rows

    def _together(self, tables: list[pa.Table]) -> pa.Table:
        import pyarrow as pa

        if self.schema is None:
            return pa.table({})
        return pa.concat_tables([self.schema.empty_table(), *tables], promote_options="permissive")
