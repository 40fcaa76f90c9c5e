"""Claim: drift of forty columns many times as fast as libraries made for it.

They do not install beside today's pandas and NumPy, so each runs in an environment of its own, on
the same files: see ``python -m bench.peer_environments``. Without them nothing is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import mainspring as ms
from bench.data.sensors import SHIFTED, sensors
from bench.jobs.drift_peers import PEERS
from bench.peer_environments import ENVIRONMENTS, python_of

JOB = Path(__file__).parent / "jobs" / "drift_peers.py"
TURNS = 5


@pytest.fixture(
    scope="module",
    params=[100_000, pytest.param(1_000_000, marks=pytest.mark.large)],
    ids="{:,}".format,
)
def files(request: Any, tmp_path_factory: Any) -> tuple[int, Path, Path]:
    """Write both tables, without the time, which the others do not take."""
    folder = tmp_path_factory.mktemp("tables")
    paths = []
    for moved in (False, True):
        paths.append(folder / f"{moved}.parquet")
        pq.write_table(sensors(request.param, seed=1 + moved, moved=moved), paths[-1])
    return request.param, *paths


def cpu_seconds(run: Any) -> float:
    """Return the least CPU time of some turns."""
    times = []
    for _ in range(TURNS):
        started = time.process_time()
        report = run()
        times.append(time.process_time() - started)
        assert set(report.drifted) == SHIFTED
    return min(times)


@pytest.mark.one_thread
@pytest.mark.parametrize("peer", PEERS)
def test_report_beside_a_library_of_drift(
    peer: str, files: tuple[int, Path, Path], record: Any
) -> None:
    folder = os.environ.get("MAINSPRING_PEERS")
    python = python_of(Path(folder or ""), next(name for name in ENVIRONMENTS if name in peer))
    if not folder or not python.exists():
        pytest.skip("no environment for this library: python -m bench.peer_environments")
    rows, before_file, now_file = files
    run = subprocess.run(
        [python, JOB, peer, before_file, now_file],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NML_DISABLE_USAGE_LOGGING": "1", "OMP_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    found = json.loads(run.stdout.strip().splitlines()[-1])
    before, now = pq.read_table(before_file), pq.read_table(now_file)
    profile = ms.profile(before)
    for case, reference in (("stored profile", profile), ("both tables", before)):
        ours = cpu_seconds(lambda reference=reference: ms.detect_drift(reference, now))
        record.value(
            f"{rows:,} rows x 40 columns, {case}, beside {peer}",
            found["seconds"] / ours,
            unit="x",
            api=f"{found['seconds']:.1f} s of CPU with {found['version']}; {1e3 * ours:.0f} ms",
        )
