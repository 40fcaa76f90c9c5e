"""Claim: the use cases of a published benchmark of feature transformations take less time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from bench.data.ftbench import CASES, Case, table
from bench.jobs.ftbench_features import (
    POLARS_API,
    SKLEARN_API,
    check_features,
    features_polars,
    ours,
    sklearn_job,
)

FITTED_AT_ONCE = [case for case in CASES if not case.batch]
# scikit-learn takes minutes to leave out narrow bins among 100,000 quantiles.
FOR_SKLEARN = [case for case in FITTED_AT_ONCE if case.equal_width or case.bins < 10_000]
IN_BATCHES = [case for case in CASES if case.batch]


def title(case: Case) -> str:
    """Return what the case is called in the results."""
    columns = case.binned + case.plain + len(case.categories)
    return f"{case.name}, {case.rows:,} rows x {columns} columns"


@pytest.mark.parametrize("case", FOR_SKLEARN, ids=lambda case: case.name)
def test_use_case_beside_sklearn(case: Case, compare: Any) -> None:
    given = table(case)
    frame = given.to_pandas()
    compare(
        title(case),
        lambda: ours(case).fit_transform(given),
        lambda: sklearn_job(case).fit_transform(frame),
        peer="scikit-learn",
        api=SKLEARN_API,
        check=lambda mine, theirs: check_features(case, mine, theirs),
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", FITTED_AT_ONCE, ids=lambda case: case.name)
def test_use_case_beside_polars(case: Case, compare: Any) -> None:
    given = table(case)
    frame = pl.DataFrame(given)
    compare(
        title(case),
        lambda: ours(case).fit_transform(given),
        lambda: features_polars(case, frame),
        peer="polars",
        api=POLARS_API,
        check=lambda mine, theirs: check_features(case, mine, theirs),
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", IN_BATCHES, ids=lambda case: case.name)
def test_batches_beside_sklearn(case: Case, compare: Any) -> None:
    given = table(case)
    frame = given.to_pandas()
    prep, theirs = ours(case).fit(given), sklearn_job(case).fit(frame)
    starts = range(0, case.rows, case.batch)
    parts = [given.slice(start, case.batch) for start in starts]
    frames = [frame.iloc[start : start + case.batch] for start in starts]
    compare(
        title(case),
        lambda: np.concatenate([prep.transform(part) for part in parts]),
        lambda: np.concatenate([theirs.transform(part) for part in frames]),
        peer="scikit-learn",
        api=SKLEARN_API,
        check=lambda mine, found: check_features(case, mine, found),
        rows=case.rows,
        num_bytes=given.nbytes,
    )
