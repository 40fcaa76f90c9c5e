"""A table of five partitions, one of them empty, and preprocessors of one pass and of two."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import Predictor, Preprocessor, col

NUM_ROWS = 6000

# A tree of one decision over the first feature; LightGBM itself is not needed to read it.
_TREE = (
    "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nsplit_gain=1\nthreshold=0.25\n"
    "decision_type=2\nleft_child=-1\nright_child=-2\nleaf_value=0.125 0.75\nleaf_weight=1 1\n"
    "leaf_count=1 1\ninternal_value=0\ninternal_weight=2\ninternal_count=2\nis_linear=0\n"
    "shrinkage=1\n\n\n"
)


def sample_table() -> pa.Table:
    rng = np.random.default_rng(7)
    x = rng.normal(size=NUM_ROWS)
    cities = rng.integers(0, 60, NUM_ROWS)
    return pa.table(
        {
            "id": pa.array(range(NUM_ROWS), pa.int64()),
            "x": pa.array([None if value > 1.5 else value for value in x]),
            "n": pa.array(rng.integers(-5, 2000, NUM_ROWS), pa.int64()),
            "city": pa.array([None if c == 59 else f"city {c * c}" for c in cities]),
            "at": pa.array(rng.integers(0, 10**15, NUM_ROWS), pa.timestamp("us", "UTC")),
            "y": pa.array((rng.random(NUM_ROWS) + cities % 7).round(2)),
        }
    )


def partitions(table: pa.Table) -> list[pa.Table]:
    """Five of unequal length, the third without rows."""
    ends = [0, 900, 2500, 2500, 5999, table.num_rows]
    return [table.slice(a, b - a) for a, b in pairwise(ends)]


def one_pass() -> Preprocessor:
    return Preprocessor(
        col("x").impute("median").log1p().standardize(),
        col("n").quantile_bucketize(8),
        col("city").ordinal(min_count=5),
        col("city").target_mean(smoothing=5),
        col("at").datetime("hour", "weekday"),
    )


def two_passes() -> Preprocessor:
    return Preprocessor(
        col("city").target_mean().standardize(),
        col("x").impute("mean").min_max(),
        col("n").clip(0, 1000).robust_scale(),
    )


def sample_predictor(preprocessor: Preprocessor) -> Predictor:
    names = preprocessor.feature_names_out_
    infos = " ".join("[0:1]" for _ in names)
    text = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={len(names) - 1}\nobjective=regression\n"
        f"feature_names={' '.join(names)}\nfeature_infos={infos}\n"
        f"tree_sizes={len(_TREE)}\n\n{_TREE}end of trees\n\nfeature_importances:\n\n"
        "parameters:\n\nend of parameters\n\npandas_categorical:null\n"
    )
    return ms.Predictor(text, preprocessor, name="sample")
