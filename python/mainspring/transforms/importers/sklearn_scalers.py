"""Scalers: the arithmetic of ``transform``, operation by operation, so that the bits are the same.

Where a parameter is NaN, because nothing was there to learn it from, every result is missing, as it
is for scikit-learn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.transforms.importers.refusals import fitted, refused, same_count
from mainspring.transforms.importers.streams import Numbers, Plan, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["centered", "max_abs_scaler", "min_max_scaler", "robust_scaler", "standard_scaler"]


def standard_scaler(plan: Plan, scaler: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert ``(x - mean_) / scale_``."""
    fitted(scaler, "n_samples_seen_", where)
    return _scaled(
        plan,
        streams,
        scaler.mean_ if scaler.with_mean else None,
        scaler.scale_ if scaler.with_std else None,
        where,
    )


def robust_scaler(plan: Plan, scaler: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert ``(x - center_) / scale_``."""
    return _scaled(
        plan,
        streams,
        fitted(scaler, "center_", where) if scaler.with_centering else None,
        fitted(scaler, "scale_", where) if scaler.with_scaling else None,
        where,
    )


def max_abs_scaler(plan: Plan, scaler: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert ``x / scale_``, clipped to [-1, 1] where asked."""
    scaled = _scaled(plan, streams, None, fitted(scaler, "scale_", where), where)
    if not getattr(scaler, "clip", False):  # a parameter since scikit-learn 1.9
        return scaled
    return [_clipped(plan, stream, -1.0, 1.0, where) for stream in scaled]


def min_max_scaler(plan: Plan, scaler: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert ``x * scale_ + min_``, clipped to the feature range where asked."""
    scales = _list_of(fitted(scaler, "scale_", where))
    offsets = _list_of(scaler.min_)
    same_count(where, len(scales), len(streams))
    scaled: list[Stream] = []
    for stream, scale, offset in zip(streams, scales, offsets, strict=True):
        _refuse_infinite(stream, (scale, offset), where)
        value = plan.number(stream, where)
        if math.isfinite(scale) and math.isfinite(offset):
            value = plan.draft.calculate(value, "*", scale)
            value = plan.draft.calculate(value, "+", offset)
        else:
            value = plan.missing(value)
        scaled.append(Numbers(stream.name, where, value))
    if not scaler.clip:
        return scaled
    low, high = map(float, scaler.feature_range)
    return [_clipped(plan, stream, low, high, where) for stream in scaled]


def centered(plan: Plan, value: int, center: float, scale: float) -> int:
    """Return ``(value - center) / scale``."""
    if not (math.isfinite(center) and math.isfinite(scale)):
        return plan.missing(value)
    return plan.draft.affine(value, center, scale)


def _scaled(
    plan: Plan,
    streams: Sequence[Stream],
    centers: npt.NDArray[np.float64] | None,
    scales: npt.NDArray[np.float64] | None,
    where: str,
) -> list[Stream]:
    parts = [part for part in (centers, scales) if part is not None]
    same_count(where, len(parts[0]) if parts else len(streams), len(streams))
    center_of = _list_of(centers) if centers is not None else [0.0] * len(streams)
    scale_of = _list_of(scales) if scales is not None else [1.0] * len(streams)
    for stream, center, scale in zip(streams, center_of, scale_of, strict=True):
        _refuse_infinite(stream, (center, scale), where)
        if scale == 0:
            raise refused(where, f"it divides {stream.name!r} by a scale of 0")
    return [
        Numbers(stream.name, where, centered(plan, plan.number(stream, where), center, scale))
        for stream, center, scale in zip(streams, center_of, scale_of, strict=True)
    ]


def _refuse_infinite(stream: Stream, learnt: tuple[float, float], where: str) -> None:
    """NaN is what a scaler learns from a column without values; infinity is no number it learns."""
    if any(map(math.isinf, learnt)):
        raise refused(where, f"what it has learnt of {stream.name!r} is infinite")


def _clipped(plan: Plan, stream: Stream, low: float, high: float, where: str) -> Stream:
    value = plan.draft.clip(plan.number(stream, where), low, high)
    return Numbers(stream.name, where, value)


def _list_of(values: npt.NDArray[np.float64]) -> list[float]:
    return np.asarray(values, dtype=np.float64).tolist()  # type: ignore[no-any-return]
