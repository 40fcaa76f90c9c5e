"""What is claimed about speed, where it is measured, and the goals that a run is held against."""

from __future__ import annotations

from collections.abc import Iterable

from bench.claims_of_clusters import CLUSTER_CLAIMS
from bench.claims_of_devices import DEVICE_CLAIMS
from bench.claims_of_drift import DRIFT_CLAIMS
from bench.claims_of_features import FEATURE_CLAIMS
from bench.claims_of_gpus import GPU_CLAIMS
from bench.claims_of_history import HISTORY_CLAIMS
from bench.claims_of_learning import LEARNING_CLAIMS
from bench.claims_of_models import MODEL_CLAIMS
from bench.claims_of_pipelines import PIPELINE_CLAIMS
from bench.claims_of_quality import QUALITY_CLAIMS
from bench.claims_of_serving import SERVING_CLAIMS
from bench.claims_of_streams import STREAM_CLAIMS
from bench.claims_of_training import TRAINING_CLAIMS
from bench.goal import Claim, Goal, Record

__all__ = ["CLAIMS", "README_ROWS", "Claim", "Goal", "find"]

CLAIMS = (
    *FEATURE_CLAIMS,
    Claim(
        "predict",
        "Prediction",
        "A LightGBM model for two classes on 30 numbers, read by `ms.Predictor`; raw scores are "
        "the same bits.",
        (
            *(
                Goal(
                    f"100 trees of 31 leaves, {rows}: at least {ratio} times as fast as LightGBM",
                    f"100 trees of 31 leaves, {rows}",
                    "lightgbm",
                    at_least=float(ratio),
                )
                for rows, ratio in (
                    ("1 row", 12),
                    ("16 rows", 6),
                    ("256 rows", 15),
                    ("4,096 rows", 15),
                    ("65,536 rows", 15),
                )
            ),
            *(
                Goal(
                    f"100 trees of 31 leaves, {rows}: at least {ratio} times as fast as {peer}",
                    f"100 trees of 31 leaves, {rows}, float32",
                    peer,
                    at_least=float(ratio),
                )
                for peer, ratios in (
                    ("onnxruntime", (12, 6, 15, 15)),
                    ("scikit-learn-intelex", (12, 6, 15, 15)),
                    ("treelite", (12, 6, 15, 15)),
                    ("ydf", (300, 50, 25, 4.5)),
                )
                for rows, ratio in zip(
                    ("1 row", "16 rows", "256 rows", "4,096 rows"), ratios, strict=True
                )
            ),
            Goal(
                "Scorer of a buffer in at most 0.8 us",
                "100 trees of 31 leaves, scorer of a buffer",
                at_most=0.8,
                unit="us",
            ),
            Goal(
                "Scorer of a dict in at most 1.6 us",
                "100 trees of 31 leaves, scorer of a dict",
                at_most=1.6,
                unit="us",
            ),
            Goal(
                "`predict_row` in at most 10 us",
                "100 trees of 31 leaves, predict_row",
                at_most=10.0,
                unit="us",
            ),
        ),
    ),
    *MODEL_CLAIMS,
    *DRIFT_CLAIMS,
    *QUALITY_CLAIMS,
    *DEVICE_CLAIMS,
    *LEARNING_CLAIMS,
    *TRAINING_CLAIMS,
    *HISTORY_CLAIMS,
    *PIPELINE_CLAIMS,
    *STREAM_CLAIMS,
    *CLUSTER_CLAIMS,
    *GPU_CLAIMS,
    Claim("profile", "Profiles", "A mergeable profile of the same forty columns."),
    Claim(
        "operators",
        "Every operator alone",
        "One operator on one column, fitted before; both sides end with a float32 array. Peers "
        "get the column in their own form, NumPy as an array without nulls.",
    ),
    *SERVING_CLAIMS,
    Claim(
        "memory",
        "Memory",
        "Peak of a process while it transforms the table of clicks, beyond the input and the "
        "output.",
        (
            Goal(
                "At most 4 MB beyond the output",
                "transform 100,000 rows",
                at_most=3.8,
                unit="MiB",
            ),
        ),
    ),
    Claim(
        "import",
        "Import",
        "CPU time of a Python that imports the package, less that of one that does nothing.",
        (Goal("At most 30 ms above bare Python", "above bare", at_most=30.0, unit="ms"),),
    ),
)

# What the README's first screen shows: claim, beginning of the case, peer, what it is called there.
README_ROWS = (
    ("predict", "100 trees of 31 leaves, 4,096 rows", "lightgbm", "predict 4,096 rows, 100 trees"),
    ("predict", "100 trees of 31 leaves, predict_row", "lightgbm", "predict one row, 100 trees"),
    (
        "transform",
        "100,000 rows, strings of 8 bytes",
        "polars",
        "72 features of 100,000 rows, 26 string columns",
    ),
    ("transform_row", "one row, Arrow table", "pyarrow", "72 features of one row"),
    (
        "drift",
        "200,000 rows x 40 columns, reference profile",
        "scipy",
        "drift of 200,000 rows, 40 columns, against a stored profile",
    ),
)


def find(records: Iterable[Record], claim: str, case: str, peer: str | None) -> Record | None:
    """Return the first record of a claim whose case begins so, of that peer unless it is None."""
    for record in records:
        same = record["claim"] == claim and record["case"].startswith(case)
        if same and peer in (None, record["peer"]):
            return record
    return None
