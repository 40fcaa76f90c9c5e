"""The conformance test over Spark Connect: each way through its protocol once, the rest is Spark's.

A server runs in a JVM of this process, and everything goes to it as messages.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import (
    pytestmark,  # noqa: F401 - of the tests
    test_fit_when_a_value_is_infinite_names_its_partition_row_and_column,  # noqa: F401
    test_fit_when_rows_are_spread_has_the_bits_of_one_process,  # noqa: F401
    test_transform_and_predict_when_rows_are_spread_have_the_bits_of_one_process,  # noqa: F401
)
from tests.scale.engines import Engine, started


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("spark-connect") as made:
        yield made
