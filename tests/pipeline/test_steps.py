"""Ready steps for data in and out: every format, and tables that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.pipeline import steps

Make = Callable[..., ms.Pipeline]
TABLE = pa.table({"a": [1, 2, 3], "b": ["x", None, "y"]})


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.csv", "t.jsonl"])
def test_extract_reads_each_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(TABLE, path)
    elif name.endswith("arrow"):
        with pa.ipc.new_file(path, TABLE.schema) as writer:
            writer.write_table(TABLE)
    elif name.endswith("csv"):
        path.write_text("a,b\n1,x\n2,\n3,y\n")
    else:
        path.write_text('{"a":1,"b":"x"}\n{"a":2,"b":null}\n{"a":3,"b":"y"}\n')
    found = steps.extract(str(path))
    found = found.read_all() if isinstance(found, pa.RecordBatchReader) else found
    assert found.to_pylist() == TABLE.to_pylist()
    one = steps.extract(str(path), columns=["b"])
    one = one.read_all() if isinstance(one, pa.RecordBatchReader) else one
    assert one.column_names == ["b"]


def test_extract_as_a_step_depends_on_the_content_of_its_file(make: Make, tmp_path: Path) -> None:
    pipeline = make(parameters={"month": "may"})
    (tmp_path / "may.csv").write_text("a\n1\n")
    pipeline.add("rows", steps.extract, settings={"source": "{month}.csv"})
    assert pipeline.run()["rows"]["a"].to_pylist() == [1]
    assert pipeline.run().states == {"rows": "cached"}
    (tmp_path / "may.csv").write_text("a\n2\n")
    run = pipeline.run()
    assert run["rows"]["a"].to_pylist() == [2]
    assert run.reasons["rows"] == ("file may.csv changed",)


def test_extract_when_input_is_wrong_says_what(tmp_path: Path) -> None:
    with pytest.raises(ms.FileError, match="there is no such file"):
        steps.extract(str(tmp_path / "no.csv"))
    for name in ("a.txt", "b.parquet", "c.csv"):
        (tmp_path / name).write_text("a\n1,2\n")
    with pytest.raises(ms.ParameterError, match=r"from the ending '\.txt'"):
        steps.extract(str(tmp_path / "a.txt"))
    with pytest.raises(ms.DataError, match="cannot be read"):
        steps.extract(str(tmp_path / "b.parquet"))
    with pytest.raises(ms.DataError, match="cannot be read"):
        steps.extract(str(tmp_path / "c.csv"))


def test_parquet_folder_appears_at_once_and_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert steps.load_parquet(TABLE, str(folder), ["b"]) == {"rows": 3, "files": 3}
    found = steps.extract(str(folder)).read_all().sort_by("a")
    assert found["a"].to_pylist() == [1, 2, 3]
    old = folder.resolve()
    steps.load_parquet(TABLE.slice(0, 1), str(folder))
    assert steps.extract(str(folder)).read_all()["a"].to_pylist() == [1]
    assert old.is_dir()  # for readers that have begun
    steps.load_parquet(TABLE, str(folder))
    assert not old.exists()
    (tmp_path / "file").touch()
    with pytest.raises(ms.FileError, match="cannot be written"):
        steps.load_parquet(TABLE, str(tmp_path / "file" / "out"))
    (tmp_path / "mine").mkdir()
    with pytest.raises(ms.FileError, match="did not make"):
        steps.load_parquet(TABLE, str(tmp_path / "mine"))


def test_duckdb_tables_go_in_and_out(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    path = str(tmp_path / "my.duckdb")
    for _ in range(2):
        assert steps.load_duckdb(TABLE, path, 'o"dd') == {"rows": 3}
    steps.load_duckdb(TABLE, path, 'o"dd', mode="append")
    found = steps.extract_sql('SELECT a FROM "o""dd" ORDER BY a', f"duckdb:{path}")
    assert found["a"].to_pylist() == [1, 1, 2, 2, 3, 3]
    with pytest.raises(ms.DataError, match="DuckDB refused the table"):
        steps.load_duckdb(pa.table({"c": [1]}), path, 'o"dd', mode="append")
    assert len(steps.extract_sql('SELECT * FROM "o""dd"', f"duckdb:{path}")) == 6
    with pytest.raises(ms.DataError, match="duckdb refused the query"):
        steps.extract_sql("SELECT nothing", "duckdb:")
    with pytest.raises(ms.FileError, match="there is no such file"):
        steps.extract_sql("SELECT 1", "duckdb:no.duckdb")
    with pytest.raises(ms.ParameterError, match="mode must be"):
        steps.load_duckdb(TABLE, path, "t", mode="merge")


def test_any_database_of_adbc_goes_in_and_out(tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    database = f"adbc_driver_sqlite:{tmp_path / 'my.sqlite'}"
    for _ in range(2):
        assert steps.load_adbc(TABLE, database, "t") == {"rows": 3}
    steps.load_adbc(TABLE, database, "t", mode="append")
    found = steps.extract_sql("SELECT * FROM t ORDER BY a", database)
    assert found["a"].to_pylist() == [1, 1, 2, 2, 3, 3]
    with pytest.raises(ms.DataError, match="adbc_driver_sqlite refused the query"):
        steps.extract_sql("SELECT nothing", database)


def test_database_when_wrong_is_refused_without_its_password() -> None:
    with pytest.raises(ms.ParameterError, match="expected 'duckdb:FILE'"):
        steps.extract_sql("SELECT 1", "rides.db")
    with pytest.raises(ms.MissingExtraError, match="pip install adbc-driver-nobody") as caught:
        steps.extract_sql("SELECT 1", "adbc_driver_nobody:secret")
    assert "secret" not in str(caught.value)
