"""The use cases of FTBench with mainspring, scikit-learn and polars: bins, recoding, one-hot."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder

import mainspring as ms
from bench.data.ftbench import Case
from mainspring import col
from mainspring.transforms import CsrMatrix

__all__ = [
    "HASHER_API",
    "POLARS_API",
    "SKLEARN_API",
    "check_features",
    "check_hashed",
    "check_sparse",
    "features_polars",
    "ours",
    "sklearn_job",
]

Floats = npt.NDArray[np.float32]
SKLEARN_API = "ColumnTransformer on pandas"
HASHER_API = "FeatureHasher over rows of strings"
POLARS_API = "one select, dense ranks"


def ours(case: Case) -> ms.Preprocessor:
    """Make the preprocessor: bins, plain numbers, categories."""
    expressions: list[Any] = []
    if case.binned:
        columns = col(*case.binned_names)
        bucketize = columns.width_bucketize if case.equal_width else columns.quantile_bucketize
        bins = bucketize(case.bins)
        expressions.append(bins.one_hot() if case.one_hot else bins)
    if case.plain:
        expressions.append(col(*case.plain_names))
    if case.hashed:
        expressions.append(col(*case.category_names).hash(buckets=case.hashed).one_hot_ids())
    elif case.categories:
        names = col(*case.category_names)
        expressions.append(names.one_hot() if case.one_hot else names.ordinal())
    return ms.Preprocessor(*expressions, profile=False)


def sklearn_job(case: Case) -> ColumnTransformer:
    """Make the estimator of the reference implementation, with sparse results where wanted."""
    parts: list[Any] = []
    if case.binned:
        one_hot = "onehot" if case.sparse else "onehot-dense"
        bins = KBinsDiscretizer(
            case.bins,
            encode=one_hot if case.one_hot else "ordinal",
            strategy="uniform" if case.equal_width else "quantile",
            subsample=None,
            dtype=np.float64,
        )
        if not case.equal_width and "quantile_method" in bins.get_params():
            bins.set_params(quantile_method="linear")
        parts.append(("bins", bins, case.binned_names))
    if case.plain:
        parts.append(("plain", "passthrough", case.plain_names))
    if case.categories:
        encoder: Any = OrdinalEncoder(dtype=np.float32)
        if case.one_hot:
            encoder = OneHotEncoder(sparse_output=case.sparse, dtype=np.float32)
        parts.append(("categories", encoder, case.category_names))
    return ColumnTransformer(parts, sparse_threshold=1.0 if case.sparse else 0.0)


def features_polars(case: Case, frame: pl.DataFrame) -> Floats:
    """Compute the features: what is learnt is part of the expressions."""
    last = case.bins - 1
    columns: list[pl.Expr] = []
    for name in case.binned_names:
        x = pl.col(name)
        if case.equal_width:
            share = (x - x.min()) / (x.max() - x.min())
            columns.append((share * case.bins).floor().clip(0, last))
        else:
            # NumPy's own quantile takes minutes for 100,000 levels.
            places = np.arange(1, case.bins) / case.bins * (frame.height - 1)
            ordered = frame[name].sort().to_numpy()
            levels = np.unique(np.interp(places, np.arange(frame.height), ordered))
            found = pl.Series(name, levels).search_sorted(frame[name], side="right")
            columns.append(pl.lit(found))
    columns += [pl.col(name) for name in case.plain_names]
    columns += [
        pl.col(name) if case.one_hot else (pl.col(name).rank("dense") - 1)
        for name in case.category_names
    ]
    made = frame.select(columns)
    if case.one_hot:
        made = made.to_dummies([*case.binned_names, *case.category_names])
    return made.cast(pl.Float32).to_numpy()


def check_features(case: Case, ours: Floats, theirs: Any) -> None:
    """Assert that both are the same features, however categories are numbered or ordered."""
    theirs = np.asarray(theirs, np.float32)
    if case.one_hot:
        sums = [np.sort(matrix.sum(axis=0, dtype=np.float64)) for matrix in (ours, theirs)]
        sums = [part[part != 0] for part in sums]
        np.testing.assert_allclose(*sums, rtol=1e-5)
        return
    assert ours.shape == theirs.shape
    bins = slice(0, case.binned)
    # A value on an edge may round to either side of it in another formula.
    assert np.mean(ours[:, bins] - 1 != theirs[:, bins]) < 1e-3 if case.binned else True
    for place in range(case.binned + case.plain, ours.shape[1]):
        both = np.column_stack([ours[:, place], theirs[:, place]])
        pairs = np.unique(both, axis=0)
        assert len(pairs) == len(np.unique(both[:, 0])) == len(np.unique(both[:, 1]))


def check_sparse(ours: CsrMatrix, theirs: Any) -> None:
    """Assert that both are the same features, in whatever order."""
    assert ours.shape[0] == theirs.shape[0]
    mine, found = ours.to_scipy(), theirs.tocsr()
    sums = [np.sort(np.asarray(matrix.sum(axis=0)).ravel()) for matrix in (mine, found)]
    np.testing.assert_allclose(*(part[part != 0] for part in sums), rtol=1e-5)


def check_hashed(ours: CsrMatrix, theirs: Any) -> None:
    """Assert that both have a feature for each value; two of a row may share theirs in one."""
    assert ours.shape == theirs.shape
    assert 0.99 < ours.num_entries / theirs.nnz < 1.01
