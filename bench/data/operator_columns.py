"""Columns for the benchmarks of single operators, and what fitting learns of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from bench.data.zipf import short_tokens, zipf_codes

__all__ = ["ROWS", "Columns", "columns", "ids_of"]

ROWS = 200_000
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """The same columns as Arrow table, polars frame and arrays, and what fitting learns of them.

    ``number`` is lognormal with one value in ten missing, ``city`` has 1,000 categories and ``day``
    seven, one in twenty missing, ``ts`` is a timestamp, ``start`` one up to a year before it,
    ``label`` the target, ``prices`` are lists of up to eight numbers; the columns whose names end
    in ``_text`` say number, day of the week and time in strings,
    ``title`` has six words of 2,000. Vocabularies and means are those of ``city`` and ``day``, the
    others of ``number``, quantiles at 1/16, ...
    """

    table: pa.Table
    frame: pl.DataFrame
    number: Array
    vocabularies: dict[str, pa.Array]
    city_counts: Array
    city_sums: Array
    median: float
    mean: float
    std: float
    low: float
    high: float
    quantiles: Array


def columns(rows: int = ROWS) -> Columns:
    """Make the columns and learn from them."""
    random = np.random.default_rng(7)
    number = random.lognormal(2.0, 1.0, rows)
    number[random.random(rows) < 0.1] = np.nan
    made: dict[str, Any] = {"number": pa.array(number, from_pandas=True)}
    for name, size in (("city", 1_000), ("day", 7)):
        codes = pa.array(zipf_codes(random, rows, size, 1.1), mask=random.random(rows) < 0.05)
        encoded = pa.DictionaryArray.from_arrays(codes, short_tokens(size, 1))
        made[name] = encoded.cast(pa.string())
    made["ts"] = pa.array(random.integers(0, 2**50, rows)).cast(pa.timestamp("us"))
    made.update(_texts(made))
    label = (random.random(rows) < 0.3).astype(float)
    made["label"] = pa.array(label)
    before = random.integers(0, 2**45, rows)  # up to a year
    made["start"] = pa.array(made["ts"].cast(pa.int64()).to_numpy() - before).cast(
        pa.timestamp("us")
    )
    ends = np.concatenate([[0], np.cumsum(random.integers(0, 9, rows))])
    made["prices"] = pa.ListArray.from_arrays(ends, random.lognormal(2.0, 1.0, ends[-1]))
    # Words of 8 to 12 letters: short tokens alone would all be of one length.
    lexicon = pa.array(
        [word + "x" * (at % 5) for at, word in enumerate(short_tokens(2_000, 2).to_pylist())]
    )
    words = lexicon.take(pa.array(zipf_codes(random, 6 * rows, 2_000, 1.1)))
    made["title"] = _sentences(words, 6)
    table = pa.table(made)
    vocabularies = {name: _vocabulary(table[name]) for name in ("city", "day")}
    ids = ids_of(table["city"], vocabularies["city"])
    sums, counts = np.bincount(ids, label), np.bincount(ids)
    present = number[~np.isnan(number)]
    return Columns(
        table=table,
        frame=pl.DataFrame(table),
        number=number,
        vocabularies=vocabularies,
        city_counts=counts,
        city_sums=sums,
        median=float(np.median(present)),
        mean=float(present.mean()),
        std=float(present.std()),
        low=float(present.min()),
        high=float(present.max()),
        quantiles=np.unique(np.quantile(present, np.arange(1, 16) / 16)),
    )


def _texts(made: dict[str, Any]) -> dict[str, pa.Array]:
    """Numbers with a space before them, days by number, and times, as files have them."""
    number = pc.cast(pc.round(made["number"], 3), pa.string())
    space = pa.scalar(" ")
    seconds = pc.cast(pc.floor_temporal(made["ts"], unit="second"), pa.timestamp("s"))
    days = pc.cast(pc.day_of_week(made["ts"]), pa.string())
    return {
        "number_text": pc.binary_join_element_wise(pa.scalar(""), number, space),
        "day_text": pc.binary_join_element_wise(pa.scalar("day"), days, space),
        "time_text": pc.cast(seconds, pa.string()),
    }


def _sentences(words: pa.Array, length: int) -> pa.Array:
    """Join so many words at a time by spaces."""
    offsets = pa.array(range(0, len(words) + 1, length), pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, words), " ")


def _vocabulary(column: pa.ChunkedArray) -> pa.Array:
    counted = pa.table(dict(zip(("word", "count"), pc.value_counts(column).flatten(), strict=True)))
    order = [("count", "descending"), ("word", "ascending")]
    return counted.filter(pc.is_valid(counted["word"])).sort_by(order)["word"].combine_chunks()


def ids_of(column: pa.ChunkedArray, vocabulary: pa.Array) -> Array:
    """Return ids as ``ordinal`` gives them: missing 0, then from 2 in the vocabulary's order."""
    ids = pc.fill_null(pc.index_in(column, value_set=vocabulary), -1).to_numpy() + 2
    ids[pc.is_null(column).to_numpy()] = 0
    return ids
