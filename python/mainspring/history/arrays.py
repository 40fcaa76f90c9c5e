"""Arrays that features are written to: new, or lent by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mainspring._arrays import checked_array, fail_out, new_array

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["arrays_for"]


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
        return {name: new_array(shape, np.float64) for name, shape in shapes.items()}
    if not isinstance(out, Mapping) or set(out) != set(shapes):
        got = ", ".join(map(repr, out)) if isinstance(out, Mapping) else type(out).__name__
        fail_out(f"a mapping with an array for each of {', '.join(map(repr, shapes))}", got)
    return {
        name: checked_array(out[name], shape, np.float64, f"out[{name!r}]")
        for name, shape in shapes.items()
    }
