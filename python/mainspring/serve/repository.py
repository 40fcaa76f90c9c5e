"""A folder of models that is looked at again and again: new files are tried, then served."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mainspring import errors, runtime
from mainspring.serve.hosted_model import HostedModel, check_name
from mainspring.serve.model_table import ModelTable
from mainspring.serve.replies import Refusal

__all__ = ["ModelRepository"]

KEPT_VERSIONS = 2
_log = logging.getLogger("mainspring.serve")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that could be served."""

    name: str
    version: int | None  # None: a file without a version, which counts its own changes
    path: Path
    stamp: tuple[int, int, int]


class ModelRepository:
    """Keeps a table of models as a folder has them.

    ``NAME.spring`` is a model, whose version counts how often the file was replaced;
    ``NAME/VERSION.spring`` and ``NAME/VERSION/*.spring`` are versions, of which the highest is
    served and the one before stays loaded. ``FILE.golden.json`` beside a bundle
    (``{"rows": [...], "predictions": [...]}``) holds rows that it must predict so.

    Parameters
    ----------
    folder : Path
        Where to look.
    models : ModelTable
        What is kept.
    max_rows : int
        A request with more rows is refused.
    keep_predictions : int, default 0
        How many predictions of each version wait for their labels.
    seconds : float, default 1
        From one look to the next.
    """

    def __init__(
        self,
        folder: Path,
        models: ModelTable,
        max_rows: int,
        keep_predictions: int = 0,
        seconds: float = 1.0,
    ) -> None:
        if not folder.is_dir():
            raise errors.FileError(f"The repository {folder} is no folder.")
        self.folder = folder
        self.models = models
        self.max_rows = max_rows
        self.keep_predictions = keep_predictions
        self.seconds = seconds
        self.loads: dict[tuple[str, str], int] = {}
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._changes: dict[str, int] = {}
        self._unloaded: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look again and again, on a thread."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(target=self._watch, daemon=True, name="mainspring-repo")
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def scan(self) -> None:
        """Look once. A file that cannot be served is logged, and what was served before stays."""
        with self._lock:
            for candidate in self._candidates():
                is_new = self._seen.get(candidate.path) != candidate.stamp
                if is_new and candidate.name not in self._unloaded:
                    self._seen[candidate.path] = candidate.stamp
                    try:
                        self._serve(candidate)
                    except (errors.MainspringError, OSError, ValueError) as error:
                        self._count(candidate.name, "failed")
                        _log.error("%s is not served: %s", candidate.path, error)

    def load(self, name: str) -> None:
        """Serve a model as the folder has it now.

        Parameters
        ----------
        name : str
            The model's.

        Raises
        ------
        Refusal
            404 when the folder has no such model, 400 when it cannot be served.
        """
        with self._lock:
            self._unloaded.discard(name)
            found = [one for one in self._candidates() if one.name == name]
            if not found:
                raise Refusal(404, f"The repository has no model {name[:60]!r}.")
            for candidate in found:
                try:
                    self._serve(candidate)
                except (errors.MainspringError, OSError, ValueError) as error:
                    self._count(name, "failed")
                    raise Refusal(400, f"{candidate.path.name} is not served: {error}") from error
                self._seen[candidate.path] = candidate.stamp

    def unload(self, name: str) -> None:
        """Serve a model no more, until it is loaded by name.

        Parameters
        ----------
        name : str
            The model's.
        """
        with self._lock:
            self._unloaded.add(name)

    def _watch(self) -> None:
        while not self._stopped.wait(self.seconds):
            try:
                self.scan()
            except Exception:  # noqa: PERF203  the next look may find the folder in order again
                _log.exception("The repository %s cannot be looked at.", self.folder)

    def _candidates(self) -> list[_Candidate]:
        """Find what to serve, the highest versions last: what is served last is current."""
        by_name: dict[str, list[_Candidate]] = {}
        for candidate in self._files():
            by_name.setdefault(candidate.name, []).append(candidate)
        found: list[_Candidate] = []
        for candidates in by_name.values():
            candidates.sort(key=lambda one: (one.version or 0, str(one.path)))
            found.extend(candidates[-KEPT_VERSIONS:])
        return found

    def _files(self) -> Iterator[_Candidate]:
        for entry in sorted(self.folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.suffix == ".spring" and entry.is_file():
                yield from _candidate(entry.stem, None, entry)
            elif entry.is_dir():
                for inner in sorted(entry.iterdir()):
                    number = inner.stem if inner.suffix == ".spring" else inner.name
                    if not number.isascii() or not number.isdigit():
                        continue
                    files = [inner] if inner.is_file() else sorted(inner.glob("*.spring"))
                    for path in files[:1]:
                        yield from _candidate(entry.name, int(number), path)

    def _serve(self, candidate: _Candidate) -> None:
        """Load, try, and only then serve."""
        check_name(candidate.name, {})
        predictor = runtime.load(candidate.path)
        _check_golden(predictor, candidate.path)
        number = candidate.version
        if number is None:
            number = self._changes.get(candidate.name, 0) + 1
        model = HostedModel(
            predictor, candidate.name, self.max_rows, str(number), self.keep_predictions
        )
        self._changes[candidate.name] = number
        self.models.put(model, KEPT_VERSIONS)
        self._count(candidate.name, "ok")
        _log.info("%s is served as %s, version %s", candidate.path, model.name, model.version)

    def _count(self, name: str, outcome: str) -> None:
        self.loads[name, outcome] = self.loads.get((name, outcome), 0) + 1


def _candidate(name: str, version: int | None, path: Path) -> Iterator[_Candidate]:
    try:
        stat = path.stat()
    except OSError:
        return  # it went while the folder was read
    yield _Candidate(name, version, path, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


def _check_golden(predictor: runtime.RuntimePredictor, path: Path) -> None:
    golden = path.with_name(path.stem + ".golden.json")
    if not golden.exists():
        return
    wanted = json.loads(golden.read_text("utf-8"))
    parts = wanted if isinstance(wanted, dict) else {}
    rows, predictions = parts.get("rows"), parts.get("predictions")
    if not (isinstance(rows, list) and isinstance(predictions, list)):
        expected = '{"rows": [...], "predictions": [...]}'
        raise errors.DataError(f"{golden.name} is not {expected}.", expected=expected)
    if len(rows) != len(predictions):
        raise errors.DataError(
            f"{golden.name} has {len(rows):,} rows and {len(predictions):,} predictions."
        )
    found = predictor.predict(rows)
    values = found.tolist() if isinstance(found, memoryview) else found
    for row, (got, expected) in enumerate(zip(values, predictions, strict=True)):
        both_missing = expected is None and isinstance(got, float) and math.isnan(got)
        if got != expected and not both_missing:
            raise errors.DataError(
                f"row {row} of {golden.name} is predicted as {got}, expected {expected}.",
                row=row,
            )
