"""Windows of current data, each with a profile: by rows, by the values of a column, or by time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mainspring._arrow import as_table
from mainspring._sources import is_source, open_source
from mainspring.errors import DataError, ParameterError, SchemaError
from mainspring.profiles import Profile

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

__all__ = [
    "Cut",
    "checked_cut",
    "expect_column",
    "expect_times",
    "label",
    "merged",
    "month_starts",
    "period_origin",
    "profile_windows",
    "tables",
    "too_many_windows",
]

_UNIT_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MONDAY = 345_600  # seconds from 1970-01-01, a Thursday, to a Monday
_FIRST_MONTH = 12 * 1970  # of 1970, counted from the year 0
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

    max_windows: ClassVar[int] = 10_000

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
) -> tuple[dict[str, Profile], list[str], Profile]:
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
    tuple of dict, list and Profile
        Profiles by the names of their windows, in order; the columns of the data; and a profile of
        none of its rows, for data that has none.

    Raises
    ------
    SchemaError
        When the data lacks the column to cut by, or it holds no times where it should.
    DataError
        When there would be more than 10,000 windows.
    """
    profiles: dict[Any, Profile] = {}
    present: list[str] = []
    blank: Profile | None = None
    first_row = 0
    for table in tables(data):
        present = table.column_names
        wanted = [name for name in (present if columns is None else columns) if name in present]
        if blank is None:
            blank = Profile(columns=wanted).update(as_table(table.slice(0, 0)))
        for key, rows in _parts(table, cut, first_row):
            if key not in profiles:
                if len(profiles) == cut.max_windows:
                    raise too_many_windows(cut)
                kept = target if target in wanted else None
                profiles[key] = Profile(columns=wanted, target=kept)
            profiles[key].update(as_table(rows))
        first_row += table.num_rows
    keys = sorted(profiles, key=lambda key: (key is None, key))
    windows = {label(key, cut): profiles[key] for key in keys}
    return windows, present, blank or Profile(columns=[])


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
    if table.num_rows == 0:
        return
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

    expect_column(cut, table.column_names)
    column = table[cut.column]
    if cut.seconds is None and cut.months is None:
        return pc.cast(column, pa.string())
    expect_times(cut, column.type)
    seconds = pc.cast(
        pc.floor_temporal(pc.cast(column, pa.timestamp("us")), unit="second"), pa.timestamp("s")
    )
    if cut.seconds is None:
        return _months(seconds, cut.months or 1)
    values = pc.cast(seconds, pa.int64())
    shift = period_origin(cut.seconds)
    numbers = values.to_numpy(zero_copy_only=False)
    starts = np.floor((numbers - shift) / cut.seconds) * cut.seconds + shift
    return pa.array(starts, pa.float64(), from_pandas=True).cast(pa.int64())


def _months(seconds: Any, months: int) -> Any:
    """Seconds at which the months of each time begin: of so many, counted from year 0."""
    import pyarrow as pa

    times = seconds.to_numpy(zero_copy_only=False).astype("datetime64[s]")
    missing = np.isnat(times)
    times = np.where(missing, np.datetime64(0, "s"), times)
    numbers = times.astype("datetime64[M]").astype(np.int64) + _FIRST_MONTH
    return pa.array(month_starts(numbers // months * months), pa.int64(), mask=missing)


def month_starts(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the first seconds, from 1970 on, of months that are counted from the year 0."""
    starts: npt.NDArray[np.int64] = (
        (numbers - _FIRST_MONTH).astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)
    )
    return starts


def period_origin(seconds: int) -> int:
    """Return a second at which periods of this length begin."""
    return _MONDAY if seconds % _UNIT_SECONDS["w"] == 0 else 0


def expect_column(cut: Cut, present: Sequence[str]) -> None:
    """Raise SchemaError where there is no column to cut by."""
    if cut.column not in present:
        raise SchemaError(
            f"The current data has no column '{cut.column}' to cut it by.",
            column=cut.column,
        )


def expect_times(cut: Cut, kind: pa.DataType) -> None:
    """Raise SchemaError where the column to cut by holds no times."""
    import pyarrow as pa

    if not pa.types.is_temporal(kind):
        raise SchemaError(
            f"Column '{cut.column}' has type {kind}, expected times to cut by window_period.",
            column=cut.column,
            expected="a timestamp or a date",
            got=str(kind),
        )


def too_many_windows(cut: Cut) -> DataError:
    """Return what is raised where there are more windows than a report shows."""
    return DataError(
        f"There are more than {cut.max_windows:,} windows. Choose longer ones.", column=cut.column
    )


def label(key: Any, cut: Cut) -> str:
    """Return the name of a window: a value that reads as what is missing does is in quotes.

    One pair more than the value has of its own, so that no two windows share a name.
    """
    if key is None:
        return _MISSING
    if cut.rows is not None:
        return f"rows {key * cut.rows:,} to {(key + 1) * cut.rows - 1:,}"
    if cut.seconds is None and cut.months is None:
        value = str(key)
        return f"'{value}'" if value.strip("'") == _MISSING else value
    return str(np.datetime64(int(key), "s"))


def merged(profiles: Iterable[Profile], blank: Profile) -> Profile:
    """Add up windows of the same columns.

    Parameters
    ----------
    profiles : iterable of Profile
        Of windows.
    blank : Profile
        What they are when there is none.

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
    return blank if whole is None else whole
