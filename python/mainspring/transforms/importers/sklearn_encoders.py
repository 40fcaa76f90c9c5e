"""Encoders of categories: one lookup, with a number or a feature for each of its ids."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.transforms.importers.refusals import fitted, refused, same_count
from mainspring.transforms.importers.sklearn_imputers import is_missing
from mainspring.transforms.importers.streams import Column, Hot, Numbers, Plan, Stream

__all__ = ["one_hot_encoder", "ordinal_encoder", "target_encoder"]

# Integers up to here are float64 numbers: a column of them may be read as floats as well.
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class _Found:
    """Ids of a column, and for each the number of its category; None where it was not seen."""

    ids: int
    categories: list[int | None]


def _find(plan: Plan, stream: Stream, categories: Any, where: str) -> _Found:
    """Look a column's values up among the categories; missing ones may be one of them."""
    missing = [place for place, value in enumerate(categories) if is_missing(value)]
    if len(missing) > 1:
        raise refused(
            where,
            f"column {stream.name!r} has None and NaN as two categories",
            "The engine knows one kind of missing value; fit it on a column with one.",
        )
    numbers = {
        place: _plain(value, stream, where)
        for place, value in enumerate(categories)
        if place not in missing
    }
    of_missing = missing[0] if missing else None
    kinds = {isinstance(value, str) for value in numbers.values()}
    if len(kinds) > 1:
        raise refused(where, f"column {stream.name!r} mixes strings and numbers")
    text = np.asarray(categories).dtype.kind in "OUST" if not kinds else kinds.pop()
    if text:
        return _find_strings(plan, stream, numbers, of_missing, where)
    return _find_numbers(plan, stream, numbers, of_missing, where)


def _plain(value: object, stream: Stream, where: str) -> str | int | float:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int | np.bool_ | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    kind = type(value).__name__
    raise refused(where, f"column {stream.name!r} has a category of type {kind}")


def _find_strings(
    plan: Plan, stream: Stream, numbers: dict[int, Any], of_missing: int | None, where: str
) -> _Found:
    if not isinstance(stream, Column):
        raise refused(where, f"it was fitted on strings, and {stream.origin} gives numbers")
    known: dict[str, int | None] = {value: place for place, value in numbers.items()}
    if stream.filled is not None:
        of_missing = known.get(stream.filled)
    # What was replaced is found under its own name, and is what it was replaced with.
    known |= {old: known.get(new) for old, new in stream.replaced.items()}
    strings = plan.draft.column(stream.column, "string")
    ids = plan.draft.find_strings(strings, list(known))
    return _Found(ids, [of_missing, None, *known.values()])


def _find_numbers(
    plan: Plan, stream: Stream, numbers: dict[int, Any], of_missing: int | None, where: str
) -> _Found:
    keys = list(numbers.values())
    places: list[int | None] = [of_missing, None, *numbers]
    if all(abs(key) <= _LARGEST_EXACT for key in keys if isinstance(key, int)):
        value = plan.number(stream, where)
        return _Found(plan.draft.find_numbers(value, list(map(float, keys))), places)
    in_reach = all(isinstance(key, int) and -(2**63) <= key < 2**63 for key in keys)
    if not isinstance(stream, Column) or stream.is_text or not in_reach:
        raise refused(where, f"column {stream.name!r} has integers beyond 2^53 as categories")
    integers = plan.draft.column(stream.column, "integer")
    return _Found(plan.draft.find_integers(integers, keys), places)


def _groups(encoder: Any, place: int) -> tuple[list[bool], bool]:
    """Return which categories of a column are infrequent, and whether some are."""
    categories = encoder.categories_[place]
    infrequent = getattr(encoder, "infrequent_categories_", None)
    rare = None if infrequent is None else infrequent[place]
    if rare is None:
        return [False] * len(categories), False
    if any(map(is_missing, rare)):
        return [is_missing(value) or value in set(rare) for value in categories], True
    names = set(rare.tolist())
    return [not is_missing(value) and value in names for value in categories], True


def one_hot_encoder(plan: Plan, encoder: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert categories to features; of what was not seen they are all 0, or it is infrequent."""
    categories_of = fitted(encoder, "categories_", where)
    same_count(where, len(categories_of), len(streams))
    unseen_is_rare = encoder.handle_unknown in ("infrequent_if_exist", "warn")
    features: list[Stream] = []
    for place, (stream, categories) in enumerate(zip(streams, categories_of, strict=True)):
        found = _find(plan, stream, categories, where)
        rare, some_are_rare = _groups(encoder, place)
        dropped = None if encoder.drop_idx_ is None else encoder.drop_idx_[place]
        # Features in the order of their categories, then the one of the infrequent.
        kept = [number for number, is_rare in enumerate(rare) if not is_rare]
        column_of: dict[int | None, int] = {}
        labels: list[object] = []
        for number in kept:
            if number != dropped:
                labels.append(categories[number])
                column_of[number] = len(labels)
        if some_are_rare and not (dropped is not None and rare[dropped]):
            labels.append("infrequent_sklearn")
            column_of |= {number: len(labels) for number, is_rare in enumerate(rare) if is_rare}
            if unseen_is_rare:
                column_of[None] = len(labels)
        places = tuple(column_of.get(number, 0) for number in found.categories)
        features += [
            Hot(f"{stream.name}_{label}", where, found.ids, places, index)
            for index, label in enumerate(labels)
        ]
    return features


def ordinal_encoder(plan: Plan, encoder: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert categories to their numbers; what was not seen without a value is missing."""
    categories_of = fitted(encoder, "categories_", where)
    same_count(where, len(categories_of), len(streams))
    known_unknown = encoder.handle_unknown == "use_encoded_value"
    unseen = float(encoder.unknown_value) if known_unknown else math.nan
    codes: list[Stream] = []
    for place, (stream, categories) in enumerate(zip(streams, categories_of, strict=True)):
        found = _find(plan, stream, categories, where)
        rare, _ = _groups(encoder, place)
        nan = [isinstance(v, float | np.floating) and math.isnan(v) for v in categories]
        frequent = [n for n in range(len(categories)) if not rare[n] and not nan[n]]
        code_of: dict[int | None, float] = {None: unseen}
        for number in range(len(categories)):
            if nan[number]:
                code_of[number] = float(encoder.encoded_missing_value)
            elif rare[number]:
                code_of[number] = float(len(frequent))
        code_of |= {number: float(code) for code, number in enumerate(frequent)}
        numbers = [code_of[number] for number in found.categories]
        codes.append(Numbers(stream.name, where, plan.draft.gather(found.ids, numbers)))
    return codes


def target_encoder(plan: Plan, encoder: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert categories to their learnt means, one for each class where there are several."""
    categories_of = fitted(encoder, "categories_", where)
    same_count(where, len(categories_of), len(streams))
    means = np.atleast_1d(np.asarray(encoder.target_mean_, np.float64)).tolist()
    classes = encoder.classes_ if encoder.target_type_ == "multiclass" else [None]
    encoded: list[Stream] = []
    for place, (stream, categories) in enumerate(zip(streams, categories_of, strict=True)):
        found = _find(plan, stream, categories, where)
        for index, name in enumerate(classes):
            encodings = encoder.encodings_[place * len(classes) + index].tolist()
            numbers = [
                means[index] if number is None else encodings[number] for number in found.categories
            ]
            value = plan.draft.gather(found.ids, numbers)
            suffix = "" if name is None else f"_{name}"
            encoded.append(Numbers(stream.name + suffix, where, value))
    return encoded
