"""``mainspring predict``: the same bits as Python, from every format, into every format."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mainspring as ms

Run = Callable[..., Any]


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
def test_predict_when_written_equals_python(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"scores.{ending}"
    ran = run("predict", folder / "late.spring", folder / "data.parquet", "-o", out)
    assert (ran.code, ran.err) == (0, "")
    read = {
        "parquet": pq.read_table,
        "csv": pyarrow.csv.read_csv,
        "arrow": pyarrow.feather.read_table,
    }[ending]
    expected = ms.load(folder / "late.spring").predict(table)
    got = read(out)
    assert got.column_names == ["probability"]
    np.testing.assert_array_equal(got["probability"].to_numpy(), expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"scores.{ending}"]


def test_predict_when_data_is_csv_equals_parquet(run: Run, folder: Path, tmp_path: Path) -> None:
    for name in ("data.csv", "data.parquet"):
        out = tmp_path / f"{name}.parquet"
        assert run("predict", folder / "late.spring", folder / name, "-o", out).code == 0
    first = pq.read_table(tmp_path / "data.csv.parquet")
    assert first.equals(pq.read_table(tmp_path / "data.parquet.parquet"))


def test_predict_when_keep_is_given_writes_those_columns_first(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    data = folder / "data.parquet"
    ran = run("predict", folder / "late.spring", data, "-o", out, "--keep", "id", "carrier")
    assert ran.code == 0
    got = pq.read_table(out)
    assert got.column_names == ["id", "carrier", "probability"]
    assert got["id"].equals(table["id"])


@pytest.mark.parametrize(
    ("kind", "method", "names"),
    [
        ("proba", "predict_proba", ["probability_0", "probability_1"]),
        ("raw", "predict_raw", ["raw"]),
    ],
)
def test_predict_when_kind_is_given_equals_that_method(
    run: Run,
    folder: Path,
    table: pa.Table,
    tmp_path: Path,
    kind: str,
    method: str,
    names: list[str],
) -> None:
    out = tmp_path / "scores.parquet"
    data = folder / "data.parquet"
    assert run("predict", folder / "late.spring", data, "--kind", kind, "-o", out).code == 0
    got = pq.read_table(out)
    assert got.column_names == names
    expected = getattr(ms.load(folder / "late.spring"), method)(table)
    matrix = np.column_stack([column.to_numpy() for column in got.columns])
    np.testing.assert_array_equal(matrix, expected.reshape(len(expected), -1))


def test_predict_when_no_output_is_given_shows_the_first_rows(
    run: Run, folder: Path, table: pa.Table
) -> None:
    ran = run("predict", folder / "late.spring", folder / "data.parquet", "--keep", "id")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["row", "id", "probability"]
    assert len(lines) == 12
    assert lines[-1] == "... and 490 more rows; write them all with -o FILE"
    first = ms.load(folder / "late.spring").predict(table)[0]
    assert lines[1].split() == ["0", "0", f"{first:.6g}"]


@pytest.mark.parametrize("form", ["parquet", "csv", "stream", "file"])
def test_predict_when_data_is_piped_tells_the_format_by_its_bytes(
    run: Run,
    folder: Path,
    table: pa.Table,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    buffer = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, buffer)
    elif form == "csv":
        pyarrow.csv.write_csv(table, buffer)
    else:
        make = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
        with make(buffer, table.schema) as writer:
            writer.write_table(table)
    buffer.seek(0)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=buffer))
    piped = run("predict", folder / "late.spring", "-")
    assert piped.code == 0, piped.err
    assert piped.out == run("predict", folder / "late.spring", folder / "data.parquet").out


def test_predict_when_output_is_a_dash_prints_csv(
    folder: Path, table: pa.Table, script: Callable[..., Any]
) -> None:
    done = script("predict", folder / "late.spring", folder / "data.parquet", "-o", "-")
    got = pyarrow.csv.read_csv(io.BytesIO(done.stdout))
    expected = ms.load(folder / "late.spring").predict(table)
    np.testing.assert_array_equal(got["probability"].to_numpy(), expected)


def test_predict_when_table_is_empty_writes_no_rows(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(table.slice(0, 0), tmp_path / "empty.parquet")
    out = tmp_path / "scores.parquet"
    assert run("predict", folder / "late.spring", tmp_path / "empty.parquet", "-o", out).code == 0
    assert pq.read_table(out).num_rows == 0


def test_csv_when_text_looks_missing_keeps_it(run: Run, folder: Path, tmp_path: Path) -> None:
    # 'NA' is a carrier here; only the empty field is missing.
    (tmp_path / "a.csv").write_text("wind,noise,carrier\n1.5,0.1,NA\n,0.1,\n")
    rows = [
        {"wind": 1.5, "noise": 0.1, "carrier": "NA"},
        {"wind": None, "noise": 0.1, "carrier": None},
    ]
    predictor = ms.load(folder / "late.spring")
    out = tmp_path / "a.parquet"
    assert run("predict", folder / "late.spring", tmp_path / "a.csv", "-o", out).code == 0
    got = pq.read_table(out)["probability"].to_pylist()
    assert got == [predictor.predict_row(row) for row in rows]
