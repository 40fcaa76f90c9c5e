"""The program on the page of Ray, where Ray is installed."""

from __future__ import annotations

import pytest

from tests.docs import flights
from tests.integrations.pages import programs

# What engines say of themselves and of each other is not for us to mend.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "FutureWarning", "ResourceWarning")
]
pytest.importorskip("ray", reason="Ray is not installed; run .ci/ecosystem ray")


def test_page_of_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    (program,) = programs("ray.md")
    exec(program, flights.names())
