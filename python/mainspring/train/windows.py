"""Windows of rows: many batches at once, transformed, shuffled, with labels and weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mainspring import _arrow, _engine, errors
from mainspring._arrays import new_array
from mainspring.train.row_features import FeatureRows
from mainspring.transforms._target import array_target, column_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.train.row_blocks import Rows
    from mainspring.train.row_features import PlainColumns, PlanColumns

__all__ = ["RowNumbers", "TensorBatch", "Window", "WindowMaker"]


class TensorBatch(NamedTuple):
    """What a model is trained on at once: tensors of torch, or arrays of NumPy.

    Attributes
    ----------
    dense : tensor of float32, shape (num_rows, num_numbers)
        Features that are numbers, NaN where missing.
    ids : tensor of int32, shape (num_rows, num_ids)
        Features that are ids.
    lists : dict of str to (values, offsets)
        Ids of columns of lists, as ``torch.nn.EmbeddingBag(..., include_last_offset=True)`` takes
        them.
    label, weight : tensor of float32, shape (num_rows,), or None
        None where there is none. Several labels: shape (num_rows, num_labels).
    """

    dense: Any
    ids: Any
    lists: dict[str, tuple[Any, Any]]
    label: Any
    weight: Any

    def to(self, device: Any, *, non_blocking: bool = True) -> TensorBatch:
        """Return the batch on a device of torch.

        Parameters
        ----------
        device : torch.device or str
            Where to.
        non_blocking : bool, default True
            Whether to go on while memory that is pinned is copied.

        Returns
        -------
        TensorBatch
            Copies, or the same tensors where they are there already.
        """

        def moved(tensor: Any) -> Any:
            return None if tensor is None else tensor.to(device, non_blocking=non_blocking)

        lists = {name: (moved(v), moved(o)) for name, (v, o) in self.lists.items()}
        return TensorBatch(
            moved(self.dense), moved(self.ids), lists, moved(self.label), moved(self.weight)
        )


@dataclass
class RowNumbers:
    """Numbers of each row, labels or a weight, from an array or columns.

    Parameters
    ----------
    name : str
        What they are, in messages.
    columns : list of str
        Where they are.
    values : numpy.ndarray, optional
        Of all rows, where there are no columns.
    shape : tuple of int
        Of the numbers of a row: () is one number without an axis.
    """

    name: str
    columns: list[str]
    values: Any = None
    shape: tuple[int, ...] = ()
    known: dict[str, tuple[pa.Table, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, name: str, given: Any) -> RowNumbers | None:
        """Return what a caller gave, names of columns or an array; None where there is none."""
        if given is None:
            return None
        if isinstance(given, str):
            return cls(name, [given])
        if name == "label" and isinstance(given, list | tuple) and _are_names(given):
            twice = next((one for one in given if given.count(one) > 1), None)
            if twice is not None:
                raise errors.ParameterError(
                    f"label names the column {twice!r} twice, expected each once.",
                    expected="each column once",
                    got=repr(twice),
                )
            return cls(name, list(given), None, (len(given),) if len(given) > 1 else ())
        array = np.asarray(given)
        if name == "label" and array.ndim == 2 and array.shape[1] > 1:
            targets = [array_target(array[:, place]) for place in range(array.shape[1])]
            return cls(name, [], np.stack(targets, 1).astype(np.float32), (len(targets),))
        return cls(name, [], array_target(given).astype(np.float32))

    @property
    def names(self) -> list[str]:
        """What each of the numbers is called: its column, or its place in the array."""
        if self.columns:
            return self.columns
        return [str(place) for place in range(self.shape[0])] if self.shape else [self.name]

    def fill(self, rows: Rows, out: Any) -> None:
        """Write the numbers of rows."""
        first_row = rows.first_row
        end = first_row + len(rows)
        if self.columns:
            for place, column in enumerate(self.columns):
                to = out[:, place] if self.shape else out
                to[:] = self._of_table(rows.table, column)[rows.first : rows.end]
        elif end > len(self.values):
            raise errors.ParameterError(
                f"{self.name} has {len(self.values)} values, expected one for each of the data's "
                f"rows, at least {end}.",
                expected=f"at least {end} values",
                got=f"{len(self.values)} values",
            )
        else:
            out[:] = self.values[first_row:end]
        bad = np.isnan(out)
        if self.name == "weight":
            bad |= ~(out >= 0) | np.isinf(out)
        if bad.any():
            self._refuse(out, bad, first_row)

    def _refuse(self, out: Any, bad: Any, first_row: int) -> None:
        at = tuple(int(one) for one in np.argwhere(bad)[0])
        value, row, place = out[at], at[0], at[1:]
        what = "missing" if np.isnan(value) else f"{value}"
        column = self.names[place[0]] if place else next(iter(self.columns), None)
        which = f"The {self.name} {column!r}" if place else f"The {self.name}"
        raise errors.DataError(
            f"{which} at row {first_row + row} is {what}, expected a number"
            f"{' of 0 or more' if self.name == 'weight' else ''}. Leave such rows out.",
            column=column,
            row=first_row + row,
            expected="a number",
            got=what,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "known": {}}

    def _of_table(self, table: pa.Table, column: str) -> Any:
        """Return the column of a table as float32; that of the last table is kept."""
        if column not in self.known or self.known[column][0] is not table:
            names = [name for name in table.column_names if name == column]
            found = column_target(_arrow.as_table(table.select(names)), column)
            self.known[column] = (table, found.astype(np.float32))
        return self.known[column][1]


def _are_names(given: Any) -> bool:
    return len(given) > 0 and all(isinstance(one, str) for one in given)


@dataclass
class Window:
    """Rows in the order in which batches take them."""

    features: FeatureRows
    label: npt.NDArray[np.float32] | None
    weight: npt.NDArray[np.float32] | None

    def __len__(self) -> int:
        return len(self.features.dense)


class WindowMaker:
    """Makes windows of tables.

    Parameters
    ----------
    columns : PlanColumns or PlainColumns
        What makes features.
    label, weight : RowNumbers, optional
        What is known of rows besides.
    new : callable, optional
        Makes arrays, as ``numpy.empty`` does; pinned ones, for example.
    """

    def __init__(
        self,
        columns: PlanColumns | PlainColumns,
        label: RowNumbers | None,
        weight: RowNumbers | None,
        new: Callable[[tuple[int, ...], Any], Any] | None = None,
    ) -> None:
        self._columns, self._label, self._weight = columns, label, weight
        self._new = new_array if new is None else new

    def of_tables(
        self,
        parts: Iterable[Rows],
        num_rows: int,
        order: npt.NDArray[np.int64] | None,
        into: Window | None = None,
    ) -> Window:
        """Return rows of some tables, in another order where one is given.

        Parameters
        ----------
        parts : iterable of Rows
            One behind the other.
        num_rows : int
            Of all of them.
        order : numpy.ndarray, optional
            Where in them each row of the window is.
        into : Window, optional
            Room for the rows.
        """
        new = self._new if order is None else new_array  # what is shuffled into new arrays
        window = self.room(num_rows, new) if into is None else into
        features = window.features
        made: list[dict[str, tuple[Any, Any]]] = []
        at = 0
        for rows in parts:
            end = at + len(rows)
            try:
                lists = self._columns.fill(rows, features.dense[at:end], features.ids[at:end])
                for numbers, out in ((self._label, window.label), (self._weight, window.weight)):
                    if numbers is not None and out is not None:
                        numbers.fill(rows, out[at:end])
            except errors.MainspringError as error:
                raise _explained(error, rows.where) from error
            made.append(lists)
            at = end
        if self._columns.list_names:
            features.lists = _joined(made, self._columns.list_names)
        return window if order is None else self.gathered(window, order)

    def room(self, num_rows: int, new: Callable[[tuple[int, ...], Any], Any]) -> Window:
        """Return a window whose rows are to be written."""
        dense = new((num_rows, len(self._columns.dense_names)), np.float32)
        ids = new((num_rows, len(self._columns.id_names)), np.int32)
        label = None if self._label is None else new((num_rows, *self._label.shape), np.float32)
        weight = None if self._weight is None else new((num_rows,), np.float32)
        return Window(FeatureRows(dense, ids), label, weight)

    def gathered(self, window: Window, order: npt.NDArray[np.int64]) -> Window:
        """Return rows of a window, in any order."""
        made = self.room(len(order), self._new)
        given = window.features
        for rows, out in (
            (given.dense, made.features.dense),
            (window.label, made.label),
            (window.weight, made.weight),
        ):
            if rows is not None and out is not None:
                _engine.gather_floats(rows, order, out)
        _engine.gather_integers(given.ids, order, made.features.ids)
        made.features.lists = {
            name: _gathered_list(values, offsets, order)
            for name, (values, offsets) in given.lists.items()
        }
        return made


def _explained(error: errors.MainspringError, where: str) -> errors.MainspringError:
    if not where:
        return error
    return type(error)(
        f"{where}: {error}",
        column=error.column,
        row=error.row,
        expected=error.expected,
        got=error.got,
        hint=error.hint,
    )


def _joined(parts: list[dict[str, tuple[Any, Any]]], names: list[str]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for name in names:
        if not parts:
            joined[name] = (np.empty(0, np.int32), np.zeros(1, np.int32))
            continue
        values = np.concatenate([part[name][0] for part in parts])
        lengths = np.concatenate([np.diff(part[name][1]) for part in parts])
        joined[name] = (values, _offsets(lengths, values.dtype))
    return joined


def _offsets(lengths: npt.NDArray[Any], dtype: Any) -> npt.NDArray[Any]:
    offsets = np.zeros(len(lengths) + 1, dtype)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _gathered_list(values: Any, offsets: Any, order: npt.NDArray[np.int64]) -> tuple[Any, Any]:
    lengths = np.diff(offsets)[order]
    made = _offsets(lengths, offsets.dtype)
    shift = np.repeat(offsets[:-1][order] - made[:-1], lengths)
    return values[np.arange(len(shift)) + shift], made
