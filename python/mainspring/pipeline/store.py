"""The store of results: one folder for each key, there as a whole or not at all.

::

    artifacts/ab/abcd.../manifest.json     what it is, of what, and its files with their digests
    artifacts/ab/abcd.../table.arrow       the files
    partial/KEY.RANDOM/                    being written; the holder of the key's lock clears it
    locks/KEY                              held (flock) while a step runs; gone with its process
    latest/PIPELINE/STEP                   the key of the last result, for ``explain``
    inputs/                                digests of input files
    runs/000001.jsonl                      what a run did, line by line
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mainspring.errors import DataError, FileError, ParameterError
from mainspring.pipeline import formats
from mainspring.pipeline.input_files import InputFiles, file_digest
from mainspring.pipeline.pruning import Pruned, prune

__all__ = ["Store"]

_MANIFEST = "manifest.json"


class Store:
    """A folder of results by their keys, for any number of processes at once.

    Parameters
    ----------
    folder : path
        Made when it is first written to. Processes that share it must see each other's locks
        (``flock``): one machine, or a network file system that carries them.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).absolute()
        self.inputs = InputFiles(self.folder / "inputs")

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    def path(self, key: str) -> Path:
        """Return the folder of a result, whether it is there or not.

        Parameters
        ----------
        key : str
            64 hexadecimal digits.

        Returns
        -------
        Path
            Inside :attr:`folder`.

        Raises
        ------
        ParameterError
            When it is no key.
        """
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise ParameterError(
                f"{key[:80]!r} is no key of a result: expected 64 hexadecimal digits.",
                expected="64 hexadecimal digits",
                got=key[:80],
            )
        return self.folder / "artifacts" / key[:2] / key

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what is known of a result.

        Parameters
        ----------
        key : str
            Its key.

        Returns
        -------
        dict or None
            Its manifest; None when it is not there, or a file of it is missing or has another size.
        """
        folder = self.path(key)
        try:
            manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            for name, file in manifest["files"].items():
                if (folder / name).stat().st_size != file["bytes"]:
                    return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return dict(manifest)

    def load(self, key: str) -> Any:
        """Return a result.

        Parameters
        ----------
        key : str
            Its key.

        Returns
        -------
        object
            A new object; tables and arrays are read-only views of their files.

        Raises
        ------
        DataError
            When there is no such result.
        """
        manifest = self.find(key)
        if manifest is None:
            raise DataError(
                f"The store {self.folder} has no whole result {key[:12]}. Run its step again.",
                expected="a result of this key",
                got="none, or a damaged one",
                hint="run the step again",
            )
        return formats.read(self.path(key), manifest["result"])

    def write(self, partial: Path, value: Any, step: str, form: str) -> dict[str, Any]:
        """Write a result into a folder that is not a result yet.

        Parameters
        ----------
        partial : Path
            The folder.
        value : object
            What the step returned.
        step : str
            The step's name, for errors.
        form : {"auto", "pickle"}
            How it is stored.

        Returns
        -------
        dict
            ``result``, ``files`` and ``content``: for the manifest.
        """
        scratch = partial / "scratch"
        result = formats.write(partial, value, step, form, scratch)
        shutil.rmtree(scratch, ignore_errors=True)
        files = {
            path.relative_to(partial).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": file_digest(path),
            }
            for path in sorted(partial.rglob("*"))
            if path.is_file()
        }
        text = json.dumps([result, files])
        content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return {"result": result, "files": files, "content": content}

    def commit(self, partial: Path, key: str, manifest: Mapping[str, Any], *, force: bool) -> None:
        """Make a folder the result of a key, at once.

        Parameters
        ----------
        partial : Path
            The folder, written.
        key : str
            The key.
        manifest : mapping
            What is known of it.
        force : bool
            Whether it takes the place of one that is there.
        """
        text = json.dumps({"key": key, **manifest}, indent=1)  # dicts keep their order
        (partial / _MANIFEST).write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and (force or self.find(key) is None):
            # Open maps of the old files stay valid: they lose their name, not their bytes.
            target.rename(partial.with_name(f"{partial.name}.old"))
        try:
            partial.rename(target)
        except OSError as error:  # ENOTEMPTY: another process was first, with the same result
            if not target.exists():
                raise FileError(f"{target} cannot be made: {error.strerror}.") from error
        shutil.rmtree(partial.with_name(f"{partial.name}.old"), ignore_errors=True)

    @contextmanager
    def partial(self, key: str) -> Iterator[Path]:
        """Make a folder to write a result into; it goes away unless it is committed.

        Parameters
        ----------
        key : str
            What it is for; its lock is held, so what others left behind is cleared.

        Yields
        ------
        Path
            An empty folder.
        """
        parent = self.folder / "partial"
        parent.mkdir(parents=True, exist_ok=True)
        self._clear(key)
        folder = parent / f"{key}.{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def clear(self, key: str) -> None:
        """Take away what a process that died left of a result, unless somebody makes it now.

        Parameters
        ----------
        key : str
            What it was for.
        """
        path = self.folder / "locks" / key
        with suppress(OSError):
            held = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._clear(key)
                path.unlink()
            finally:
                os.close(held)

    @contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Hold the lock of a key: who else wants it waits, and then finds the result.

        Parameters
        ----------
        key : str
            The key.

        Yields
        ------
        bool
            Whether it had to wait for somebody.
        """
        folder = self.folder / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / key
        waited = False
        while True:
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waited = True
                    fcntl.flock(held, fcntl.LOCK_EX)
                # Who held it before took its name away: then this is a lock of nothing.
                with suppress(FileNotFoundError):
                    if path.stat().st_ino == os.fstat(held).st_ino:
                        break
            except BaseException:
                os.close(held)
                raise
            os.close(held)
        try:
            yield waited
        finally:
            with suppress(OSError):
                path.unlink()
            os.close(held)

    def latest(self, pipeline: str, step: str) -> dict[str, Any] | None:
        """Return the manifest of the last result of a step.

        Parameters
        ----------
        pipeline, step : str
            Their names.

        Returns
        -------
        dict or None
            None when it never ran here, or its result is gone.
        """
        try:
            key = self._latest(pipeline, step).read_text(encoding="ascii").strip()
            return self.find(key)
        except (OSError, ValueError):
            return None

    def set_latest(self, pipeline: str, step: str, key: str) -> None:
        """Remember the last result of a step.

        Parameters
        ----------
        pipeline, step, key : str
            Whose, and which.
        """
        path = self._latest(pipeline, step)
        with suppress(OSError):
            if path.read_text(encoding="ascii") == key:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
        fresh.write_text(key, encoding="ascii")
        fresh.replace(path)

    def damaged(self) -> list[str]:
        """Read every result and compare it with its digests.

        Returns
        -------
        list of str
            Keys of those that are not what was written.
        """
        wrong = []
        for folder in sorted((self.folder / "artifacts").glob("*/*")):
            manifest = self.find(folder.name)
            files = {} if manifest is None else manifest["files"]
            if manifest is None or any(
                file_digest(folder / name) != file["sha256"] for name, file in files.items()
            ):
                wrong.append(folder.name)
        return wrong

    def prune(self, last: int = 20, *, dry_run: bool = False) -> Pruned:
        """Take out results that only older runs have.

        The results of the last runs of each pipeline stay, those of runs that run now, and the last
        result of every step. What is taken out is made again when it is needed.

        Parameters
        ----------
        last : int, default 20
            Runs of each pipeline that are kept.
        dry_run : bool, default False
            Say what would go, and leave it there.

        Returns
        -------
        Pruned
            ``results``, ``runs``, ``num_bytes`` and ``num_kept``.

        Raises
        ------
        ParameterError
            When ``last`` is below 1.
        """
        return prune(self.folder, last=last, dry_run=dry_run)

    def _clear(self, key: str) -> None:
        for left in (self.folder / "partial").glob(f"{key}.*"):
            shutil.rmtree(left, ignore_errors=True)

    def _latest(self, pipeline: str, step: str) -> Path:
        return self.folder / "latest" / pipeline / step
