"""Claim: two workers of Dask fit files much faster than one process, with Dask's own settings."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms

pytest.importorskip("dask", reason="dask is not installed")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")

from bench.clusters import cpu_seconds, preprocessor, timed, write_files  # noqa: E402

pytestmark = pytest.mark.one_thread


def test_fit_of_files(request: pytest.FixtureRequest, tmp_path: Path, record: Any) -> None:
    quick = request.config.getoption("--quick")
    rows, turns = (400_000, 2) if quick else (10_000_000, 5)
    paths = write_files(tmp_path, rows)

    def here() -> ms.Preprocessor:
        return preprocessor().fit(paths, target="y")

    def there() -> ms.Preprocessor:
        return ms.scale.dask.fit(preprocessor(), paths, target="y")

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert there().bundle.to_bytes() == here().bundle.to_bytes()  # and all is imported
        found: dict[str, list[float]] = {
            name: [] for name in ("alone", "one", "two", "one cpu", "path")
        }
        for _ in range(turns):
            one, two, path = _turn(client, here, there)
            with _one_core():
                found["alone"].append(timed(here)[1]["wall"])
            found["one"].append(one["wall"])
            found["one cpu"].append(one["cpu"])
            found["two"].append(two["wall"])
            found["path"].append(path)
    median = {name: statistics.median(times) for name, times in found.items()}
    case = f"{rows:,} rows of 20 files, two workers against one process"
    record.value(f"{case} on one core, by wall time", median["alone"] / median["two"], unit="x")
    record.value(f"{case} on two cores, by wall time", median["one"] / median["two"], unit="x")
    record.value(f"{case}, by CPU time", median["one cpu"] / median["path"], unit="x")
    record.value(f"{rows:,} rows of 20 files, two workers", median["two"], unit="s")
    record.value(f"{rows:,} rows of 20 files, one process", median["one"], unit="s")
    record.value(f"{rows:,} rows of 20 files, one process on one core", median["alone"], unit="s")


@contextlib.contextmanager
def _one_core() -> Iterator[None]:
    """Keep every thread of this process on one core, those that Arrow reads files with too."""
    cores = os.sched_getaffinity(0)

    def keep_on(allowed: set[int]) -> None:
        for thread in Path("/proc/self/task").iterdir():
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setaffinity(int(thread.name), allowed)

    keep_on({min(cores)})
    try:
        yield
    finally:
        keep_on(cores)


def _turn(
    client: Any, here: Callable[[], Any], there: Callable[[], Any]
) -> tuple[dict[str, float], dict[str, float], float]:
    """Time both, one after the other; the last number is CPU time of what nobody can share.

    That is this process, with the scheduler, and the busier one of the workers.
    """
    _, one = timed(here)
    before = client.run(cpu_seconds)
    _, two = timed(there)
    after = client.run(cpu_seconds)
    return one, two, two["cpu"] + max(after[name] - before[name] for name in after)
