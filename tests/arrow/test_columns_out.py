"""Features and predictions as Arrow: the bits of the matrix, shared by every library."""

from __future__ import annotations

import gc
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine
from mainspring._arrow import as_table

ROWS = 70_001
RNG = np.random.default_rng(5)
TABLE = pa.table(
    {
        "number": pa.array(RNG.normal(size=ROWS), mask=RNG.random(ROWS) < 0.2),
        "full": np.arange(ROWS, dtype=np.float64),
        "word": pa.array(RNG.choice(["a", "b", "c", None], ROWS)),
    }
)
CHUNKS = pa.concat_tables([TABLE.slice(0, 3), TABLE.slice(3, 0), TABLE.slice(3)])


@pytest.fixture(scope="module")
def fitted() -> ms.Preprocessor:
    return ms.Preprocessor(ms.col("number", "full"), ms.col("word").ordinal()).fit(TABLE)


def columns(fitted: ms.Preprocessor, table: pa.Table = CHUNKS) -> Any:
    return fitted.bundle.transform_columns(as_table(table))


def test_columns_are_the_matrix_with_nulls_and_integer_ids(fitted: ms.Preprocessor) -> None:
    matrix = fitted.transform(TABLE)
    result = columns(fitted)
    assert (result.num_rows, result.column_names) == (ROWS, ["number", "full", "word"])
    batch = pa.record_batch(result)
    batch.validate(full=True)
    assert [str(field.type) for field in batch.schema] == ["float", "float", "int32"]
    missing = np.isnan(matrix[:, 0])
    assert batch["number"].null_count == missing.sum() > 0
    np.testing.assert_array_equal(np.asarray(batch["number"].is_null()), missing)
    present = batch["number"].drop_null().to_numpy()
    assert present.tobytes() == matrix[~missing, 0].tobytes()
    assert batch["full"].buffers()[0] is None
    assert batch["full"].to_numpy().tobytes() == np.ascontiguousarray(matrix[:, 1]).tobytes()
    np.testing.assert_array_equal(batch["word"].to_numpy(), matrix[:, 2].astype(np.int32))


def test_columns_are_shared_not_copied(fitted: ms.Preprocessor) -> None:
    result = columns(fitted)
    first, second = pa.record_batch(result), pa.record_batch(result)
    assert first["full"].buffers()[1].address == second["full"].buffers()[1].address
    assert first["full"].buffers()[1].address % 64 == 0
    reader = pa.RecordBatchReader.from_stream(result)
    assert reader.read_all()["full"].chunk(0).buffers()[1].address == (
        first["full"].buffers()[1].address
    )


def test_columns_outlive_whoever_made_them(fitted: ms.Preprocessor) -> None:
    wanted = fitted.transform(TABLE)[:, 1].copy()
    batch = pa.record_batch(columns(fitted))
    column = batch["full"]
    del batch
    gc.collect()
    assert column.to_numpy().tobytes() == wanted.tobytes()
    unused = columns(fitted)
    capsules = unused.__arrow_c_array__(), unused.__arrow_c_stream__(), unused.__arrow_c_schema__()
    del unused, capsules
    gc.collect()


def test_every_library_takes_the_columns(fitted: ms.Preprocessor) -> None:
    batch = pa.record_batch(columns(fitted))
    assert pl.DataFrame(columns(fitted)).to_arrow().equals(pl.from_arrow(batch).to_arrow())
    result = columns(fitted)
    total = duckdb.sql('SELECT sum("full"), count(number), max(word) FROM result').fetchall()[0]
    assert total[0] == ROWS * (ROWS - 1) / 2
    assert total[1] == ROWS - batch["number"].null_count
    if hasattr(pd.DataFrame, "from_arrow"):
        pd.testing.assert_frame_equal(pd.DataFrame.from_arrow(result), batch.to_pandas())


@pytest.mark.parametrize("num_rows", [0, 1, 7, 8, 9, 511, 512, 513])
def test_columns_of_any_length_have_their_nulls(fitted: ms.Preprocessor, num_rows: int) -> None:
    part = TABLE.slice(11, num_rows)
    batch = pa.record_batch(columns(fitted, part))
    batch.validate(full=True)
    np.testing.assert_array_equal(
        np.asarray(batch["number"].is_null()), np.asarray(part["number"].is_null())
    )


@pytest.mark.parametrize("output", ["arrow", "pandas", "polars"])
def test_fit_transform_gives_the_columns_of_its_own_matrix(output: str) -> None:
    target = np.arange(ROWS) % 2 * 1.0
    prep = ms.Preprocessor(
        ms.col("word").target_mean(folds=3), ms.col("word").ordinal().alias("id")
    )
    matrix = prep.fit_transform(TABLE, target)
    table = prep.fit_transform(TABLE, target, output=output)
    got = np.column_stack([np.asarray(table[name]) for name in prep.feature_names_out_])
    np.testing.assert_array_equal(got.astype(np.float32), matrix)


def test_threads_leave_no_trace(fitted: ms.Preprocessor) -> None:
    before = _engine.num_threads()
    batches = []
    for count in (1, 4):
        ms.set_num_threads(count)
        batches.append(pa.record_batch(columns(fitted)))
    ms.set_num_threads(before)
    assert batches[0].equals(batches[1])
