"""A Python worker of Spark that is killed, where Spark tries a task again as clusters do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.scale.conformance import pytestmark  # noqa: F401 - of the tests
from tests.scale.engines import Engine, SparkEngine, importable_in_workers
from tests.scale.killed import *  # noqa: F403


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with importable_in_workers(), ExitStack() as stack:
        # local[2] alone gives up at the first failure of a task.
        yield SparkEngine(stack, connect=False, master="local[2,4]")
