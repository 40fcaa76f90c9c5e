"""What a call takes in memory: the peak of the process it runs in, read from Linux's /proc."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["extra_bytes"]


def extra_bytes(run: Callable[[], Any]) -> tuple[int, Any]:
    """Return how many bytes the process held at most beyond what it held before, and the result."""
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now
    result = run()
    return _status("VmHWM") - before, result


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise KeyError(name)
