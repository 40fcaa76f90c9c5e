"""One cut into training and test rows: by time, by key, or at random and evenly over classes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table, column_of, span_in, times_of
from mainspring.errors import ParameterError
from mainspring.splits.assign import (
    before_and_from,
    check_parts,
    chosen_rows,
    classes_of,
    keys_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["split"]


def split(
    data: object,
    test_size: float | int | date = 0.2,
    *,
    time: str | None = None,
    gap: timedelta | float | None = None,
    group: str | None = None,
    stratify: str | None = None,
    seed: int = 0,
) -> tuple[pa.Table, pa.Table]:
    """Cut a table into training and test rows.

    Parameters
    ----------
    data : table
        A pyarrow, pandas, polars or DuckDB table, a list of dicts or a dict of columns.
    test_size : float, int or date, default 0.2
        A share of the rows between 0 and 1, or a number of rows. With ``time``, a date or datetime
        is the first moment of the test rows.
    time : str, optional
        The column of dates, timestamps or numbers to cut by: every training row is earlier than
        every test row. Rows of the same moment stay together, so that the test rows may be a few
        more than asked for.
    gap : timedelta or number, optional
        With ``time``: how long before the first test row the training rows end, because labels
        become known that late. Rows in between are in neither part.
    group : str, optional
        The column of a key (a customer, a patient) whose rows stay together. Missing keys are one
        key. With ``time``, training rows of keys that the test rows have are left out.
    stratify : str, optional
        The column, often the target, whose classes have about the same shares in both parts:
        strings, booleans, and up to 20 whole numbers are classes, other numbers ten equally filled
        bins, missing a class of its own. Not with ``time``.
    seed : int, default 0
        Another seed, other rows. Without effect with ``time``.

    Returns
    -------
    train, test : pyarrow.Table
        Rows in the order of the data. A copy.

    Raises
    ------
    ParameterError
        When arguments are wrong or contradict each other.
    SchemaError
        When a column is missing or of the wrong type.
    DataError
        When a row has no time, or one part would be empty.

    Notes
    -----
    Rows that are alike in every column but lie in both parts are not looked for: :func:`check`
    counts them and :func:`deduplicate` takes them out. Time grows with the rows, and for a group
    with ``stratify`` with groups times classes.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"day": day, "x": day * day} for day in range(10)]
    >>> train, test = ms.split(rows, 0.3, time="day", gap=2)
    >>> train["day"].to_pylist(), test["day"].to_pylist()
    ([0, 1, 2, 3, 4], [7, 8, 9])
    """
    import numpy as np

    table = arrow_table(data, "split")
    if time is None and gap is not None:
        raise ParameterError("split: gap needs time, the column to cut by.", expected="time=")
    if time is not None and stratify is not None:
        raise ParameterError(
            "split: stratify cannot be held where time decides which rows are tested. "
            "Leave one of them out.",
            expected="time or stratify",
            got="both",
        )
    groups = None if group is None else keys_of(table, group, "group")
    if time is not None:
        times, unit = times_of(column_of(table, time, "time"), time)
        start = _start_of_test(times, unit, test_size)
        train, test = before_and_from(times, start, None, span_in(gap, unit, "gap"))
        if groups is not None:
            train &= ~np.isin(groups, groups[test])
    else:
        count = _test_rows(test_size, table.num_rows)
        classes = None if stratify is None else classes_of(table, stratify)
        test = chosen_rows(table.num_rows, count, groups, classes, seed)
        train = ~test
    check_parts(train, test, "split")
    return table.take(np.flatnonzero(train)), table.take(np.flatnonzero(test))


def _test_rows(test_size: object, num_rows: int) -> int:
    if isinstance(test_size, float) and 0 < test_size < 1:
        return min(max(round(num_rows * test_size), 1), max(num_rows - 1, 1))
    whole = isinstance(test_size, int) and not isinstance(test_size, bool)
    if whole and 0 < test_size < num_rows:  # type: ignore[operator]
        return test_size  # type: ignore[return-value]
    wanted = f"a share between 0 and 1 or a number of rows from 1 to {num_rows - 1}"
    raise ParameterError(
        f"split: test_size must be {wanted}, got {test_size!r}.",
        expected=wanted,
        got=repr(test_size),
    )


def _start_of_test(times: Any, unit: str, test_size: object) -> Any:
    import numpy as np

    if isinstance(test_size, date):
        return span_in(test_size, unit, "test_size")
    count = _test_rows(test_size, len(times))
    return np.partition(times, len(times) - count)[len(times) - count]
