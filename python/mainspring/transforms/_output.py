"""Features as the containers that users ask for: every way from the engine to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine, errors
from mainspring._arrays import checked_array, fail_out, new_array
from mainspring.transforms.csr_matrix import CsrMatrix
from mainspring.transforms.tensors import jagged_of, tensor_buffers

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

__all__ = [
    "OUTPUTS",
    "Wanted",
    "checked_output",
    "of_rows",
    "of_table",
    "of_training",
    "output_row",
    "refuse_lists",
]

OUTPUTS = ("numpy", "arrow", "pandas", "polars", "csr", "tensors")


def checked_output(output: str) -> str:
    """Return the output's name, or raise ParameterError."""
    if output not in OUTPUTS:
        raise errors.ParameterError(
            f"output must be one of {', '.join(map(repr, OUTPUTS))}, got {output!r}.",
            expected=f"one of {', '.join(OUTPUTS)}",
            got=repr(output),
        )
    return output


def refuse_lists(bundle: _engine.Bundle, taker: str) -> None:
    """Raise ParameterError where the plan gives lists, which ``taker`` cannot hold."""
    if not bundle.lists:
        return
    names = ", ".join(f"'{name}'" for name, _ in bundle.lists[:5])
    gives = "give lists" if len(bundle.lists) > 1 else "gives a list"
    raise errors.ParameterError(
        f"{names} {gives} of ids in each row, which {taker} has no place for. Add "
        "list_pad(length) for so many features, or ask for output='tensors'.",
        expected="numbers and single ids",
        got="lists of ids",
        hint="Add list_pad(length), or ask for output='tensors'.",
    )


@dataclass(frozen=True)
class Wanted:
    """What features are to end up in."""

    output: str
    out: Any = None  # the caller's memory
    index: Any = None  # of a pandas frame


def of_table(bundle: _engine.Bundle, table: _engine.Table, wanted: Wanted) -> Any:
    """Return the features of a table."""
    output, num_rows = wanted.output, table.num_rows
    if output != "tensors":
        refuse_lists(bundle, f"output={output!r}")
    if output == "csr":
        _refuse_out(wanted, bundle, num_rows)
        return _csr(_engine.transform_sparse(bundle, table), bundle, num_rows)
    if output == "tensors":
        tensors = tensor_buffers(bundle, num_rows, wanted.out)
        if bundle.num_features:
            _engine.transform_tensors(bundle, table, tensors.dense, tensors.ids)
        if bundle.lists:
            tensors.lists = jagged_of(bundle, _engine.transform_jagged(bundle, table))
        return tensors
    if wanted.out is None and output != "numpy":
        return _to_frame(bundle.transform_columns(table), wanted)
    matrix = _matrix(bundle, num_rows, wanted)
    bundle.transform_table(table, matrix)
    return matrix


def of_rows(bundle: _engine.Bundle, rows: list[Any], wanted: Wanted) -> Any:
    """Return the features of a list of dicts."""
    num_rows = len(rows)
    if wanted.output != "tensors":
        refuse_lists(bundle, f"output={wanted.output!r}")
    if wanted.output == "csr":
        _refuse_out(wanted, bundle, num_rows)
        return _csr(_engine.transform_sparse_rows(bundle, rows), bundle, num_rows)
    features = _filled(bundle, num_rows, wanted, lambda matrix: bundle.transform_rows(rows, matrix))
    if bundle.lists:
        features.lists = jagged_of(bundle, _engine.transform_jagged_rows(bundle, rows))
    return features


def of_training(
    fitter: _engine.Fitter,
    bundle: _engine.Bundle,
    table: _engine.Table,
    first_row: int,
    wanted: Wanted,
) -> Any:
    """Return the features of rows that were fitted, for training."""
    num_rows = table.num_rows
    if wanted.output != "tensors":
        refuse_lists(bundle, f"output={wanted.output!r}")
    if wanted.output == "csr":
        _refuse_out(wanted, bundle, num_rows)
        return _csr(_engine.training_sparse(fitter, table, first_row), bundle, num_rows)
    features = _filled(
        bundle,
        num_rows,
        wanted,
        lambda matrix: fitter.transform_training(table, first_row, matrix),
    )
    if bundle.lists:  # ids know no target
        features.lists = jagged_of(bundle, _engine.transform_jagged(bundle, table))
    return features


def _filled(
    bundle: _engine.Bundle, num_rows: int, wanted: Wanted, fill: Callable[[Floats], None]
) -> Any:
    """Return what a matrix becomes that `fill` has filled."""
    if wanted.output == "tensors":
        tensors = tensor_buffers(bundle, num_rows, wanted.out)
        features = new_array((num_rows, bundle.num_features), np.float32)
        if bundle.num_features:
            fill(features)
        is_id = np.array([kind == "id" for kind in bundle.feature_kinds], bool)
        tensors.dense[:] = features[:, ~is_id]
        tensors.ids[:] = features[:, is_id]  # float32 holds every id
        return tensors
    matrix = _matrix(bundle, num_rows, wanted)
    fill(matrix)
    if wanted.output == "numpy":
        return matrix
    return _to_frame(bundle.feature_columns(matrix), wanted)


def output_row(out: Any, num_features: int) -> Floats:
    """Return the caller's array for one row, checked, or a new one."""
    if out is None:
        return np.empty(num_features, np.float32)
    row: Floats = checked_array(out, (num_features,), np.float32)
    return row


def _matrix(bundle: _engine.Bundle, num_rows: int, wanted: Wanted) -> Floats:
    """Return the caller's matrix, checked, or a new one."""
    bundle.check_dense(num_rows)
    shape = (num_rows, bundle.num_features)
    if wanted.output != "numpy":
        _refuse_out(wanted, bundle, num_rows)
    matrix: Floats = (
        new_array(shape, np.float32)
        if wanted.out is None
        else checked_array(wanted.out, shape, np.float32)
    )
    return matrix


def _refuse_out(wanted: Wanted, bundle: _engine.Bundle, num_rows: int) -> None:
    if wanted.out is not None:
        shape = (num_rows, bundle.num_features)
        fail_out(
            f"a writable C-contiguous float32 array of shape {shape} with output='numpy'",
            f"output={wanted.output!r}",
        )


def _csr(arrays: tuple[Any, ...], bundle: _engine.Bundle, num_rows: int) -> CsrMatrix:
    starts, features, values = arrays
    return CsrMatrix(starts, features, values, (num_rows, bundle.num_features))


def _to_frame(columns: _engine.ArrowColumns, wanted: Wanted) -> Any:
    """Return the engine's columns as a table of a library, which shares their memory."""
    if wanted.output == "polars":
        import polars

        return polars.DataFrame(columns)
    import pyarrow as pa

    batch = pa.record_batch(columns)
    if wanted.output == "arrow":
        return batch
    import pandas

    frame = batch.to_pandas()
    if isinstance(wanted.index, pandas.Index) and len(wanted.index) == len(frame):
        frame.index = wanted.index
    return frame
