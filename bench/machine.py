"""What a result was measured on: the machine in words, versions, and its memory bandwidth.

Neither host name nor path: results are published.
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["commit", "copy_bandwidth", "cpu_name", "machine", "versions"]

PACKAGES = (
    *("mainspring", "numpy", "pyarrow", "polars", "pandas", "scikit-learn", "scipy", "lightgbm"),
    *("xgboost-cpu", "duckdb"),
    *("starlette", "pytest-benchmark"),
)
_COPIED_BYTES = 128 << 20


def machine() -> dict[str, Any]:
    """Describe the processor, memory and system."""
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "cache_mib": _last_cache_bytes() / (1 << 20),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of every package that takes part."""
    installed = {found.name.lower() for found in metadata.distributions()}
    packages = {name: metadata.version(name) for name in PACKAGES if name in installed}
    return {"python": platform.python_version(), **packages}


def commit(root: Path) -> str:
    """Return the short commit of the tree, with a plus where files differ from it."""
    run = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() if run.returncode == 0 else "unknown"


def copy_bandwidth(
    num_bytes: int = _COPIED_BYTES,
    repeats: int = 9,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Measure bytes per second of a copy by one thread, bytes read and bytes written counted.

    The arrays are warm and larger than the last cache; the fastest copy counts, and CPU time, so
    that other work on the machine matters little.
    """
    source = np.ones(num_bytes // 8)
    target = np.zeros_like(source)
    best = float("inf")
    for _ in range(repeats):
        started = clock()
        np.copyto(target, source)
        best = min(best, clock() - started)
    return 2 * source.nbytes / best


# AMD's processors of a family and their models, where hypervisors give all of them one name.
_ZENS = {
    (25, range(0x10, 0x20)): "Zen 4",
    (25, range(0xA0, 0xB0)): "Zen 4",
    (25, range(0x00, 0x10)): "Zen 3",
    (26, range(0x00, 0x20)): "Zen 5",
}


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    return cpu_name(info.read_text(encoding="utf-8"))


def cpu_name(info: str) -> str:
    """Return what the text of /proc/cpuinfo calls the processor.

    Where that is no more than "AMD EPYC", its generation stands behind: two of them are not the
    same machine.
    """
    fields: dict[str, str] = {}
    for line in info.splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    name = fields.get("model name", "")
    family, model = fields.get("cpu family", ""), fields.get("model", "")
    if name == "AMD EPYC" and family.isdigit() and model.isdigit():
        known = (
            zen for (of, models), zen in _ZENS.items() if of == int(family) and int(model) in models
        )
        return f"{name} ({next(known, f'family {family}, model {model}')})"
    return name or platform.processor() or platform.machine()


def _last_cache_bytes() -> int:
    sizes = [0]
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text(encoding="utf-8").strip()
        sizes.append(int(text[:-1]) << {"K": 10, "M": 20}[text[-1]])
    return max(sizes)
