"""Messages of the package in the words of the command line, and lists of options in both forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mainspring import cli
from mainspring.cli.option_names import in_options
from mainspring.cli.parser import Parser

Run = Callable[..., Any]

OPTIONS = {"window_rows": "--window-rows", "kind": "--kind", "states": "--states"}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("window_rows must be above 0.", "--window-rows must be above 0."),
        ("create_app: window_rows must be", "--window-rows must be"),
        ("It goes without window_rows.", "It goes without --window-rows."),
        ("kind is 'prob', expected another kind.", "--kind is 'prob', expected another kind."),
        ("Pass states=, a folder.", "Pass --states, a folder."),
        ("The states of a kind are many.", "The states of a kind are many."),
        ("Column 'window_rows' is missing.", "Column 'window_rows' is missing."),
        ("window_rows.spring cannot be read.", "window_rows.spring cannot be read."),
        ("a/window_rows/b cannot be read.", "a/window_rows/b cannot be read."),
        ("my_window_rows is none.", "my_window_rows is none."),
    ],
)
def test_parameters_are_said_as_options(message: str, said: str) -> None:
    assert in_options(message, OPTIONS, {}) == said


def test_phrases_come_first_and_as_whole_words() -> None:
    phrases = {"Batch: window_rows": "--batch-rows", "rows must": "--drift-rows must"}
    assert in_options("Batch: window_rows is 0.", OPTIONS, phrases) == "--batch-rows is 0."
    assert in_options("rows must be", OPTIONS, phrases) == "--drift-rows must be"
    assert in_options("window_rows must be", OPTIONS, phrases) == "--window-rows must be"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--window-rows", "0"], "--window-rows must be"),
        (["--window-period", "1d"], "--window-period needs --window-column"),
        (["--window-rows", "5", "--window-column", "id"], "--window-rows goes without --window-co"),
        (["--window-rows", "5", "--persistence", "3", "2"], "--persistence must be"),
        (["--columns", "winds"], "--columns: there is no column 'winds' in the data; did you mean"),
        (["--limit", "kss=1"], "--limit: there is no limit 'kss'"),
        (["--limit", "ks=0.1,kss=1"], "Did you mean 'ks'?"),
    ],
)
def test_messages_of_drift_name_options(
    run: Run, folder: Path, options: list[str], said: str
) -> None:
    ran = run("drift", folder / "late.spring", folder / "data.parquet", *options)
    assert ran.code == 2
    assert said in ran.err


def test_endings_of_all_that_drift_reads_are_named(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text("tree")
    for order in ((folder / "late.spring", tmp_path / "model.txt"), (tmp_path / "model.txt", "-")):
        ran = run("drift", *order)
        assert ran.code == 2
        assert "expected .profile, .spring, .parquet, .csv, .arrow or .feather." in ran.err


@pytest.mark.parametrize(
    ("command", "option", "ending"),
    [("profile", "data.parquet", ".profile"), ("merge-profiles", "data.parquet", ".profile")],
)
def test_output_that_other_commands_would_not_know_is_refused(
    run: Run, folder: Path, tmp_path: Path, command: str, option: str, ending: str
) -> None:
    ran = run(command, folder / option, "-o", tmp_path / "out.csv")
    assert ran.code == 2
    assert ran.out == ""
    assert f"expected a name that ends in {ending}" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_bundle_without_its_ending_is_refused(run: Run, tmp_path: Path) -> None:
    ran = run("convert", "model.txt", "-o", tmp_path / "late")
    assert ran.code == 2
    assert "ends in .spring" in ran.err


@pytest.mark.parametrize("command", [["profile"], ["merge-profiles", "-o", "out.profile"]])
def test_profile_that_is_none_is_named_with_how_to_make_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.profile").write_text("no profile")
    ran = run(*command, "old.profile")
    assert ran.code == 2
    assert "old.profile: These bytes are not a profile. `mainspring profile DATA" in ran.err


@pytest.mark.parametrize("option", ["--html", "--junit"])
def test_output_that_is_a_folder_is_refused_before_work(
    run: Run, folder: Path, tmp_path: Path, option: str
) -> None:
    ran = run("drift", folder / "late.spring", folder / "data.parquet", option, tmp_path)
    assert ran.code == 2
    assert ran.out == ""
    assert "a folder has this name" in ran.err


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_no_list_is_taken_by_commas_alone(command: str) -> None:
    """Where a help page says a,b it says a b, and so does the parser."""
    parser = Parser()
    import_module(f"mainspring.cli.{command.replace('-', '_')}").add_arguments(parser)
    for action in parser._actions:
        text = action.help or ""
        assert "by commas" not in text, action.option_strings
        if re.search(r", or [\w:=]+,\w", text):
            assert action.nargs == "+", action.option_strings
    lists = {
        name for action in parser._actions if action.nargs == "+" for name in action.option_strings
    }
    some = {
        "stream": {"--keep", "--partitions", "--servers", "--topic"},
        "serve": {"--payload-redact"},
    }
    assert some.get(command, set()) <= lists


@pytest.mark.parametrize("form", [["id,", "noise"], ["id", "noise"], ["id,noise"]])
def test_kept_columns_are_the_same_in_every_form(
    run: Run, folder: Path, tmp_path: Path, form: list[str]
) -> None:
    out = tmp_path / "scores.csv"
    ran = run("predict", folder / "late.spring", folder / "data.csv", "-o", out, "--keep", *form)
    assert ran.code == 0, ran.err
    assert out.read_text().splitlines()[0] == '"id","noise","probability"'
