"""The process of an isolated step: ``python -m mainspring.pipeline.child FD``, request on stdin."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from mainspring.pipeline.isolated import answer

__all__ = ["main"]


def main() -> None:
    """Read one request, answer it, and end with the parent."""
    out = int(sys.argv[1])
    os.set_inheritable(out, False)  # what the step starts must not keep the parent waiting
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def say(line: dict[str, Any]) -> None:
        os.write(out, json.dumps(line).encode() + b"\n")

    answer(request, say)
    sys.stdout.flush()
    sys.stderr.flush()
    os.close(out)
    os._exit(0)  # threads that the step left behind do not hold the process


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # returns when the parent closes it, or is gone
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
