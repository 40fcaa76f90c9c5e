"""The usual pipeline behind mosec: ``python bench/jobs/batching_peers.py FOLDER PORT``.

A front in Rust, batches of at most 64 rows that wait at most 2 ms, one worker process. It runs in
an environment of its own (``MAINSPRING_PEER_PYTHON``), so nothing of this repository is imported.
"""

import pickle
import sys
from pathlib import Path

import pandas as pd
from mosec import Server, Worker


class Pipeline(Worker):
    """Predicts the rows of several requests with one call of scikit-learn."""

    def __init__(self) -> None:
        self.pipeline = pickle.loads((Path(sys.argv[1]) / "pipeline.pickle").read_bytes())

    def forward(self, data: list[dict[str, object]]) -> list[dict[str, object]]:
        """Answer a batch."""
        scores = self.pipeline.predict_proba(pd.DataFrame(data))[:, 1].tolist()
        return [{"predictions": [score]} for score in scores]


if __name__ == "__main__":
    # The worker is another process and reads the folder from the same arguments.
    sys.argv[1:] = [sys.argv[1], "--port", sys.argv[2], "--timeout", "60000"]
    server = Server()
    server.append_worker(Pipeline, max_batch_size=64, max_wait_time=2, route="/predict")
    server.run()
