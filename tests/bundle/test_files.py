"""Files are written whole or not at all, and every refusal names the path and the reason."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mainspring import _engine
from mainspring.errors import BundleCorruptError, FileError
from tests.bundle.sample import sample_bundle

IS_ROOT = os.geteuid() == 0


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_000])
def test_file_when_written_is_read_back(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    _engine.write_file(tmp_path / "a.spring", content)
    assert _engine.read_file(tmp_path / "a.spring") == content
    assert names(tmp_path) == ["a.spring"]


def test_path_may_be_text_bytes_or_a_path(tmp_path: Path) -> None:
    for path in (tmp_path / "a", str(tmp_path / "a"), os.fsencode(tmp_path / "a")):
        _engine.write_file(path, b"x")
        assert _engine.read_file(path) == b"x"


def test_path_without_a_folder_is_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _engine.write_file("plain.spring", b"x")
    assert names(tmp_path) == ["plain.spring"]


def test_path_that_is_not_utf8_works_and_is_named_in_errors(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    _engine.write_file(folder + b"/caf\xe9.spring", b"x")
    assert _engine.read_file(folder + b"/caf\xe9.spring") == b"x"
    with pytest.raises(FileError, match=r"Cannot read '.*/th\?.spring': No such file"):
        _engine.read_file(folder + b"/th\xe9.spring")
    with pytest.raises(BundleCorruptError, match=r"/caf\?.spring' is not a mainspring bundle"):
        _engine.Bundle.load(folder + b"/caf\xe9.spring")


def test_file_when_missing_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "none.spring"
    with pytest.raises(FileError) as caught:
        _engine.read_file(path)
    assert str(caught.value) == f"Cannot read '{path}': No such file or directory."
    with pytest.raises(FileError, match=f"Cannot read '{path}': No such file"):
        _engine.Bundle.load(path)


def test_folder_when_given_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it is a directory, expected a file"):
        _engine.read_file(tmp_path)
    with pytest.raises(FileError, match="it is a directory, expected the name of a file"):
        _engine.write_file(tmp_path, b"x")
    assert names(tmp_path) == []


def test_folder_when_missing_is_an_error_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file or directory"):
        _engine.write_file(tmp_path / "none" / "a.spring", b"x")
    assert names(tmp_path) == []


def test_path_when_empty_or_with_a_zero_byte_is_refused() -> None:
    for function in (_engine.read_file, lambda path: _engine.write_file(path, b"x")):
        with pytest.raises(FileError, match="the path is empty"):
            function("")
        with pytest.raises(ValueError, match="null byte"):
            function("a\0b")


def test_device_when_given_for_a_file_is_refused() -> None:
    with pytest.raises(FileError, match="it is not a regular file"):
        _engine.write_file("/dev/null", b"x")
    assert Path("/dev/null").is_char_device()


def test_file_when_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.spring"
    path.write_bytes(b"old")
    path.chmod(0o640)
    _engine.write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_file_when_new_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    _engine.write_file(tmp_path / "a.spring", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a.spring").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_link_when_written_through_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a.spring"
    target.write_bytes(b"old")
    link = tmp_path / "link.spring"
    link.symlink_to(target)
    _engine.write_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(tmp_path / "real") == ["a.spring"]


@pytest.mark.skipif(IS_ROOT, reason="nothing is read-only for root")
def test_folder_when_read_only_is_an_error_and_keeps_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.spring"
    path.write_bytes(b"old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="Permission denied"):
            _engine.write_file(path, b"new")
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.spring"]


@pytest.mark.parametrize("before", [None, b"the old bytes"])
def test_save_that_fails_midway_leaves_what_was_there(tmp_path: Path, before: bytes | None) -> None:
    """A limit on the size of files makes the write fail after its first bytes."""
    path = tmp_path / "a.spring"
    if before is not None:
        path.write_bytes(before)
    script = """
import resource, signal, sys
from mainspring import _engine
from mainspring.errors import FileError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    _engine.write_file(sys.argv[1], bytes(100_000))
except FileError as error:
    sys.stdout.write(str(error))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"Cannot write '{path}': File too large."
    assert names(tmp_path) == ([] if before is None else ["a.spring"])
    if before is not None:
        assert path.read_bytes() == before


def test_readers_during_many_saves_see_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "a.spring"
    contents = [bytes([number]) * 50_000 for number in range(8)]
    path.write_bytes(contents[0])
    stop = threading.Event()
    seen: list[bytes] = []

    def read() -> None:
        while not stop.is_set():
            seen.append(_engine.read_file(path))

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=_engine.write_file, args=(path, content)) for content in contents
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert seen
    assert all(content in contents for content in seen)
    assert names(tmp_path) == ["a.spring"]


def test_pipe_when_read_gives_all_of_it() -> None:
    read_end, write_end = os.pipe()
    content = os.urandom(300_000)

    def write() -> None:
        with os.fdopen(write_end, "wb") as stream:
            stream.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    assert _engine.read_file(f"/proc/self/fd/{read_end}") == content
    writer.join()
    os.close(read_end)


def test_bundle_when_loaded_is_read_into_private_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.spring"
    file = sample_bundle()
    path.write_bytes(file)
    bundle = _engine.Bundle.load(path)
    path.write_bytes(b"something else")
    assert bundle.to_bytes() == file


def test_write_bundle_wants_a_plan_or_names() -> None:
    from mainspring.errors import ParameterError

    bundle = _engine.Bundle.open(sample_bundle(), "sample")
    with pytest.raises(ParameterError, match="got neither"):
        _engine.write_bundle(b"{}", None, None, b"", b"")
    with pytest.raises(ParameterError, match="got both"):
        _engine.write_bundle(b"{}", bundle, ["x"], b"", b"")
