"""Commands on pages other than the guides run too, and answer as the page says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from tests.docs import flights
from tests.docs.guide import Block, Reader, blocks_of

DOCS = Path(__file__).resolve().parents[2] / "docs"

# What no reader of pages runs here, and the tests that run its like.
ELSEWHERE = {
    ("adding/operator.md", "cpp"): "tests/repo/test_completeness.py",
    ("adding/operator.md", "python"): "tests/repo/test_completeness.py",
    ("edge/browser.md", "js"): "tests/pack/test_browser.py",
    ("edge/index.md", "console"): "tests/edge/test_targets.py",
    ("edge/pack.md", "c"): "tests/pack/test_source.py",
    ("embedding.md", "cmake"): "tests/edge/test_embedding.py",
    ("embedding.md", "console"): "tests/edge/test_embedding.py",
    ("pipelines.md", "sh"): "tests/pipeline/test_command.py",
    ("quickstart.md", "sh"): "tests/quickstart/test_quickstart.py",
    ("serving.md", "yaml"): "tests/serve/test_metrics.py",
}
HERE = {
    ("edge/functions.md", "console"),
    ("edge/pack.md", "console"),
    ("faq.md", "sh"),
    ("serving.md", "bash"),
    ("serving.md", "json"),
}
# Their pages are run in environments that have them: tests/integrations/pages.py.
SYSTEMS = DOCS / "integrations"
MARKUP = re.compile(r"\{(?!code-block)[\w-]+\}")


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    predictor = flights.names()["predictor"]
    assert isinstance(predictor, ms.Predictor)
    return predictor


def page(name: str) -> list[Block]:
    return blocks_of((DOCS / name).read_text(encoding="utf-8"))


def test_blocks_of_all_pages_are_run_by_a_test() -> None:
    unknown, used = [], set()
    for path in DOCS.rglob("*.md"):
        name = path.relative_to(DOCS).as_posix()
        for block in page(name):
            kind = (name, block.language)
            used.add(kind)
            run = (
                block.language == "python"
                or path.parent.name in ("guides", "notebooks")
                or kind in HERE
            )
            # What installs is run by whoever makes the environment of the tests.
            run = run or block.language == "text"
            run = run or (kind[1] == "py" and path.parent == SYSTEMS)
            run = run or all(line.startswith("pip ") for line in block.text.splitlines())
            if not run and kind not in ELSEWHERE and not MARKUP.match(block.language):
                unknown.append(kind)
    assert unknown == []
    assert (set(ELSEWHERE) | HERE) - used == set()
    assert [test for test in ELSEWHERE.values() if not (DOCS.parent / test).is_file()] == []


def alike(answer: Any, shown: Any) -> bool:
    """Say whether two answers are the same but for numbers and what errors are about."""
    if isinstance(shown, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == shown.keys()
            and all(alike(answer[key], shown[key]) for key in shown)
        )
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(alike, answer, shown))
    return isinstance(answer, type(shown)) and (isinstance(shown, float) or answer == shown)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page asks with curl")
def test_requests_of_the_page_of_the_server_are_answered_as_it_says(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    predictor.save(tmp_path / "late-flights.spring")
    answers = 0
    with Reader(tmp_path, {}) as reader:
        reader.do(Block("sh", "", "mainspring serve late-flights.spring --port 8080 &\n"))
        for block in page("serving.md"):
            if block.language == "bash":
                reader.do(Block("sh", "", block.text))
            elif block.language == "json" and '"error"' not in block.text:
                assert alike(json.loads(reader.output), json.loads(block.text)), reader.output
                answers += 1
        wrong = next(one.text for one in page("serving.md") if '"error"' in one.text)
        url = "http://127.0.0.1:8080/predict"
        body = '{"distance": "far","wind_speed":1,"carrier":"UA","dest":"BOS"}'
        ask = f"curl -s {url} -H 'Content-Type: application/json' -d '{body}'\n"
        reader.do(Block("sh", "", ask))
        assert json.loads(reader.output) == json.loads(wrong)
    assert answers == 3


def test_answers_when_of_another_form_are_not_alike() -> None:
    assert alike({"a": [1.5, "x"]}, {"a": [0.25, "x"]})
    for other in ({"a": [1.5]}, {"b": [1.5, "x"]}, {"a": [1.5, "y"]}, {"a": ["1.5", "x"]}):
        assert not alike(other, {"a": [0.25, "x"]})


@pytest.mark.parametrize("name", ["edge/pack.md", "edge/functions.md"])
def test_packing_as_the_page_says_writes_what_it_names(
    name: str, predictor: ms.Predictor, tmp_path: Path
) -> None:
    predictor.save(tmp_path / "late.spring")
    pq.write_table(flights.names()["this_week"], tmp_path / "rows.parquet")
    text = "\n".join(block.text for block in page(name) if block.language == "console")
    commands = re.findall(r"^\$ (mainspring pack [^#\n]*)", text, re.MULTILINE)
    assert len(commands) >= 3
    if shutil.which("clang") is None:  # the compiler of WebAssembly
        commands = [command for command in commands if "wasm" not in command]
    with Reader(tmp_path, {}) as reader:
        for command in commands:
            reader.do(Block("sh", "", command + "\n"))
            written = re.search(r"-o (\S+)", command)
            assert written is None or (tmp_path / written[1]).exists()


def test_commands_of_the_questions_run(tmp_path: Path) -> None:
    with Reader(tmp_path, {}) as reader:
        for block in page("faq.md"):
            reader.do(block)
        assert "All is well." in reader.output


def test_benchmark_of_the_page_compares_what_is_equal() -> None:
    (block,) = (one for one in page("adding/benchmark.md") if "def test_" in one.text)
    names: dict[str, Any] = {"np": np, "pa": pa, "ms": ms}
    exec(block.text, names)
    compared = []

    def compare(what: str, ours: Any, theirs: Any, *, check: Any, **_: Any) -> None:
        check(ours(), theirs())
        with pytest.raises(AssertionError):
            check(ours() + 1, theirs())
        compared.append(what)

    names["test_scale_beside_numpy"](compare)
    assert compared == ["standardize 200,000 rows"]
