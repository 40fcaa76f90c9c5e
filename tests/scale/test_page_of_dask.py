"""The programs on the page of Dask, where Dask is installed."""

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
    import dask

    names, kept = flights.names(), "distributed.nanny.pre-spawn-environ"
    before = dict(dask.config.get(kept))
    for program in programs("dask.md"):
        exec(program, names)
    assert set(dask.config.get(kept)) - set(before) == {"MALLOC_MMAP_THRESHOLD_"}
    dask.config.set({kept: before})
