"""Layers are checked, never hoped for: C++ includes, Python imports, and what either may touch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repo import cpp_rules, python_rules
from tests.repo.tree_rules import tracked_files

ROOT = Path(__file__).resolve().parents[2]
CPP = tuple(
    name
    for name in tracked_files(ROOT)
    if name.endswith((".cpp", ".hpp", ".h", ".c", ".inc", ".cu"))
)
PYTHON = tuple(
    name.removeprefix("python/mainspring/")
    for name in tracked_files(ROOT)
    if name.startswith("python/mainspring/") and name.endswith(".py")
)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_trees_when_listed_are_not_empty() -> None:
    assert len(CPP) > 30
    assert len(PYTHON) > 4


def test_includes_in_csrc_never_go_sideways_or_up() -> None:
    complaints = [
        complaint
        for path in CPP
        if path.startswith("csrc/")
        for complaint in cpp_rules.layer_complaints(path.removeprefix("csrc/"), read(path))
    ]
    assert complaints == [], "\n".join(complaints)


def test_includes_in_edge_reach_runtime_only() -> None:
    complaints = [
        complaint
        for path in CPP
        if path.startswith("edge/")
        for complaint in cpp_rules.edge_complaints(path, read(path))
    ]
    assert complaints == [], "\n".join(complaints)


def test_includes_when_foreign_are_where_they_belong() -> None:
    complaints = [
        complaint
        for path in CPP
        if path.startswith(("csrc/", "edge/", "kernels/"))
        for complaint in cpp_rules.header_complaints(path, read(path))
    ]
    assert complaints == [], "\n".join(complaints)


def test_layers_on_pages_are_those_that_are_checked() -> None:
    blocks = [
        re.findall(r"```(?:text)?\n((?:cli|bind)\n.+?)```", read(page), re.DOTALL)
        for page in ("docs/concepts/flow.md", "CONTRIBUTING.md")
    ]
    for block in (text for found in blocks for text in found):
        lines = block.partition("C++ below\n")[2] or block
        *rows, runtime = lines.replace("edge (sees runtime only)", "").strip().split("\n")
        below = runtime.removeprefix("runtime: ").split(" > ")
        drawn = [{f"runtime/{one}" for one in row.split(", ")} for row in reversed(below)]
        drawn += [set(row.split()) for row in reversed(rows)]
        assert drawn == [set(row) for row in cpp_rules.ROWS]
    assert [len(found) for found in blocks] == [1, 1]


def test_python_layers_on_the_page_are_those_that_are_checked() -> None:
    tomllib = pytest.importorskip("tomllib", reason="new in Python 3.11")
    contract = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    checked = [{name.strip(" ()") for name in row.split("|")} for row in contract["layers"]]
    block = re.search(r"```text\n(cli\n.+?)---", read("docs/concepts/flow.md"), re.DOTALL)
    assert block is not None
    drawn = [set(row.split()) for row in block[1].strip().split("\n")]
    # What is for the package alone, and the errors below everything, are left out of the picture.
    public = [{name for name in row if name[0] != "_"} - {"errors"} for row in checked]
    assert drawn == [row for row in public if row]


def test_engine_is_imported_by_its_neighbours_only() -> None:
    complaints = [
        complaint
        for path in PYTHON
        for complaint in python_rules.engine_complaints(path, read(f"python/mainspring/{path}"))
    ]
    assert complaints == [], "\n".join(complaints)


def test_optional_packages_are_imported_at_home_and_at_use() -> None:
    complaints = [
        complaint
        for path in PYTHON
        for complaint in python_rules.home_complaints(path, read(f"python/mainspring/{path}"))
    ]
    assert complaints == [], "\n".join(complaints)


def test_load_path_holds_no_way_from_data_to_code() -> None:
    complaints = [
        complaint
        for path in PYTHON
        for complaint in python_rules.unsafe_complaints(path, read(f"python/mainspring/{path}"))
    ]
    assert complaints == [], "\n".join(complaints)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("runtime/core/a.hpp", '#include "runtime/arrow/column_view.hpp"'),
        ("runtime/steps/a.cpp", '#include "runtime/models/model.hpp"'),
        ("runtime/bundle/a.cpp", '#include "host/error.hpp"'),
        ("host/a.cpp", '#  include "profile/distribution.hpp"'),
        ("profile/a.cpp", '#include "measure/drift/psi.hpp"'),
        ("fit/plan/a.cpp", '#include "history/join.hpp"'),
        ("train/a.cpp", '#include "host/error.hpp"'),
        ("serve/a.cpp", '#include "bind/buffers.hpp"'),
        ("host/a.cpp", '#include "error.hpp"'),
        ("elsewhere/a.cpp", ""),
    ],
)
def test_layer_rule_when_include_goes_sideways_or_up_complains(path: str, text: str) -> None:
    assert cpp_rules.layer_complaints(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("runtime/core/a.hpp", '#include "runtime/core/tile.hpp"\n#include <cstdint>'),
        ("bind/a.cpp", '#include "fit/fitter.hpp"\n#include "runtime/core/tile.hpp"'),
        ("train/a.cpp", '#include "runtime/core/tile.hpp"\n#include "train/losses.hpp"'),
    ],
)
def test_layer_rule_when_include_goes_down_is_silent(path: str, text: str) -> None:
    assert cpp_rules.layer_complaints(path, text) == []


def test_edge_rule_when_host_is_included_complains() -> None:
    assert cpp_rules.edge_complaints("edge/a.cpp", '#include "host/error.hpp"')
    assert cpp_rules.edge_complaints("edge/a.cpp", '#include "mainspring.h"') == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("csrc/host/a.cpp", "#include <pybind11/pybind11.h>"),
        ("csrc/fit/a.cpp", "#include <Python.h>"),
        ("csrc/runtime/core/a.cpp", "#include <cuda_runtime.h>"),
        ("csrc/runtime/core/a.cpp", "#include <vector>"),
        ("csrc/runtime/core/a.cpp", "#include <cmath>"),
        ("csrc/runtime/models/forest/walk_avx2.cpp", "#include <array>"),
        ("csrc/runtime/models/forest/walk_avx512.cpp", "#include <cstdint>"),
        ("csrc/runtime/models/forest/walk.inc", "#include <span>"),
    ],
)
def test_header_rule_when_header_is_misplaced_complains(path: str, text: str) -> None:
    assert cpp_rules.header_complaints(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("transforms/a.py", "import torch"),
        ("serve/a.py", "import starlette"),
        ("models/a.py", "from torch import nn"),
        ("train/a.py", "import triton"),
        ("predictor.py", "import lightgbm"),
        ("runtime.py", "import numpy as np"),
        ("__init__.py", "import asyncio"),
    ],
)
def test_home_rule_when_import_is_misplaced_complains(path: str, text: str) -> None:
    assert python_rules.home_complaints(path, text)


def test_home_rule_when_import_is_at_use_is_silent() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n"
    assert python_rules.home_complaints("serve/a.py", text) == []
    assert python_rules.home_complaints("train/a.py", "def fit():\n    import torch\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "import mainspring._engine",
        "from mainspring import _engine",
        "from mainspring._engine import Table",
        "def f():\n    from .. import _engine\n",
    ],
)
def test_engine_rule_when_imported_from_afar_complains(text: str) -> None:
    assert python_rules.engine_complaints("cli/a.py", text)
    assert python_rules.engine_complaints("profiles/a.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "def f():\n    from zipfile import ZipFile\n",
        "value = eval('1')",
        "import numpy as np\nnp.load('x')",
        "exec(code)",
    ],
)
def test_unsafe_rule_when_data_could_become_code_complains(text: str) -> None:
    assert python_rules.unsafe_complaints("predictor.py", text)
