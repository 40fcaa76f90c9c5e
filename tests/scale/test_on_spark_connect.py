"""The conformance test on Spark Connect: a server of its own session, with two Python workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import *  # noqa: F403
from tests.scale.engines import Engine, started


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("spark-connect") as made:
        yield made
