"""ms.deduplicate_batches gives what ms.deduplicate gives for the whole, from whatever has parts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.duplicates.test_deduplicate import KEEPS, tables
from tests.out_of_core.sample import every_source, sample_table, slices


@given(
    tables(),
    st.sampled_from(KEEPS),
    st.lists(st.integers(0, 15), min_size=1, max_size=4).filter(any),
)
def test_rows_that_stay_are_those_of_the_whole(
    table: pa.Table, keep: str, sizes: list[int]
) -> None:
    subset = table.column_names[:-1]
    parts = iter([table.slice(0, 0), *slices(table, sizes)])
    got = ms.deduplicate_batches(parts, subset, keep=keep).read_all()
    expected = ms.deduplicate(table, subset, keep=keep)
    assert got.schema == table.schema
    assert got["row"].to_pylist() == expected["row"].to_pylist()


@pytest.mark.parametrize("keep", KEEPS)
def test_rows_that_stay_when_data_comes_from_anywhere(
    tmp_path: Path, keep: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    table = sample_table()
    expected = ms.deduplicate(table, ["n", "s"], keep=keep)
    assert 0 < expected.num_rows < table.num_rows
    for name, data in {**every_source(table, tmp_path), "a table": table}.items():
        reader = ms.deduplicate_batches(data, ["n", "s"], keep=keep)
        assert isinstance(reader, pa.RecordBatchReader), name
        got = reader.read_all()
        assert got.schema.equals(table.schema), name
        assert got.equals(expected), name
    assert list(temporary.iterdir()) == []


def test_rows_when_columns_are_dictionaries_and_runs_keep_their_types(tmp_path: Path) -> None:
    texts = pa.array(["a", "b", "a", None] * 50)
    coded = pa.table({"x": texts.dictionary_encode(), "row": list(range(200))})
    got = ms.deduplicate_batches(slices(coded, [3]), "x").read_all()
    assert got.schema == coded.schema
    assert got["x"].to_pylist() == ["a", "b", None]
    plain = pa.table({"x": texts, "row": list(range(200))})
    mixed = ms.deduplicate_batches(iter([plain.slice(0, 1), coded]), "x").read_all()
    assert mixed.schema == plain.schema
    assert mixed["row"].to_pylist() == [0, 1, 3]
    pq.write_table(plain, tmp_path / "a.parquet")
    assert ms.deduplicate_batches(tmp_path / "a.parquet", "x").schema == plain.schema
    runs = pa.table({"x": pa.RunEndEncodedArray.from_arrays([2, 3], pa.array([1.5, 2.5]))})
    assert ms.deduplicate_batches(iter([runs]), "x").read_all()["x"].to_pylist() == [1.5, 2.5]


def test_empty_data_gives_an_empty_reader() -> None:
    empty = pa.table({"x": pa.array([], pa.int8())})
    reader = ms.deduplicate_batches(iter([empty, empty]), keep="none")
    assert reader.schema == empty.schema
    assert reader.read_all().num_rows == 0
    with pytest.raises(ms.DataError, match="gave no table"):
        ms.deduplicate_batches(iter([]))


def test_arguments_when_wrong_are_refused_by_name(tmp_path: Path) -> None:
    table = pa.table({"x": [1], "many": [[1]]})
    with pytest.raises(ms.ParameterError, match=r"deduplicate_batches: keep must be .* got 'any'"):
        ms.deduplicate_batches(iter([table]), "x", keep="any")
    with pytest.raises(ms.ParameterError, match="subset must be one column name or more"):
        ms.deduplicate_batches(iter([table]), [])
    with pytest.raises(ms.ParameterError, match="deduplicate_batches takes a path"):
        ms.deduplicate_batches(3)
    with pytest.raises(ms.ParameterError, match=r"reads the data 2 times.*spool"):
        ms.deduplicate_batches(iter([table]), "x", keep="last", spool=False)
    with pytest.raises(ms.SchemaError, match="'y'"):
        ms.deduplicate_batches(iter([table]), "y")
    with pytest.raises(ms.SchemaError, match=r"batch 0: Column 'many' has type list<int64>"):
        ms.deduplicate_batches(iter([table]))


def test_parts_when_types_differ_are_an_error_that_names_the_part() -> None:
    def of(*values: pa.Array) -> Iterator[Any]:
        return iter([pa.table({"x": value}) for value in values])

    numbers = pa.array([1, 2])
    with pytest.raises(ms.SchemaError, match=r"batch 1: Column 'x' has type int32, expected int64"):
        ms.deduplicate_batches(of(numbers, numbers.cast(pa.int32()))).read_all()
    seconds = pa.array([1, 2], pa.timestamp("s"))
    with pytest.raises(ms.SchemaError, match=r"batch 1: Column 'x' has type timestamp\[ms\]"):
        ms.deduplicate_batches(of(seconds, seconds.cast(pa.timestamp("ms")))).read_all()
    nothing = pa.nulls(2)
    got = ms.deduplicate_batches(of(numbers, nothing, numbers)).read_all()
    assert got["x"].to_pylist() == [1, 2, None]
    texts = pa.array(["a", "b"])
    got = ms.deduplicate_batches(of(texts, texts.cast(pa.large_string()), pa.array(["c"])))
    assert got.read_all()["x"].to_pylist() == ["a", "b", "c"]
    other = iter([pa.table({"x": [1], "y": [1]}), pa.table({"x": [2]})])
    with pytest.raises(ms.SchemaError, match=r"batch 1: the columns are x: int64, expected x"):
        ms.deduplicate_batches(other, "x").read_all()


def test_data_that_changes_between_its_readings_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    table = pa.table({"x": np.arange(100_000)})

    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=70_000)
    reader = ms.deduplicate_batches([path, path], keep="last")  # all looked at, the first given
    with pa.ipc.new_file(tmp_path / "b.arrow", table.schema) as writer:
        writer.write_table(table.slice(0, 10))
    (tmp_path / "b.arrow").replace(path)
    with pytest.raises(ms.DataError, match="when it is read again, expected the 200000"):
        reader.read_all()


PROGRAM = """
import resource
import numpy as np, pyarrow as pa
import mainspring as ms

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

def batches(count):
    random = np.random.default_rng(1)
    for number in range(count):
        ids = random.integers(0, 50_000, 100_000)
        yield pa.table({"id": ids, "text": [f"a text of id {i}" for i in ids]})

sum(len(batch) for batch in ms.deduplicate_batches(batches(2), "id"))
base = used()
rows = sum(len(batch) for batch in ms.deduplicate_batches(batches(20), ["id", "text"]))
print(rows, used() - base)
"""


def test_memory_when_rows_repeat_follows_the_distinct_ones() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    rows, more = map(int, ran.stdout.split())
    assert rows == 50_000
    assert more < 40, f"{more} MiB for 50,000 of 2,000,000 rows"  # they are 80 MB
