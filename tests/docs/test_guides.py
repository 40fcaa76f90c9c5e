"""Every guide works from its first line to its last."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs import flights
from tests.docs.guide import Block, Reader, blocks_of, shows

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
PAGES = sorted(path for path in GUIDES.glob("*.md") if path.name != "index.md")


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return flights.names()


@pytest.mark.skipif(shutil.which("curl") is None, reason="guides ask servers with curl")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_guide_when_followed_works(
    path: Path, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = path.read_text(encoding="utf-8")
    if "import torch" in text:
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of(text)
    assert {"python", "sh"} <= {block.language for block in blocks}
    with Reader(tmp_path, names) as reader:
        for block in blocks:
            reader.do(block)


def test_guides_are_all_in_the_index_and_say_what_one_has_first() -> None:
    index = (GUIDES / "index.md").read_text(encoding="utf-8")
    for path in PAGES:
        title, _, first = path.read_text(encoding="utf-8").partition("\n\n")
        assert f"[{title.removeprefix('# ')}]({path.name})" in index
        assert first.startswith("You have "), path


def test_commands_that_are_not_run_are_said_not_to_be() -> None:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        commands = [block for block in blocks_of(text) if block.language == "console"]
        assert len(commands) == text.count("the suite runs all of this page but"), path


@pytest.mark.parametrize(
    "block",
    [
        Block("python", "", "assert 1 + 1 == 3\n"),
        Block("sh", "", "echo one\nfalse\necho two\n"),
        Block("sh", "", "false | cat\n"),
        Block("text", "", "two\n"),
    ],
)
def test_block_when_it_is_wrong_fails(block: Block, tmp_path: Path) -> None:
    with Reader(tmp_path, {}) as reader:
        reader.do(Block("sh", "", "echo one\n"))
        with pytest.raises(AssertionError):
            reader.do(block)


def test_block_when_of_a_language_that_is_not_run_is_refused(tmp_path: Path) -> None:
    with Reader(tmp_path, {}) as reader, pytest.raises(ValueError, match="no blocks of 'ruby'"):
        reader.do(Block("ruby", "", "puts 1\n"))


@pytest.mark.parametrize(
    ("output", "expected", "holds"),
    [
        ("a\nb\nc\n", "b\n", True),
        ("a\nb\nc\n", "a\nc\n", False),
        ("a\nb\nc\n", "a\n...\nc\n", True),
        ("a 1.5 b\n", "a ... b\n", True),
        ("a 1.5 b\n", "a ... c\n", False),
        ("ab\n", "a\n", False),
    ],
)
def test_output_when_compared_may_leave_out_what_dots_stand_for(
    output: str, expected: str, holds: bool
) -> None:
    assert shows(output, expected) is holds
