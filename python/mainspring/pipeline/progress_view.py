"""How far a run is: a block that is redrawn on a terminal, one line for each event elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from mainspring.pipeline.attempt import Outcome

__all__ = ["ProgressView"]

_REDRAW_SECONDS = 0.2


class ProgressView:
    """Shows finished steps as lines, and below them the steps that run.

    On a terminal that can move its cursor, the running steps are a block that is redrawn five times
    a second; no line is as wide as the terminal, and the block is never taller. On a dumb terminal,
    in a pipe and in a file there are only lines that stay, in ASCII.

    Parameters
    ----------
    total : int
        Steps of the run.
    stream : file, optional
        Where to write; standard error by default.
    shown : bool, optional
        Whether to write at all; by default where the stream is a terminal.
    """

    def __init__(
        self, total: int, stream: TextIO | None = None, *, shown: bool | None = None
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        is_terminal = self._stream.isatty()
        self._shown = is_terminal if shown is None else shown
        self._live = self._shown and is_terminal and os.environ.get("TERM", "") not in ("", "dumb")
        self._total = total
        self._done = 0
        self._running: dict[str, float] = {}
        self._drawn = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._ticker: threading.Thread | None = None

    def start(self, name: str) -> None:
        """Note that a step begins.

        Parameters
        ----------
        name : str
            The step.
        """
        with self._lock:
            self._running[name] = time.monotonic()
            if self._live and self._ticker is None:
                self._ticker = threading.Thread(target=self._tick, daemon=True)
                self._ticker.start()

    def retry(self, name: str, error: Exception, seconds: float) -> None:
        """Note that a step failed and is tried again.

        Parameters
        ----------
        name : str
            The step.
        error : Exception
            Why it failed.
        seconds : float
            From now to the next try.
        """
        self._say(f"{name}: {_first_line(error)}; again in {seconds:g} s")

    def end(self, name: str, outcome: Outcome) -> None:
        """Note that a step has its result.

        Parameters
        ----------
        name : str
            The step.
        outcome : Outcome
            What became of it.
        """
        self._finish(name)
        if outcome.state == "cached":
            self._say(f"{name}: cached")
        else:
            why = "; ".join(outcome.reasons)
            self._say(f"{name}: {outcome.seconds:.2f} s ({why})")

    def fail(self, name: str, error: BaseException) -> None:
        """Note that a step failed for good.

        Parameters
        ----------
        name : str
            The step.
        error : BaseException
            Why.
        """
        self._finish(name)
        self._say(f"{name}: failed. {_first_line(error)}")

    def block(self, width: int, height: int) -> list[str]:
        """Return the lines of the block that is redrawn.

        Parameters
        ----------
        width, height : int
            Of the terminal.

        Returns
        -------
        list of str
            At most ``height - 1`` lines of at most ``width - 1`` characters.
        """
        now = time.monotonic()
        head = f"{self._done}/{self._total} steps"
        size = min(width - len(head) - 5, 30)
        if size >= 5:
            filled = size * self._done // max(self._total, 1)
            head = f"[{'#' * filled}{'.' * (size - filled)}] {head}"
        lines = [head, *(f"  {name} {now - at:.0f} s" for name, at in self._running.items())]
        room = max(height - 1, 1)
        if len(lines) > room:
            lines = [*lines[: room - 1], f"  and {len(lines) - room + 1} more"][:room]
        return [line[: max(width - 1, 0)] for line in lines]

    def __enter__(self) -> ProgressView:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        with self._lock:
            self._live = self._live and bool(self._drawn)
            if self._live:
                self._stream.write(self._erase())
                self._stream.flush()
            self._live = False

    def _finish(self, name: str) -> None:
        with self._lock:
            self._running.pop(name, None)
            self._done += 1

    def _say(self, line: str) -> None:
        if not self._shown:
            return
        with self._lock:
            if not self._live:
                self._stream.write(f"{line}\n")
            else:
                width = shutil.get_terminal_size().columns
                shown = line if len(line) < width else f"{line[: max(width - 4, 0)]}..."
                self._stream.write(f"{self._erase()}{shown}\n{self._draw()}")
            self._stream.flush()

    def _tick(self) -> None:
        while not self._closed.wait(_REDRAW_SECONDS):
            with self._lock:
                if self._live:
                    self._stream.write(self._erase() + self._draw())
                    self._stream.flush()

    def _draw(self) -> str:
        size = shutil.get_terminal_size()
        lines = self.block(size.columns, size.lines)
        self._drawn = len(lines)
        return "".join(f"{line}\n" for line in lines)

    def _erase(self) -> str:
        """Return what moves to the start of the block and clears from there."""
        drawn, self._drawn = self._drawn, 0
        return f"\x1b[{drawn}A\x1b[J" if drawn else ""


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
