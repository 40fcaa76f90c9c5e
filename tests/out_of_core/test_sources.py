"""CSV files and every format of a dataset; Parquet whose texts stay dictionaries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from mainspring import DataError, FileError, Preprocessor, SchemaError, col, profile
from mainspring._sources import csv_files, open_source
from mainspring._sources.parquet_files import coded_columns


def plain_table(num_rows: int = 3000) -> pa.Table:
    """What CSV can hold: numbers with gaps, texts without empty ones, times, a target."""
    random = np.random.default_rng(4)
    return pa.table(
        {
            "x": pa.array(random.normal(size=num_rows), mask=random.random(num_rows) < 0.1),
            "n": random.integers(-50, 50, num_rows),
            "s": pa.array(
                random.choice(["NA", "a", "a, with a comma", 'a "quote"'], num_rows),
                mask=random.random(num_rows) < 0.1,
            ),
            "t": pa.array(random.integers(0, 10**9, num_rows), pa.timestamp("s")),
            "y": random.integers(0, 2, num_rows),
        }
    )


TABLE = plain_table()


def expressions() -> Preprocessor:
    return Preprocessor(
        col("x").impute("median").standardize(),
        col("n").quantile_bucketize(8),
        col("s").ordinal(),
        col("s").target_mean().alias("s mean"),
        col("t").datetime("hour"),
    )


def bundle_of(data: Any) -> bytes:
    return expressions().fit(data, target="y").bundle.to_bytes()


def parts_of(data: Any, columns: list[str] | None = None) -> list[pa.Table]:
    with open_source(data, passes=1, spool=False) as source:
        return [part.table for part in source.parts(columns)]


@pytest.mark.parametrize("block_bytes", [4 << 20, 5000])
def test_fit_when_data_is_csv_learns_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK_BYTES", block_bytes)
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        pyarrow.csv.write_csv(TABLE.slice(number * 1000, 1000), folder / f"{number}.csv")
    whole = bundle_of(TABLE)
    assert bundle_of(folder) == whole
    assert bundle_of([folder / "0.csv", folder / "1.csv", folder / "2.csv"]) == whole
    pyarrow.csv.write_csv(TABLE, tmp_path / "all.csv")
    assert bundle_of(str(tmp_path / "all.csv")) == whole


@pytest.mark.parametrize("form", ["csv", "ipc", "feather", "parquet", "json"])
def test_fit_when_dataset_has_a_format_learns_the_same_bits(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"data.{form}"
    if form == "csv":
        # A dataset of CSV takes an empty text for a text; so the writer must leave none out.
        table = TABLE.set_column(2, "s", TABLE["s"].fill_null("none"))
        pyarrow.csv.write_csv(table, path)
    elif form == "json":
        table = TABLE.drop_columns(["t"])
        path.write_text("\n".join(json.dumps(row) for row in table.to_pylist()))
    else:
        table = TABLE
        ds.write_dataset(table, path, format=form)
    prep = Preprocessor(
        col("x").impute("median").standardize(), col("s").ordinal(), col("n").ordinal()
    )
    whole = prep.fit(table).bundle.to_bytes()
    assert prep.fit(ds.dataset(path, format=form)).bundle.to_bytes() == whole


def test_csv_when_a_value_does_not_fit_says_how_to_give_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "_BLOCK_BYTES", 1000)
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "1\n" * 2000 + "2.5\n" * 500)
    prep = Preprocessor(col("x").standardize(), profile=False)
    with pytest.raises(DataError, match=r"a\.csv cannot be read as csv: .*schema=") as caught:
        prep.fit(path)
    assert caught.value.hint is not None
    typed = ds.dataset(path, format="csv", schema=pa.schema({"x": pa.float64()}))
    whole = pa.table({"x": [1.0] * 2000 + [2.5] * 500})
    assert prep.fit(typed).bundle.to_bytes() == prep.fit(whole).bundle.to_bytes()
    path.write_text("x,y\n1\n")
    with pytest.raises(DataError, match=r"a\.csv cannot be read as csv"):
        prep.fit(path)
    path.write_text("")
    with pytest.raises(DataError, match=r"a\.csv cannot be read as csv"):
        prep.fit(path)


def test_csv_when_only_some_columns_are_asked_gives_those(tmp_path: Path) -> None:
    pyarrow.csv.write_csv(TABLE, tmp_path / "a.csv")
    tables = parts_of(tmp_path / "a.csv", ["s", "x"])
    assert {tuple(table.column_names) for table in tables} == {("s", "x")}
    assert sum(table.num_rows for table in tables) == 3000
    assert pa.concat_tables(tables)["s"].to_pylist() == TABLE["s"].to_pylist()


def text_table(kind: pa.DataType, num_rows: int = 20_000) -> pa.Table:
    random = np.random.default_rng(2)
    few = np.array([f"category {i}" for i in range(300)])[random.integers(0, 300, num_rows)]
    return pa.table(
        {
            "few": pa.array(few, kind, mask=random.random(num_rows) < 0.1),
            "many": pa.array([f"user {i}" for i in range(num_rows)], kind),
            "a.b": pa.array(few, kind),
            "none": pa.nulls(num_rows, kind),
            "bytes": pa.array(few).cast(pa.binary()),
            "list": pa.array([["a"]] * num_rows, pa.list_(kind)),
            "struct": pa.array([{"few": "a"}] * num_rows),
            "n": random.integers(0, 2, num_rows),
        }
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_parquet_when_texts_repeat_keeps_their_dictionaries(
    tmp_path: Path, kind: pa.DataType
) -> None:
    table = text_table(kind)
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=7000)
    assert coded_columns(pq.read_metadata(path)) == ["few", "a.b", "none"]
    names = ["few", "many", "n"]
    for part in parts_of(path, names):
        assert part.schema.field("few").type == pa.dictionary(pa.int32(), kind)
        assert part.schema.field("many").type == kind
    prep = Preprocessor(
        col("few").ordinal(), col("many").count(), col("none").ordinal(), col("a.b").ordinal()
    )
    prep.fit(table.select(["few", "many", "none", "a.b"]))
    assert prep.profile is not None
    before = prep.bundle.to_bytes(), prep.profile.to_bytes()
    features = prep.transform(table.select(["few", "many", "none", "a.b"]))
    prep.fit(path)
    assert (prep.bundle.to_bytes(), prep.profile.to_bytes()) == before
    got = np.concatenate(list(prep.transform_batches(path)))
    np.testing.assert_array_equal(got, features)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_parquet_when_texts_come_as_dictionaries_messages_name_the_type_of_the_file(
    tmp_path: Path, kind: pa.DataType
) -> None:
    path = tmp_path / "a.parquet"
    table = text_table(kind)
    # A dictionary that the file has itself is one to the user too.
    table = table.append_column("own", table["few"].cast(pa.string()).dictionary_encode())
    pq.write_table(table, path)
    assert {"few", "own"} <= set(coded_columns(pq.read_metadata(path)))
    for name, type_ in (("few", str(kind)), ("own", "dictionary<string>")):
        with pytest.raises(SchemaError, match=f"'{name}' has type {type_}, expected a number"):
            Preprocessor(col(name).standardize()).fit(path)
        prep = Preprocessor(col(name).ordinal()).partial_fit(path)
        with pytest.raises(SchemaError, match=f"expected {type_} as in the data fitted"):
            prep.partial_fit(pa.table({name: [1.5]}))
        numbers = Preprocessor(col(name).standardize()).fit(pa.table({name: [1.5]}))
        with pytest.raises(SchemaError, match=f"'{name}' has type {type_}"):
            list(numbers.transform_batches(path))


def test_parquet_when_files_differ_in_their_dictionaries_is_one_column(tmp_path: Path) -> None:
    table = text_table(pa.string())
    pq.write_table(table.slice(0, 9000), tmp_path / "0.parquet")
    pq.write_table(table.slice(9000), tmp_path / "1.parquet", use_dictionary=False)
    assert coded_columns(pq.read_metadata(tmp_path / "1.parquet")) == []
    coded = pa.table({"few": table["few"].dictionary_encode()})
    pq.write_table(coded.slice(0, 10), tmp_path / "2.parquet")
    prep = Preprocessor(col("few").ordinal())
    prep.fit(pa.concat_tables([table.select(["few"]), table.select(["few"]).slice(0, 10)]))
    assert prep.profile is not None
    before = prep.bundle.to_bytes(), prep.profile.to_bytes()
    prep.fit(tmp_path)
    assert (prep.bundle.to_bytes(), prep.profile.to_bytes()) == before
    pq.write_table(table.slice(0, 0), tmp_path / "0.parquet")
    assert coded_columns(pq.read_metadata(tmp_path / "0.parquet")) == []


@pytest.mark.parametrize("data", ["", [""]])
def test_path_when_empty_is_not_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"x": [1.0]}), "a.parquet")
    assert profile(Path()).num_rows == 1
    with pytest.raises(FileError, match="the path is empty"):
        profile(data)
