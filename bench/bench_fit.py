"""Claim: medians, moments, vocabularies and target means are learnt in less time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.clicks import CATEGORIES, NUMBERS, clicks
from bench.jobs import click_features_duckdb, click_features_pyarrow, click_features_sklearn
from bench.jobs.click_features import Learned, plain_job

ROWS = 100_000
SKLEARN_ROWS = 20_000
KINDS = {"short": "strings of 8 bytes", "long": "strings of 4 to 40 bytes"}


def check_learned(table: pa.Table) -> Any:
    """Return the comparison of what both learnt: their features of some rows must be equal."""
    some = table.slice(0, 5_000)

    def check(prep: ms.Preprocessor, learned: Learned) -> None:
        edges = {name: [1.0] for name in ("I1", "I5", "I9")}
        theirs = click_features_pyarrow.transformer(learned, edges)(some)
        count = len(NUMBERS) + 2 * len(CATEGORIES)
        np.testing.assert_allclose(prep.transform(some), theirs[:, :count], rtol=2e-6, atol=2e-6)

    return check


@pytest.mark.parametrize("tokens", ["short", "long"])
def test_fit_beside_pyarrow(tokens: str, compare: Any) -> None:
    table = clicks(ROWS, seed=0, tokens=tokens)
    compare(
        f"{ROWS:,} rows, {KINDS[tokens]}",
        lambda: plain_job().fit(table, target="label"),
        lambda: click_features_pyarrow.fit(table),
        peer="pyarrow",
        api=click_features_pyarrow.FIT_API,
        check=check_learned(table),
        rows=ROWS,
        num_bytes=table.nbytes,
    )


@pytest.mark.parametrize("tokens", ["short", "long"])
def test_fit_beside_duckdb(tokens: str, compare: Any, threads: int) -> None:
    pytest.importorskip("duckdb")
    table = clicks(ROWS, seed=0, tokens=tokens)
    database = click_features_duckdb.connection(threads)
    compare(
        f"{ROWS:,} rows, {KINDS[tokens]}",
        lambda: plain_job().fit(table, target="label"),
        lambda: click_features_duckdb.fit(table, database),
        peer="duckdb",
        api=click_features_duckdb.FIT_API,
        check=check_learned(table),
        rows=ROWS,
        num_bytes=table.nbytes,
    )


@pytest.mark.large
@pytest.mark.parametrize(
    ("rows", "tokens"), [(500_000, "short"), (500_000, "long"), (1_000_000, "short")]
)
def test_fit_of_many_rows(rows: int, tokens: str, compare: Any) -> None:
    table = clicks(rows, seed=0, tokens=tokens)
    compare(
        f"{rows:,} rows, {KINDS[tokens]}",
        lambda: plain_job().fit(table, target="label"),
        lambda: click_features_pyarrow.fit(table),
        peer="pyarrow",
        api=click_features_pyarrow.FIT_API,
        check=check_learned(table),
        rows=rows,
        num_bytes=table.nbytes,
    )


def test_fit_transform_beside_sklearn(compare: Any) -> None:
    """Both cross-fit the target means in five folds, each in folds of its own."""
    table = clicks(SKLEARN_ROWS, seed=0)
    frame, label = table.to_pandas(), table["label"].to_numpy()
    prep, theirs = plain_job(), click_features_sklearn.plain_transformer()

    def check(_: Any, __: Any) -> None:
        click_features_sklearn.check_plain_features(prep.transform(table), theirs.transform(frame))

    compare(
        f"fit_transform, {SKLEARN_ROWS:,} rows, strings of 8 bytes",
        lambda: prep.fit_transform(table, target="label"),
        lambda: theirs.fit_transform(frame, label),
        peer="scikit-learn",
        api=click_features_sklearn.API,
        check=check,
        rows=SKLEARN_ROWS,
        num_bytes=table.nbytes,
    )
