"""What batches refuse, and what the refusal says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.train import ArrowBatches
from tests.train.test_batches import ROWS, numpy_batches, preprocessor, sources, table


def test_state_of_other_batches_is_refused() -> None:
    given = table(10)
    prep = preprocessor(given, lists=False)
    batches = numpy_batches(given, prep, batch_size=2)
    with pytest.raises(ms.ParameterError, match="of batch_size=2 and seed=0, expected 4 and 0"):
        numpy_batches(given, prep, batch_size=4).load_state_dict(batches.state_dict())
    with pytest.raises(ms.ParameterError, match="expected what state_dict returned"):
        batches.load_state_dict({"epoch": 1})


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        (["a", "b"], ms.SchemaError, "'x' has type string, expected a number. Pass a fitted"),
        (pa.array([1, None]), ms.DataError, "'x' holds a missing value, expected ids from 0"),
        ([3, -2], ms.DataError, "'x' holds -2, expected ids from 0"),
        (pa.array([3, -2], pa.int8()), ms.DataError, "'x' holds -2"),
        ([3, 1 << 31], ms.DataError, "'x' holds 2147483648"),
    ],
)
def test_column_that_is_no_id_is_named(column: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        list(numpy_batches(pa.table({"x": column}), None))


@pytest.mark.parametrize("prefetch", [0, 2])
def test_missing_label_and_bad_weight_are_named_by_their_row(prefetch: int) -> None:
    given = table()
    prep = preprocessor(given, lists=False)
    label = np.zeros(ROWS)
    label[700] = np.nan
    with pytest.raises(ms.DataError, match="label at row 700 is missing") as caught:
        list(numpy_batches(given, prep, label=label, prefetch=prefetch, buffer_rows=100))
    assert caught.value.row == 700
    weight = np.ones(ROWS)
    weight[3] = -0.5
    with pytest.raises(ms.DataError, match=r"weight at row 3 is -0.5, expected a number of 0"):
        list(numpy_batches(given, prep, weight=weight, prefetch=prefetch, shuffle="block"))


def test_error_of_a_file_names_the_file(tmp_path: Path) -> None:
    given = table()
    prep = preprocessor(given, lists=False)
    sources(tmp_path, given)
    path = tmp_path / "parts" / "1.parquet"
    broken = pa.table({"row": ["a"], "city": ["b"]})
    pq.write_table(broken, path)
    with pytest.raises(ms.SchemaError, match=r"1\.parquet: .*'row'"):
        list(numpy_batches(tmp_path / "parts", prep, batch_size=50))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be an integer from 1"),
        ({"batch_size": 2.0}, "batch_size must be an integer"),
        ({"shuffle": "rows"}, "shuffle must be 'block', 'full' or None, got 'rows'"),
        ({"seed": -1}, "seed must be an integer from 0"),
        ({"buffer_rows": 0}, "buffer_rows must be"),
        ({"prefetch": -1}, "prefetch must be"),
        ({"rank": 0}, "rank and world_size must be given together"),
        ({"rank": 2, "world_size": 2}, "rank must be an integer from 0 to 1"),
    ],
    ids=str,
)
def test_parameter_out_of_range_is_refused(options: dict[str, Any], message: str) -> None:
    given = table(4)
    with pytest.raises(ms.ParameterError, match=message):
        numpy_batches(given, preprocessor(given), **options)


def test_what_is_no_preprocessor_is_refused() -> None:
    given = table(4)
    with pytest.raises(ms.ParameterError, match="output must be 'torch' or 'numpy', got 'jax'"):
        ArrowBatches(given, output="jax")
    with pytest.raises(ms.ParameterError, match="must be a fitted Preprocessor or None, got str"):
        numpy_batches(given, "ordinal")
    with pytest.raises(ms.NotFittedError):
        numpy_batches(given, ms.Preprocessor("row"))
    with pytest.raises(ms.ParameterError, match="epoch must be an integer from 0"):
        numpy_batches(given, preprocessor(given)).set_epoch(-1)


def test_lists_of_a_stream_cannot_be_shuffled_one_by_one(tmp_path: Path) -> None:
    given = table()
    sources(tmp_path, given)
    with pytest.raises(ms.ParameterError, match=r"cannot keep lists of ids \(tags\)"):
        numpy_batches(tmp_path / "parts", preprocessor(given), shuffle="full")
