"""The conformance test on Dask's distributed scheduler with two worker processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import *  # noqa: F403
from tests.scale.engines import Engine, started
from tests.scale.flights import *  # noqa: F403
from tests.scale.own_types import *  # noqa: F403


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("dask") as made:
        yield made
