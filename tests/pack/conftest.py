"""Golden bundles, their rows and the bits that they must give."""

from __future__ import annotations

import json
from collections.abc import Callable
from ctypes import CDLL
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine, pack
from tests.edge.library import library_path, load
from tests.golden.rows import table_of
from tests.pack.browser_cases import program

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@dataclass(frozen=True)
class Golden:
    """A bundle, the table it reads, and the bits of each output."""

    file: bytes
    table: pa.Table
    outputs: dict[str, np.ndarray]

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return self.table.to_pylist()


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Golden]:
    """Find a golden bundle by its name."""

    def find(name: str) -> Golden:
        expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
        file = (GOLDEN / f"{name}.spring").read_bytes()
        outputs = {
            kind: np.frombuffer(bytes.fromhex(text), ">f8").astype("<f8")
            for kind, text in expected["outputs"].items()
        }
        names = _engine.Bundle.open(file, name).input_names
        return Golden(file, table_of(expected["rows"]).select(names), outputs)

    return find


@pytest.fixture(scope="session")
def library(root: Path) -> CDLL:
    """The edge library, through ctypes."""
    return load(library_path(root))


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for npm, with the whole engine."""
    program("clang++")
    program("wasm-ld")
    folder = tmp_path_factory.mktemp("package")
    for name, data in pack.browser_package().items():
        (folder / name).write_bytes(data)
    return folder
