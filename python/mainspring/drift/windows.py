"""Windows of current data, each with a profile: by rows, by the values of a column, or by time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring._arrow import as_table
from mainspring._sources import is_source, open_source
from mainspring.errors import DataError, ParameterError, SchemaError
from mainspring.profiles import Profile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Cut", "checked_cut", "merged", "profile_windows", "tables"]

_MAX_WINDOWS = 10_000
_UNIT_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MONDAY = 345_600  # seconds from 1970-01-01, a Thursday, to a Monday
_MISSING = "missing"


@dataclass(frozen=True)
class Cut:
    """How current data is cut into windows.

    Attributes
    ----------
    rows : int or None
        Rows of a window.
    column : str or None
        The column whose values, or times, tell the windows apart.
    seconds, months : int or None
        Length of a window of time; None, both of them: one window for each value.
    """

    rows: int | None = None
    column: str | None = None
    seconds: int | None = None
    months: int | None = None


def checked_cut(rows: int | None, column: str | None, period: str | None) -> Cut | None:
    """Return how to cut, None for not at all.

    Parameters
    ----------
    rows, column, period : optional
        ``window_rows``, ``window_column`` and ``window_period`` of ``detect_drift``.

    Returns
    -------
    Cut or None

    Raises
    ------
    ParameterError
        When they do not go together, or one is not of its form.
    """
    if rows is None and column is None and period is None:
        return None
    if rows is not None:
        if column is not None or period is not None:
            raise ParameterError("window_rows goes without window_column and window_period.")
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
            raise ParameterError(
                f"window_rows must be a positive int, got {rows!r}.",
                expected="a positive int",
                got=repr(rows),
            )
        return Cut(rows=rows)
    if column is None:
        raise ParameterError("window_period needs window_column, the column of timestamps.")
    if period is None:
        return Cut(column=column)
    found = re.fullmatch(r"([1-9]\d{0,5})(s|min|h|d|w|mo)", period)
    if found is None:
        raise ParameterError(
            f"window_period must be a number and a unit of s, min, h, d, w or mo (months), such as "
            f"'1d', got {period!r}.",
            expected="such as 1d",
            got=repr(period),
        )
    if found[2] == "mo":
        return Cut(column=column, months=int(found[1]))
    return Cut(column=column, seconds=int(found[1]) * _UNIT_SECONDS[found[2]])


def profile_windows(
    data: Any, columns: Sequence[str] | None, cut: Cut, target: str | None = None
) -> tuple[dict[str, Profile], list[str]]:
    """Profile each window.

    Parameters
    ----------
    data : table or source
        Read once, part by part where it is a source.
    columns : sequence of str or None
        Columns to profile; those that the data lacks are left out. None: all.
    cut : Cut
        How to cut.
    target : str, optional
        The label's column.

    Returns
    -------
    tuple of dict and list
        Profiles by the names of their windows, in order; and the columns of the data.

    Raises
    ------
    SchemaError
        When the data lacks the column to cut by, or it holds no times where it should.
    DataError
        When there would be more than 10,000 windows.
    """
    profiles: dict[Any, Profile] = {}
    present: list[str] = []
    first_row = 0
    for table in tables(data):
        present = table.column_names
        wanted = [name for name in (present if columns is None else columns) if name in present]
        for key, rows in _parts(table, cut, first_row):
            if key not in profiles:
                if len(profiles) == _MAX_WINDOWS:
                    raise DataError(
                        f"There are more than {_MAX_WINDOWS:,} windows. Choose longer ones.",
                        column=cut.column,
                    )
                kept = target if target in wanted else None
                profiles[key] = Profile(columns=wanted, target=kept)
            profiles[key].update(as_table(rows))
        first_row += table.num_rows
    keys = sorted(profiles, key=lambda key: (key is None, key))
    return {_label(key, cut): profiles[key] for key in keys}, present


def tables(data: Any) -> Iterator[pa.Table]:
    """Give data as tables of pyarrow, part by part where it is a source.

    Parameters
    ----------
    data : table or source
        Anything that a profile takes.

    Yields
    ------
    pyarrow.Table
        All rows, in order.
    """
    import pyarrow as pa

    if is_source(data):
        with open_source(data, passes=1, spool=False, what="detect_drift") as source:
            for part in source.parts():
                yield part.table
    elif isinstance(data, list):
        yield pa.Table.from_pylist(data)
    else:
        yield data if isinstance(data, pa.Table) else pa.table(data)


def _parts(table: pa.Table, cut: Cut, first_row: int) -> Iterator[tuple[Any, pa.Table]]:
    if cut.rows is not None:
        start = 0
        while start < table.num_rows:
            number, used = divmod(first_row + start, cut.rows)
            length = min(cut.rows - used, table.num_rows - start)
            yield number, table.slice(start, length)
            start += length
        return
    keys = _keys(table, cut)
    encoded = keys.dictionary_encode()
    encoded = encoded.combine_chunks() if hasattr(encoded, "combine_chunks") else encoded
    codes = np.asarray(encoded.indices.fill_null(len(encoded.dictionary)))
    order = np.argsort(codes, kind="stable")
    names = [*encoded.dictionary.to_pylist(), None]
    ends = np.flatnonzero(np.diff(codes[order], append=-1)) + 1
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        yield names[codes[order[begin]]], table.take(order[begin:end])


def _keys(table: pa.Table, cut: Cut) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if cut.column not in table.column_names:
        raise SchemaError(
            f"The current data has no column '{cut.column}' to cut it by.",
            column=cut.column,
        )
    column = table[cut.column]
    if cut.seconds is None and cut.months is None:
        return pc.cast(column, pa.string())
    if not pa.types.is_temporal(column.type):
        raise SchemaError(
            f"Column '{cut.column}' has type {column.type}, expected times to cut by "
            "window_period.",
            column=cut.column,
            expected="a timestamp or a date",
            got=str(column.type),
        )
    seconds = pc.cast(
        pc.floor_temporal(pc.cast(column, pa.timestamp("us")), unit="second"), pa.timestamp("s")
    )
    if cut.seconds is None:
        return _month_starts(seconds, cut.months or 1)
    values = pc.cast(seconds, pa.int64())
    shift = _MONDAY if cut.seconds % _UNIT_SECONDS["w"] == 0 else 0
    numbers = values.to_numpy(zero_copy_only=False)
    starts = np.floor((numbers - shift) / cut.seconds) * cut.seconds + shift
    return pa.array(starts, pa.float64(), from_pandas=True).cast(pa.int64())


def _month_starts(seconds: Any, months: int) -> Any:
    """Seconds at which the months of each time begin: of so many, counted from year 0."""
    import pyarrow as pa

    times = seconds.to_numpy(zero_copy_only=False).astype("datetime64[s]")
    missing = np.isnat(times)
    times = np.where(missing, np.datetime64(0, "s"), times)
    numbers = times.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    begun = (numbers // months * months - 12 * 1970).astype("datetime64[M]")
    starts = begun.astype("datetime64[s]").astype(np.int64)
    return pa.array(starts, pa.int64(), mask=missing)


def _label(key: Any, cut: Cut) -> str:
    if key is None:
        return _MISSING
    if cut.rows is not None:
        return f"rows {key * cut.rows:,} to {(key + 1) * cut.rows - 1:,}"
    if cut.seconds is None and cut.months is None:
        return str(key)
    return str(np.datetime64(int(key), "s"))


def merged(profiles: Iterable[Profile], columns: list[str]) -> Profile:
    """Add up windows of the same columns.

    Parameters
    ----------
    profiles : iterable of Profile
        At least one.
    columns : list of str
        Their columns, for the case that there is none.

    Returns
    -------
    Profile
        Of all their rows.
    """
    whole: Profile | None = None
    for profile in profiles:
        if whole is None:
            whole = Profile.from_bytes(profile.to_bytes())
        else:
            whole.merge(profile)
    return Profile(columns=columns) if whole is None else whole
