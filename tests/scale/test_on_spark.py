"""The conformance test on classic Spark with two Python workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import *  # noqa: F403
from tests.scale.engines import Engine, started


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("spark") as made:
        yield made
