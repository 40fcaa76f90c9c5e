"""Compare a table with a reference profile, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._limits import checked_limits
from mainspring.drift.report import DriftReport, column_drift
from mainspring.errors import ParameterError
from mainspring.profiles import Profile

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
    reference : Profile or table
        What the model was trained on: ``predictor.profile``, or anything :func:`mainspring.profile`
        takes.
    current : Profile or table
        What is to be compared.
    columns : sequence of str, optional
        Columns to compare; all columns of the reference when not given. The reference's target is
        left out where the current data has no such column.
    limits : mapping of str to float, optional
        Other limits than the defaults, by name: ``ks`` 0.05, ``wasserstein_std`` 0.1,
        ``js_debiased`` 0.05, ``missing_rate`` 0.01, ``unseen_rate`` 0.01, ``min_rows`` 200,
        ``rows_per_bin`` 20, ``psi_bins`` 10, ``max_bins`` 256.
    level : float, default 0.01
        What corrected p-values are held against, in (0, 1).
    correction : str, default "benjamini-hochberg"
        Or "bonferroni", or "none".

    Returns
    -------
    DriftReport
        One entry for each compared column, and what was exact and what was bounded.

    Raises
    ------
    SchemaError
        When the current data lacks a column of the reference, or has it as another kind (a number
        that became a string is a broken feed, and no distance can say how far). Integers, floats
        and decimals of any width are one kind, so are all strings and dictionaries of strings.
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
    only = None if columns is None else list(columns)
    before = _as_profile(reference, only, "reference")
    wanted = _engine.compared_columns(before._native, only)
    if isinstance(current, (Profile, _engine.Profile)):
        now = _as_profile(current, only, "current")
        present = now.columns
    else:
        table = as_table(current, what="current")
        present = list(table.column_names)
        now = Profile(columns=[name for name in wanted if name in present]).update(table)
    found = _engine.detect_drift(before._native, now._native, only, level, correction, values)
    known = set(before.columns)
    return DriftReport(
        columns=[column_drift(fields) for fields in found],
        num_rows=now.num_rows,
        reference_rows=before.num_rows,
        new_columns=[] if only is not None else [name for name in present if name not in known],
        skipped=[] if only is not None else [n for n in before.columns if n not in wanted],
        level=level,
        correction=correction,
        limits=values,
    )


def _as_profile(data: Any, only: list[str] | None, what: str) -> Profile:
    if isinstance(data, Profile):
        return data
    if isinstance(data, _engine.Profile):  # a preprocessor's own
        return Profile._of(data)
    if data is None:
        raise ParameterError(
            f"{what} is None, expected a Profile or a table. A predictor made without a "
            "preprocessor or profile has none: pass profile=ms.profile(train) when making it.",
            expected="a Profile or a table",
            got="None",
        )
    return Profile(columns=only).update(as_table(data, what=what))
