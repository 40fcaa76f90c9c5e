"""What tests of all orchestrators share: a run of the same pipeline without them, to compare."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mainspring.pipeline import Pipeline, load_pipeline

__all__ = ["FLIGHTS", "SMALL", "Here", "contents", "copied", "run_here", "written"]

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "integrations" / "small_flights.py"
FLIGHTS = ROOT / "docs" / "examples" / "flights_pipeline.py"


@dataclass(frozen=True)
class Here:
    """Keys and digests of the results of a run by the local runner."""

    keys: dict[str, str]
    contents: dict[str, str]


def copied(file: Path, folder: Path) -> Path:
    """Copy a pipeline's file into a folder, where the orchestrator finds it."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(file, folder))


def run_here(file: Path, parameters: dict[str, object] | None = None) -> Here:
    """Run a pipeline without any orchestrator: in another process, with results in its folder."""
    command = [sys.executable, "-m", __name__, str(file), json.dumps(parameters or {})]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=file.parent, env=settings, check=True, capture_output=True, text=True
    )
    return Here(**json.loads(done.stdout.splitlines()[-1]))


def contents(pipeline: Pipeline, keys: dict[str, str]) -> dict[str, str]:
    """Return the digest of each result, which is equal for equal bytes."""
    found = {name: pipeline.store.find(key) for name, key in keys.items()}
    return {name: manifest["content"] for name, manifest in found.items() if manifest is not None}


def written(pipeline: Pipeline) -> dict[str, int]:
    """Return when each result was written, by its key: nothing changes where all are taken."""
    manifests = pipeline.store.folder.glob("artifacts/*/*/manifest.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in manifests}


if __name__ == "__main__":
    here = load_pipeline(sys.argv[1])
    run = here.run(json.loads(sys.argv[2]), progress=False)
    print(json.dumps({"keys": run.keys, "contents": contents(here, run.keys)}))
