"""Columns that lie on a GPU, told from others before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mainspring import errors

if TYPE_CHECKING:
    from mainspring import _engine

__all__ = ["is_for_device", "transform_on_device"]


def _says_where_it_is(value: object) -> bool:
    kind = type(value)
    if kind.__module__ == "numpy":  # it has DLPack too, and is never there
        return False
    return hasattr(kind, "__cuda_array_interface__") or hasattr(kind, "__dlpack_device__")


def is_for_device(data: object, device: str | None) -> bool:
    """Whether a GPU is asked for, or the data lies on one."""
    if device is not None:
        return True
    if isinstance(data, Mapping):
        if not any(map(_says_where_it_is, data.values())):
            return False  # nothing of a GPU is loaded for data that cannot be on one
    elif not _says_where_it_is(data) and not hasattr(type(data), "__arrow_c_device_array__"):
        return False
    from mainspring.gpu.columns import is_device_data

    return is_device_data(data)


def transform_on_device(
    bundle: _engine.Bundle,
    data: object,
    *,
    out: object,
    device: str | None,
    stream: int | None,
    not_there: Mapping[str, object],
) -> Any:
    """Compute features on a GPU; `not_there` are the call's other arguments, which it lacks."""
    from mainspring.gpu.program import transform

    for name, value in not_there.items():
        if value is not None:
            raise errors.UnsupportedError(
                f"{name} is not there for data on a GPU, got {value!r}. Leave it out."
            )
    return transform(bundle, data, out=out, device=device, stream=stream)
