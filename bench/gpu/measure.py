"""Time the GPU kernels with events and write one JSON: ``python -m bench.gpu.measure RESULT.json``.

Every case's result is compared before it is timed: the engine's with the CPU's, bit for bit, the
training operators' with torch's, within the error that they promise. Inputs rotate, so that none is
in the cache from the turn before; times are medians with the least and the most. In the same run,
on the same device: the bandwidth of a copy, the rate of a product of matrices, torch eager and
torch.compile. The file is written anew after each case, and what the time did not suffice for is
named in it. Without a GPU it says why, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import mainspring as ms
from bench.gpu.cases import Case, cases
from bench.machine import commit, machine, versions

__all__ = ["measure", "measure_training", "missing", "timed"]

SCHEMA = 2
_ROOT = Path(__file__).resolve().parents[2]
_NEVER = float("inf")


class Clock(Protocol):
    """Times work on a device."""

    def milliseconds(self, work: Callable[[], Any]) -> float: ...


class CupyClock:
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


class TorchClock:
    """CUDA events on the default stream, through torch."""

    def __init__(self) -> None:
        import torch

        self._cuda = torch.cuda

    def milliseconds(self, work: Callable[[], Any]) -> float:
        begin, end = (self._cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end))


def missing() -> dict[str, str]:
    """Say what keeps each part from being measured here; '' where nothing does.

    Returns
    -------
    dict of str to str
        Of "engine" and "training".
    """
    facts = ms.build_info()["cuda"]
    assert isinstance(facts, dict)
    engine = "" if facts["available"] else str(facts["message"])
    training = "torch is not installed"
    has_torch = False
    if find_spec("torch") is not None:
        import torch

        has_torch = torch.cuda.is_available()
        training = "" if has_torch else "torch has no CUDA device"
        if has_torch and find_spec("triton") is None:
            training = "triton is not installed"
    if not engine and not has_torch and find_spec("cupy") is None:
        engine = "neither torch with CUDA nor CuPy, whose events time the work"
    return {"engine": engine, "training": training}


def timed(clock: Clock, turns: list[Callable[[], Any]], num_times: int) -> dict[str, float]:
    """Run each turn once to warm up, then one after the other; return milliseconds of a turn."""
    for turn in turns:
        clock.milliseconds(turn)
    found = [clock.milliseconds(turns[i % len(turns)]) for i in range(num_times)]
    return {"median_ms": statistics.median(found), "min_ms": min(found), "max_ms": max(found)}


def _rates(clock: Clock) -> dict[str, float]:
    """Return the bandwidth of a copy and the rate of products of matrices."""
    num_bytes, size, found = 1 << 30, 8192, {}
    if isinstance(clock, TorchClock):
        import torch

        ones = [torch.ones(num_bytes, dtype=torch.uint8, device="cuda") for _ in range(4)]
        copies = [lambda i=i: ones[i].copy_(ones[i + 2]) for i in range(2)]
        sides = [torch.rand(size, size, device="cuda") for _ in range(3)]
        short = [side.bfloat16() for side in sides]
        products = {"float32": sides, "bfloat16": short}
    else:
        import cupy

        ones = [cupy.ones(num_bytes, cupy.uint8) for _ in range(4)]
        copies = [lambda i=i: cupy.copyto(ones[i], ones[i + 2]) for i in range(2)]
        sides = [cupy.random.random((size, size), dtype=cupy.float32) for _ in range(3)]
        products = {"float32": sides}
    found["copy_gb_per_second"] = 2 * num_bytes / timed(clock, copies, 21)["median_ms"] / 1e6
    for name, of in products.items():
        turns = [lambda i=i, of=of: of[i] @ of[(i + 1) % 3] for i in range(3)]
        milliseconds = timed(clock, turns, 9)["median_ms"]
        found[f"product_tflops_{name}"] = 2 * size**3 / milliseconds / 1e9
    return found


def _device(clock: Clock) -> dict[str, Any]:
    if isinstance(clock, TorchClock):
        import torch

        known = torch.cuda.get_device_properties(0)
        return {
            "name": known.name,
            "memory_gib": round(known.total_memory / 2**30, 1),
            "multiprocessors": known.multi_processor_count,
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
        }
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


def measure(
    clock: Clock, num_rows: int, num_turns: int, num_times: int, end: float = _NEVER
) -> Iterator[dict[str, Any]]:
    """Check and time the cases of the engine, one by one.

    Parameters
    ----------
    clock : Clock
        What times them.
    num_rows, num_turns, num_times : int
        As for ``cases``; and how often each is timed.
    end : float
        When to begin no more cases, by ``time.monotonic``.

    Yields
    ------
    dict
        ``name``, ``num_rows``, ``num_bytes``, the times, ``rows_per_second``, ``gb_per_second`` and
        ``times_one_core``; or ``name`` and ``skipped``.
    """
    ms.set_num_threads(1)
    for case in cases(num_rows, num_turns):
        if time.monotonic() > end:
            yield {"name": case.name, "skipped": "out of time"}
            continue
        case.check()
        times = timed(clock, case.turns, num_times)
        seconds = times["median_ms"] / 1e3
        rate = case.num_rows / seconds
        yield {
            "name": case.name,
            "num_rows": case.num_rows,
            "num_bytes": case.num_bytes,
            **times,
            "rows_per_second": rate,
            "gb_per_second": case.num_bytes / seconds / 1e9,
            "times_one_core": rate / _on_one_core(case),
        }


def _difference(ours: list[Any], theirs: list[Any]) -> float:
    """Return the largest difference, over the largest magnitude of each tensor."""
    worst = 0.0
    for one, other in zip(ours, theirs, strict=True):
        scale = max(float(other.double().abs().max()), 1e-30)
        worst = max(worst, float((one.double() - other.double()).abs().max()) / scale)
    return worst


def measure_training(
    clock: Clock, device: str, num_times: int, end: float = _NEVER, *, compiles: bool = True
) -> Iterator[dict[str, Any]]:
    """Check and time the training operators, one by one, beside torch.

    Parameters
    ----------
    clock : Clock
        What times them.
    device : str
        "cuda", or "cpu" for small ones.
    num_times : int
        How often each is timed.
    end : float
        When to begin no more cases, by ``time.monotonic``.
    compiles : bool
        Whether to time torch.compile too.

    Yields
    ------
    dict
        ``name``, ``num_bytes``, the times of ours, ``gb_per_second``, ``difference`` from torch,
        ``torch_ms``, and ``compiled_ms`` where torch.compile takes the case; or ``skipped``.
    """
    from bench.gpu.training_cases import training_cases

    for case in training_cases(device):
        if time.monotonic() > end:
            yield {"name": case.name, "skipped": "out of time"}
            continue
        # Tensors of gradients are taken anew by the other side.
        ours = [one.clone() for one in case.ours()]
        difference = _difference(ours, case.theirs())
        assert difference <= case.tolerance, (case.name, difference)
        times = timed(clock, [case.ours], num_times)
        found = {
            "name": case.name,
            "num_bytes": case.num_bytes,
            **times,
            "gb_per_second": case.num_bytes / times["median_ms"] / 1e6,
            "difference": difference,
            "torch_ms": timed(clock, [case.theirs], num_times)["median_ms"],
        }
        if compiles and case.function is not None:
            found["compiled_ms"] = _compiled(clock, case, num_times)
        yield found


def _compiled(clock: Clock, case: Any, num_times: int) -> float | str:
    """Return milliseconds of torch.compile, or why there are none."""
    import torch

    compiled = torch.compile(case.function)

    def turn() -> None:
        for one in case.arguments:
            one.grad = None
        out = compiled(*case.arguments)
        if out.requires_grad:
            (out if out.dim() == 0 else out.sum()).backward()

    try:
        return timed(clock, [turn], num_times)["median_ms"]
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def measure_blocks(clock: Clock, num_times: int) -> dict[str, dict[str, float]]:
    """Return milliseconds of kernels by their block size, to choose defaults by."""
    from bench.gpu.training_cases import block_sizes

    found: dict[str, dict[str, float]] = {}
    for name, side_of in block_sizes(1 << 26).items():
        times = {}
        for block in (512, 1024, 2048, 4096, 8192):
            times[str(block)] = timed(clock, [side_of(block)], num_times)["median_ms"]
        found[name] = times
    return found


def _share(results: list[dict[str, Any]], copy: float) -> None:
    for result in results:
        if "gb_per_second" in result:
            result["share_of_copy"] = result["gb_per_second"] / copy


def main() -> None:
    """Measure on device 0 and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--times", type=int, default=21)
    parser.add_argument("--seconds", type=float, default=400, help="begin no case after these")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    arguments = parser.parse_args()
    lacks = missing()
    found: dict[str, Any] = {"schema": SCHEMA, "skipped": {k: v for k, v in lacks.items() if v}}

    def write() -> None:
        arguments.result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")

    if all(lacks.values()):
        write()
        print("nothing is measured:", "; ".join(f"{k}: {v}" for k, v in lacks.items()))
        return
    clock = CupyClock() if lacks["training"] else TorchClock()
    end = time.monotonic() + arguments.seconds
    found |= {
        "commit": commit(_ROOT),
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "device": _device(clock),
        "versions": versions(),
        **_rates(clock),
    }
    parts: dict[str, Iterator[dict[str, Any]]] = {}
    if not lacks["training"]:
        compiles = not arguments.no_compile
        middle = time.monotonic() + arguments.seconds / 2
        parts["training"] = measure_training(
            clock, "cuda", arguments.times, middle, compiles=compiles
        )
    if not lacks["engine"]:
        numbers = (arguments.rows, arguments.turns, arguments.times)
        parts["results"] = measure(clock, *numbers, end)
    for name, results in parts.items():
        found[name] = []
        try:
            for result in results:
                found[name].append(result)
                _share(found[name], found["copy_gb_per_second"])
                write()
        except Exception as error:
            # What was measured stays; the rest of this part is named as missing.
            found["skipped"][name] = f"{type(error).__name__}: {error}"[:500]
    if not lacks["training"] and time.monotonic() < end:
        found["blocks"] = measure_blocks(clock, 9)
    write()
    print(json.dumps(found, indent=2))
    if any(name in found["skipped"] for name in parts):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
