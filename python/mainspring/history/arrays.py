"""Arrays that features are written to: new, or lent by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mainspring import _engine
from mainspring.transforms._arrays import checked_array, fail_out

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["arrays_for", "new_array"]


def new_array(shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return an array whose values are not set, in memory that is kept when it is gone."""
    numbers = np.asarray(_engine.ResultNumbers(shape[0] * shape[1]), dtype=np.float64)
    return numbers.reshape(shape)


def arrays_for(
    shapes: Mapping[str, tuple[int, int]], out: Mapping[str, npt.NDArray[np.float64]] | None
) -> dict[str, npt.NDArray[np.float64]]:
    """Return an array for each name, those of ``out`` where there is one.

    Parameters
    ----------
    shapes : mapping
        Of each name (features, rows).
    out : mapping, optional
        What the caller lends.

    Returns
    -------
    dict of numpy.ndarray

    Raises
    ------
    ParameterError
        When ``out`` has other names, or an array that cannot be written to.
    """
    if out is None:
        return {name: new_array(shape) for name, shape in shapes.items()}
    if not isinstance(out, Mapping) or set(out) != set(shapes):
        got = ", ".join(map(repr, out)) if isinstance(out, Mapping) else type(out).__name__
        fail_out(f"a mapping with an array for each of {', '.join(map(repr, shapes))}", got)
    return {
        name: checked_array(out[name], shape, np.float64, f"out[{name!r}]")
        for name, shape in shapes.items()
    }
