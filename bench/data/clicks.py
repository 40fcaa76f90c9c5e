"""A table of clicks on advertisements, shaped like the Criteo data set.

``label`` (int8, a quarter ones, depends on some features), ``ts`` (timestamp[us]), ``I1`` to
``I13`` (float64 and int64 with heavy tails, one value in ten null) and ``C1`` to ``C26`` (strings
of 10 to 100,000 categories, Zipf-distributed, one in twenty null).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bench.data.zipf import long_tokens, short_tokens, zipf_codes

__all__ = ["CATEGORIES", "NUMBERS", "SIZES", "clicks"]

NUMBERS = [f"I{i}" for i in range(1, 14)]
CATEGORIES = [f"C{j}" for j in range(1, 27)]
SIZES = (
    *(10, 14, 25, 40, 64, 100, 160, 250, 400, 640, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000),
    *(7_000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000, 100_000),
)
NUMBER_NULLS, CATEGORY_NULLS = 0.10, 0.05
_FIRST_SECOND = 1_704_067_200  # 2024-01-01T00:00:00Z
_SPAN_SECONDS = 30 * 86_400


def clicks(
    rows: int, *, seed: int = 0, tokens: str = "short", dictionary: bool = False
) -> pa.Table:
    """Make the table.

    Parameters
    ----------
    rows : int
        Number of rows, one chunk.
    seed : int, default 0
        Tables of other seeds hold other rows with the same vocabularies and distributions.
    tokens : {"short", "long"}, default "short"
        Eight bytes each, as Criteo's are, or 4 to 40 bytes. The rows are the same otherwise.
    dictionary : bool, default False
        Leave the categories dictionary-encoded, with int32 indices.
    """
    random = np.random.default_rng(seed)
    score = np.zeros(rows)
    columns: dict[str, pa.Array] = {}
    for number, name in enumerate(NUMBERS, start=1):
        mean = 1.0 + 0.2 * number
        values = random.lognormal(mean, 0.8 + 0.12 * number, rows)
        missing = random.random(rows) < NUMBER_NULLS
        if number <= 4:
            score += np.where(missing, 0.0, 0.25 * (np.log1p(values) - mean))
        typed = values.astype(np.int64) if number % 2 == 0 else values
        columns[name] = pa.array(typed, mask=missing)
    make_tokens = {"short": short_tokens, "long": long_tokens}[tokens]
    for number, (name, size) in enumerate(zip(CATEGORIES, SIZES, strict=True)):
        codes = zipf_codes(random, rows, size, random.uniform(0.9, 1.3))
        missing = random.random(rows) < CATEGORY_NULLS
        if number % 5 == 0:
            score += 0.3 * (((codes * 7919) % 13) / 6.0 - 1.0)
        encoded = pa.DictionaryArray.from_arrays(
            pa.array(codes, mask=missing), make_tokens(size, number)
        )
        columns[name] = encoded if dictionary else encoded.cast(pa.string())
    label = random.random(rows) < 1.0 / (1.0 + np.exp(1.3 - score))
    microseconds = np.sort(random.integers(0, _SPAN_SECONDS * 1_000_000, rows))
    times = pa.array(_FIRST_SECOND * 1_000_000 + microseconds, pa.int64())
    return pa.table(
        {"label": pa.array(label.astype(np.int8)), "ts": times.cast(pa.timestamp("us")), **columns}
    )
