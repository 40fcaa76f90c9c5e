"""The conformance test on classic Spark with two Python workers: what goes another way than Dask's.

Tests of the core alone, which engines do not change, run with the others: a job of Spark is slow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scale.conformance import (
    pytestmark,  # noqa: F401 - of the tests
    test_fit_transform_when_cross_fitted_numbers_rows_over_all_partitions,  # noqa: F401
    test_fit_when_a_target_is_missing_names_its_partition_and_row,  # noqa: F401
    test_fit_when_a_value_is_infinite_names_its_partition_row_and_column,  # noqa: F401
    test_fit_when_rows_are_spread_has_the_bits_of_one_process,  # noqa: F401
    test_fit_when_there_are_no_rows_says_so,  # noqa: F401
    test_profile_when_rows_are_spread_has_the_bytes_of_one_process,  # noqa: F401
    test_transform_and_predict_when_rows_are_spread_have_the_bits_of_one_process,  # noqa: F401
    test_transform_when_a_process_has_many_partitions_opens_the_bundle_once,  # noqa: F401
    test_verbs_when_a_column_is_missing_say_so_before_any_work,  # noqa: F401
)
from tests.scale.engines import Engine, started
from tests.scale.flights import *  # noqa: F403


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with started("spark") as made:
        yield made
