"""What is claimed about pipelines."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["PIPELINE_CLAIMS"]

PIPELINE_CLAIMS = (
    Claim(
        "pipeline",
        "Pipelines",
        "Twenty steps in a row that do nothing, by the local runner: keys, locks, results that are "
        "written whole or not at all, a record of the run. Wall time, on whatever disk holds "
        "temporary files. Beside it the same chain through joblib.Memory, which keeps no record, "
        "takes no locks and sees no change of a helper.",
        (
            Goal(
                "The local runner costs at most 5 ms a step",
                "20 steps that do nothing, first run",
                at_most=5.0,
                unit="ms",
            ),
            Goal(
                "A cached run of 20 steps in at most 0.5 s, the process included",
                "20 steps, everything cached: `mainspring run`",
                at_most=500.0,
                unit="ms",
            ),
        ),
    ),
)
