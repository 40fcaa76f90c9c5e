"""Files that packages compile together do not have two things of one name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.native_build import find_tool

FOLDERS = re.search(
    r"UNIT_FOLDERS\s+([^)]*)\)",
    (Path(__file__).resolve().parents[2] / "CMakeLists.txt").read_text(encoding="utf-8"),
)


@pytest.mark.parametrize("folder", FOLDERS[1].split() if FOLDERS else [])
def test_files_of_a_folder_compile_as_one(folder: str, root: Path, tmp_path: Path) -> None:
    sources = sorted((root / "csrc" / folder).glob("*.cpp"))
    assert len(sources) > 1
    unit = tmp_path / "unit.cpp"
    unit.write_text("".join(f'#include "{source}"\n' for source in sources), encoding="utf-8")
    command = [find_tool("c++"), "-std=c++20", "-fsyntax-only", f"-I{root / 'csrc'}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
