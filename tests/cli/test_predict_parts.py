"""``mainspring predict`` of files larger than memory: in steps, and on from where it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring import Predictor

Run = Callable[..., Any]


def row_groups(path: Path) -> list[int]:
    metadata = pq.read_metadata(path)
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


@pytest.fixture
def scores(folder: Path, table: pa.Table) -> np.ndarray:
    return ms.load(folder / "late.spring").predict(table)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each call of the predictor."""
    rows: list[int] = []
    predict = Predictor.predict_arrow

    def counted(self: Predictor, data: Any, kind: str = "predict") -> Any:
        rows.append(data.num_rows)
        return predict(self, data, kind)

    monkeypatch.setattr(Predictor, "predict_arrow", counted)
    return rows


def write_data(table: pa.Table, folder: Path) -> Path:
    """Parquet, an Arrow file and a stream of it, CSV: 500 rows in all."""
    data = folder / "data"
    data.mkdir()
    pq.write_table(table.slice(0, 200), data / "0.parquet", row_group_size=70)
    with pa.ipc.new_file(data / "1.arrow", table.schema) as writer:
        writer.write_table(table.slice(200, 100), max_chunksize=40)
    with pa.ipc.new_stream(data / "2.arrow", table.schema) as stream:
        stream.write_table(table.slice(300, 100), max_chunksize=60)
    pyarrow.csv.write_csv(table.slice(400, 50), data / "3.csv")
    pq.write_table(table.slice(0, 0), data / "4.parquet")
    pq.write_table(table.slice(450), data / "5.parquet")
    return data


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv"])
def test_predict_when_data_is_a_folder_writes_its_row_groups(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path, scores: np.ndarray, ending: str
) -> None:
    table = table.set_column(4, "late", table["late"].cast(pa.int64()))  # as CSV has it
    out = tmp_path / f"out.{ending}"
    data = write_data(table, tmp_path)
    ran = run("predict", folder / "late.spring", data, "-o", out, "--keep", "id,carrier", "late")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{out}: 500 rows, id, carrier, late, probability\n"
    read = {
        "parquet": pq.read_table,
        "csv": pyarrow.csv.read_csv,
        "arrow": pyarrow.feather.read_table,
    }[ending]
    got = read(out)
    names = ["id", "carrier", "late"]
    assert got.select(names).cast(table.select(names).schema).equals(table.select(names))
    np.testing.assert_array_equal(got["probability"].to_numpy(), scores)
    if ending == "parquet":
        assert got.schema.field("carrier").type == pa.string()
        assert row_groups(out) == [70, 70, 60, 40, 40, 20, 60, 40, 50, 50]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", f"out.{ending}"]


def test_predict_when_nothing_is_written_shows_the_first_rows_of_a_folder(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path, calls: list[int]
) -> None:
    table = table.set_column(4, "late", table["late"].cast(pa.int64()))
    ran = run("predict", folder / "late.spring", write_data(table, tmp_path))
    assert ran.out.splitlines()[-1] == "... and 490 more rows; write them all with -o FILE"
    assert sum(calls) == 10


# The command, which stops itself before it renames its sixth part: the signal that goes on then
# meets it there however busy the machine is. What a shell starts behind the back of its terminal
# (`pytest &` in a script) ignores Ctrl-C, and so would all that it starts.
STOPPING = """
import os, pathlib, signal, sys
from mainspring.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
rename, count = pathlib.Path.replace, 0

def replace(path, target):
    global count
    count += 1
    if count == 6:
        os.kill(os.getpid(), signal.SIGSTOP)
    return rename(path, target)

pathlib.Path.replace = replace
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(os, "WUNTRACED"), reason="processes are stopped by a signal")
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
def test_predict_when_killed_goes_on_without_losing_or_repeating_rows(
    run: Run,
    folder: Path,
    table: pa.Table,
    tmp_path: Path,
    calls: list[int],
    signal_number: signal.Signals,
) -> None:
    many = pa.concat_tables([table] * 40)
    many = many.set_column(0, "id", pa.array(np.arange(many.num_rows)))
    pq.write_table(many, tmp_path / "data.parquet", row_group_size=50)  # 400 of them
    out = tmp_path / "out.parquet"
    arguments = ["predict", folder / "late.spring", tmp_path / "data.parquet"]
    arguments += ["-o", out, "--keep", "id"]
    parts = tmp_path / ".out.parquet.parts"
    command = [sys.executable, "-c", STOPPING, *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal_number)
        process.send_signal(signal.SIGCONT)
    assert process.returncode != 0
    assert not out.exists()
    done = len(list(parts.glob("*.arrow")))
    assert 3 <= done < 400
    # What a power cut may leave: a part that was renamed before its bytes were on the disk.
    first, *_, last = sorted(parts.glob("*.arrow"))
    last.write_bytes(last.read_bytes()[:-100])
    schema = pa.ipc.open_stream(first.read_bytes()).schema
    with pa.ipc.new_stream(first, schema):  # as long as its beginning
        pass

    ran = run(*arguments)
    assert ran.code == 0
    assert ran.err == f"going on: {done - 2} of 400 row groups are done\n"
    assert sum(calls) == (400 - done + 2) * 50
    got = pq.read_table(out)
    assert got["id"].equals(many["id"])
    expected = ms.load(folder / "late.spring").predict(many)
    np.testing.assert_array_equal(got["probability"].to_numpy(), expected)
    assert row_groups(out) == [50] * 400
    assert not parts.exists()
    calls.clear()
    assert run(*arguments).err == ""  # a run that is whole leaves nothing to go on with
    assert sum(calls) == many.num_rows


def stop_after(monkeypatch: pytest.MonkeyPatch, num_calls: int) -> None:
    left = iter(range(num_calls))
    predict = Predictor.predict_arrow

    def stops(self: Predictor, data: Any, kind: str = "predict") -> Any:
        if data.num_rows and next(left, None) is None:
            raise OSError(28, "No space left on device")
        return predict(self, data, kind)

    monkeypatch.setattr(Predictor, "predict_arrow", stops)


@pytest.mark.parametrize("change", ["nothing", "data", "option", "columns", "output"])
def test_predict_when_the_job_is_another_one_begins_anew(
    run: Run,
    folder: Path,
    table: pa.Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    data, out = tmp_path / "data.parquet", tmp_path / "out.parquet"
    pq.write_table(table, data, row_group_size=100)
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        ran = run("predict", folder / "late.spring", data, "-o", out)
        assert ran.code != 0
        assert "No space left" in ran.err
    assert len(list((tmp_path / ".out.parquet.parts").glob("*.arrow"))) == 2
    more: list[object] = []
    if change == "data":
        table = table.set_column(1, "wind", pa.array(np.zeros(500)))
        pq.write_table(table, data, row_group_size=100)
    elif change == "option":
        more = ["--kind", "raw"]
    elif change == "columns":
        more = ["--keep", "id"]
    elif change == "output":
        out = tmp_path / "other.parquet"
    ran = run("predict", folder / "late.spring", data, "-o", out, *more)
    assert ran.err == ("going on: 2 of 5 row groups are done\n" if change == "nothing" else "")
    predictor = ms.load(folder / "late.spring")
    expected = predictor.predict_raw(table) if change == "option" else predictor.predict(table)
    got = pq.read_table(out)
    np.testing.assert_array_equal(got[got.column_names[-1]].to_numpy(), expected)


def test_predict_when_the_first_step_fails_leaves_nothing_behind(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    data, out = tmp_path / "data.parquet", tmp_path / "out.parquet"
    pq.write_table(table.drop_columns("wind"), data)
    ran = run("predict", folder / "late.spring", data, "-o", out)
    assert ran.code != 0
    assert f"{data}: " in ran.err
    assert "'wind'" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["data.parquet"]


def test_predict_when_kept_columns_differ_between_files_names_file_and_column(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out.parquet"
    data.mkdir()
    pq.write_table(table.set_column(0, "id", table["id"].cast(pa.int32())), data / "0.parquet")
    pq.write_table(table, data / "1.parquet")  # int64 that int32 holds
    assert run("predict", folder / "late.spring", data, "-o", out, "--keep", "id").code == 0
    assert pq.read_table(out)["id"].type == pa.int32()
    odd = table.set_column(0, "id", pa.array([f"row {i}" for i in range(500)]))
    pq.write_table(odd, data / "1.parquet")
    ran = run("predict", folder / "late.spring", data, "-o", out, "--keep", "id")
    assert ran.code != 0
    assert "1.parquet: Column 'id' has type string, expected int32" in ran.err


def test_keep_when_names_hold_commas_is_a_column_first(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    data, out = tmp_path / "data.parquet", tmp_path / "out.parquet"
    pq.write_table(table.append_column("id,late", table["late"]), data)
    arguments = ["predict", folder / "late.spring", data, "-o", out]
    assert run(*arguments, "--keep", "id,late", "id,carrier").code == 0
    assert pq.read_table(out).column_names == ["id,late", "id", "carrier", "probability"]
    assert "'carier'" in run(*arguments, "--keep", "id,carier").err
