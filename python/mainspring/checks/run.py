"""Look at training data, and test data beside it, before a model is trained on it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._limits import checked_limits
from mainspring.checks.report import CheckReport, Finding
from mainspring.errors import ParameterError, SchemaError

__all__ = ["check"]

_TASKS = ("auto", "binary", "multiclass", "regression")


def check(
    train: Any,
    test: Any = None,
    *,
    target: str,
    time: str | None = None,
    available: Mapping[str, str | timedelta] | None = None,
    task: str = "auto",
    limits: Mapping[str, float] | None = None,
) -> CheckReport:
    """Look for labels that cannot be learnt and for features that know too much.

    ``constant_label``: the share of the most frequent label. ``target_in_features``: copies of the
    label, straight lines of it, and columns whose values stand one to one for its classes.
    ``label_power``: how well one feature alone foretells the label; dates and identifiers of events
    after the label show up here. ``missing_leak``: columns that are filled in only after the label
    is known. ``time_travel``: values that become known after the time of prediction.

    Parameters
    ----------
    train : table
        Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
        DuckDB), or a list of dicts.
    test : table, optional
        Checked like ``train``; findings say which table they are of.
    target : str
        The label's column. Rows without a label are left out.
    time : str, optional
        The date or timestamp column with the time of prediction.
    available : mapping of str to str or timedelta, optional
        For a feature, the date or timestamp column that says when its value becomes known, or how
        long after the time of prediction it does. Needs ``time``.
    task : str, default "auto"
        "binary", "multiclass" or "regression". Automatically, strings and booleans are classes, and
        so are numbers of two values, or of at most 20 values that are all integers.
    limits : mapping of str to float, optional
        Other limits than the defaults, by name: ``label_power_warn`` 0.7, ``label_power_fail``
        0.95, ``correlation_fail`` 0.999, ``missing_auc_warn`` 0.6, ``missing_auc_fail`` 0.8,
        ``majority_warn`` 0.99, ``min_rows`` 50.

    Returns
    -------
    CheckReport
        A finding for every check of every feature. ``report.ok`` says whether none failed.

    Raises
    ------
    SchemaError
        When a named column is missing, or one that should hold times does not.
    DataError
        When a binary label has more than two values.
    ParameterError
        When a limit or the task is unknown, or ``available`` is given without ``time``.

    Notes
    -----
    Columns of times that ``time`` and ``available`` name are not features, unless they are keys of
    ``available`` themselves; columns of types that are not read are left out. Label power is
    cross-fitted in five folds by row number: the mean label over equally filled bins or categories
    of four folds scores the fifth. It is 2 AUC - 1 for two classes, its mean over classes (by rows)
    against the rest for more, and the explained share of the variance of ranks for regression.
    Memory: eight bytes for each row and column in work.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"late": i % 3 == 0, "code": "x" if i % 3 == 0 else "y"} for i in range(300)]
    >>> report = ms.check(rows, target="late")
    >>> report.ok, [(f.check, f.column) for f in report.failed]
    (False, [('target_in_features', 'code'), ('label_power', 'code')])
    """
    if task not in _TASKS:
        raise ParameterError(
            f"task must be one of {', '.join(map(repr, _TASKS))}, got {task!r}.",
            expected=" or ".join(_TASKS),
            got=repr(task),
        )
    declared = _checked_available(available, time)
    values = checked_limits(_engine.check_limits(), limits)
    findings: list[Finding] = []
    for name, data in (("train", train), ("test", test)):
        if data is None and name == "test":
            continue
        table = as_table(data, what=name)
        found = _engine.check_table(
            table,
            target,
            task,
            _features(table, target, time, declared),
            time or "",
            declared,
            values,
        )
        findings += [
            Finding(**{**fields, "rows": tuple(fields["rows"])}, table=name) for fields in found
        ]
    return CheckReport(findings=findings, target=target)


def _features(
    table: Any, target: str, time: str | None, available: Mapping[str, str | float]
) -> list[str]:
    """Return the columns that are features, in the order of the table."""
    names = list(table.column_names)
    for name in available:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise SchemaError(
                f"available names column '{name}', which the table lacks.{hint}", column=name
            )
    times = {time, *(known for known in available.values() if isinstance(known, str))}
    readable = _engine.readable_columns(table)
    return [
        name
        for name in names
        if name in readable and name != target and (name not in times or name in available)
    ]


def _checked_available(
    available: Mapping[str, str | timedelta] | None, time: str | None
) -> dict[str, str | float]:
    if available and time is None:
        raise ParameterError(
            "available needs time, the column with the time of prediction.",
            expected="time='COLUMN'",
            got="None",
        )
    declared: dict[str, str | float] = {}
    for name, known in (available or {}).items():
        if isinstance(known, timedelta):
            declared[name] = known / timedelta(microseconds=1)
        elif isinstance(known, str):
            declared[name] = known
        else:
            raise ParameterError(
                f"available: '{name}' must have the name of a timestamp column or a timedelta, "
                f"got {known!r}.",
                column=name,
                expected="str or timedelta",
                got=type(known).__name__,
            )
    return declared
