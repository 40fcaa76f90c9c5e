"""Both sides of a drift report in the form that is fastest for what they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._sources import is_source, open_source
from mainspring.drift.windows import merged, profile_windows
from mainspring.errors import FileError, MainspringError, ParameterError
from mainspring.profiles import Profile
from mainspring.transforms._device import is_for_device

if TYPE_CHECKING:
    from mainspring._sources import Part, Source
    from mainspring.drift.windows import Cut

__all__ = ["Sides", "as_profile", "both_sides", "windowed_sides"]


@dataclass(frozen=True)
class Sides:
    """What the engine compares, and what a report says of it.

    Attributes
    ----------
    reference, current : Profile or TableCounts
        Of the engine.
    reference_columns, current_columns : list of str
        All columns that are there.
    wanted : list of str
        Columns of the reference that are compared.
    """

    reference: Any
    current: Any
    reference_columns: list[str]
    current_columns: list[str]
    wanted: list[str]


def both_sides(
    reference: Any, current: Any, only: list[str] | None, *, exact: bool, profiled: bool
) -> Sides:
    """Read both sides.

    Parameters
    ----------
    reference, current : Profile, Predictor, table or path
        As ``detect_drift`` takes them.
    only : list of str or None
        Columns to compare; None: all of the reference.
    exact : bool
        Whether to compare every number with every other.
    profiled : bool
        Whether statistics are asked for that need profiles.

    Returns
    -------
    Sides

    Raises
    ------
    ParameterError
        When ``exact`` is asked for and a side is not a table in memory.
    """
    if is_for_device(reference, None) or is_for_device(current, None):
        from mainspring.drift.device_sides import device_sides

        return device_sides(reference, current, only, exact=exact, profiled=profiled)
    if exact or not profiled:
        tables = [_table_in_memory(side, what) for side, what in _named(reference, current)]
        if exact:
            _expect_tables(tables)
        if None not in tables:
            rows = [table.num_rows for table in tables]
            few = max(rows) < _counted_rows()  # sorted as fast as they are profiled
            if exact or few or min(rows) >= _counted_rows():
                return _two_tables(tables[0], tables[1], only, exact or few)
        current = current if tables[1] is None else tables[1]
        reference = reference if tables[0] is None else tables[0]
    before = as_profile(reference, only, "reference")
    wanted = _engine.compared_columns(before._native, only)
    if _is_profile(current):
        now = as_profile(current, only, "current")
        return Sides(before._native, now._native, before.columns, now.columns, wanted)
    counted, present = _read_current(current, before, wanted, profiled)
    return Sides(before._native, counted, before.columns, present, wanted)


def windowed_sides(
    reference: Any, current: Any, only: list[str] | None, cut: Cut
) -> tuple[Sides, dict[str, Any]]:
    """Read both sides, and each window of the current one.

    Parameters
    ----------
    reference, current, only
        As :func:`both_sides` takes them.
    cut : Cut
        How to cut the current data.

    Returns
    -------
    tuple of Sides and dict
        Profiles or counts of the engine by the names of their windows, in order.

    Raises
    ------
    SchemaError
        When the data lacks the column to cut by, or it holds no times where it should.
    DataError
        When there would be more than 10,000 windows.
    """
    if is_for_device(reference, None) or is_for_device(current, None):
        from mainspring.drift.device_windows import device_windows

        return device_windows(reference, current, only, cut)
    before = as_profile(reference, only, "reference")
    wanted = _engine.compared_columns(before._native, only)
    parts, present, blank = profile_windows(current, wanted, cut, before.target)
    whole = merged(parts.values(), blank)
    sides = Sides(before._native, whole._native, before.columns, present, wanted)
    return sides, {name: part._native for name, part in parts.items()}


def _named(reference: Any, current: Any) -> tuple[tuple[Any, str], tuple[Any, str]]:
    return (reference, "reference"), (current, "current")


def _counted_rows() -> int:
    return int(_engine.MIN_COUNTED_ROWS)


def _table_in_memory(data: Any, what: str) -> Any:
    """Return a table of the engine, None where the data is a profile, a predictor or a source."""
    if data is None or _is_profile(data) or is_source(data):
        return None
    return as_table(data, what=what)


def _expect_tables(tables: Sequence[Any]) -> None:
    for table, what in zip(tables, ("reference", "current"), strict=True):
        if table is None:
            raise ParameterError(
                f"exact=True needs both samples in memory, and {what} is a profile, a predictor or "
                "is read in parts. Pass a table, or leave exact out: what is then bounded, and by "
                "how much, is in the report.",
                expected="a table in memory",
                got=f"another {what}",
            )


def _two_tables(before: Any, now: Any, only: list[str] | None, exact: bool) -> Sides:
    names = list(before.column_names)
    # Who asks for a column that is not there is told of all that are.
    wanted_names = names if only is None or not set(only) <= set(names) else only
    asked = [name for name in names if name in wanted_names]
    counted = _engine.count_tables(before, asked, now, exact)
    wanted = _engine.compared_columns(counted[0], only)
    return Sides(counted[0], counted[1], names, list(now.column_names), wanted)


def _read_current(
    data: Any, before: Profile, wanted: list[str], profiled: bool
) -> tuple[Any, list[str]]:
    """Take all rows of the wanted columns that are there; and name all that are."""
    if is_source(data):
        with open_source(data, passes=1, spool=False, what="detect_drift") as source:
            return _read_parts(source, before, wanted, profiled)
    table = as_table(data, what="current")
    present = list(table.column_names)
    now = _start(table, before, [name for name in wanted if name in present], profiled)
    now.update(table)
    return now, present


def _read_parts(
    source: Source, before: Profile, wanted: list[str], profiled: bool
) -> tuple[Any, list[str]]:
    now: Any = None
    present: list[str] = []
    for part in source.parts():
        if not present:
            present = list(part.table.column_names)
        names = [name for name in wanted if name in present]
        now = _add_part(now, part, before, names, profiled)
    return now or _engine.Profile(columns=[]), present


def _add_part(now: Any, part: Part, before: Profile, names: list[str], profiled: bool) -> Any:
    try:
        table = as_table(part.table)
        taken = _start(table, before, names, profiled) if now is None else now
        taken.update(table)
    except MainspringError as error:
        raise part.explain(error) from error
    return taken


def _start(table: Any, before: Profile, names: list[str], profiled: bool) -> Any:
    if profiled:
        return _engine.Profile(columns=names)
    return _engine.TableCounts(before._native, names, table)


def _is_profile(data: object) -> bool:
    """Whether a side is a profile, or has one."""
    if isinstance(data, (str, os.PathLike)):
        return Path(data).suffix in (".profile", ".spring")
    return isinstance(data, (Profile, _engine.Profile)) or hasattr(data, "predict_row")


def as_profile(data: Any, only: list[str] | None, what: str) -> Profile:
    """Return the profile of a side.

    Parameters
    ----------
    data : Profile, Predictor, table or path
        A side of a report.
    only : list of str or None
        Columns to profile, where that is not done yet.
    what : str
        Which side, for messages.

    Returns
    -------
    Profile

    Raises
    ------
    ParameterError
        When there is none.
    FileError
        When a file cannot be read.
    """
    if isinstance(data, Profile):
        return data
    if isinstance(data, _engine.Profile):  # a preprocessor's own
        return Profile._of(data)
    if isinstance(data, (str, os.PathLike)) and Path(data).suffix == ".profile":
        return Profile.from_bytes(_read(Path(data)))
    if isinstance(data, (str, os.PathLike)) and Path(data).suffix == ".spring":
        import mainspring

        data = mainspring.load(data)
    if hasattr(data, "predict_row"):  # a predictor
        return as_profile(data.profile, only, what)
    if data is None:
        raise ParameterError(
            f"{what} is None, expected a Profile or a table. A predictor made without a "
            "preprocessor or profile has none: pass profile=ms.profile(train) when making it.",
            expected="a Profile or a table",
            got="None",
        )
    return Profile(columns=only).update(data if is_source(data) else as_table(data, what=what))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error
