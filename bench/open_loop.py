"""An open loop: so many requests a second, whether or not those before are answered.

The client is a program in C, since one in Python would be later than the server it measures.
"""

from __future__ import annotations

import array
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.load import Measured, ServerProcess

__all__ = ["offer"]

SOURCE = Path(__file__).parent / "open_loop.c"


def offer(
    rate: float, seconds: float, server: ServerProcess, requests: Sequence[bytes], connections: int
) -> Measured:
    """Send so many requests a second over so many connections.

    A latency begins when its request was due, not when a connection was free for it.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("the client of an open loop is written in C, and there is no compiler")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "open_loop"
        command = [compiler, "-O2", "-std=c11", str(SOURCE), "-o", str(program), "-lm"]
        subprocess.run(command, check=True)
        words = [server.port, rate, seconds, connections, 1]
        cpu, begun = server.cpu_seconds(), time.perf_counter()
        done = subprocess.run(
            [str(program), *map(str, words)],
            input=b"".join(struct.pack("<I", len(one)) + one for one in requests),
            capture_output=True,
            check=False,
            timeout=seconds + 60,
            preexec_fn=lambda: os.sched_setaffinity(0, {max(os.sched_getaffinity(0))}),
        )
    assert done.returncode == 0, done.stderr
    numbers = array.array("d", done.stdout)
    return Measured(
        time.perf_counter() - begun,
        numbers[1:].tolist(),
        int(numbers[0]),
        server.cpu_seconds() - cpu,
    )
