"""A fit over parts learns the bits of a fit over one table, or nothing."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import DataError, FileError, ParameterError, Preprocessor, SchemaError, col
from tests.out_of_core.sample import (
    every_source,
    one_pass,
    sample_table,
    slices,
    two_passes,
    write_parquet,
)

TABLE = sample_table()
MAKERS = [one_pass, two_passes]


def learnt(prep: Preprocessor) -> tuple[bytes, bytes]:
    assert prep.profile is not None
    return prep.bundle.to_bytes(), prep.profile.to_bytes()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("make", MAKERS)
def test_fit_when_data_comes_in_parts_learns_the_same_bits(
    make: Callable[[], Preprocessor], tmp_path: Path, temporary: Path
) -> None:
    whole = learnt(make().fit(TABLE, target="y"))
    for name, data in every_source(TABLE, tmp_path).items():
        assert learnt(make().fit(data, target="y")) == whole, name
    assert list(temporary.iterdir()) == []


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(0, 500), min_size=1, max_size=6).filter(any),
    make=st.sampled_from(MAKERS),
    threads=st.integers(1, 3),
)
def test_fit_when_batches_have_any_size_learns_the_same_bits(
    sizes: list[int], make: Callable[[], Preprocessor], threads: int
) -> None:
    table = TABLE.slice(0, 700)
    whole = learnt(make().fit(table, target="y"))
    before = int(ms.build_info()["num_threads"])  # type: ignore[call-overload]
    ms.set_num_threads(threads)
    try:
        assert learnt(make().fit(slices(table, sizes), target="y")) == whole
    finally:
        ms.set_num_threads(before)


def test_fit_when_target_is_an_array_takes_each_part_of_it() -> None:
    y = TABLE["y"].to_numpy()
    whole = learnt(one_pass().fit(TABLE, y))
    assert learnt(one_pass().fit(TABLE.to_reader(100), y)) == whole


@pytest.mark.parametrize("count", [0, 2999, 3001])
def test_fit_when_target_has_another_length_is_an_error(count: int) -> None:
    with pytest.raises(ParameterError, match=f"The target has {count} values"):
        one_pass().fit(TABLE.to_reader(100), np.zeros(count))


def test_fit_when_target_is_missing_says_the_row_of_the_whole() -> None:
    y = pa.array([0.0] * 2000 + [None] * 1000)
    table = TABLE.set_column(TABLE.column_names.index("y"), "y", y)
    with pytest.raises(DataError, match="missing value at row 2000") as caught:
        one_pass().fit((table.slice(i, 70_000) for i in range(0, 3000, 1500)), target="y")
    assert caught.value.row == 2000


def test_fit_when_read_in_parts_can_go_on() -> None:
    prep = one_pass().fit(TABLE.slice(0, 1000).to_reader(90), target="y")
    prep.partial_fit(TABLE.slice(1000), target="y")
    whole = one_pass().fit(TABLE, target="y")
    assert prep.bundle.to_bytes() == whole.bundle.to_bytes()
    other = Preprocessor.from_state_bytes(prep.state_bytes())
    assert other.bundle.to_bytes() == whole.bundle.to_bytes()


def test_fit_when_spooling_is_refused_says_what_to_pass() -> None:
    with pytest.raises(ParameterError, match=r"reads the data 2 times.*RecordBatchReader.*spool"):
        two_passes().fit(TABLE.to_reader(), target="y", spool=False)
    one_pass().fit(TABLE.to_reader(), target="y", spool=False)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("failure", [ValueError("broken pipe"), KeyboardInterrupt()])
def test_fit_when_generator_fails_stays_as_it_was(
    make: Callable[[], Preprocessor], failure: BaseException, temporary: Path
) -> None:
    def fails() -> Iterator[pa.Table]:
        yield TABLE.slice(0, 100)
        yield pa.table({name: TABLE[name].slice(0, 70_000) for name in TABLE.column_names})
        raise failure

    prep = make().fit(TABLE.slice(7, 1000), target="y")
    before = learnt(prep), pickle.dumps(prep)
    with pytest.raises(type(failure)):
        prep.fit(fails(), target="y")
    assert (learnt(prep), pickle.dumps(prep)) == before
    assert list(temporary.iterdir()) == []
    with pytest.raises(ParameterError, match="No fit is under way"):  # nothing is kept of it
        prep._fitter.end_pass()
    fresh = make()
    with pytest.raises(type(failure)):
        fresh.fit(fails(), target="y")
    with pytest.raises(ms.NotFittedError):
        _ = fresh.bundle


def test_fit_when_data_changes_between_passes_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)

    class Shrinking(ms.Preprocessor):
        def _add_zones(self, table: object) -> None:
            super()._add_zones(table)
            pq.write_table(TABLE.slice(0, 10), tmp_path / "b.parquet")
            (tmp_path / "b.parquet").replace(path)

    prep = Shrinking(col("x").standardize().standardize(), profile=False)
    with pytest.raises(DataError, match="10 rows when it is read again, expected the 3000"):
        prep.fit(path)


@pytest.mark.parametrize("kind", ["generator", "reader", "folder", "no tables"])
def test_fit_when_there_are_no_rows_is_an_error(kind: str, tmp_path: Path) -> None:
    empty = TABLE.slice(0, 0)
    data = {
        "generator": lambda: iter([empty, empty]),
        "reader": empty.to_reader,
        "folder": lambda: write_parquet(empty, tmp_path / "empty", 2),
        "no tables": lambda: iter([]),
    }[kind]()
    with pytest.raises(DataError, match="no rows"):
        one_pass().fit(data, target="y")


def test_fit_when_a_file_has_another_type_names_the_file(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    odd = TABLE.set_column(0, "x", pa.array(["text"] * TABLE.num_rows))
    pq.write_table(odd, folder / "002.parquet")
    with pytest.raises(SchemaError, match=r"002\.parquet: Column 'x'.*string") as caught:
        one_pass(profile=False).fit(folder, target="y")
    assert caught.value.column == "x"
    with pytest.raises(SchemaError, match=r"002\.parquet: Column 'x'"):
        one_pass().fit(folder, target="y")
    with pytest.raises(DataError, match=r"002\.parquet cannot be read"):
        one_pass().fit(ds.dataset(folder), target="y")


def test_fit_when_a_file_lacks_a_column_names_the_file(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    pq.write_table(TABLE.drop_columns("s"), folder / "002.parquet")
    for target in ("y", None):
        with pytest.raises(SchemaError, match=r"002\.parquet: .*'s'"):
            Preprocessor(col("s").ordinal(), profile=False).fit(folder, target=target)


def test_fit_when_the_last_file_is_empty_and_wrong_names_it(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    pq.write_table(TABLE.slice(0, 0).drop_columns("s"), folder / "002.parquet")
    with pytest.raises(SchemaError, match=r"002\.parquet: .*'s'"):
        one_pass(profile=False).fit(folder, target="y")


def test_fit_when_a_batch_has_another_type_names_the_batch() -> None:
    odd = TABLE.set_column(1, "n", pa.array(["text"] * TABLE.num_rows))
    with pytest.raises(SchemaError, match=r"batch 2: Column 'n'"):
        one_pass().fit(iter([TABLE, TABLE, odd]), target="y")


def test_fit_when_types_widen_between_files_is_fine(tmp_path: Path) -> None:
    narrow = pa.table({"x": pa.array([1, 2], pa.int8()), "s": pa.array(["a", "b"])})
    wide = pa.table({"x": pa.array([2.5, None]), "s": pa.array(["b", "c"], pa.large_string())})
    expressions = (col("x").standardize(), col("s").ordinal())
    parts = Preprocessor(*expressions, profile=False).fit(iter([narrow, wide]))
    shards = Preprocessor(*expressions, profile=False).partial_fit(narrow).partial_fit(wide)
    assert parts.bundle.to_bytes() == shards.bundle.to_bytes()


def test_fit_when_column_is_a_partition_reads_it_from_the_path(tmp_path: Path) -> None:
    ds.write_dataset(
        TABLE, tmp_path / "data", format="parquet", partitioning=["s"], partitioning_flavor="hive"
    )
    prep = Preprocessor(col("s").ordinal(), col("x").standardize(), profile=False)
    parts = prep.fit(tmp_path / "data").transform(TABLE)
    whole = Preprocessor(*prep.expressions, profile=False).fit(TABLE).transform(TABLE)
    # An empty text and a missing one are the same in a path.
    assert np.array_equal(parts[:, 1], whole[:, 1], equal_nan=True)


def test_fit_when_path_is_wrong_says_so(tmp_path: Path) -> None:
    prep = one_pass()
    with pytest.raises(FileError, match="no such file or folder"):
        prep.fit(tmp_path / "gone.parquet")
    with pytest.raises(ParameterError, match=r"holds no \.parquet"):
        prep.fit(tmp_path)
    (tmp_path / "a.xlsx").write_text("x\n1\n")
    with pytest.raises(ParameterError, match=r"ending '\.xlsx'"):
        prep.fit(tmp_path / "a.xlsx")
    (tmp_path / "a.parquet").write_text("not Parquet")
    with pytest.raises(DataError, match=r"a\.parquet cannot be read as parquet"):
        prep.fit(tmp_path / "a.parquet")
    (tmp_path / "a.arrow").write_text("not Arrow")
    with pytest.raises(DataError, match=r"a\.arrow cannot be read as arrow"):
        prep.fit(tmp_path / "a.arrow")


def test_fit_when_generator_yields_other_things_names_the_batch() -> None:
    with pytest.raises(ParameterError, match=r"batch 1: expected .*, got dict.*from_pylist"):
        one_pass().fit(iter([TABLE, {"x": [1.0]}]), target="y")


def test_fit_when_hidden_files_lie_around_leaves_them_out(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    (folder / "_SUCCESS").write_text("")
    (folder / ".part.parquet").write_text("half a file")
    (folder / "_delta_log").mkdir()
    (folder / "_delta_log" / "0.parquet").write_text("another's")
    whole = learnt(one_pass().fit(TABLE, target="y"))
    assert learnt(one_pass().fit(folder, target="y")) == whole
