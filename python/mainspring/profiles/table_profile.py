"""Profiles of whole tables: made from data, merged, kept as bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, overload

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._progress import Progress
from mainspring._sources import is_source, open_source
from mainspring.errors import MainspringError, ParameterError, SchemaError
from mainspring.profiles.column_profile import ColumnProfile, column_profile
from mainspring.profiles.text_table import text_table

__all__ = ["Profile", "profile"]

_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_NUM_TOP = 10


class Profile:
    """Mergeable statistics of a table's columns.

    Counts, extremes and moments are exact and do not depend on batches, threads or the order of
    merges; so are quantiles and value counts of columns with up to 16,384 distinct numbers or
    65,536 distinct strings. Beyond that, quantiles come from a sketch with a certified rank error,
    value counts from heavy hitters with a stated error. Profiles of columns that are exact are
    equal bit for bit however their rows were split.

    Make one with :func:`mainspring.profile`; ``Profile(columns=..., target=...)`` is empty and
    waits for :meth:`update`.

    Parameters
    ----------
    columns : sequence of str, optional
        Columns to profile; all columns of the first table when not given.
    target : str, optional
        The label's column. It is profiled like the others; drift does not ask for it in data that
        has no label yet.

    Notes
    -----
    Numbers are seen as float64: integers beyond 2**53 are rounded. Dates and timestamps are
    microseconds since 1970-01-01T00:00 (UTC where the column has a zone). An exact column takes up
    to 256 KiB, a sketched one about 100 KiB.

    Examples
    --------
    >>> import mainspring as ms
    >>> monday, tuesday = ms.profile([{"x": 1.0}, {"x": 4.0}]), ms.profile([{"x": 7.0}])
    >>> both = monday.merge(tuesday)
    >>> both.num_rows, both.column("x").mean, both.quantile("x", 0.5)
    (3, 4.0, 4.0)
    """

    def __init__(self, *, columns: Sequence[str] | None = None, target: str | None = None) -> None:
        self._native = _engine.Profile(columns=_checked_columns(columns), target=target or "")

    @classmethod
    def _of(cls, native: Any) -> Profile:
        made = cls.__new__(cls)
        made._native = native
        return made

    def update(self, data: Any, *, progress: bool = False) -> Profile:
        """Add rows.

        Parameters
        ----------
        data : table
            Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
            DuckDB), or a list of dicts. Columns that are not profiled are ignored. Read part by
            part: a path, a list of paths, a dataset, a reader or an iterator, as in
            :meth:`Preprocessor.fit`.
        progress : bool, default False
            Whether to show a progress bar while data is read part by part, on terminals only.

        Returns
        -------
        Profile
            Itself.

        Raises
        ------
        SchemaError
            When a profiled column is missing, or is of another kind than before; nothing changes
            then. Where data is read part by part, the message names the file or batch.
        """
        if is_source(data):
            self._native = self._with_parts(data, progress)
        else:
            self._native.update(as_table(data))
        return self

    def _with_parts(self, data: Any, progress: bool) -> Any:
        native = _engine.Profile.from_bytes(self._native.to_bytes())
        with (
            open_source(data, passes=1, spool=False, what="profile") as source,
            Progress("profile", source.num_rows, shown=progress) as bar,
        ):
            for part in source.parts(self.columns or None):
                try:
                    native.update(as_table(part.table))
                except MainspringError as error:
                    raise part.explain(error) from error
                bar.advance(part.table.num_rows)
        return native

    def merge(self, other: Profile) -> Profile:
        """Add the rows that another profile has seen.

        Parameters
        ----------
        other : Profile
            Of the same columns; it stays as it is.

        Returns
        -------
        Profile
            Itself.

        Raises
        ------
        SchemaError
            When the columns, their kinds or the targets differ; nothing changes then.
        """
        if not isinstance(other, Profile):
            raise ParameterError(
                f"merge: expected a Profile, got {type(other).__name__}.",
                expected="Profile",
                got=type(other).__name__,
            )
        self._native.merge(other._native)
        return self

    @property
    def num_rows(self) -> int:
        """Rows seen so far."""
        return int(self._native.num_rows)

    @property
    def target(self) -> str | None:
        """The label's column, if one was named."""
        return self._native.target or None

    @property
    def columns(self) -> list[str]:
        """Names of the profiled columns, in the order of the first table."""
        return list(self._native.columns)

    def column(self, name: str) -> ColumnProfile:
        """Return the statistics of one column.

        Parameters
        ----------
        name : str
            A profiled column.

        Returns
        -------
        ColumnProfile
            Values of this moment; later updates do not change it.

        Raises
        ------
        SchemaError
            When the profile has no such column.
        """
        return column_profile(self._one(name, _QUANTILES), _QUANTILES)

    def quantile(self, name: str, q: float) -> float:
        """Return a quantile of a column of numbers or timestamps.

        Parameters
        ----------
        name : str
            A profiled column.
        q : float
            In [0, 1].

        Returns
        -------
        float
            Between two values by straight line; NaN when every row is missing. Of a sketched
            column, a value whose rank is off by at most ``column(name).rank_error`` of the rows.

        Raises
        ------
        SchemaError
            When there is no such column, or it has no numbers.
        ParameterError
            When ``q`` is outside [0, 1].
        """
        if not 0 <= q <= 1:
            raise ParameterError(
                f"quantile: q must be in [0, 1], got {q!r}.", expected="0 <= q <= 1", got=repr(q)
            )
        found = self._one(name, (q,))
        if "quantiles" not in found:
            raise SchemaError(
                f"Column '{name}' is of kind {found['kind']}, expected numbers or timestamps.",
                column=name,
                expected="number or timestamp",
                got=str(found["kind"]),
            )
        return float(found["quantiles"][0])

    def _one(self, name: str, quantiles: tuple[float, ...]) -> dict[str, Any]:
        found = self._native.summary(list(quantiles), _NUM_TOP, name)
        if not found:
            raise SchemaError(
                f"The profile has no column '{name}'. It has {_short_list(self.columns)}.",
                column=name,
            )
        return dict(found[0])

    def _column_profiles(self) -> list[ColumnProfile]:
        return [
            column_profile(fields, _QUANTILES)
            for fields in self._native.summary(list(_QUANTILES), _NUM_TOP)
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Return the statistics of every column as plain dicts.

        Returns
        -------
        list of dict
            One for each column, ready for JSON; what does not apply to a column's kind is left out.
        """
        return [column.to_dict() for column in self._column_profiles()]

    @overload
    def to_html(self, path: None = None, *, title: str | None = None) -> str: ...

    @overload
    def to_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> None: ...

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str | None:
        """Write the profile as an HTML page.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all; by default the page is returned.
        title : str, optional
            What the data is.

        Returns
        -------
        str or None
            The page, where no path was given: one file of at most 300 kB that asks for no other,
            light or dark as its reader's system is. Equal profiles give equal pages.

        Raises
        ------
        FileError
            When the file cannot be written.

        Notes
        -----
        Values of the data are shown: extremes, quantiles and frequent categories. With the
        environment variable ``MAINSPRING_REDACT`` they are not, nor are the axes of plots.
        """
        from mainspring.html.page import write_page
        from mainspring.profiles.profile_page import profile_page

        return write_page(profile_page(self, title=title), path)

    def _repr_html_(self) -> str:
        from mainspring.profiles.profile_page import profile_fragment

        return profile_fragment(self)

    def to_bytes(self) -> bytes:
        """Return the whole state as bytes.

        Returns
        -------
        bytes
            Versioned and checksummed; equal for equal exact profiles.
        """
        return bytes(self._native.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> Profile:
        """Read what :meth:`to_bytes` returned.

        Parameters
        ----------
        data : bytes
            The bytes; nothing in them is trusted.

        Returns
        -------
        Profile
            A profile that can be updated and merged on.

        Raises
        ------
        BundleCorruptError
            When the bytes are cut, changed or something else.
        BundleVersionError
            When a later mainspring wrote them.
        """
        return cls._of(_engine.Profile.from_bytes(bytes(data)))

    def __reduce__(self) -> tuple[Callable[[bytes], Profile], tuple[bytes]]:
        return (Profile.from_bytes, (self.to_bytes(),))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Profile):
            return NotImplemented
        return self.to_bytes() == other.to_bytes()

    def __repr__(self) -> str:
        return f"<Profile of {self.num_rows:,} rows, {len(self.columns)} columns>"

    def __str__(self) -> str:
        headers = ["column", "type", "missing", "distinct", "min", "mean or top", "max"]
        columns = self._column_profiles()
        lines = [f"{self.num_rows:,} rows, {len(columns)} columns"]
        if columns:
            cells = [line._cells() for column in columns for line in column._with_elements()]
            lines.append(text_table(headers, cells, left=2))
        return "\n".join(lines)


def profile(
    data: Any,
    *,
    columns: Sequence[str] | None = None,
    target: str | None = None,
    progress: bool = False,
) -> Profile:
    """Profile a table: mergeable statistics of its columns.

    Parameters
    ----------
    data : table
        Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
        DuckDB), or a list of dicts. Read part by part, so that it does not have to fit in memory: a
        path of a Parquet, Arrow or CSV file or of a folder of them, a list of paths, a
        ``pyarrow.dataset.Dataset``, a ``RecordBatchReader`` or an iterator over tables.
    columns : sequence of str, optional
        Columns to profile, all when not given. A column of a type that is not read is listed as
        skipped.
    target : str, optional
        The label's column.
    progress : bool, default False
        Whether to show a progress bar while data is read part by part, on terminals only.

    Returns
    -------
    Profile
        Of all rows; one pass, columns in parallel.

    Raises
    ------
    SchemaError
        When a wanted column is missing.

    Examples
    --------
    >>> import mainspring as ms
    >>> p = ms.profile([{"x": 1.0, "s": "a"}, {"x": 3.0, "s": "a"}, {"x": None, "s": "b"}])
    >>> p.column("x").mean, p.column("x").missing, p.column("s").top
    (2.0, 1, (('a', 2), ('b', 1)))
    """
    return Profile(columns=columns, target=target).update(data, progress=progress)


def _checked_columns(columns: Sequence[str] | None) -> list[str] | None:
    if columns is None:
        return None
    names = list(columns)
    if isinstance(columns, str) or not all(isinstance(name, str) for name in names):
        raise ParameterError(
            f"columns must be a sequence of column names, got {columns!r}. Put them into a list.",
            expected="a sequence of str",
            got=repr(columns),
        )
    return names


def _short_list(names: Sequence[str]) -> str:
    if not names:
        return "no columns yet"
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
