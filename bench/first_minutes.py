"""What somebody waits for who has a model file and a table: ``python -m bench.first_minutes WHAT``.

WHAT is what pip is to install, a wheel or this folder. Everything happens in a fresh environment in
a folder that is removed, by the commands of docs/guides/from-lightgbm.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["main"]

NAMES = ("distance", "wind_speed", "hour")


def main() -> None:
    """Go through the steps and print the seconds that each took."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m bench.first_minutes WHEEL_OR_FOLDER")
    what = Path(sys.argv[1]).resolve().as_uri()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        python = folder / "venv" / "bin" / "python"
        command = [str(python), "-m", "mainspring"]

        def run(*arguments: str, codes: tuple[int, ...] = (0,)) -> None:
            done = subprocess.run(
                arguments, cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode not in codes:
                raise SystemExit(f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}")

        timed("an empty environment", lambda: run(sys.executable, "-m", "venv", "venv"))
        install = f"mainspring[serve] @ {what}"
        timed("pip install", lambda: run(str(python), "-m", "pip", "install", "-q", install))
        timed("mainspring doctor", lambda: run(*command, "doctor", "serve"))
        arguments = ("model.txt", "--reference", "flights.parquet", "-o", "late.spring")
        timed("mainspring convert", lambda: run(*command, "convert", *arguments))
        serve = [*command, "serve", "late.spring", "--port", "0"]
        with subprocess.Popen(serve, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
            try:
                timed("mainspring serve, to its first answer", lambda: ask(server))
            finally:
                server.terminate()
        drift = ("drift", "late.spring", "this_week.parquet", "--html", "drift.html")
        timed("mainspring drift", lambda: run(*command, *drift, codes=(1,)))


def timed(what: str, step: Callable[[], object]) -> None:
    """Do a step and print how long it took."""
    started = time.perf_counter()
    step()
    print(f"{what}: {time.perf_counter() - started:.1f} s", flush=True)


def make_files(folder: Path) -> None:
    """Write a model, the flights that it was trained on, and a week with more wind."""
    train = flights(5000, seed=1, wind=5.0)
    pq.write_table(train, folder / "flights.parquet")
    pq.write_table(flights(5000, seed=2, wind=8.0), folder / "this_week.parquet")
    features = np.column_stack([train[name] for name in NAMES])
    data = lightgbm.Dataset(features, train["late"].to_numpy(), feature_name=list(NAMES))
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1}
    lightgbm.train(parameters, data, 50).save_model(folder / "model.txt")


def flights(num_rows: int, seed: int, wind: float) -> pa.Table:
    """Make flights that are late where the wind is strong."""
    random = np.random.default_rng(seed)
    speed = random.gamma(2.0, wind, num_rows)
    chance = 1 / (1 + np.exp(2 - 0.1 * speed))
    columns = {
        "distance": random.uniform(100, 2500, num_rows),
        "wind_speed": speed,
        "hour": random.integers(5, 23, num_rows),
        "late": (random.random(num_rows) < chance).astype(np.int8),
    }
    return pa.table(columns)


def ask(server: subprocess.Popen[str]) -> None:
    """Wait for the server's address and ask for the prediction of one row."""
    assert server.stdout is not None
    lines = iter(server.stdout.readline, "")
    url = next(line.split()[2] for line in lines if line.startswith("serving on "))
    row = json.dumps({"distance": 1400, "wind_speed": 12.5, "hour": 17}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/predict", row, headers)) as answer:
        assert len(json.load(answer)["predictions"]) == 1


if __name__ == "__main__":
    main()
