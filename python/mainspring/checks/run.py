"""Look at training data, and test data beside it, before a model is trained on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring._limits import checked_limits
from mainspring._names import did_you_mean
from mainspring.checks.drift_checks import NAMED_CHECKS, drift_findings, together_findings
from mainspring.checks.history_audit import HistoryAudit, audit_history
from mainspring.checks.model_check import model_data
from mainspring.checks.model_checks import MODEL_CHECKS, MODEL_LIMITS
from mainspring.checks.report import CheckReport, Finding
from mainspring.errors import ParameterError, SchemaError
from mainspring.profiles import profile

__all__ = ["check"]

_TASKS = ("auto", "binary", "multiclass", "regression")


def check(  # noqa: PLR0913 - each is something else that is known about the data
    train: Any,
    test: Any = None,
    *,
    target: str,
    time: str | None = None,
    group: str | Sequence[str] | None = None,
    id: str | Sequence[str] | None = None,
    model: Any = None,
    available: Mapping[str, str | timedelta] | None = None,
    task: str = "auto",
    checks: Sequence[str] | None = None,
    limits: Mapping[str, float] | None = None,
    history: Any = None,
    events: Mapping[str, object] | None = None,
) -> CheckReport:
    """Look at training data, at test data beside it, and at a model of them.

    Features that know too much, rows and keys on both sides of a split, labels that cannot be
    learnt or contradict each other, values that are missing, constant, mixed or spelled in many
    ways, and what a model makes of them: :doc:`the table of checks </reference/checks>` defines
    each. Every finding passes, warns or fails, with its number and limit, what it means and what
    to do.

    Parameters
    ----------
    train : table
        Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
        DuckDB), or a list of dicts.
    test : table, optional
        Checked like ``train``, and against it; findings say which table they are of.
    target : str
        The label's column. Rows without a label are left out.
    time : str, optional
        The date or timestamp column with the time of prediction. Rows of the test must be later
        than those of training.
    group : str or sequence of str, optional
        Columns of keys (a customer, a patient) that must not be on both sides. They are features,
        too.
    id : str or sequence of str, optional
        Columns of identifiers of rows, which must not be on both sides. They are no features.
    model : object, optional
        A Predictor, or anything with ``predict`` and, of classes, ``predict_proba``: what it makes
        of the rows is checked, too.
    available : mapping of str to str or timedelta, optional
        For a feature, the date or timestamp column that says when its value becomes known, or how
        long after the time of prediction it does. Needs ``time``.
    task : str, default "auto"
        "binary", "multiclass" or "regression". Automatically, strings and booleans are classes, and
        so are numbers of two values, or of at most 20 values that are all integers.
    checks : sequence of str, optional
        The names of those to report, of the reference page. When not given all but those that take
        long: ``domain_classifier``.
    limits : mapping of str to float, optional
        Other limits than the defaults, by name; the reference page lists them.
    history : Preprocessor or HistoryPlans, optional
        Features about the past: 100 rows of each table are computed again from ``events`` by a look
        at every one of them. Columns called like the features are checked, or else the features.
    events : mapping, optional
        The table of each source of ``history``.

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
        When a limit, a check or the task is unknown, ``available`` is given without ``time``, or
        ``history`` without ``events``.

    Notes
    -----
    Columns of times that ``time`` and ``available`` name are not features, unless they are keys of
    ``available`` themselves; columns of types that are not read are left out. Label power is
    cross-fitted in five folds by row number: the mean label over equally filled bins or categories
    of four folds scores the fifth. It is 2 AUC - 1 for two classes, its mean over classes (by rows)
    against the rest for more, and the explained share of the variance of ranks for regression.
    Memory: eight bytes for each row and column, of each table.

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
    wanted = _wanted(checks)
    declared = _checked_available(available, time)
    groups, ids = _names(group, "group"), _names(id, "id")
    values = checked_limits([*_engine.check_limits(), *MODEL_LIMITS], limits)
    native = {row["name"]: values[row["name"]] for row in _engine.check_limits()}
    first = as_table(train, what="train")
    second = None if test is None else as_table(test, what="test")
    features = _features(first, target, time, declared, ids)
    test_features = [] if second is None else _features(second, target, time, declared, ids)
    found = _engine.check_tables(
        [first] if second is None else [first, second],
        target,
        task,
        features,
        test_features,
        groups,
        ids,
        time or "",
        declared,
        native,
    )
    texts = {row["name"]: row for row in _engine.checks()}
    findings = [
        Finding(
            **{**fields, "rows": tuple(fields["rows"])},
            why=texts[fields["check"]]["why"],
            remedy=texts[fields["check"]]["remedy"],
        )
        for fields in found
    ]
    if test is not None or model is not None:
        where = time, groups[0] if len(groups) == 1 else None
        findings += _further((train, test), (target, task), features, model, values, wanted, where)
    if history is not None:
        findings += _audited(history, events, {"train": train, "test": test}, texts)
    return CheckReport(
        findings=[finding for finding in findings if finding.check in wanted], target=target
    )


def _audited(
    history: Any, events: Any, tables: Mapping[str, Any], texts: Mapping[str, Any]
) -> list[Finding]:
    """Return what a look at every event of the past finds."""
    plans = getattr(history, "history", history)
    if not hasattr(plans, "sources") or not isinstance(events, Mapping):
        got = f"{type(history).__name__} and {type(events).__name__}"
        raise ParameterError(
            "history must be a Preprocessor with features about the past, or its plans, and events "
            f"a mapping with the table of each source, got {got}.",
            expected="a Preprocessor and a mapping",
            got=got,
        )
    audit = HistoryAudit(plans, events)
    return [
        replace(found, why=texts[found.check]["why"], remedy=texts[found.check]["remedy"])
        for name, table in tables.items()
        if table is not None
        for found in audit_history(audit, table, name)
    ]


def _wanted(checks: Sequence[str] | None) -> frozenset[str]:
    """Return the names of the checks to report, or raise ParameterError for one that is none."""
    known = [row["name"] for row in _engine.checks()] + [check.name for check in MODEL_CHECKS]
    for name in checks if checks is not None else ():
        if name not in known:
            raise ParameterError(
                f"There is no check {name!r}, expected some of {', '.join(known)}.",
                expected="names of checks",
                got=repr(name),
            )
    return frozenset(checks if checks is not None else set(known) - NAMED_CHECKS)


def _further(
    tables: tuple[Any, Any],
    label: tuple[str, str],
    features: list[str],
    model: Any,
    limits: dict[str, float],
    wanted: frozenset[str],
    where: tuple[str | None, str | None],
) -> list[Finding]:
    """Return what is found by profiles and by a model."""
    (train, test), (target, task) = tables, label
    before = arrow_table(train, "check")
    now = None if test is None else arrow_table(test, "check")
    texts = {check.name: check for check in MODEL_CHECKS}
    findings: list[Finding] = []
    if now is not None:
        shared = [name for name in features if _same_kind(before, now, name)]
        if _same_kind(before, now, target):
            findings += drift_findings(before, now, target, shared)
        findings += together_findings(before, now, shared, wanted, limits)
    if model is not None:
        data = model_data(model, before, now, target, task)
        data.time, data.group = where
        for check in MODEL_CHECKS:
            findings += check.run(data, limits)
    return [
        replace(found, why=texts[found.check].why, remedy=texts[found.check].remedy)
        for found in findings
    ]


def _same_kind(before: Any, now: Any, name: str) -> bool:
    """Say whether drift can compare a column: whether both profiles know it as one kind."""
    if name not in now.column_names:
        return False
    samples = [table.select([name]).slice(0, 1) for table in (before, now)]
    kinds = [profile(sample).column(name).kind for sample in samples]
    return kinds[0] == kinds[1] or "unknown" in kinds


def _names(given: str | Sequence[str] | None, what: str) -> list[str]:
    names = [given] if isinstance(given, str) else list(given or ())
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise ParameterError(
            f"{what} must be a column or a list of columns, got {given!r}.",
            expected="column names",
            got=repr(given),
        )
    return names


def _features(
    table: Any,
    target: str,
    time: str | None,
    available: Mapping[str, str | float],
    ids: Sequence[str],
) -> list[str]:
    """Return the columns that are features, in the order of the table."""
    names = list(table.column_names)
    for name in available:
        if name not in names:
            hint = did_you_mean(name, names)
            raise SchemaError(
                f"available names column '{name}', which the table lacks.{hint}", column=name
            )
    times = {time, *(known for known in available.values() if isinstance(known, str))}
    readable = _engine.readable_columns(table)
    return [
        name
        for name in names
        if name in readable
        and name != target
        and name not in ids
        and (name not in times or name in available)
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
