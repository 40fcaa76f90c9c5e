"""The usual pipeline as a service of BentoML, with its adaptive batching."""

import os
import pickle
from pathlib import Path

import bentoml
import pandas as pd


@bentoml.service(workers=1, traffic={"timeout": 60, "max_concurrency": 4096})
class Pipeline:
    """Predicts the rows of several requests with one call of scikit-learn."""

    def __init__(self) -> None:
        folder = Path(os.environ["MAINSPRING_SERVED"])
        self.pipeline = pickle.loads((folder / "pipeline.pickle").read_bytes())

    # The budget only says what is refused with 503: nothing may be, on a slow machine neither.
    @bentoml.api(batchable=True, max_batch_size=256, max_latency_ms=20_000)
    def predict(self, rows: list[dict]) -> list[float]:
        """Answer a batch."""
        return self.pipeline.predict_proba(pd.DataFrame(rows))[:, 1].tolist()
