"""The generated stubs are what the engine and the operator classes say, unedited."""

from __future__ import annotations

import sys

import pytest

from tests.repo.make_stub import METHODS_STUB, STUB, make_methods_stub, make_stub


@pytest.mark.skipif(sys.version_info < (3, 11), reason="signatures are written as Python 3.11 does")
def test_stub_when_made_again_does_not_change() -> None:
    assert STUB.read_text(encoding="utf-8") == make_stub(), "run tests/repo/make_stub.py"


def test_methods_stub_when_made_again_does_not_change() -> None:
    text = METHODS_STUB.read_text(encoding="utf-8")
    assert text == make_methods_stub(), "run tests/repo/make_stub.py"
