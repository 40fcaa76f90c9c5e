"""Claim: transforming takes 4 MB for each thread beyond the output, however many rows there are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PEERS = {"polars": "lazy query, casts to Enum, gather, to_numpy", "pyarrow": "index_in, numpy take"}


def extra_mebibytes(side: str, rows: int, threads: int) -> float:
    """Return the peak of a process during the second transform, less what it held before."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.peak_memory", side, str(rows), str(threads)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return float(json.loads(run.stdout)["extra_bytes"]) / (1 << 20)


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux's /proc"
)
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
@pytest.mark.parametrize("peer", list(PEERS))
def test_memory_of_transform(rows: int, peer: str, threads: int, record: Any) -> None:
    record.value(
        f"transform {rows:,} rows, beyond the output",
        extra_mebibytes("mainspring", rows, threads),
        unit="MiB",
        theirs=extra_mebibytes(peer, rows, threads),
        peer=peer,
        api=PEERS[peer],
    )
