"""The edge library, which must give the bits of golden bundles too."""

from __future__ import annotations

from ctypes import CDLL
from pathlib import Path

import pytest

from tests.edge.library import library_path, load


@pytest.fixture(scope="session")
def edge_path(root: Path) -> Path:
    """Where the library lies."""
    return library_path(root)


@pytest.fixture(scope="session")
def library(edge_path: Path) -> CDLL:
    """The library, through ctypes."""
    return load(edge_path)
