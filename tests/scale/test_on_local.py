"""The conformance test on no engine: the core over a list of partitions, tested everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import *  # noqa: F403
from tests.scale.engines import Engine, started
from tests.scale.own_types import *  # noqa: F403


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("local") as made:
        yield made
