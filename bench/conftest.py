"""Options and fixtures of the benchmarks: threads pinned, pairs compared, results written.

``pytest bench [--quick] [--threads N] [-k CLAIM]``. The results of a run are one JSON file in
bench/results; bench/results.py says what it holds. pytest-benchmark's own table and JSON show our
side of each pair.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from bench import results
from bench.machine import commit, copy_bandwidth, machine, versions
from bench.pairing import Budget, Pair

_ROOT = Path(__file__).resolve().parent.parent
_THREAD_VARIABLES = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_QUICK, _FULL = Budget(0.6, 5, 40), Budget(10.0, 7, 200)
_DOCUMENT: pytest.StashKey[results.Document] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mainspring benchmarks")
    group.addoption("--quick", action="store_true", help="few turns, no large cases")
    group.addoption("--threads", type=int, default=1, help="of the engine and of every peer")
    group.addoption("--result", type=Path, help="where to write the JSON result")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "large: takes long or much memory; not with --quick")
    config.addinivalue_line("markers", "one_thread: too little work for several threads")
    threads = config.getoption("--threads")
    for name in _THREAD_VARIABLES:
        os.environ[name] = str(threads)
    late = [name for name in ("polars", "lightgbm", "sklearn") if name in sys.modules]
    if late:
        raise pytest.UsageError(f"{late[0]} was loaded before its threads could be set")
    import polars
    import pyarrow
    from threadpoolctl import threadpool_limits

    import mainspring as ms

    # NumPy was loaded before, and threads of its BLAS that wait for work cost CPU time on either
    # side of a pair.
    threadpool_limits(threads, "blas")
    if polars.thread_pool_size() != threads:
        raise pytest.UsageError(f"polars has {polars.thread_pool_size()} threads, not {threads}")
    pyarrow.set_cpu_count(threads)
    pyarrow.set_io_thread_count(threads)
    ms.set_num_threads(threads)
    engine = ms.build_info()
    config.stash[_DOCUMENT] = {
        "schema": results.SCHEMA,
        "commit": commit(_ROOT),
        "date": time.strftime("%Y-%m-%d"),
        "mode": "quick" if config.getoption("--quick") else "full",
        "threads": threads,
        "machine": machine(),
        "engine": {name: engine[name] for name in ("compiler", "isa")},
        "versions": versions(),
        "bandwidth": copy_bandwidth(),
        "records": [],
    }


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if config.getoption("--quick") and item.get_closest_marker("large"):
            item.add_marker(pytest.mark.skip(reason="left out with --quick"))
        if config.getoption("--threads") > 1 and item.get_closest_marker("one_thread"):
            item.add_marker(pytest.mark.skip(reason="too little work for several threads"))


def pytest_report_header(config: pytest.Config) -> str:
    document = config.stash[_DOCUMENT]
    packages = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    return (
        f"{document['machine']['cpu']}, {document['engine']['isa']}, {document['threads']} "
        f"thread(s), copy {document['bandwidth'] / 1e9:.1f} GB/s; {packages}"
    )


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: Any) -> None:
    machine_info.pop("node", None)  # results are published; a host name is nobody's business


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    document = config.stash[_DOCUMENT]
    if not document["records"]:
        return
    clock = results.clock(document)
    terminalreporter.section(f"ours against peers, {clock} time")
    for record in document["records"]:
        terminalreporter.write_line(_line(record, clock))


def pytest_sessionfinish(session: pytest.Session) -> None:
    document = session.config.stash[_DOCUMENT]
    if not document["records"]:
        return
    default = f"{time.strftime('%Y%m%d-%H%M%S')}-{document['commit']}.json"
    path = session.config.getoption("--result") or _ROOT / "bench" / "results" / default
    results.write(path, document)


def _line(record: dict[str, Any], clock: str) -> str:
    name = f"{record['claim']}: {record['case']}"
    if record["kind"] == "value":
        theirs = "" if record["theirs"] is None else f"   {record['peer']} {record['theirs']:.4g}"
        return f"{name:70} {record['ours']:.4g} {record['unit']}{theirs}"
    ratio, ours = record["ratio"][clock], record["ours"][clock]["median"]
    return (
        f"{name:70} {record['peer']:13} {ratio['median']:6.2f} x "
        f"[{ratio['low']:.2f}, {ratio['high']:.2f}]  {1e6 * ours:.1f} us"
    )


@dataclass
class Recorder:
    """Adds numbers of one claim to the results of the run."""

    claim: str
    document: results.Document

    def value(
        self,
        case: str,
        ours: float,
        *,
        unit: str,
        theirs: float | None = None,
        peer: str | None = None,
        api: str = "",
    ) -> None:
        """Add a number that is not a pair of times."""
        self.add(
            {
                "kind": "value",
                "claim": self.claim,
                "case": case,
                "peer": peer,
                "api": api,
                "unit": unit,
                "ours": ours,
                "theirs": theirs,
            }
        )

    def add(self, record: dict[str, Any]) -> None:
        """Add a record as it is."""
        if record["peer"] is not None:
            metadata.version(record["peer"])  # a peer without a version is a misspelt one
        self.document["records"].append(record)


@dataclass
class Comparison:
    """Times pairs of one claim."""

    recorder: Recorder
    budget: Budget
    benchmark: Any

    def __call__(
        self,
        case: str,
        ours: Callable[[], Any],
        theirs: Callable[[], Any],
        *,
        peer: str,
        api: str,
        check: Callable[[Any, Any], None],
        rows: int,
        num_bytes: int | None = None,
    ) -> None:
        """Assert that both give equal results, then time them in turns.

        Parameters
        ----------
        case : str
            What is done to what, in words.
        ours, theirs : callable
            Take no argument and do the same work.
        peer, api : str
            The peer's distribution and what of it is called.
        check : callable
            Takes both results and raises where they differ.
        rows : int
            Rows of a call.
        num_bytes : int, optional
            Bytes that have to be read and written at least.
        """
        check(ours(), theirs())
        pair = Pair(ours, theirs)
        turns = pair.warm_up(self.budget)
        self.benchmark.pedantic(pair.time_ours, setup=pair.time_peer, rounds=turns, iterations=1)
        summary = pair.summary()
        speed = None if num_bytes is None else num_bytes / summary["ours"]["cpu"]["median"]
        bandwidth = self.recorder.document["bandwidth"]
        record = {
            "kind": "pair",
            "claim": self.recorder.claim,
            "case": case,
            "peer": peer,
            "api": api,
            "rows": rows,
            "bytes": num_bytes,
            "bandwidth_share": None if speed is None else speed / bandwidth,
            **summary,
        }
        self.benchmark.extra_info.update(results.rounded(record))
        self.recorder.add(record)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Recorder:
    """Add values that are not pairs of times."""
    claim = request.path.stem.removeprefix("bench_")
    return Recorder(claim, request.config.stash[_DOCUMENT])


@pytest.fixture
def compare(request: pytest.FixtureRequest, record: Recorder, benchmark: Any) -> Comparison:
    """Measure ours against a peer."""
    quick = request.config.getoption("--quick")
    return Comparison(record, _QUICK if quick else _FULL, benchmark)


@pytest.fixture(scope="session")
def threads(request: pytest.FixtureRequest) -> int:
    """Threads that every side may use."""
    return int(request.config.getoption("--threads"))
