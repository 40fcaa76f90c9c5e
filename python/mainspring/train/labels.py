"""Labels of two classes and weights of rows, for models that learn row by row."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring._columns import arrow_table, column_of
from mainspring.models.matrix import is_sparse
from mainspring.train.sparse_features import SparseRows
from mainspring.transforms._target import column_target

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from mainspring.train.id_features import Chunk

__all__ = ["Labels", "checked_number", "column_values"]


def checked_number(
    name: str, value: Any, smallest: float, largest: float, *, whole: bool = False
) -> None:
    """Check that a parameter is a number in a range.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        What it is.
    smallest, largest : float
        The range, both ends in it.
    whole : bool, default False
        Whether it must be an integer.

    Raises
    ------
    ParameterError
        When it is not.
    """
    kind = Integral if whole else Real
    is_number = isinstance(value, kind) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and smallest <= value <= largest:
        return
    if whole:
        expected = f"an integer from {int(smallest):,} to {int(largest):,}"
    else:
        expected = f"a number from {smallest:g} to {largest:g}"
    raise errors.ParameterError(
        f"{name} must be {expected}, got {value!r}.",
        expected=expected,
        got=repr(value),
    )


def column_values(values: Any) -> npt.NDArray[Any]:
    """Return labels or weights as an array of one dimension.

    Parameters
    ----------
    values : array_like
        A list, an array, or a column of a library.

    Returns
    -------
    numpy.ndarray
        Of one dimension.

    Raises
    ------
    ParameterError
        When it has another number of dimensions.
    """
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise errors.ParameterError(
            f"y has {array.ndim} dimensions, expected one value for each row.",
            expected="one dimension",
            got=f"{array.ndim} dimensions",
        )
    return array


class Labels:
    """The labels of the rows, from an array or a column, as 0 and 1.

    Parameters
    ----------
    y : array_like, optional
        The labels.
    target : str, optional
        Their column.
    sample_weight : array_like, optional
        Weights of the rows.
    streamed : bool
        Whether data is read part by part: then a column holds 0 and 1.
    """

    def __init__(self, y: Any, target: str | None, sample_weight: Any, *, streamed: bool) -> None:
        if (y is None) == (target is None):
            got = "neither" if y is None else "both"
            raise errors.ParameterError(
                f"The label must be given as y or as target, the name of a column; got {got}.",
                expected="y or target",
                got=got,
            )
        self.target, self._streamed = target, streamed
        self._values = None if y is None else column_values(y)
        self._weights: npt.NDArray[np.float32] | None = None
        if sample_weight is not None:
            weights = column_values(sample_weight)
            self._weights = np.ascontiguousarray(weights, np.float32)

    @property
    def columns(self) -> list[str]:
        """Columns of the data that hold labels."""
        return [] if self.target is None else [self.target]

    def find_classes(self, data: Any, classes: Any = None) -> npt.NDArray[Any]:
        """Return the two classes in ascending order.

        Parameters
        ----------
        data : object
            Where the column is.
        classes : array_like, optional
            What the caller says they are.

        Returns
        -------
        numpy.ndarray
            Shape (2,).

        Raises
        ------
        DataError
            When there are not two, or a label is missing.
        """
        self.read(data)
        if classes is not None:
            return _two(np.unique(column_values(classes)), "classes has")
        if self._values is None:
            return np.arange(2)
        row = _first_missing(self._values)
        if row is not None:
            raise _missing(row)
        return _two(np.unique(self._values), "The labels have")

    def check_classes(self, known: npt.NDArray[Any], given: Any) -> None:
        """Check that classes that are given again are those that are known.

        Parameters
        ----------
        known : numpy.ndarray
            What the model has.
        given : array_like or None
            What the caller says.

        Raises
        ------
        ParameterError
            When they differ.
        """
        if given is None or np.array_equal(np.unique(column_values(given)), known):
            return
        raise errors.ParameterError(
            f"classes are {list(given)!r}, expected those of the rows before: {known.tolist()!r}.",
            expected=repr(known.tolist()),
            got=repr(list(given)),
        )

    def of(
        self, chunk: Chunk, classes: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """Return labels, 0 or 1, and weights of the rows of a chunk.

        Parameters
        ----------
        chunk : Chunk
            Rows.
        classes : numpy.ndarray
            Both.

        Returns
        -------
        tuple
            float32 of shape (num_rows,), and the same or None.

        Raises
        ------
        DataError
            When a label is missing or none of the classes.
        """
        first, end = chunk.first_row, chunk.first_row + chunk.table.num_rows
        self._check_values(end, lambda count: count < end)
        if self._values is None:
            assert self.target is not None
            assert not isinstance(chunk.table, SparseRows)  # whose labels are an array
            values: npt.NDArray[Any] = column_target(chunk.table, self.target)
        else:
            values = self._values[first:end]
        second = values == classes[1]
        wrong = np.flatnonzero(~(second | (values == classes[0])))
        if len(wrong):
            row = int(wrong[0])
            if _first_missing(values[row : row + 1]) == 0:
                raise _missing(first + row)
            expected = " or ".join(repr(label) for label in classes.tolist())
            got = repr(values[row : row + 1].tolist()[0])
            raise errors.DataError(
                f"The label at row {first + row} is {got}, expected {expected}.",
                row=first + row,
                expected=expected,
                got=got,
            )
        weights = None if self._weights is None else self._weights[first:end]
        return np.ascontiguousarray(second, np.float32), weights

    def check_length(self, num_rows: int) -> None:
        """Check that there is a label, and a weight, for each row.

        Parameters
        ----------
        num_rows : int
            Of the data.

        Raises
        ------
        ParameterError
            When there is another number of them.
        """
        self._check_values(num_rows, lambda count: count != num_rows)

    def _check_values(self, num_rows: int, is_wrong: Callable[[int], bool]) -> None:
        for name, values in (("y", self._values), ("sample_weight", self._weights)):
            if values is not None and is_wrong(len(values)):
                raise errors.ParameterError(
                    f"{name} has {len(values)} values, expected one for each of the data's "
                    f"{num_rows} rows.",
                    expected=f"{num_rows} values",
                    got=f"{len(values)} values",
                )

    def read(self, data: Any) -> None:
        """Take the labels of a table in memory out of their column.

        Parameters
        ----------
        data : object
            The table; data that is read part by part is left alone.
        """
        if self._streamed:
            return
        if self.target is not None and is_sparse(data):
            raise errors.ParameterError(
                f"target is {self.target!r}, but a sparse matrix has no columns by name. Pass y, "
                "an array with one label for each row.",
                expected="y",
                got="target",
                hint="Pass y.",
            )
        table = arrow_table(data, "fit") if self.target is not None else None
        if table is not None and self._values is None:
            assert self.target is not None
            self._values = np.asarray(column_of(table, self.target, "target"))
        if table is not None:
            self.check_length(table.num_rows)


def _two(found: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    if len(found) == 2:
        return found
    shown = ", ".join(repr(value) for value in found[:5].tolist())
    raise errors.DataError(
        f"{what} {len(found)} classes ({shown}), expected two. Where rows have one alone, name "
        "both: partial_fit(X, y, classes=[0, 1]).",
        expected="two classes",
        got=f"{len(found)} classes",
    )


def _first_missing(values: npt.NDArray[Any]) -> int | None:
    """Return the row of the first None or NaN."""
    if values.dtype.kind == "f":
        missing = np.isnan(values)
    elif values.dtype == object:
        missing = np.array([value is None or value != value for value in values], bool)
    else:
        return None
    found = np.flatnonzero(missing)
    return int(found[0]) if len(found) else None


def _missing(row: int) -> errors.DataError:
    return errors.DataError(
        f"The label at row {row} is missing, expected one for each row. Leave such rows out.",
        row=row,
        expected="a label",
        got="missing",
    )
