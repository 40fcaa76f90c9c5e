"""The words of texts as numbers in their order, by polars and by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["POLARS_API", "SKLEARN_API", "ids_polars", "ids_sklearn"]

POLARS_API = "str.extract_all, cast to Enum"
SKLEARN_API = "CountVectorizer's analyzer, a dict"


def ids_polars(
    frame: pl.DataFrame, name: str, words: Sequence[str], length: int, dtype: Any = pl.Int32
) -> Callable[[], npt.NDArray[Any]]:
    """Make a function that numbers the words of texts: 0 behind the last, 1 for others."""
    code = pl.element().cast(pl.Enum(words), strict=False).to_physical().cast(dtype)
    ids = (
        pl.col(name)
        .str.to_lowercase()
        .str.extract_all(r"\w+")
        .list.head(length)
        .list.eval((code + 2).fill_null(1))
        .list.gather(list(range(length)), null_on_oob=True)
        .list.explode()
        .fill_null(0)
    )
    return lambda: frame.select(ids).to_series().to_numpy().reshape(-1, length)


def ids_sklearn(
    texts: Sequence[str], words: Sequence[str], length: int
) -> Callable[[], npt.NDArray[np.int32]]:
    """Make the same of an analyzer of scikit-learn and a dict."""
    from sklearn.feature_extraction.text import CountVectorizer

    read = CountVectorizer(token_pattern=r"\w+").build_analyzer()
    numbers = {word: 2 + place for place, word in enumerate(words)}

    def run() -> npt.NDArray[np.int32]:
        ids = np.zeros((len(texts), length), np.int32)
        for row, text in enumerate(texts):
            found = [numbers.get(word, 1) for word in read(text)[:length]]
            ids[row, : len(found)] = found
        return ids

    return run
