"""The progress bar: on terminals only, on one line, never wider than the terminal."""

from __future__ import annotations

import io

import pytest

from mainspring._progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_when_not_a_terminal_writes_nothing() -> None:
    stream = io.StringIO()
    with Progress("work", 10, stream) as progress:
        progress.advance(10)
    assert stream.getvalue() == ""


def test_progress_when_terminal_is_dumb_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with Progress("work", 1, stream) as progress:
        progress.advance()
    assert stream.getvalue() == ""


def test_progress_when_done_removes_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with Progress("work", 2, stream) as progress:
        progress.advance(2)
    text = stream.getvalue()
    assert "\n" not in text
    assert "100 %" in text
    assert text.endswith("\r\x1b[K")


@pytest.mark.parametrize("width", [1, 2, 5, 8, 12, 20, 24, 40, 80, 300])
@pytest.mark.parametrize("done", [0, 1, 50, 99, 100])
def test_line_when_terminal_is_narrow_fits(width: int, done: int) -> None:
    progress = Progress("training", 100, io.StringIO())
    progress.advance(done)
    line = progress.line(width)
    assert len(line) < max(width, 1) or line == ""
    if width >= 24:
        assert line.startswith("training [")
        assert line.endswith(f"{done:3d} %")
        assert line.count("#") == (len(line) - len("training [] 100 %")) * done // 100


def test_progress_when_advanced_too_far_stays_at_the_end() -> None:
    progress = Progress("work", 3, io.StringIO())
    progress.advance(7)
    assert progress.line(80).endswith("100 %")
