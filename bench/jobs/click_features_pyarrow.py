"""The features of clicks with pyarrow's compute functions and NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bench.data.clicks import CATEGORIES, NUMBERS
from bench.jobs.click_features import (
    BUCKETED,
    CROSS_BUCKETS,
    CROSSED,
    NUM_FEATURES,
    SMOOTHING,
    Floats,
    Learned,
)

__all__ = ["fit", "transformer"]

FIT_API = "dictionary_encode, numpy bincount, median, log1p"
TRANSFORM_API = "index_in, numpy take and searchsorted"


def fit(table: pa.Table, target: str = "label") -> Learned:
    """Learn medians, moments, vocabularies and target means."""
    label = table[target].to_numpy().astype(np.float64)
    learned = Learned({}, {}, {}, {})
    for name in NUMBERS:
        values = _numbers(table[name])
        present = values[~np.isnan(values)]
        median = float(np.median(present))
        logs = np.log1p(np.where(np.isnan(values), median, values))
        learned.medians[name] = median
        learned.moments[name] = (float(logs.mean()), float(logs.std()))
    prior = label.mean()
    for name in CATEGORIES:
        encoded = pc.dictionary_encode(table[name].combine_chunks())
        words = encoded.dictionary
        codes = encoded.indices.fill_null(len(words)).to_numpy()
        counts = np.bincount(codes, minlength=len(words) + 1)
        sums = np.bincount(codes, weights=label, minlength=len(words) + 1)
        means = (sums + SMOOTHING * prior) / (counts + SMOOTHING)
        order = pc.sort_indices(
            pa.table({"count": counts[:-1], "word": words}),
            sort_keys=[("count", "descending"), ("word", "ascending")],
        )
        learned.vocabularies[name] = words.take(order)
        learned.means[name] = np.concatenate(([means[-1], prior], means[:-1][order.to_numpy()]))
    return learned


def transformer(learned: Learned, edges: dict[str, list[float]]) -> Callable[..., Floats]:
    """Return ``transform(table, out=None)``, which computes the features of a table."""

    def transform(table: pa.Table, out: Floats | None = None) -> Floats:
        if out is None:
            out = np.empty((table.num_rows, NUM_FEATURES), dtype=np.float32)
        place = 0
        imputed = {}
        for name in NUMBERS:
            values = _numbers(table[name])
            imputed[name] = np.where(np.isnan(values), learned.medians[name], values)
            mean, deviation = learned.moments[name]
            out[:, place] = (np.log1p(imputed[name]) - mean) / deviation
            place += 1
        ids = {name: _ids(table[name], learned.vocabularies[name]) for name in CATEGORIES}
        for name in CATEGORIES:
            out[:, place] = learned.means[name].take(ids[name])
            place += 1
        for name in CATEGORIES:
            out[:, place] = ids[name]
            place += 1
        for name in BUCKETED:
            out[:, place] = np.searchsorted(edges[name], imputed[name], side="right") + 1
            place += 1
        for left, right in CROSSED:
            hashed = ids[left].astype(np.uint64) * 0x9E3779B1 + ids[right].astype(np.uint64)
            out[:, place] = (hashed * 0x85EBCA6B >> 8) % CROSS_BUCKETS
            place += 1
        out[:, place] = pc.hour(table["ts"])
        out[:, place + 1] = pc.day_of_week(table["ts"])
        return out

    return transform


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()


def _ids(column: pa.ChunkedArray, vocabulary: pa.Array) -> npt.NDArray[np.int32]:
    if pa.types.is_dictionary(column.type):
        return np.concatenate([_ids_of_codes(chunk, vocabulary) for chunk in column.chunks])
    found = pc.index_in(column, value_set=vocabulary)
    ids = pc.fill_null(found, -1).to_numpy() + 2
    if column.null_count:
        ids[pc.is_null(column).to_numpy()] = 0
    return ids


def _ids_of_codes(chunk: pa.DictionaryArray, vocabulary: pa.Array) -> npt.NDArray[np.int32]:
    found = pc.fill_null(pc.index_in(chunk.dictionary, value_set=vocabulary), -1)
    known = np.append(found.to_numpy() + 2, 0).astype(np.int32)
    return known.take(chunk.indices.fill_null(len(chunk.dictionary)).to_numpy())
