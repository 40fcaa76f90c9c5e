"""72 features of the table of clicks, as mainspring writes them, and what all versions share.

13 numbers imputed with the median, log1p, standardized; of 26 categories the smoothed target mean
and the id; 3 numbers in 16 buckets; 2 hashed crosses; hour and weekday. All in one float32 matrix,
row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import mainspring as ms
from bench.data.clicks import CATEGORIES, NUMBERS
from mainspring import col

__all__ = [
    "BUCKETED",
    "CROSSED",
    "CROSS_BUCKETS",
    "NUM_FEATURES",
    "SMOOTHING",
    "Floats",
    "Learned",
    "bucket_edges",
    "check_features",
    "full_job",
    "plain_job",
]

Floats = npt.NDArray[np.float32]
BUCKETED = ["I1", "I5", "I9"]
CROSSED = [("C1", "C2"), ("C3", "C4")]
CROSS_BUCKETS = 4096
SMOOTHING = 20.0
_COUNT, _CROSS_FROM = len(NUMBERS) + 2 * len(CATEGORIES), 68
NUM_FEATURES = _COUNT + len(BUCKETED) + len(CROSSED) + 2


@dataclass(frozen=True)
class Learned:
    """What fitting finds: by number median, mean and deviation; by category the vocabulary.

    ``means[name]`` holds the target mean of missing, of unseen, then of ``vocabularies[name]``.
    """

    medians: dict[str, float]
    moments: dict[str, tuple[float, float]]
    vocabularies: dict[str, pa.Array]
    means: dict[str, npt.NDArray[np.float64]]


def bucket_edges(table: pa.Table) -> dict[str, list[float]]:
    """Return 15 distinct quantiles of each bucketed number; all versions are given them."""
    edges = {}
    for name in BUCKETED:
        values = table[name].drop_null().to_numpy()
        edges[name] = np.unique(np.quantile(values, np.arange(1, 16) / 16)).tolist()
    return edges


def plain_job() -> ms.Preprocessor:
    """Make the part that every library has: numbers, target means and ids."""
    return ms.Preprocessor(*_plain_expressions(), profile=False)


def full_job(edges: dict[str, list[float]]) -> ms.Preprocessor:
    """Make the whole job."""
    return ms.Preprocessor(
        *_plain_expressions(),
        *(col(name).impute("median").bucketize(edges[name]) for name in BUCKETED),
        *(col(*pair).cross(buckets=CROSS_BUCKETS) for pair in CROSSED),
        col("ts").datetime("hour", "weekday"),
        profile=False,
    )


def _plain_expressions() -> list[ms.transforms.Expression]:  # type: ignore[name-defined]
    return [
        col(*NUMBERS).impute("median").log1p().standardize(),
        col(*CATEGORIES).target_mean(smoothing=SMOOTHING),
        col(*CATEGORIES).ordinal(),
    ]


def check_features(ours: Floats, theirs: Floats) -> None:
    """Assert that two versions computed the same features.

    Each library has a hash of its own: of the crosses only their range and that equal pairs of
    known categories get equal buckets are compared.
    """
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    columns = [j for j in range(ours.shape[1]) if not _CROSS_FROM <= j < _CROSS_FROM + 2]
    np.testing.assert_allclose(ours[:, columns], theirs[:, columns], rtol=2e-6, atol=2e-6)
    if ours.shape[1] < NUM_FEATURES:
        return
    first_id = len(NUMBERS) + len(CATEGORIES)
    for number, pair in enumerate(CROSSED):
        ids = ours[:, [first_id + CATEGORIES.index(name) for name in pair]]
        known = (ids != 1).all(axis=1)
        for matrix in (ours, theirs):
            buckets = matrix[:, _CROSS_FROM + number]
            assert 0 <= buckets.min() <= buckets.max() < CROSS_BUCKETS
            pairs = np.unique(ids[known], axis=0)
            both = np.unique(np.column_stack([ids[known], buckets[known]]), axis=0)
            assert len(pairs) == len(both)
            assert len(np.unique(buckets)) >= min(len(pairs), 10)
