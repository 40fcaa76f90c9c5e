"""Data of any kind as chunks of ids, numbers and labels, for models that learn row by row."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _arrow, errors
from mainspring._columns import arrow_table
from mainspring._sources import is_source, open_source
from mainspring.train.sparse_features import SparseRows, is_sparse, sparse_rows, split_ids
from mainspring.transforms import Preprocessor, col
from mainspring.transforms._output import Wanted, of_table, refuse_lists
from mainspring.transforms._parts import tables

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine
    from mainspring._sources import Source

__all__ = [
    "Chunk",
    "Features",
    "chunks_of",
    "default_preprocessor",
    "features_of",
    "features_of_matrix",
    "fitted_preprocessor",
]

# Ids of so many rows stay in the caches between the transform and the steps.
_CHUNK_ROWS = 1 << 14
# Of numbers: 0, and powers of the square root of 2 on both sides, from a thousandth to a billion.
_POWERS = [2.0 ** (half / 2) for half in range(-20, 61)]
_EDGES = [-power for power in reversed(_POWERS)] + [0.0, *_POWERS]
_NO_CATEGORY = frozenset(
    "timestamp date time duration list large_list fixed_size_list struct map".split()
)


# Numbers of a row up to which all of them are looked at.
_MOST_DENSE = 128


@dataclass(frozen=True)
class Chunk:
    """Rows that are learnt from at once, and the number of the first over all data."""

    table: _engine.Table | SparseRows
    first_row: int


@dataclass(frozen=True)
class Features:
    """Of each row its ids, and its numbers: all of them, or (starts, columns, values)."""

    ids: npt.NDArray[np.int32]
    numbers: Any


def chunks_of(
    data: Any, passes: int, columns: list[str] | None = None, num_features: int | None = None
) -> Iterator[Chunk]:
    """Give the rows, and once more for each further pass.

    Parameters
    ----------
    data : object
        A table, a matrix, or what is read part by part.
    passes : int
        How often to give all rows.
    columns : list of str, optional
        Those that are read of files.
    num_features : int, optional
        Columns of the sparse matrix that the model has learnt from, if it has.

    Raises
    ------
    ParameterError, SchemaError, DataError
        When data is none of these, or cannot be read.
    """
    if num_features is not None or is_sparse(data):
        rows = sparse_rows(data, num_features)
        for _ in range(passes):
            for first in range(0, rows.num_rows, _CHUNK_ROWS):
                yield Chunk(rows.slice(first, _CHUNK_ROWS), first)
        return
    if is_source(data):
        with open_source(data, passes=passes, spool=True, what="fit") as source:
            for _ in range(passes):
                yield from _parts_of(source, columns)
        return
    table = arrow_table(_named(data), "fit")
    for _ in range(passes):
        for first in range(0, table.num_rows, _CHUNK_ROWS):
            yield Chunk(_arrow.as_table(table.slice(first, _CHUNK_ROWS)), first)


def _parts_of(source: Source, columns: list[str] | None) -> Iterator[Chunk]:
    for part, table in tables(source, columns, _CHUNK_ROWS):
        if table.num_rows:
            yield Chunk(table, part.first_row)


def _named(data: Any) -> Any:
    """Give the columns of a matrix names."""
    if isinstance(data, np.ndarray) and data.ndim == 2:
        return {f"Column_{number}": data[:, number] for number in range(data.shape[1])}
    return data


def default_preprocessor(
    table: _engine.Table, buckets: int, without: str | None = None
) -> Preprocessor:
    """Return a preprocessor that learns nothing: hashes, and buckets of numbers by magnitude.

    Parameters
    ----------
    table : Table
        Any rows; only types are looked at.
    buckets : int
        Of the hash of each column.
    without : str, optional
        The label's column.

    Raises
    ------
    SchemaError
        When a column is neither a category nor a number.
    """
    expressions = []
    for name, kind in zip(table.column_names, table.column_types, strict=True):
        if name == without:
            continue
        value = kind.removeprefix("dictionary<").rstrip(">")
        if value.partition("[")[0].rstrip("0123456789").partition("<")[0] in _NO_CATEGORY:
            raise errors.SchemaError(
                f"Column '{name}' has type {kind}, expected a category or a number. Pass a "
                "Preprocessor that makes features of it, for example "
                f"col({name!r}).datetime('hour'), or leave the column out.",
                column=name,
                expected="a category or a number",
                got=kind,
            )
        if value.startswith(("float", "decimal")):
            expressions.append(col(name).bucketize(_EDGES))
        else:
            expressions.append(col(name).hash(buckets=buckets))
    if not expressions:
        raise errors.SchemaError("The data has no columns to learn from, expected at least one.")
    return Preprocessor(*expressions, profile=False).fit(table)


def fitted_preprocessor(given: Any, data: Any) -> Preprocessor:
    """Return the caller's preprocessor, or a copy of it that is fitted on the data.

    Raises
    ------
    ParameterError
        When it is none, learns from the target and has not been fitted, or has to be fitted and
        the data is read part by part.
    """
    if not isinstance(given, Preprocessor):
        got = type(given).__name__
        raise errors.ParameterError(
            f"preprocessor must be a Preprocessor or None, got {got}.",
            expected="a Preprocessor or None",
            got=got,
        )
    if is_sparse(data):
        raise errors.ParameterError(
            "The data is a sparse matrix, which has no columns for the preprocessor to read. Pass "
            "the rows that the matrix was made of, or preprocessor=None.",
            expected="a table",
            got="a sparse matrix",
            hint="Pass the rows that the matrix was made of, or preprocessor=None.",
        )
    if given.__sklearn_is_fitted__():
        return given
    if given.uses_target:
        raise errors.ParameterError(
            "The preprocessor learns from the target and has not been fitted; fitted on the rows "
            "that the model learns from, it would show each row its own target. Fit it first, on "
            "other rows.",
            expected="a fitted Preprocessor, or one that does not learn from the target",
            hint="Fit it first, on other rows.",
        )
    if is_source(data):
        raise errors.ParameterError(
            "The preprocessor has not been fitted, and data that is read part by part is read "
            "for the model alone. Fit it first: preprocessor.fit(data).",
            expected="a fitted Preprocessor",
            hint="Fit it first: preprocessor.fit(data).",
        )
    return copy.deepcopy(given).fit(_named(data))


def features_of(preprocessor: Preprocessor, table: _engine.Table) -> Features:
    """Return the features of a table; a preprocessor of lists is refused.

    Parameters
    ----------
    preprocessor : Preprocessor
        Fitted.
    table : Table
        Rows.

    Returns
    -------
    Features
        Of many numbers those that are not 0: one-hot, n-grams, TF-IDF have few others.

    Raises
    ------
    ParameterError
        When the preprocessor gives lists of ids.
    """
    bundle = preprocessor.bundle
    refuse_lists(bundle, "a model of ids")
    sizes = bundle.cardinalities
    if bundle.num_features - len(sizes) > _MOST_DENSE and max(sizes, default=0) <= 1 << 24:
        ids, rows = split_ids(bundle, of_table(bundle, table, Wanted("csr")))
        return Features(ids, rows.arrays())
    tensors = of_table(bundle, table, Wanted("tensors"))
    return Features(tensors.ids, tensors.dense)


def features_of_matrix(rows: SparseRows) -> Features:
    """Return the features of sparse rows: numbers, no ids.

    Parameters
    ----------
    rows : SparseRows
        Some rows.

    Returns
    -------
    Features
        Over the same memory.
    """
    return Features(np.empty((rows.num_rows, 0), np.int32), rows.arrays())
