"""``mainspring run`` and ``mainspring runs``, the lock file, the picture and the progress view."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.cli import main
from mainspring.pipeline.attempt import Outcome
from mainspring.pipeline.progress_view import ProgressView

FLOW = """
import mainspring as ms

pipeline = ms.Pipeline("flow", parameters={"n": 2, "name": "x"})


@pipeline.step
def made(n):
    return n


@pipeline.step
def told(made, name):
    return f"{name}{made}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAINSPRING_STORE", raising=False)
    (tmp_path / "flow.py").write_text(FLOW)
    return tmp_path


def test_run_prints_what_ran_and_writes_a_lock(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "flow.py", "--set", "n=3", "--svg", "flow.svg"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"made  ran     +\d\.\d{3} s  no result yet", lines[0])
    assert lines[2].startswith("Run(1 of 'flow': 2 ran, 0 cached): ")
    assert ET.parse("flow.svg").getroot().tag.endswith("svg")
    lock = json.loads(Path("flow.lock").read_text())
    assert lock["steps"]["made"]["of"]["parameters"] == {"n": 3}
    assert str(folder) not in Path("flow.lock").read_text()


def test_lock_when_one_thing_changes_differs_in_few_lines(folder: Path) -> None:
    main(["run", "flow.py"])
    before = Path("flow.lock").read_text().splitlines()
    main(["run", "flow.py"])
    assert Path("flow.lock").read_text().splitlines() == before
    main(["run", "flow.py", "--set", "name=y"])
    after = Path("flow.lock").read_text().splitlines()
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(changed) == 3  # key, content and the parameter of one step
    assert changed[2] == ('     "name": "x"', '     "name": "y"')


def test_locked_run_says_where_it_differs_and_runs_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "flow.py", "--locked"]) == 2
    assert "Run the pipeline once without --locked" in capsys.readouterr().err
    main(["run", "flow.py"])
    assert main(["run", "flow.py", "--locked"]) == 0
    capsys.readouterr()
    assert main(["run", "flow.py", "--locked", "--set", "n=5"]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "made: parameter n: 2 -> 5",
        "told: made is new",
    ]
    for wrong in (b"<<<<<<<\n", b"\xff", b"[]"):
        Path("flow.lock").write_bytes(wrong)
        assert main(["run", "flow.py", "--locked"]) == 2
        assert "is no lock file of this version" in capsys.readouterr().err


def test_dry_run_runs_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "flow.py", "--dry-run", "--from", "told"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "made  runs    no result yet",
        "told  runs    asked for",
    ]
    assert not (folder / ".mainspring").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "n"], "--set: 'n' is not NAME=VALUE."),
        (["--set", "m=1"], "no parameter 'm'"),
        (["--set", "n=a"], "its default 2 is of type int, got 'a'"),
        (["--from", "tol"], "There is no step 'tol'"),
        (["--workers", "0"], "workers must be 1 or more"),
        (["--svg", "no/a.svg"], "the folder no does not exist"),
        (["--pipeline", "other"], "expected one pipeline 'other'"),
    ],
)
def test_wrong_arguments_are_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["run", "flow.py", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\nhello", "bad.py, line 2: NameError: name 'hello' is not defined"),
        ("x = (", "bad.py, line 1: SyntaxError: '(' was never closed"),
    ],
)
def test_mistake_in_the_file_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (folder / "bad.py").write_text(text)
    assert main(["run", "bad.py"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "MAINSPRING_DEBUG=1" in error
    assert error.count("\n") == 1


def test_runs_are_listed_with_steps_and_reasons(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs"]) == 2
    assert ".mainspring: there is no store here" in capsys.readouterr().err
    main(["run", "flow.py"])
    main(["run", "flow.py", "--set", "name=z"])
    capsys.readouterr()
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert lines[1].endswith("1 ran, 1 cached")
    assert main(["runs", "2"]) == 0
    text = capsys.readouterr().out
    assert 'n=2, name="z"' in text
    assert 'parameter name: "x" -> "z"' in text
    assert main(["runs", "--json", "--last", "1"]) == 0
    assert [run["state"] for run in json.loads(capsys.readouterr().out)] == ["done", "done"]
    assert main(["runs", "7"]) == 2
    assert main(["runs", "--verify"]) == 0
    for path in Path(".mainspring/artifacts").glob("*/*/manifest.json"):
        path.write_text("{}")
    assert main(["runs", "--verify"]) == 1


def test_picture_has_a_box_for_each_step_and_a_line_for_each_need(
    make: Callable[..., ms.Pipeline],
) -> None:
    pipeline = make()
    pipeline.add("a", lambda: 1)
    pipeline.add("b", lambda a: 1)
    pipeline.add("c", lambda a, b: 1)
    svg = pipeline.to_svg()
    root = ET.fromstring(svg)
    name = "{http://www.w3.org/2000/svg}"
    boxes = {box.find(f"{name}title").text: box for box in root.iter(f"{name}g")}  # type: ignore[union-attr]
    lefts = {text: float(box.find(f"{name}rect").get("x")) for text, box in boxes.items()}  # type: ignore[union-attr, arg-type]
    assert lefts["a"] < lefts["b"] < lefts["c"]
    assert len(list(root.iter(f"{name}path"))) == 3
    assert " id=" not in svg
    assert pipeline._repr_html_() == f'<div style="overflow-x:auto">{svg}</div>'
    assert ET.fromstring(make().to_svg()).tag.endswith("svg")


def test_names_of_steps_fit_into_their_boxes(make: Callable[..., ms.Pipeline]) -> None:
    pipeline = make()
    pipeline.add("quality_of_everything_that_was_sold", lambda: 1)
    box = re.search(r'<rect [^>]*width="([\d.]+)"', pipeline.to_svg())
    assert box is not None
    assert float(box[1]) >= 0.6021 * 13 * 35 + 16  # DejaVu Sans Mono, and some room on both sides


def test_picture_of_a_run_says_what_became_of_each_step(
    make: Callable[..., ms.Pipeline],
) -> None:
    pipeline = make()
    pipeline.add("a", lambda: 1, version="1")
    assert "<title>a: ran</title>" in pipeline.run()._repr_html_()
    assert 'class="cached"' in pipeline.run()._repr_html_()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(text: str) -> list[str]:
    """Return what a terminal shows after it was written to."""
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[\d*[AJ]|\n)", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1])
            assert row >= 0
        elif part == "\x1b[J":
            lines = [*lines[:row], ""]
        else:
            lines[row] += part
    return lines


def outcome(state: str) -> Outcome:
    return Outcome("0" * 64, state, () if state == "cached" else ("no result yet",), 1.5, "")


def test_view_on_a_terminal_keeps_finished_steps_and_removes_its_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "10")
    stream = Terminal()
    with ProgressView(3, stream) as view:
        view.start("read")
        view.start("fit")
        view.end("read", outcome("ran"))
        assert screen(stream.getvalue())[:3] == [
            "read: 1.50 s (no result yet)",
            "[##########....................] 1/3 steps",
            "  fit 0 s",
        ]
        view.retry("fit", ValueError("x\ny"), 2.0)
        view.fail("fit", ValueError("bad"))
    assert [line for line in screen(stream.getvalue()) if line] == [
        "read: 1.50 s (no result yet)",
        "fit: x; again in 2 s",
        "fit: failed. bad",
    ]


@pytest.mark.parametrize(("term", "terminal"), [("dumb", True), ("", True), ("xterm", False)])
def test_view_elsewhere_writes_lines_that_stay(
    monkeypatch: pytest.MonkeyPatch, term: str, terminal: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    stream = Terminal() if terminal else io.StringIO()
    with ProgressView(1, stream, shown=True) as view:
        view.start("read")
        view.end("read", outcome("cached"))
    assert stream.getvalue() == "read: cached\n"


@pytest.mark.parametrize("width", [1, 2, 7, 20, 80])
@pytest.mark.parametrize("height", [1, 2, 5])
def test_block_is_never_wider_or_taller_than_the_terminal(width: int, height: int) -> None:
    view = ProgressView(12, Terminal(), shown=False)
    for number in range(8):
        view.start(f"a_step_with_a_long_name_{number}")
    lines = view.block(width, height)
    assert len(lines) <= max(height - 1, 1)
    assert all(len(line) < max(width, 1) for line in lines)


def test_view_in_a_pipe_is_silent_unless_asked(make: Callable[..., ms.Pipeline]) -> None:
    stream = io.StringIO()
    with ProgressView(1, stream) as view:
        view.start("a")
        view.end("a", outcome("ran"))
    assert stream.getvalue() == ""
