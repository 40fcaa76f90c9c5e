"""The usual pipeline behind servers that make batches: ``batching_peers.py NAME FOLDER PORT``.

``mosec``: a front in Rust, batches of at most 64 rows that wait at most 2 ms, one worker process.
``bentoml``: its adaptive batching, at most 256 rows, one worker process. Both run in an environment
of their own (bench/peer_environments.py), so nothing of this repository is imported.
"""

import os
import pickle
import sys
import tempfile
from pathlib import Path


def mosec(folder: str, port: str) -> None:
    """Serve one row a request; mosec puts them together."""
    import pandas as pd
    from mosec import Server, Worker

    class Pipeline(Worker):
        """Predicts the rows of several requests with one call of scikit-learn."""

        def __init__(self) -> None:
            self.pipeline = pickle.loads((Path(folder) / "pipeline.pickle").read_bytes())

        def forward(self, data: list[dict[str, object]]) -> list[dict[str, object]]:
            """Answer a batch."""
            scores = self.pipeline.predict_proba(pd.DataFrame(data))[:, 1].tolist()
            return [{"predictions": [score]} for score in scores]

    # The worker is another process: forked, as its class has no name to import it by.
    sys.argv[1:] = ["--port", port, "--timeout", "60000"]
    server = Server()
    server.append_worker(
        Pipeline, max_batch_size=64, max_wait_time=2, route="/predict", start_method="fork"
    )
    server.run()


def bentoml(folder: str, port: str) -> None:
    """Become BentoML's own command, which imports the service beside this file."""
    os.environ |= {
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": tempfile.mkdtemp(prefix="bentoml"),
        "MAINSPRING_SERVED": folder,
    }
    words = ["serve", "bentoml_service:Pipeline", "--port", port, "--host", "127.0.0.1"]
    place = str(Path(__file__).parent)
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *words, "--working-dir", place])


if __name__ == "__main__":
    {"mosec": mosec, "bentoml": bentoml}[sys.argv[1]](sys.argv[2], sys.argv[3])
