"""Tests of a GPU run twice: over host memory anywhere, and with -m gpu on a real one."""

from __future__ import annotations

import pytest

import mainspring as ms
from tests.gpu.emulation import Emulation, emulation, use_emulation

__all__ = ["device", "emulation"]


@pytest.fixture(params=["emulated", pytest.param("real", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Emulation | None:
    """A device to run on; of the emulated one, what tests can ask it."""
    if request.param == "emulated":
        use_emulation(monkeypatch)
        return Emulation()
    facts = ms.build_info()["cuda"]
    assert isinstance(facts, dict)
    if not facts["available"]:
        pytest.skip(f"cannot run on a GPU: {facts['message']}")
    return None
