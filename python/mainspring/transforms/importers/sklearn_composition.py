"""Pipelines, unions and column transformers: streams through the parts, side by side or in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.transforms.importers.refusals import class_name, fitted, refused
from mainspring.transforms.importers.sklearn_encoders import (
    one_hot_encoder,
    ordinal_encoder,
    target_encoder,
)
from mainspring.transforms.importers.sklearn_imputers import simple_imputer
from mainspring.transforms.importers.sklearn_scalers import (
    max_abs_scaler,
    min_max_scaler,
    robust_scaler,
    standard_scaler,
)
from mainspring.transforms.importers.sklearn_shapes import (
    function_transformer,
    k_bins_discretizer,
    power_transformer,
    quantile_transformer,
)
from mainspring.transforms.importers.streams import Numbers, Plan, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Convert = Callable[[Plan, Any, list[Stream], str], list[Stream]]

__all__ = ["convert"]


def convert(plan: Plan, transformer: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Send streams through a fitted transformer, which may be made of others."""
    name = class_name(transformer)
    here = f"{where} > {name}" if where else name
    if isinstance(transformer, str) and transformer == "passthrough":
        return streams
    own = type(transformer).__module__.partition(".")[0] == "sklearn"
    if own and name in _CONVERTERS:
        return _CONVERTERS[name](plan, transformer, streams, here)
    if not own and any(base.__name__ in _CONVERTERS for base in type(transformer).__mro__[1:]):
        raise refused(here, f"{name} is a class of its own, which may do more than its base")
    if hasattr(transformer, "predict"):
        raise refused(
            here,
            f"{name} predicts",
            "Convert the steps before it, pipeline[:-1], and give the model to ms.Predictor.",
        )
    known = ", ".join(_CONVERTERS)
    raise refused(here, f"{name} has no equal in the engine", f"There are {known}.")


def _pipeline(plan: Plan, pipeline: Any, streams: list[Stream], where: str) -> list[Stream]:
    for name, step in pipeline.steps:
        if step is not None:
            streams = convert(plan, step, streams, f"{where} {name!r}")
    return streams


def _feature_union(plan: Plan, union: Any, streams: list[Stream], where: str) -> list[Stream]:
    weights = union.transformer_weights or {}
    joined: list[Stream] = []
    for name, part in union.transformer_list:
        if isinstance(part, str) and part == "drop":
            continue
        here = f"{where} {name!r}"
        parts = convert(plan, part, streams, here)
        joined += _named(_weighted(plan, parts, weights.get(name), here), name)
    return joined


def _column_transformer(
    plan: Plan, columns: Any, streams: list[Stream], where: str
) -> list[Stream]:
    parts = fitted(columns, "transformers_", where)
    names = list(getattr(columns, "feature_names_in_", []))
    if len(streams) != columns.n_features_in_:
        raise refused(
            where, f"it was fitted on {columns.n_features_in_} columns and gets {len(streams)}"
        )
    weights = columns.transformer_weights or {}
    joined: list[Stream] = []
    for name, part, selection in parts:
        here = f"{where} {name!r}"
        chosen = [streams[place] for place in _places(selection, names, len(streams), here)]
        if not chosen or (isinstance(part, str) and part == "drop"):
            continue
        results = convert(plan, part, chosen, here)
        joined += _named(_weighted(plan, results, weights.get(name), here), name)
    return joined


def _places(selection: Any, names: list[str], count: int, where: str) -> list[int]:
    """Return the positions that a fitted column selection means."""
    if isinstance(selection, slice):
        start, stop = selection.start, selection.stop
        if isinstance(start, str) or isinstance(stop, str):  # labels: the last one belongs to it
            first = None if start is None else names.index(start)
            last = None if stop is None else names.index(stop) + 1
            selection = slice(first, last, selection.step)
        return [*range(count)[selection]]
    scalar = isinstance(selection, str | int | np.integer)
    chosen: list[Any] = [selection] if scalar else list(selection)
    if len(chosen) == count and all(isinstance(item, bool | np.bool_) for item in chosen):
        return [place for place, item in enumerate(chosen) if item]
    if all(isinstance(item, str) for item in chosen):
        return [names.index(item) for item in chosen]
    if all(isinstance(item, int | np.integer) for item in chosen):
        return [range(count)[item] for item in chosen]
    raise refused(where, f"its columns are {selection!r}, expected names, positions or a mask")


def _weighted(plan: Plan, streams: list[Stream], weight: float | None, where: str) -> list[Stream]:
    if weight is None:
        return streams
    return [
        Numbers(
            stream.name, where, plan.draft.calculate(plan.number(stream, where), "*", float(weight))
        )
        for stream in streams
    ]


def _named(streams: Sequence[Stream], name: str) -> list[Stream]:
    return [replace(stream, name=f"{name}__{stream.name}") for stream in streams]


_CONVERTERS: dict[str, Convert] = {
    "SimpleImputer": simple_imputer,
    "StandardScaler": standard_scaler,
    "MinMaxScaler": min_max_scaler,
    "RobustScaler": robust_scaler,
    "MaxAbsScaler": max_abs_scaler,
    "OrdinalEncoder": ordinal_encoder,
    "OneHotEncoder": one_hot_encoder,
    "TargetEncoder": target_encoder,
    "KBinsDiscretizer": k_bins_discretizer,
    "QuantileTransformer": quantile_transformer,
    "PowerTransformer": power_transformer,
    "FunctionTransformer": function_transformer,
    "ColumnTransformer": _column_transformer,
    "Pipeline": _pipeline,
    "FeatureUnion": _feature_union,
}
