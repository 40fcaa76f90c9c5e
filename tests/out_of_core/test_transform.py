"""Features in batches are the features of the table, in bounded pieces."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring import DataError, NotFittedError, ParameterError, Preprocessor, SchemaError, col
from tests.out_of_core.sample import (
    every_source,
    one_pass,
    sample_table,
    slices,
    two_passes,
    write_parquet,
)

TABLE = sample_table()
FITTED = one_pass().fit(TABLE, target="y")
FEATURES = FITTED.transform(TABLE)


def joined(batches: Iterator[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(batches))


def test_transform_batches_when_data_comes_in_parts_gives_the_same_bits(tmp_path: Path) -> None:
    for name, data in {**every_source(TABLE, tmp_path), "table": TABLE}.items():
        got = joined(FITTED.transform_batches(data))
        assert np.array_equal(got.view(np.uint32), FEATURES.view(np.uint32)), name


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(0, 400), min_size=1, max_size=5).filter(any),
    batch_rows=st.integers(1, 900),
)
def test_transform_batches_when_batch_rows_is_given_cuts_there(
    sizes: list[int], batch_rows: int
) -> None:
    table = TABLE.slice(0, 800)
    batches = list(FITTED.transform_batches(slices(table, sizes), batch_rows=batch_rows))
    assert [len(batch) for batch in batches[:-1]] == [batch_rows] * (len(batches) - 1)
    assert 0 < len(batches[-1]) <= batch_rows
    assert np.array_equal(joined(iter(batches)), FEATURES[:800], equal_nan=True)


def test_transform_batches_when_output_is_arrow_is_a_reader() -> None:
    reader = FITTED.transform_batches(TABLE.to_reader(100), output="arrow", batch_rows=700)
    assert isinstance(reader, pa.RecordBatchReader)
    whole = pa.Table.from_batches([FITTED.transform(TABLE, output="arrow")])
    assert reader.read_all().equals(whole)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_transform_batches_when_output_is_a_frame_gives_frames(output: str) -> None:
    pytest.importorskip(output)
    frames = list(FITTED.transform_batches(TABLE.to_reader(), output=output, batch_rows=2000))
    assert [frame.shape for frame in frames] == [(2000, 6), (1000, 6)]


def test_transform_batches_when_there_are_no_rows_gives_one_empty_batch() -> None:
    empty = TABLE.slice(0, 0)
    assert [batch.shape for batch in FITTED.transform_batches(empty.to_reader())] == [(0, 6)]
    reader = FITTED.transform_batches(iter([empty]), output="arrow")
    assert reader.schema == FITTED.transform(TABLE, output="arrow").schema
    with pytest.raises(DataError, match="gave no table"):
        FITTED.transform_batches(iter([]), output="arrow")


def test_transform_batches_when_a_batch_is_wrong_names_it() -> None:
    batches = FITTED.transform_batches(iter([TABLE, TABLE.drop_columns("x")]))
    next(batches)
    with pytest.raises(SchemaError, match=r"batch 1: .*'x'"):
        next(batches)


def test_transform_batches_when_a_call_is_wrong_says_so() -> None:
    with pytest.raises(NotFittedError):
        one_pass().transform_batches(TABLE.to_reader())
    with pytest.raises(ParameterError, match="batch_rows must be a positive integer"):
        FITTED.transform_batches(TABLE.to_reader(), batch_rows=0)
    with pytest.raises(ParameterError, match="output must be"):
        FITTED.transform_batches(TABLE.to_reader(), output="torch")
    with pytest.raises(ParameterError, match=r"takes a path.*got dict"):
        FITTED.transform_batches({"x": [1.0]})


def test_transform_when_data_is_read_in_parts_points_to_batches(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    for data in (folder, str(folder), iter([TABLE])):
        with pytest.raises(ParameterError, match="Call transform_batches"):
            FITTED.transform(data)
        with pytest.raises(ParameterError, match="Call fit_transform_batches"):
            one_pass().fit_transform(data, target="y")
    assert np.array_equal(FITTED.transform(TABLE.to_reader(9)), FEATURES, equal_nan=True)


@pytest.mark.parametrize("make", [one_pass, two_passes])
def test_fit_transform_batches_gives_the_training_features(make: object, tmp_path: Path) -> None:
    whole = make().fit_transform(TABLE, target="y")  # type: ignore[operator]
    for name, data in every_source(TABLE, tmp_path).items():
        prep = make()  # type: ignore[operator]
        batches = prep.fit_transform_batches(data, target="y", batch_rows=901)
        got = joined(batches)
        assert np.array_equal(got.view(np.uint32), whole.view(np.uint32)), name
        assert prep.bundle.to_bytes()


def test_fit_transform_batches_when_each_row_has_its_own_value_gives_them() -> None:
    def make() -> Preprocessor:
        return Preprocessor(col("s").leave_one_out(), col("n").ordered_target())

    whole = make().fit_transform(TABLE, target="y")
    got = joined(make().fit_transform_batches(TABLE.to_reader(77), target="y", batch_rows=500))
    assert np.array_equal(got, whole, equal_nan=True)


def test_fit_transform_batches_when_arrow_has_ids() -> None:
    reader = one_pass().fit_transform_batches(TABLE.to_reader(50), target="y", output="arrow")
    assert reader.schema.field("s").type == pa.int32()


def test_fit_transform_batches_when_fitted_again_ends() -> None:
    prep = one_pass()
    batches = prep.fit_transform_batches(TABLE.to_reader(), target="y", batch_rows=1000)
    next(batches)
    prep.fit(TABLE, target="y")
    with pytest.raises(ParameterError, match="fitted again"):
        next(batches)


def test_fit_transform_batches_when_data_has_grown_is_an_error(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 1)
    prep = Preprocessor(col("s").leave_one_out(), profile=False)
    batches = prep.fit_transform_batches([folder / "000.parquet"], target="y", batch_rows=10**6)
    pq.write_table(pa.concat_tables([TABLE, TABLE]), folder / "new")
    (folder / "new").replace(folder / "000.parquet")
    with pytest.raises(DataError, match="more rows when it is read again"):
        list(batches)


def test_fit_when_read_in_parts_keeps_few_batches_alive() -> None:
    alive: list[weakref.ref[pa.RecordBatch]] = []
    most = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal most
        for number in range(40):
            start = 70 * number
            rows = [TABLE[name].slice(start, 70).combine_chunks() for name in TABLE.column_names]
            batch = pa.record_batch(rows, names=TABLE.column_names)
            big = pa.Table.from_batches([batch] * 1000)  # more than a part's rows
            alive.append(weakref.ref(big))
            most = max(most, sum(each() is not None for each in alive))
            yield big
            del big, batch

    prep = Preprocessor(col("x").standardize(), profile=False).fit(batches())
    for _ in prep.transform_batches(batches()):
        pass
    assert most <= 2
