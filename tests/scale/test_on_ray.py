"""The conformance test on Ray with two worker processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import *  # noqa: F403
from tests.scale.engines import Engine, started
from tests.scale.flights import *  # noqa: F403
from tests.scale.killed import *  # noqa: F403


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("ray") as made:
        yield made
