"""Two tables as two matrices on one scale: what multivariate drift is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.drift.windows import tables
from mainspring.errors import DataError, SchemaError

__all__ = ["Matrices", "matrices"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matrices:
    """Both sides, standardized by the reference.

    Attributes
    ----------
    names : list of str
        Columns, in order.
    reference, current : numpy.ndarray of float64
        Of shape (rows, columns). Missing values are 0, the reference's mean.
    """

    names: list[str]
    reference: Floats
    current: Floats


def matrices(reference: Any, current: Any, columns: Sequence[str] | None = None) -> Matrices:
    """Make the matrices.

    Parameters
    ----------
    reference, current : table or source
        Anything that a profile takes.
    columns : sequence of str, optional
        All columns that both sides have, are numbers, strings or booleans, and are not constant in
        the reference, when not given.

    Returns
    -------
    Matrices
        Strings by how frequent they are in the reference, 0 for unseen ones.

    Raises
    ------
    SchemaError
        When a wanted column is missing, or of another type.
    DataError
        When a side has no rows, or no column is left.
    """
    import pyarrow as pa

    sides = [pa.concat_tables(tables(data)).unify_dictionaries() for data in (reference, current)]
    for side, what in zip(sides, ("reference", "current data"), strict=True):
        lacking = [name for name in columns or [] if name not in side.column_names]
        if lacking:
            raise SchemaError(
                f"The {what} lacks column '{lacking[0]}'. Add it, or leave it out of columns=.",
                column=lacking[0],
            )
        if side.num_rows == 0:
            raise DataError(f"The {what} has no rows.")
    names, before, now = [], [], []
    for name in columns or [n for n in sides[0].column_names if n in sides[1].column_names]:
        pair = _encoded(sides[0][name], sides[1][name])
        if pair is None:
            if columns is not None:
                raise SchemaError(
                    f"Column '{name}' has types {sides[0][name].type} and {sides[1][name].type}, "
                    "expected numbers, strings or booleans on both sides.",
                    column=name,
                )
            continue
        scaled = _standardized(*pair)
        if scaled is None and columns is None:
            continue
        names.append(name)
        before.append(pair[0] * 0 if scaled is None else scaled[0])
        now.append(pair[1] * 0 if scaled is None else scaled[1])
    if not names:
        raise DataError("There is no column of numbers, strings or booleans that varies.")
    return Matrices(names, np.column_stack(before), np.column_stack(now))


def _encoded(before: Any, now: Any) -> tuple[Floats, Floats] | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    def is_number(kind: Any) -> bool:
        return bool(
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_decimal(kind)
        )

    def is_text(kind: Any) -> bool:
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))

    if is_number(before.type) and is_number(now.type):
        sides = [
            side.cast(pa.float64()).to_numpy(zero_copy_only=False)
            if not pa.types.is_boolean(side.type)
            else side.cast(pa.int8()).cast(pa.float64()).to_numpy(zero_copy_only=False)
            for side in (before, now)
        ]
        return sides[0], sides[1]
    if not (is_text(before.type) and is_text(now.type)):
        return None
    texts = [side.cast(pa.string()) for side in (before, now)]
    counted = pc.value_counts(texts[0].drop_null())
    counts = counted.field("counts").to_numpy(zero_copy_only=False)
    shares = np.append(counts / max(1, len(texts[0])), 0.0)
    found = []
    for side in texts:
        at = pc.index_in(side, counted.field("values")).fill_null(len(counts))
        values = shares[at.to_numpy(zero_copy_only=False)] if len(side) else np.empty(0)
        values[side.is_null().to_numpy(zero_copy_only=False)] = np.nan
        found.append(values)
    return found[0], found[1]


def _in_range(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Multiply both sides by a power of 2 where squares would leave float64."""
    there = np.abs(before[np.isfinite(before)])
    exponent = int(np.frexp(there.max())[1]) if len(there) else 0
    if abs(exponent) < 400:
        return before, now
    with np.errstate(over="ignore"):
        return np.ldexp(before, -exponent), np.ldexp(now, -exponent)


def _standardized(before: Floats, now: Floats) -> tuple[Floats, Floats] | None:
    before, now = _in_range(before, now)
    there = before[np.isfinite(before)]
    spread = there.std() if len(there) else 0.0
    if not spread > 0 or not np.isfinite(spread):
        return None
    mean = there.mean()
    scaled = []
    for side in (before, now):
        with np.errstate(over="ignore"):  # infinite then, which is cut like any far value
            values = (side - mean) / spread
        values[np.isnan(values)] = 0
        scaled.append(np.clip(values, -50, 50))  # one far value must not be all there is
    return scaled[0], scaled[1]
