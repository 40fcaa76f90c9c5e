"""Drawn tables, and the comparison of a fitted transformer with its conversion."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import scipy.sparse

import mainspring as ms
from tests.tolerances import FLOAT32_STEP

CITIES = ["Rome", "Oslo", "Lima", "Ulm", "a city with a name of more than thirty-two bytes", ""]


def number_table(
    seed: int, *, rows: int = 60, missing: float = 0.2, low: float | None = None
) -> Any:
    """Return numbers of several shapes: heavy tails, few values, integers, one value."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "price": np.exp(random.normal(3, 2, rows)),
            "gap": random.normal(-1e4, 1.0, rows),
            "few": random.integers(-2, 4, rows).astype(float),
            "same": np.full(rows, 2.5),
        }
    )
    if low is not None:
        frame = frame.clip(lower=low)
    frame = frame.mask(random.random(frame.shape) < missing)
    frame.iloc[:2] = frame.iloc[:2].fillna(2.5)  # every column has learnt something
    frame["whole"] = random.integers(0, 9, rows)
    return frame


def category_table(seed: int, *, rows: int = 60, missing: float = 0.2) -> Any:
    """Return categories: strings, strings with missing ones, integers, bools and floats."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "city": random.choice(CITIES, rows),
            "code": random.integers(-3, 5, rows),
            "flag": random.random(rows) < 0.4,
            "grade": random.choice([0.5, 1.25, 1e6], rows),
            "home": pd.Series(random.choice(CITIES[:4], rows), dtype=object),
        }
    )
    gone = random.random(rows) < missing
    frame.loc[gone, "home"] = np.nan
    frame.loc[random.random(rows) < missing, "grade"] = np.nan
    frame.iloc[0, [3, 4]] = [0.5, "Rome"]
    return frame


def dense(matrix: Any) -> npt.NDArray[np.float64]:
    """Return what a transformer gave as a matrix of float64."""
    if scipy.sparse.issparse(matrix):
        matrix = matrix.toarray()
    if isinstance(matrix, pd.DataFrame | pl.DataFrame):
        matrix = matrix.to_numpy()
    return np.asarray(matrix, dtype=np.float64)


def expected_of(transformer: Any, table: Any) -> npt.NDArray[np.float32]:
    """Return scikit-learn's numbers, rounded once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dense(transformer.transform(table)).astype(np.float32)


def assert_agrees(
    transformer: Any,
    *tables: Any,
    steps: float = 0,
    absolute: float = 0,
    names: bool = True,
    columns: list[str] | None = None,
) -> ms.Preprocessor:
    """Convert a transformer fitted on the first table, and compare both on all tables.

    ``steps`` are float32 roundings that numbers may differ by; 0 asks for the same bits.
    ``columns`` are the names to pass; without them a matrix has ``x0``, ``x1``, ...
    """
    if isinstance(tables[0], pl.DataFrame) and not hasattr(transformer, "feature_names_in_"):
        columns = tables[0].columns  # scikit-learn before 1.9 does not see the names of polars 2
    prep = ms.from_sklearn(transformer, columns=columns)
    if names:
        wanted = [str(name) for name in transformer.get_feature_names_out(columns)]
        assert prep.get_feature_names_out().tolist() == wanted
    for table in tables:
        expected = expected_of(transformer, table)
        inputs = (table, prep_names(transformer)) if isinstance(table, np.ndarray) else table
        got = prep.transform(inputs)
        assert got.shape == expected.shape
        if steps:
            np.testing.assert_allclose(got, expected, rtol=steps * FLOAT32_STEP, atol=absolute)
        else:
            np.testing.assert_array_equal(got, expected)
    return prep


def prep_names(transformer: Any) -> list[str]:
    """Return the names that a matrix's columns have after the conversion."""
    return [f"x{place}" for place in range(transformer.n_features_in_)]
