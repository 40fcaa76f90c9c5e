"""Folds for cross-validation that cannot leak: objects for ``cv=`` of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table, codes_of, column_of, span_in, times_of
from mainspring.errors import DataError, ParameterError
from mainspring.splits.assign import (
    before_and_from,
    check_parts,
    classes_of,
    fold_of_groups,
    fold_of_rows,
    folds_of,
    keys_of,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Indices = npt.NDArray[np.int64]

__all__ = ["GroupFolds", "StratifiedFolds", "TimeFolds"]


class _Folds:
    """What scikit-learn asks every object for ``cv=``."""

    folds: int

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object, optional
            Not looked at.

        Returns
        -------
        int
            As asked for.
        """
        return self.folds


@dataclass(frozen=True)
class TimeFolds(_Folds):
    """Folds for cross-validation in which every training row is earlier than every test row.

    The rows, in the order of time, are cut into ``folds + 1`` parts of about equally many rows; of
    fold k, part k + 1 is tested and what lies before it trains. An object for ``cv=`` of
    scikit-learn's searches and scores.

    Parameters
    ----------
    folds : int, default 5
        How many.
    time : str or array
        The column of the data with the times, or the times themselves, one for each row.
    gap : timedelta or number, optional
        How long before the first test row the training rows end.
    max_train_span : timedelta or number, optional
        How far back training rows reach from the first test row; all the way by default.
    group : str, optional
        The column of a key: training rows of keys that the fold's test rows have are left out.
        ``groups=`` of scikit-learn does the same.

    Raises
    ------
    ParameterError, SchemaError, DataError
        By ``split``: a wrong argument, a missing column, a row without a time, or fewer moments
        than parts.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = {"day": [3, 0, 1, 2, 4, 5]}
    >>> [(train.tolist(), test.tolist()) for train, test in ms.TimeFolds(2, time="day").split(rows)]
    [([1, 2], [0, 3]), ([0, 1, 2, 3], [4, 5])]
    """

    folds: int = 5
    time: Any = None
    gap: timedelta | float | None = None
    max_train_span: timedelta | float | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        _check_folds(self.folds, "TimeFolds")
        if self.time is None:
            raise ParameterError(
                "TimeFolds: time must be given, a column's name or the times.", expected="time="
            )

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield the training and test rows of each fold.

        Parameters
        ----------
        X : table or matrix
            The rows; a table where columns are named.
        y : object, optional
            Not looked at.
        groups : array, optional
            A key for each row, instead of ``group``.

        Yields
        ------
        train, test : numpy.ndarray
            int64, ascending.
        """
        import numpy as np

        times, unit = _times(X, self.time)
        gap = span_in(self.gap, unit, "gap")
        span = None
        if self.max_train_span is not None:
            span = span_in(self.max_train_span, unit, "max_train_span")
        keys = _group_codes(X, self.group, groups, len(times))
        starts = _part_starts(times, self.folds)
        for fold, start in enumerate(starts):
            train, test = before_and_from(times, start, span, gap)
            if fold + 1 < len(starts):
                test &= times < starts[fold + 1]
            if keys is not None:
                train &= ~np.isin(keys, keys[test])
            check_parts(train, test, f"TimeFolds, fold {fold}")
            yield np.flatnonzero(train), np.flatnonzero(test)


@dataclass(frozen=True)
class GroupFolds(_Folds):
    """Folds for cross-validation in which no key is in training and in test rows.

    Keys, the largest first, go to the fold that has the fewest rows. An object for ``cv=`` of
    scikit-learn's searches and scores.

    Parameters
    ----------
    folds : int, default 5
        How many.
    group : str, optional
        The column with the key; without it, ``groups=`` of scikit-learn is taken. Missing keys are
        one key.
    seed : int, default 0
        Breaks ties between keys of equally many rows.

    Raises
    ------
    ParameterError, SchemaError, DataError
        By ``split``: no keys, a missing column, or fewer keys than folds.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = {"user": ["a", "b", "a", "c", "c", "c"]}
    >>> [test.tolist() for _, test in ms.GroupFolds(2, group="user").split(rows)]
    [[3, 4, 5], [0, 1, 2]]
    """

    folds: int = 5
    group: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_folds(self.folds, "GroupFolds")

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield the training and test rows of each fold.

        Parameters
        ----------
        X : table or matrix
            The rows; a table where ``group`` names a column.
        y : object, optional
            Not looked at.
        groups : array, optional
            A key for each row, where ``group`` was not given.

        Yields
        ------
        train, test : numpy.ndarray
            int64, ascending.
        """
        import numpy as np

        keys = _group_codes(X, self.group, groups, None)
        if keys is None:
            raise ParameterError(
                "GroupFolds: there are no keys. Name the column with group=, or pass groups=.",
                expected="group= or groups=",
            )
        ones = np.zeros(len(keys), np.int64)
        yield from folds_of(fold_of_groups(keys, ones, self.folds, self.seed), self.folds)


@dataclass(frozen=True)
class StratifiedFolds(_Folds):
    """Folds for cross-validation in which every class has about the same share.

    Without keys the counts of a class differ by one row between folds at most. With keys whole keys
    are moved, and shares are as even as that allows. An object for ``cv=`` of scikit-learn's
    searches and scores.

    Parameters
    ----------
    folds : int, default 5
        How many.
    target : str, optional
        The column with the classes; without it, ``y`` of scikit-learn is taken. Strings, booleans
        and up to 20 whole numbers are classes, other numbers ten equally filled bins.
    group : str, optional
        The column of a key that stays together. ``groups=`` of scikit-learn does the same.
    seed : int, default 0
        Another seed, other rows.

    Raises
    ------
    ParameterError, SchemaError, DataError
        By ``split``: no classes, a missing column, or fewer rows or keys than folds.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = {"late": [0, 0, 0, 0, 1, 1]}
    >>> folds = ms.StratifiedFolds(2, target="late")
    >>> [sorted(rows["late"][i] for i in test) for _, test in folds.split(rows)]
    [[0, 0, 1], [0, 0, 1]]
    """

    folds: int = 5
    target: str | None = None
    group: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_folds(self.folds, "StratifiedFolds")

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield the training and test rows of each fold.

        Parameters
        ----------
        X : table or matrix
            The rows; a table where columns are named.
        y : array, optional
            The class of each row, where ``target`` was not given.
        groups : array, optional
            A key for each row, instead of ``group``.

        Yields
        ------
        train, test : numpy.ndarray
            int64, ascending.
        """
        if self.target is None and y is None:
            raise ParameterError(
                "StratifiedFolds: there are no classes. Name the column with target=, or pass y.",
                expected="target= or y",
            )
        table, name = (X, self.target) if self.target is not None else ({"y": y}, "y")
        classes = classes_of(arrow_table(table, "StratifiedFolds"), name)
        keys = _group_codes(X, self.group, groups, len(classes))
        if keys is None:
            fold_of = fold_of_rows(classes, self.folds, self.seed)
        else:
            fold_of = fold_of_groups(keys, classes, self.folds, self.seed)
        yield from folds_of(fold_of, self.folds)


def _check_folds(folds: object, what: str) -> None:
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 2:
        raise ParameterError(
            f"{what}: folds must be an integer of at least 2, got {folds!r}.",
            expected="an integer of at least 2",
            got=repr(folds),
        )


def _part_starts(times: Any, folds: int) -> list[Any]:
    """Return the first moment of every part but the first."""
    import numpy as np

    ordered = np.sort(times)
    places = [part * len(ordered) // (folds + 1) for part in range(1, folds + 1)]
    starts = sorted({ordered[place] for place in places} - {ordered[0]}) if len(ordered) else []
    if len(starts) < folds:
        raise DataError(
            f"TimeFolds: rows of {len(np.unique(times))} different moments cannot be cut into "
            f"{folds + 1} parts of about equally many rows. Ask for fewer folds.",
            expected=f"{folds + 1} parts",
            got=f"{len(starts) + 1} parts",
        )
    return starts


def _times(X: Any, time: Any) -> tuple[Any, str]:
    import pyarrow as pa

    if isinstance(time, str):
        table = arrow_table(X, f"TimeFolds with time='{time}'")
        return times_of(column_of(table, time, "time"), time)
    if getattr(getattr(time, "dtype", None), "kind", "") == "M" and hasattr(time, "astype"):
        unit = str(time.dtype).partition("[")[2].rstrip("]")
        time = time if unit in ("s", "ms", "us", "ns") else time.astype("M8[s]")
    column = pa.chunked_array([pa.array(time, from_pandas=True)])
    count = _num_rows(X)
    if count is not None and len(column) != count:
        raise ParameterError(
            f"TimeFolds: time has {len(column)} values for {count} rows.",
            expected=f"{count} values",
            got=f"{len(column)} values",
        )
    return times_of(column, "time")


def _num_rows(X: Any) -> int | None:
    if hasattr(X, "num_rows"):
        return int(X.num_rows)
    if hasattr(X, "shape"):
        return int(X.shape[0])
    return None


def _group_codes(X: Any, group: str | None, groups: Any, count: int | None) -> Indices | None:
    import pyarrow as pa

    if group is not None:
        return keys_of(arrow_table(X, f"group='{group}'"), group, "group")
    if groups is None:
        return None
    codes, _ = codes_of(pa.chunked_array([pa.array(groups, from_pandas=True)]), "groups")
    count = _num_rows(X) if count is None else count
    if count is not None and len(codes) != count:
        raise ParameterError(
            f"groups has {len(codes)} values for {count} rows.",
            expected=f"{count} values",
            got=f"{len(codes)} values",
        )
    return codes
