"""SimpleImputer: fills of numbers are a step; of strings they go into the table of the encoder."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.transforms.importers.refusals import fitted, refused, same_count
from mainspring.transforms.importers.streams import Column, Numbers, Plan, Stream

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["is_missing", "simple_imputer"]


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or pandas' NA: the engine's one kind of missing."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and math.isnan(value)


def simple_imputer(plan: Plan, imputer: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert an imputer of any strategy: what it has learnt is one value for each column."""
    statistics = _statistics(imputer, where)
    same_count(where, len(statistics), len(streams))
    text = any(isinstance(value, str) for value in statistics)
    if not text and isinstance(imputer.missing_values, str):
        raise refused(where, f"missing_values={imputer.missing_values!r} stand among numbers")
    imputed: list[Stream] = []
    flags: list[Stream] = []
    flagged = set(imputer.indicator_.features_) if imputer.add_indicator else set()
    for place, (stream, statistic) in enumerate(zip(streams, statistics, strict=True)):
        impute = _impute_text if _reads_text(stream, statistic, text) else _impute_number
        result, flag = impute(plan, imputer.missing_values, stream, statistic, where)
        if imputer.keep_empty_features or not is_missing(statistic):
            imputed.append(result)
        if place in flagged:
            name = f"missingindicator_{stream.name}"
            flags.append(Numbers(name, where, flag))
    return imputed + flags


def _statistics(imputer: Any, where: str) -> list[object]:
    """Return the values in the type that ``transform`` gives them."""
    statistics: npt.NDArray[Any] = fitted(imputer, "statistics_", where)
    filled = getattr(imputer, "_fill_dtype", getattr(imputer, "_fit_dtype", None))
    if filled is not None and np.dtype(filled).kind == "f":
        statistics = statistics.astype(filled)  # float32 data is filled with float32 values
    return list(statistics)


def _reads_text(stream: Stream, statistic: object, text: bool) -> bool:
    if isinstance(stream, Column) and stream.is_text:
        return True
    return isinstance(statistic, str) or (text and is_missing(statistic))


def _impute_number(
    plan: Plan, missing: object, stream: Stream, statistic: object, where: str
) -> tuple[Stream, int]:
    value = plan.number(stream, where)
    if is_missing(missing):
        flag = plan.draft.is_missing(value)
    else:
        value, flag = plan.marked(value, float(missing))  # type: ignore[arg-type]
    if is_missing(statistic):
        return Numbers(stream.name, where, value), flag
    if not isinstance(statistic, int | float | np.number | np.bool_):
        raise refused(where, f"it fills column {stream.name!r} with {statistic!r}")
    number = float(statistic)
    if math.isinf(number):
        raise refused(where, f"it fills column {stream.name!r} with infinity")
    return Numbers(stream.name, where, plan.draft.fill(value, number)), flag


def _impute_text(
    plan: Plan, missing: object, stream: Stream, statistic: object, where: str
) -> tuple[Stream, int]:
    if not isinstance(stream, Column):
        raise refused(where, f"it takes strings, and {stream.origin} gives numbers")
    if stream.is_text:
        raise refused(where, f"the strings of column {stream.column!r} were imputed before")
    strings = plan.draft.column(stream.column, "string")
    if is_missing(missing):
        flag = plan.draft.is_missing(strings)
    elif isinstance(missing, str):
        ids = plan.draft.find_strings(strings, [missing])
        flag = plan.draft.gather(ids, [0.0, 0.0, 1.0])
    else:
        raise refused(where, f"missing_values={missing!r} stand among strings")
    if is_missing(statistic):
        return stream, flag  # nothing to fill it with: it is left out
    if not isinstance(statistic, str):
        raise refused(where, f"it fills strings of column {stream.column!r} with {statistic!r}")
    statistic = str(statistic)
    if is_missing(missing):
        return replace(stream, origin=where, filled=statistic), flag
    return replace(stream, origin=where, replaced={str(missing): statistic}), flag
