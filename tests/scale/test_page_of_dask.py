"""The program on the page of Dask, where Dask is installed."""

from __future__ import annotations

import pytest

from tests.docs import flights
from tests.integrations.pages import programs

# What engines say of themselves and of each other is not for us to mend.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "FutureWarning", "ResourceWarning")
]
pytest.importorskip("distributed", reason="Dask is not installed; run .ci/ecosystem dask")


def test_page_of_dask() -> None:
    (program,) = programs("dask.md")
    exec(program, flights.names())
