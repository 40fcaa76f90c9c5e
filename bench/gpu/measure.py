"""Time the GPU kernels with events and write one JSON: ``python -m bench.gpu.measure RESULT.json``.

Every case's result is compared with the CPU's, bit for bit, before it is timed. Inputs rotate, so
that none is in the cache from the turn before; times are medians with the least and the most. In
the same run, on the same device: the bandwidth of a copy and the rate of a float32 product.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import mainspring as ms
from bench.gpu.cases import Case, cases
from bench.machine import commit, machine, versions

__all__ = ["measure", "timed"]

SCHEMA = 1
_ROOT = Path(__file__).resolve().parents[2]


class Clock(Protocol):
    """Times work on a device."""

    def milliseconds(self, work: Callable[[], Any]) -> float: ...


class EventClock:
    """CUDA events on the default stream, through CuPy."""

    def __init__(self) -> None:
        import cupy

        self._cupy = cupy

    def milliseconds(self, work: Callable[[], Any]) -> float:
        cuda = self._cupy.cuda
        begin, end = cuda.Event(), cuda.Event()
        begin.record(cuda.Stream.null)
        work()
        end.record(cuda.Stream.null)
        end.synchronize()
        return float(cuda.get_elapsed_time(begin, end))


def timed(clock: Clock, turns: list[Callable[[], Any]], num_times: int) -> dict[str, float]:
    """Run each turn once to warm up, then one after the other; return milliseconds of a turn."""
    for turn in turns:
        clock.milliseconds(turn)
    found = [clock.milliseconds(turns[i % len(turns)]) for i in range(num_times)]
    return {"median_ms": statistics.median(found), "min_ms": min(found), "max_ms": max(found)}


def _copy_gb_per_second(clock: Clock) -> float:
    import cupy

    num_bytes = 1 << 30
    pairs = [(cupy.ones(num_bytes, cupy.uint8), cupy.ones(num_bytes, cupy.uint8)) for _ in range(2)]
    turns = [lambda pair=pair: cupy.copyto(pair[0], pair[1]) for pair in pairs]
    return 2 * num_bytes / timed(clock, turns, 21)["median_ms"] / 1e6


def _product_tflops(clock: Clock) -> float:
    import cupy

    size = 8192
    sides = [cupy.random.random((size, size), dtype=cupy.float32) for _ in range(3)]
    turns = [lambda i=i: sides[i] @ sides[(i + 1) % 3] for i in range(3)]
    return 2 * size**3 / timed(clock, turns, 9)["median_ms"] / 1e9


def _device() -> dict[str, Any]:
    import cupy

    facts = cupy.cuda.runtime.getDeviceProperties(0)
    return {
        "name": facts["name"].decode(),
        "memory_gib": round(facts["totalGlobalMem"] / 2**30, 1),
        "multiprocessors": facts["multiProcessorCount"],
        "driver": cupy.cuda.runtime.driverGetVersion(),
        "cupy": cupy.__version__,
    }


def _on_one_core(case: Case) -> float:
    """Return rows a second of one thread of this machine's CPU."""
    case.on_cpu()
    begin = time.perf_counter()
    num_rows = case.on_cpu()
    return num_rows / (time.perf_counter() - begin)


def measure(clock: Clock, num_rows: int, num_turns: int, num_times: int) -> list[dict[str, Any]]:
    """Check and time every case.

    Returns
    -------
    list of dict
        ``name``, ``num_rows``, ``num_bytes``, the times, ``rows_per_second``, ``gb_per_second`` and
        ``times_one_core``.
    """
    ms.set_num_threads(1)
    results = []
    for case in cases(num_rows, num_turns):
        case.check()
        times = timed(clock, case.turns, num_times)
        seconds = times["median_ms"] / 1e3
        rate = case.num_rows / seconds
        results.append(
            {
                "name": case.name,
                "num_rows": case.num_rows,
                "num_bytes": case.num_bytes,
                **times,
                "rows_per_second": rate,
                "gb_per_second": case.num_bytes / seconds / 1e9,
                "times_one_core": rate / _on_one_core(case),
            }
        )
    return results


def main() -> None:
    """Measure on device 0 and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--times", type=int, default=21)
    arguments = parser.parse_args()
    clock = EventClock()
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "commit": commit(_ROOT),
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "device": _device(),
        "versions": versions(),
        "copy_gb_per_second": _copy_gb_per_second(clock),
        "product_tflops_float32": _product_tflops(clock),
    }
    found["results"] = measure(clock, arguments.rows, arguments.turns, arguments.times)
    for result in found["results"]:
        result["share_of_copy"] = result["gb_per_second"] / found["copy_gb_per_second"]
    arguments.result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
