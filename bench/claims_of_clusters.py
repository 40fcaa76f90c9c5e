"""What is claimed about clusters."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["CLUSTER_CLAIMS"]

CLUSTER_CLAIMS = (
    Claim(
        "clusters",
        "Clusters",
        "A fit of 20 Parquet files over Dask, with two workers of one thread each that Dask has "
        "started as it does by itself, against one process of one thread, on two cores as they "
        "are and held on one; all have the same bits. "
        "By CPU time: the one process, against the busier worker and then this process with the "
        "scheduler.",
        (
            Goal(
                "10 million rows over two workers: at least 1.6 times as fast as one process",
                "10,000,000 rows of 20 files, two workers against one process on two cores",
                at_least=1.6,
                unit="x",
            ),
        ),
    ),
)
