"""The edge library, which must give the bits of everything that is listed too."""

from __future__ import annotations

from ctypes import CDLL
from pathlib import Path

import pytest

from tests.edge.library import library_path, load


@pytest.fixture(scope="session")
def library(root: Path) -> CDLL:
    """The library, through ctypes."""
    return load(library_path(root))
