"""A progress bar for terminals; silent everywhere else."""

from __future__ import annotations

import os
import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

__all__ = ["Progress"]


class Progress:
    """Show how far a piece of work is, on one line that is rewritten in place.

    Draws on standard error, at most ten times a second, and only when that is a terminal; a pipe or
    a file never sees a byte. A finished bar is removed, so that the output stays what it would be
    without.

    Parameters
    ----------
    title : str
        What is being done.
    total : int, optional
        How many steps there are, at least 1. None where nobody knows: the line counts them.
    stream : file, optional
        Where to draw; standard error by default.
    shown : bool, default True
        Whether to draw at all.
    """

    def __init__(
        self, title: str, total: int | None, stream: TextIO | None = None, *, shown: bool = True
    ) -> None:
        self._title = title
        self._total = None if total is None else max(total, 1)
        self._stream = sys.stderr if stream is None else stream
        self._done = 0
        self._drawn_at = float("-inf")
        self._visible = shown and self._stream.isatty() and os.environ.get("TERM") != "dumb"

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done.

        Parameters
        ----------
        steps : int
            How many, since the last call.
        """
        self._done += steps
        if self._total is not None:
            self._done = min(self._done, self._total)
        if not self._visible:
            return
        now = time.monotonic()
        if now - self._drawn_at >= 0.1 or self._done == self._total:
            self._drawn_at = now
            self._stream.write("\r" + self.line(shutil.get_terminal_size().columns))
            self._stream.flush()

    def line(self, width: int) -> str:
        """Return the line as it is drawn: never wider than the terminal.

        Parameters
        ----------
        width : int
            Columns of the terminal.

        Returns
        -------
        str
            At most ``width - 1`` characters: the last column would make some terminals wrap.
        """
        if self._total is None:
            return f"{self._title} {self._done:,}"[: max(width - 1, 0)]
        percent = f"{100 * self._done // self._total:3d} %"
        room = width - 1 - len(self._title) - len(percent) - 4
        if room < 5:
            return f"{self._title} {percent}"[-max(width - 1, 0) :] if width > 1 else ""
        size = min(room, 30)
        filled = size * self._done // self._total
        return f"{self._title} [{'#' * filled}{'.' * (size - filled)}] {percent}"

    def __enter__(self) -> Progress:
        self.advance(0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
