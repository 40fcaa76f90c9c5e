"""Files that packages compile together do not have two things of one name."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pybind11
import pytest

from tests.native_build import find_tool

FOLDERS = re.search(
    r"UNIT_FOLDERS\s+([^)]*)\)",
    (Path(__file__).resolve().parents[2] / "CMakeLists.txt").read_text(encoding="utf-8"),
)


def compile_together(sources: list[Path], folder: Path, options: list[str]) -> None:
    assert len(sources) > 1
    unit = folder / "unit.cpp"
    unit.write_text("".join(f'#include "{source}"\n' for source in sources), encoding="utf-8")
    command = [find_tool("c++"), "-std=c++20", "-fsyntax-only", *options, str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]


@pytest.mark.parametrize("folder", FOLDERS[1].split() if FOLDERS else [])
def test_files_of_a_folder_compile_as_one(folder: str, root: Path, tmp_path: Path) -> None:
    sources = sorted((root / "csrc" / folder).glob("*.cpp"))
    compile_together(sources, tmp_path, [f"-I{root / 'csrc'}"])


def test_bindings_compile_as_one(root: Path, tmp_path: Path) -> None:
    alone = {"bind_scorer.cpp", "read_row.cpp"}
    sources = sorted(path for path in (root / "csrc/bind").glob("*.cpp") if path.name not in alone)
    folders = [root / "csrc", pybind11.get_include(), sysconfig.get_paths()["include"]]
    words = ['-DMAINSPRING_VERSION="0"', '-DMAINSPRING_BUILD_TYPE="Release"']
    compile_together(sources, tmp_path, [*(f"-I{path}" for path in folders), *words])
