"""Rows as numbers, ids and lists: by a fitted preprocessor, or columns as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _arrow, _engine, errors
from mainspring.transforms import Preprocessor
from mainspring.transforms._output import Wanted, of_table
from mainspring.transforms.tensors import Tensors

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.train.row_blocks import Rows

_MOST_KNOWN = 2  # as many as there are row groups in memory

__all__ = ["FeatureRows", "PlainColumns", "PlanColumns", "columns_of"]


@dataclass
class FeatureRows:
    """Features of rows one behind the other.

    ``lists`` holds values and offsets of each column of lists.
    """

    dense: npt.NDArray[np.float32]
    ids: npt.NDArray[np.int32]
    lists: dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]] = field(default_factory=dict)


class PlanColumns:
    """The features of a fitted preprocessor.

    Parameters
    ----------
    preprocessor : Preprocessor
        Fitted.
    """

    def __init__(self, preprocessor: Preprocessor) -> None:
        bundle = preprocessor.bundle
        self._preprocessor = preprocessor
        kinds = bundle.feature_kinds
        names = bundle.feature_names
        self.dense_names = [n for n, kind in zip(names, kinds, strict=True) if kind == "number"]
        self.id_names = [n for n, kind in zip(names, kinds, strict=True) if kind == "id"]
        self.cardinalities = list(bundle.cardinalities)
        self.list_names = [name for name, _ in bundle.lists]
        self.columns = list(bundle.input_names)

    def fill(self, rows: Rows, dense: Any, ids: Any) -> dict[str, tuple[Any, Any]]:
        """Write the features of rows, and return their lists."""
        bundle = self._preprocessor.bundle
        room = Tensors(dense, ids, self.dense_names, self.id_names, self.cardinalities)
        table = _arrow.as_table(rows.cut())
        made: Tensors = of_table(bundle, table, Wanted("tensors", room))
        return {name: (of.values, of.offsets) for name, of in made.lists.items()}


class PlainColumns:
    """Columns as they are: floats are numbers, integers and bools ids.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the data.
    without : sequence of str
        Columns that are no features: label and weight.

    Raises
    ------
    SchemaError
        When a column is of another type.
    """

    def __init__(self, schema: pa.Schema, without: list[str]) -> None:
        import pyarrow as pa

        self.dense_names: list[str] = []
        self.id_names: list[str] = []
        self.cardinalities: list[int] = []
        self.list_names: list[str] = []
        for column in schema:
            if column.name in without:
                continue
            if pa.types.is_floating(column.type):
                self.dense_names.append(column.name)
            elif pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
                self.id_names.append(column.name)
            else:
                raise errors.SchemaError(
                    f"Column '{column.name}' has type {column.type}, expected a number. Pass a "
                    "fitted Preprocessor that makes ids or numbers of it.",
                    column=column.name,
                    expected="a number",
                    got=str(column.type),
                )
        self.columns = [*self.dense_names, *self.id_names]
        self._known: list[tuple[pa.Table, tuple[list[Any], list[Any]]]] = []

    def fill(self, rows: Rows, dense: Any, ids: Any) -> dict[str, tuple[Any, Any]]:
        """Write the columns of rows, NaN where a number is missing."""
        numbers, integers = self._arrays(rows.table)
        _engine.interleave_floats(numbers, rows.first, rows.end, dense)
        _engine.interleave_integers(integers, rows.first, rows.end, ids)
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_known": []}

    def _arrays(self, table: pa.Table) -> tuple[list[Any], list[Any]]:
        """Return the columns of a table as arrays of 4-byte numbers, of the last tables at once."""
        for known, arrays in self._known:
            if known is table:
                return arrays
        numbers = [
            np.ascontiguousarray(_values(table.column(name)), np.float32)
            for name in self.dense_names
        ]
        integers = [_ids(table.column(name), name) for name in self.id_names]
        self._known = [(table, (numbers, integers)), *self._known[: _MOST_KNOWN - 1]]
        return numbers, integers


def _values(column: pa.ChunkedArray) -> Any:
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return chunk.to_numpy(zero_copy_only=False)


def _ids(column: pa.ChunkedArray, name: str) -> Any:
    if column.null_count:
        raise _no_id(name, "a missing value")
    values = _values(column)
    if values.dtype.kind != "b" and len(values):
        low, high = values.min(), values.max()
        if low < 0 or high >= 1 << 31:
            raise _no_id(name, str(low if low < 0 else high))
    return np.ascontiguousarray(values, np.int32)


def _no_id(name: str, got: str) -> errors.DataError:
    return errors.DataError(
        f"Column '{name}' holds {got}, expected ids from 0 to 2147483647. Pass a fitted "
        "Preprocessor, for example of ordinal or hash.",
        column=name,
        expected="ids from 0 to 2147483647",
        got=got,
    )


def columns_of(preprocessor: Any, schema: Any, without: list[str]) -> PlanColumns | PlainColumns:
    """Return what makes the features.

    Raises
    ------
    ParameterError
        When ``preprocessor`` is none.
    NotFittedError
        When it has not been fitted.
    SchemaError
        When there is none, and a column is no number.
    """
    if preprocessor is None:
        return PlainColumns(schema(), without)
    if not isinstance(preprocessor, Preprocessor):
        got = type(preprocessor).__name__
        raise errors.ParameterError(
            f"preprocessor must be a fitted Preprocessor or None, got {got}.",
            expected="a fitted Preprocessor or None",
            got=got,
        )
    return PlanColumns(preprocessor)
