"""The features of clicks with DuckDB: SQL that joins each category with its ids and means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

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

__all__ = ["FIT_API", "TRANSFORM_API", "connection", "fit", "transformer"]

FIT_API = "median, avg, stddev_pop; a GROUP BY for each category"
TRANSFORM_API = "one SELECT, 26 left joins, to NumPy"


def connection(threads: int) -> Any:
    """Return a connection to a database of its own, in memory."""
    import duckdb

    made = duckdb.connect()
    made.execute(f"SET threads = {threads}")
    return made


def fit(table: pa.Table, database: Any, target: str = "label") -> Learned:
    """Learn medians, moments, vocabularies and target means."""
    database.register("clicks", table)
    medians = database.execute(
        "SELECT " + ", ".join(f"median({name})" for name in NUMBERS) + " FROM clicks"
    ).fetchall()[0]
    learned = Learned(dict(zip(NUMBERS, map(float, medians), strict=True)), {}, {}, {})
    logs = [f"ln(1 + coalesce({name}, {learned.medians[name]!r}))" for name in NUMBERS]
    moments = database.execute(
        f"SELECT avg({target}), "
        + ", ".join(f"avg({log}), stddev_pop({log})" for log in logs)
        + " FROM clicks"
    ).fetchall()[0]
    prior = float(moments[0])
    for place, name in enumerate(NUMBERS):
        learned.moments[name] = (moments[1 + 2 * place], moments[2 + 2 * place])
    for name in CATEGORIES:
        found = database.sql(
            f"SELECT {name} AS word, (sum({target}) + {SMOOTHING * prior!r}) / "
            f"(count(*) + {SMOOTHING}) AS mean FROM clicks GROUP BY {name} "
            "ORDER BY word IS NOT NULL, count(*) DESC, word"
        ).to_arrow_table()
        words = found["word"].combine_chunks()
        means = found["mean"].to_numpy()
        known = 1 if words.null_count else 0
        missing = means[0] if known else prior
        learned.vocabularies[name] = words.slice(known)
        learned.means[name] = np.concatenate(([missing, prior], means[known:]))
    return learned


def transformer(
    learned: Learned, edges: dict[str, list[float]], database: Any
) -> Callable[[pa.Table], Floats]:
    """Return the function that computes the features of a table."""
    for name in CATEGORIES:
        words = learned.vocabularies[name]
        known = pa.table(
            {
                "word": words,
                "id": np.arange(2, 2 + len(words), dtype=np.int32),
                "mean": learned.means[name][2:].astype(np.float32),
            }
        )
        database.register("known", known)
        database.execute(f"CREATE OR REPLACE TABLE of_{name} AS SELECT * FROM known")
        database.unregister("known")
    features = [
        *(_number(learned, name) for name in NUMBERS),
        *(
            f"coalesce(of_{name}.mean, if({name} IS NULL, {float(learned.means[name][0])!r}, "
            f"{float(learned.means[name][1])!r}))"
            for name in CATEGORIES
        ),
        *(f"coalesce(of_{name}.id, if({name} IS NULL, 0, 1))" for name in CATEGORIES),
        *(_bucket(learned, name, edges[name]) for name in BUCKETED),
        *(f"hash({', '.join(pair)}) % {CROSS_BUCKETS}" for pair in CROSSED),
        "hour(ts)",
        "isodow(ts) - 1",
    ]
    columns = ", ".join(f"({text})::FLOAT AS f{place}" for place, text in enumerate(features))
    joins = " ".join(f"LEFT JOIN of_{name} ON {name} = of_{name}.word" for name in CATEGORIES)
    # A join promises no order of its rows.
    query = f"SELECT {columns} FROM clicks {joins} ORDER BY clicks.row"

    def transform(table: pa.Table) -> Floats:
        numbered = table.append_column("row", pa.array(np.arange(table.num_rows)))
        database.register("clicks", numbered)
        found = database.sql(query).fetchnumpy()
        out = np.empty((table.num_rows, NUM_FEATURES), np.float32)
        for place in range(NUM_FEATURES):
            out[:, place] = found[f"f{place}"]
        return out

    return transform


def _filled(learned: Learned, name: str) -> str:
    return f"coalesce({name}, {learned.medians[name]!r})"


def _number(learned: Learned, name: str) -> str:
    mean, deviation = learned.moments[name]
    return f"(ln(1 + {_filled(learned, name)}) - {mean!r}) / {deviation!r}"


def _bucket(learned: Learned, name: str, edges: list[float]) -> str:
    value = _filled(learned, name)
    return "1 + " + " + ".join(f"({value} >= {edge!r})::INT" for edge in edges)
