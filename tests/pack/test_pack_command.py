"""``mainspring pack``: what it writes and prints, and what is wrong."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mainspring import pack
from mainspring.cli import main
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]


@pytest.fixture
def bundle(golden: Find, tmp_path: Path) -> Path:
    path = tmp_path / "late.spring"
    path.write_bytes(golden("0.1-late-flights").file)
    return path


def test_bundle_when_packed_is_written_and_measured(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(bundle), "-o", str(tmp_path / "small.spring")]) == 0
    small = (tmp_path / "small.spring").read_bytes()
    assert small == pack.shrink(bundle.read_bytes())
    out = capsys.readouterr().out
    assert f"late.spring: {bundle.stat().st_size:,} bytes, packed {len(small):,}" in out
    assert f"{pack.memory_needed(small)['scratch']:,}" in out
    assert "models: forest" in out


def test_blocks_of_a_forest_when_asked_for_are_kept(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.spring"
    assert main(["pack", str(bundle), "--blocks", "-o", str(target)]) == 0
    assert target.read_bytes() == pack.shrink(bundle.read_bytes(), keep_blocks=True)


def test_source_when_packed_is_two_files(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "late.cpp"
    assert main(["pack", str(bundle), "--target", "c", "-o", str(target)]) == 0
    assert "late_bundle" in target.read_text(encoding="utf-8")
    assert "LATE_BUNDLE_BYTES" in (tmp_path / "late.h").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["lambda", "gcf", "azure"])
def test_function_when_packed_is_a_small_zip(bundle: Path, tmp_path: Path, target: str) -> None:
    output = tmp_path / "function.zip"
    assert main(["pack", str(bundle), "--target", target, "-o", str(output)]) == 0
    assert output.stat().st_size <= 2_000_000
    with zipfile.ZipFile(output) as archive:
        assert archive.testzip() is None
        assert {"libmainspring.so", "model.spring"} <= set(archive.namelist())
    before = output.read_bytes()
    assert main(["pack", str(bundle), "--target", target, "-o", str(output)]) == 0
    assert output.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--target", "c", "-o", "late.c"], ".cpp"),
        (["-o", "no/folder/late.spring"], "no/folder"),
        (["--target", "fridge"], "fridge"),
        (["--target", "c", "-o", "late.cpp", "--tile-rows", "65"], "multiple of 64"),
        (
            ["-o", "late.spring", "--tile-rows", "128"],
            "--tile-rows does nothing with --target bundle",
        ),
        (["--target", "wasm", "--library", "x.so"], "expected --target lambda or gcf or azure"),
        (["--target", "c", "--keep-profile"], "--keep-profile does nothing"),
        (["--target", "c", "--no-blocks"], "--blocks does nothing with --target c"),
        (["--blocks", "--leaf-bits", "16"], "--blocks does nothing with --leaf-bits"),
        (["--target", "gcf", "-o", "late", "--library", "none.so"], "none.so cannot be read"),
        (["--target", "gcf", "-o", "late", "--library", "late.spring"], "no shared library"),
        (["--target", "gcf", "-o", "late.spring"], "late.spring is a file, expected a new or"),
        (["--target", "gcf", "-o", "late", "--sign", "key.pem"], "one file"),
        (["--sign", "key.pem"], "one file"),
        (["-o", "small.spring", "--sign", "key.pem"], "key.pem cannot be read"),
        (["--leaf-bits", "3"], "4 to 24"),
    ],
)
def test_pack_when_something_is_wrong_says_so(
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["pack", str(bundle), *arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["late.spring"]


def test_target_without_an_output_says_that_nothing_was_written(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(bundle), "--target", "c"]) == 0
    assert "Nothing was written; name an output with -o." in capsys.readouterr().out


def test_bundle_when_truncated_is_refused_by_its_name(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle.write_bytes(bundle.read_bytes()[:1000])
    assert main(["pack", str(bundle)]) == 2
    assert f"'{bundle}' is truncated" in capsys.readouterr().err
