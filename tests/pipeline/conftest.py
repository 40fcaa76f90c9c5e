"""A pipeline of the tests: its store and its files lie in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., ms.Pipeline]:
    """Return what makes a pipeline without steps."""

    def make(name: str = "p", **options: object) -> ms.Pipeline:
        options.setdefault("folder", tmp_path)
        return ms.Pipeline(name, **options)  # type: ignore[arg-type]

    return make
