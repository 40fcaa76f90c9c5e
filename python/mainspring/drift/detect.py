"""Compare a table with a reference profile, column by column."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._limits import checked_limits
from mainspring._sources import is_source, open_source
from mainspring.drift.asked import checked_statistics
from mainspring.drift.column_drift import ColumnDrift, column_drift
from mainspring.drift.persistence import DriftWindow, persistent
from mainspring.drift.report import DriftReport
from mainspring.drift.windows import checked_chunks, merged, profile_windows
from mainspring.errors import FileError, MainspringError, ParameterError
from mainspring.profiles import Profile

if TYPE_CHECKING:
    from mainspring._sources import Source

__all__ = ["detect_drift"]

_CORRECTIONS = ("benjamini-hochberg", "bonferroni", "none")


def detect_drift(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    limits: Mapping[str, float] | None = None,
    level: float = 0.01,
    correction: str = "benjamini-hochberg",
    statistics: str | Sequence[str] = (),
    column_limits: Mapping[str, Mapping[str, float]] | None = None,
    importance: Mapping[str, float] | None = None,
    chunk_rows: int | None = None,
    chunk_column: str | None = None,
    chunk_period: str | None = None,
    persistence: tuple[int, int] = (2, 3),
) -> DriftReport:
    """Say which columns of a table have moved away from a reference, and by how much.

    A column has drifted when (a) an effect reaches its limit, (b) its test rejects at ``level``
    after correction over all tests of the report, and (c) both sides have enough rows. Effects are
    ``ks`` and ``wasserstein_std`` for numbers (both vouched for by the Kolmogorov-Smirnov test),
    ``js_debiased`` (chi-squared test) and ``unseen_rate`` for strings and booleans, and
    ``missing_rate`` for all. ``psi`` and the plain distances are reported, never a trigger. Of
    timestamps only missing rows are judged, because time moves on.

    Parameters
    ----------
    reference : Profile, Predictor, table or path
        What the model was trained on: a predictor or its profile, a ``.spring`` or ``.profile``
        file, or anything :func:`mainspring.profile` takes.
    current : Profile, table or path
        What is to be compared: a profile, or anything :func:`mainspring.profile` takes.
    columns : sequence of str, optional
        Columns to compare; all columns of the reference when not given. The reference's target is
        left out where the current data has no such column.
    limits : mapping of str to float, optional
        Other limits than the defaults, by name: ``ks`` 0.05, ``wasserstein_std`` 0.1,
        ``js_debiased`` 0.05, ``missing_rate`` 0.01, ``unseen_rate`` 0.01, ``min_rows`` 200,
        ``rows_per_bin`` 20, ``psi_bins`` 10, ``max_bins`` 256, ``js_base`` 2.
    level : float, default 0.01
        What corrected p-values are held against, in (0, 1).
    correction : str, default "benjamini-hochberg"
        Or "bonferroni", or "none".
    statistics : sequence of str or "all", optional
        Statistics to measure beside those that every report has, such as ``["energy"]``.
    column_limits : mapping of str to mapping, optional
        Limits that a column has to itself, by its name, as :func:`learn_limits` returns them.
    importance : mapping of str to float, optional
        How much the model relies on each column, from 0 on; 1 for those not named. Columns are
        ranked by effect times importance; whether one drifted does not depend on it.
    chunk_rows : int, optional
        Cut the current data into windows of so many rows, and judge each.
    chunk_column : str, optional
        Cut it by the values of this column.
    chunk_period : str, optional
        With ``chunk_column``, a column of times: windows of this length, such as "1h", "1d" or
        "2w"; units are s, min, h, d and w, and weeks begin on Mondays.
    persistence : tuple of int, default (2, 3)
        With windows: a column is in ``alerts`` when it drifted in so many of so many windows that
        follow each other.

    Returns
    -------
    DriftReport
        One entry for each compared column, and what was exact and what was bounded. A column of the
        reference that the current data lacks, or has as another kind (a number that became a
        string), has drifted: its entry is ``broken`` and says how. Integers, floats and decimals
        of any width are one kind, so are all strings and dictionaries of strings.

    Raises
    ------
    SchemaError
        When ``columns`` names one that the reference lacks, or ``chunk_column`` one that the
        current data lacks.
    ParameterError
        When a limit, the level or the correction is not one of those above.

    Notes
    -----
    Profiles are exact up to 16,384 distinct numbers and 65,536 distinct strings a column. Beyond
    that, ranks are certain up to ``rank_error``; p-values are then those of the smallest distance
    that the data may have, so a sketch never raises an alarm that the data would not.

    Examples
    --------
    >>> import mainspring as ms
    >>> before = [{"x": i} for i in range(1000)]
    >>> now = [{"x": i + 200} for i in range(1000)]
    >>> report = ms.detect_drift(before, now)
    >>> report.drifted, round(report.column("x").value("ks"), 3)
    (['x'], 0.2)
    """
    values = checked_limits(_engine.drift_limits(), limits)
    own = {
        name: {key: checked_limits(_engine.drift_limits(), given)[key] for key in given}
        for name, given in (column_limits or {}).items()
    }
    _check_options(level, correction, columns)
    weights = _checked_importance(importance)
    needed, among = _checked_persistence(persistence)
    asked = checked_statistics(statistics)
    chunks = checked_chunks(chunk_rows, chunk_column, chunk_period)
    only = None if columns is None else list(columns)
    before = _as_profile(reference, only, "reference")
    wanted = _engine.compared_columns(before._native, only)
    parts: dict[str, Profile] = {}
    if chunks is not None:
        parts, present = profile_windows(current, wanted, chunks, before.target)
        now = merged(parts.values(), wanted)
    elif _is_profile(current):
        now = _as_profile(current, only, "current")
        present = now.columns
    else:
        now, present = _profile_of(current, wanted)

    def compare(windows: Sequence[Profile]) -> list[list[ColumnDrift]]:
        natives = [window._native for window in windows]
        found = _engine.detect_drift(
            before._native, natives, only, level, correction, values, asked, own
        )
        return [
            [column_drift(fields, weights.get(fields["name"], 1.0)) for fields in columns]
            for columns in found
        ]

    known = set(before.columns)
    whole = compare([now])[0]
    compared = compare(list(parts.values()))
    windows = [
        DriftWindow(name=name, num_rows=part.num_rows, columns=found)
        for (name, part), found in zip(parts.items(), compared, strict=True)
    ]
    return DriftReport(
        columns=whole,
        num_rows=now.num_rows,
        reference_rows=before.num_rows,
        new_columns=[] if only is not None else [name for name in present if name not in known],
        skipped=[] if only is not None else [n for n in before.columns if n not in wanted],
        level=level,
        correction=correction,
        limits=values,
        column_limits=own,
        windows=windows,
        alerts=persistent(windows, needed, among),
    )


def _check_options(level: float, correction: str, columns: object) -> None:
    if not 0 < level < 1:
        raise ParameterError(
            f"level must be between 0 and 1, got {level!r}.",
            expected="0 < level < 1",
            got=str(level),
        )
    if correction not in _CORRECTIONS:
        raise ParameterError(
            f"correction must be one of {', '.join(map(repr, _CORRECTIONS))}, got {correction!r}.",
            expected=" or ".join(_CORRECTIONS),
            got=repr(correction),
        )
    if isinstance(columns, str):
        raise ParameterError(
            f"columns must be a sequence of column names, got {columns!r}. Put it into a list.",
            expected="a sequence of str",
            got=repr(columns),
        )


def _checked_importance(importance: Mapping[str, float] | None) -> dict[str, float]:
    weights = {name: float(value) for name, value in (importance or {}).items()}
    for name, value in weights.items():
        if not 0 <= value < float("inf"):
            raise ParameterError(
                f"importance: that of '{name}' must be a number from 0 on, got {value!r}.",
                column=name,
                expected="a finite number, not negative",
                got=repr(value),
            )
    return weights


def _checked_persistence(persistence: tuple[int, int]) -> tuple[int, int]:
    needed, among = persistence
    if not 1 <= needed <= among:
        raise ParameterError(
            f"persistence must be (k, n) with 1 <= k <= n, got {persistence!r}.",
            expected="such as (2, 3)",
            got=repr(persistence),
        )
    return needed, among


def _is_profile(data: object) -> bool:
    if isinstance(data, (str, os.PathLike)):
        return Path(data).suffix in (".profile", ".spring")
    return isinstance(data, (Profile, _engine.Profile)) or hasattr(data, "predict_row")


def _profile_of(data: Any, wanted: list[str]) -> tuple[Profile, list[str]]:
    """Profile the wanted columns that are there; and name all that are."""
    if is_source(data):
        with open_source(data, passes=1, spool=False, what="detect_drift") as source:
            return _profile_of_parts(source, wanted)
    table = as_table(data, what="current")
    present = list(table.column_names)
    return Profile(columns=[name for name in wanted if name in present]).update(table), present


def _profile_of_parts(source: Source, wanted: list[str]) -> tuple[Profile, list[str]]:
    now: Profile | None = None
    present: list[str] = []
    for part in source.parts():
        if now is None:
            present = list(part.table.column_names)
            now = Profile(columns=[name for name in wanted if name in present])
        try:
            now.update(as_table(part.table))
        except MainspringError as error:
            raise part.explain(error) from error
    return now or Profile(columns=[]), present


def _as_profile(data: Any, only: list[str] | None, what: str) -> Profile:
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
        return _as_profile(data.profile, only, what)
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
