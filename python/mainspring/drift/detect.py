"""Compare a table with a reference profile, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring import _engine
from mainspring._limits import checked_limits
from mainspring.drift.asked import checked_statistics
from mainspring.drift.column_drift import ColumnDrift, column_drift
from mainspring.drift.model_importance import model_importance
from mainspring.drift.persistence import DriftWindow, persistent
from mainspring.drift.report import DriftReport
from mainspring.drift.sides import both_sides, windowed_sides
from mainspring.drift.windows import checked_cut
from mainspring.errors import ParameterError

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
    importance: Mapping[str, float] | str | None = None,
    window_rows: int | None = None,
    window_column: str | None = None,
    window_period: str | None = None,
    persistence: tuple[int, int] = (2, 3),
    exact: bool = False,
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
    current : Profile, table, path or data on a GPU
        What is to be compared: a profile, or anything :func:`mainspring.profile` takes. Columns
        that lie on a GPU (a dict of device arrays, or an Arrow C Device array) are counted there;
        then the reference may lie there too, and the numbers of both are sorted.
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
    importance : mapping of str to float, or "model", optional
        How much the model relies on each column, from 0 on; 1 for those not named. With "model",
        where the reference is a predictor, what :func:`mainspring.drift.model_importance` measures
        on the current data. Columns are ranked by effect times importance; whether one drifted does
        not depend on it.
    window_rows : int, optional
        Cut the current data into windows of so many rows, and judge each.
    window_column : str, optional
        Cut it by the values of this column. The window of rows without one is called ``missing``;
        that of a value which reads so, ``'missing'``, with the quotes.
    window_period : str, optional
        With ``window_column``, a column of times: windows of this length, such as "1h", "1d", "2w"
        or "3mo"; units are s, min, h, d, w and mo. Weeks begin on Mondays, months on their first
        day: "3mo" are the quarters of a year, "12mo" years.
    persistence : tuple of int, default (2, 3)
        With windows: a column is in ``alerts`` when it drifted in so many of so many windows that
        follow each other.
    exact : bool, default False
        Sort the numbers of both sides, which must be tables in memory, and measure them exactly
        however many there are: some ten times the time, and 40 bytes for each value of the columns
        that are being compared.

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
        When ``columns`` names one that the reference lacks, or ``window_column`` one that the
        current data lacks.
    ParameterError
        When a limit, the level or the correction is not one of those above.

    Notes
    -----
    Profiles are exact up to 16,384 distinct numbers and 65,536 distinct strings a column. Beyond
    that, ranks are certain up to ``rank_error``; p-values are then those of the smallest distance
    that the data may have, so a sketch never raises an alarm that the data would not. Tables of
    65,536 rows and more are not profiled: every number is counted between about a thousand edges,
    quantiles of the reference, or on its values where they are few. All rows are counted always.
    Numbers of tables in memory of fewer rows are sorted, and exact: both sides of two such tables,
    the current one beside a profile.

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
    weights = _checked_importance(importance, reference, current)
    needed, among = _checked_persistence(persistence)
    asked = checked_statistics(statistics)
    cut = checked_cut(window_rows, window_column, window_period)
    only = None if columns is None else list(columns)
    parts: dict[str, Any] = {}
    if cut is None:
        sides = both_sides(reference, current, only, exact=exact, profiled=bool(asked))
    elif exact:
        raise ParameterError("exact=True goes without windows.")
    else:
        sides, parts = windowed_sides(reference, current, only, cut)

    def compare(windows: Sequence[Any]) -> list[list[ColumnDrift]]:
        found = _engine.detect_drift(
            sides.reference, windows, only, level, correction, values, asked, own
        )
        return [
            [column_drift(fields, weights.get(fields["name"], 1.0)) for fields in columns]
            for columns in found
        ]

    known = set(sides.reference_columns)
    whole = compare([sides.current])[0]
    compared = compare(list(parts.values())) if parts else []
    windows = [
        DriftWindow(name=name, num_rows=part.num_rows, columns=found)
        for (name, part), found in zip(parts.items(), compared, strict=True)
    ]
    return DriftReport(
        columns=whole,
        num_rows=sides.current.num_rows,
        reference_rows=sides.reference.num_rows,
        new_columns=[] if only else [n for n in sides.current_columns if n not in known],
        skipped=[] if only else [n for n in sides.reference_columns if n not in sides.wanted],
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


def _checked_importance(
    importance: Mapping[str, float] | str | None, reference: Any, current: Any
) -> dict[str, float]:
    if isinstance(importance, str):
        if importance != "model":
            raise ParameterError(
                f'importance must be a mapping or "model", got {importance!r}.',
                expected='a mapping of str to float, or "model"',
                got=repr(importance),
            )
        return model_importance(reference, current)
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
