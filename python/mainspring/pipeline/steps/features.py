"""Between data and model: checks, splits, and transforms that learn on one side alone."""

from __future__ import annotations

from typing import Any

import mainspring as ms
from mainspring._columns import arrow_table
from mainspring.errors import DataError

__all__ = ["check", "fit", "of_pair", "split", "transform"]


def check(train: Any, test: Any = None, *, target: str, **options: Any) -> dict[str, Any]:
    """Look for leaks and faults, and refuse data that has one.

    Parameters
    ----------
    train : table
        To be learnt from.
    test : table, optional
        To be tested on.
    target : str
        The label's column.
    **options
        Of :func:`mainspring.check`.

    Returns
    -------
    dict
        The report's ``to_dict``.

    Raises
    ------
    DataError
        When a check fails; the message names the first ones.
    """
    report = ms.check(train, test, target=target, **options)
    if not report.ok:
        failed = [f"{one.check} of {one.column!r}: {one.sentence}" for one in report.failed]
        more = f" And {len(failed) - 2} more." if len(failed) > 2 else ""
        raise DataError(
            f"{len(failed)} checks failed. {' '.join(failed[:2])}{more}",
            column=report.failed[0].column,
            got=", ".join(one.check for one in report.failed[:5]),
        )
    return report.to_dict()


def split(table: Any, **options: Any) -> tuple[Any, Any]:
    """Cut a table into training and test rows.

    Parameters
    ----------
    table : table
        All rows.
    **options
        Of :func:`mainspring.split`.

    Returns
    -------
    train, test : pyarrow.Table
        Rows in their order.
    """
    return ms.split(table, **options)


def fit(table: Any, *, preprocessor: Any, target: str | None = None) -> Any:
    """Fit a copy of a preprocessor.

    Parameters
    ----------
    table : table
        What to learn from; of a pair of tables, as :func:`split` returns it, the first.
    preprocessor : Preprocessor
        As declared; it stays as it is.
    target : str, optional
        The label's column.

    Returns
    -------
    Preprocessor
        Fitted.
    """
    import copy

    return copy.deepcopy(preprocessor).fit(of_pair(table, 0), target=target)


def transform(preprocessor: Any, table: Any) -> Any:
    """Compute features.

    Parameters
    ----------
    preprocessor : Preprocessor
        Fitted.
    table : table
        Rows.

    Returns
    -------
    pyarrow.Table
        A column for each feature.
    """
    return arrow_table(preprocessor.transform(table, output="arrow"), "transform")


def of_pair(table: Any, number: int) -> Any:
    """Return one of a pair of tables, or the table itself.

    Parameters
    ----------
    table : table, or pair of tables
        As :func:`split` returns it.
    number : {0, 1}
        Training or test rows.

    Returns
    -------
    table
        Not copied.
    """
    return table[number] if isinstance(table, tuple) else table
