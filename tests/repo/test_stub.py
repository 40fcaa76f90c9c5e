"""The engine's stub is what its module says, and nobody has edited it by hand."""

from __future__ import annotations

import sys

import pytest

from tests.repo.make_stub import STUB, make_stub


@pytest.mark.skipif(sys.version_info < (3, 11), reason="signatures are written as Python 3.11 does")
def test_stub_when_made_again_does_not_change() -> None:
    assert STUB.read_text(encoding="utf-8") == make_stub(), "run tests/repo/make_stub.py"
