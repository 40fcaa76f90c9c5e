"""The notebooks run, and hold the outputs that they give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.notebook import NOTEBOOKS, read, run
from tests.html import document


def shown(notebook: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """What the cells show, a list for each: kinds and texts, without numbers that may differ."""
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            texts = [
                (kind, "".join(text))
                for output in cell["outputs"]
                for kind, text in output.get("data", {"text/plain": output.get("text")}).items()
            ]
            texts = [(kind, re.sub(r"[-+0-9.,e%<]+", "#", text)) for kind, text in texts]
            cells.append(sorted(texts))
    return cells


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_when_run_again_shows_what_it_holds(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = read(path)
    if "import torch" in str(notebook):
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    again = shown(run(notebook))
    held = shown(notebook)
    assert [[kind for kind, _ in cell] for cell in again] == [
        [kind for kind, _ in cell] for cell in held
    ], "make it again: python -m tests.docs.notebook"
    for now, before in zip(again, held, strict=True):
        plain = [[text for kind, text in cell if kind == "text/plain"] for cell in (now, before)]
        assert plain[0] == plain[1]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_holds_its_outputs_and_they_are_safe_to_show(path: Path) -> None:
    notebook = read(path)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    pages = [
        "".join(output["data"]["text/html"])
        for cell in code
        for output in cell["outputs"]
        if "text/html" in output.get("data", {})
    ]
    assert len(pages) >= 3  # reports, profiles, predictors: not their text alone
    for page in pages:
        assert document.complaints(document.read(page)) == []
    assert notebook["nbformat"] == 4
    assert "".join(notebook["cells"][0]["source"]).startswith("# ")


def test_cells_when_run_show_what_they_print_and_return() -> None:
    cell = {"cell_type": "code", "source": ["print('a')\n", "x = 2\n", "x * 3"]}
    (done,) = run({"cells": [cell]})["cells"]
    assert [output.get("text") for output in done["outputs"]] == [["a\n"], None]
    assert done["outputs"][1]["data"] == {"text/plain": ["6"]}
    with pytest.raises(ZeroDivisionError):
        run({"cells": [{"cell_type": "code", "source": ["1 / 0"]}]})
