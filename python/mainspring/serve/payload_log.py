"""A sample of what was asked and answered, as Arrow streams: rotated, columns redacted.

Rows are written by a thread of their own, behind the answer. What cannot be written, to a full
disk for example, is counted and dropped; requests never wait for it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.serve.payload_rows import payload_rows
from mainspring.serve.replies import RequestBody

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.predictions import Prediction

__all__ = ["PayloadLog", "PayloadLogOptions"]

_log = logging.getLogger("mainspring.serve")

# A disk that is full is not asked again for a while.
RETRY_SECONDS = 10.0


@dataclass(frozen=True)
class PayloadLogOptions:
    """What of requests is kept, and where.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    share : float, default 0.01
        Of the requests that are answered with 200; 1: all.
    redact : iterable of str, optional
        Columns whose values are not written: they are missing in the files.
    max_file_bytes : int, default 64 MiB
        A longer file is ended, and another begun.
    max_files : int, default 16
        The oldest files of the folder are deleted when there are more.
    max_waiting : int, default 1000
        Requests that may wait to be written; more are dropped.

    Examples
    --------
    >>> from mainspring.serve import PayloadLogOptions
    >>> PayloadLogOptions("log", share=0.1, redact=["tailnum"]).share
    0.1
    """

    folder: str | Path
    share: float = 0.01
    redact: Iterable[str] = ()
    max_file_bytes: int = 64 << 20
    max_files: int = 16
    max_waiting: int = 1000

    def check(self) -> None:
        """Check what was asked for.

        Raises
        ------
        ParameterError
            When a number is not in its range.
        MissingExtraError
            When pyarrow is not installed.
        """
        if not 0 < self.share <= 1:
            raise errors.ParameterError(
                f"PayloadLogOptions: share must be above 0 and at most 1, got {self.share!r}.",
                expected="above 0, at most 1",
                got=repr(self.share),
            )
        for name in ("max_file_bytes", "max_files", "max_waiting"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise errors.ParameterError(
                    f"PayloadLogOptions: {name} must be an integer of at least 1, got {value!r}.",
                    expected="an integer of at least 1",
                    got=repr(value),
                )
        _import_arrow()


@dataclass(frozen=True, slots=True)
class _Payload:
    model: HostedModel
    protocol: str
    seconds: float
    request_id: bytes
    body: RequestBody
    content: bytes


class PayloadLog:
    """Writes a sample of requests.

    Parameters
    ----------
    options : PayloadLogOptions
        What is kept, and where.

    Attributes
    ----------
    counts : collections.Counter
        Requests by model, version and outcome: ``written``, or ``dropped``.
    """

    def __init__(self, options: PayloadLogOptions) -> None:
        self.options = options
        self.redacted = frozenset(options.redact)
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self._waiting: queue.Queue[_Payload | None] = queue.Queue(options.max_waiting)
        self._thread: threading.Thread | None = None
        self._files: dict[tuple[str, str], _File] = {}
        self._numbers = 0
        self._is_failing = False
        self._retry_at = 0.0
        Path(options.folder).mkdir(parents=True, exist_ok=True)

    def __call__(
        self, prediction: Prediction, body: RequestBody, status: int, content: bytes
    ) -> None:
        """Keep one request, if it is drawn.

        Parameters
        ----------
        prediction : Prediction
            What was asked.
        body : bytes or bytearray
            The request, unpacked.
        status : int
            Of the answer.
        content : bytes
            The answer.
        """
        if status != 200 or random.random() >= self.options.share:
            return
        if self._thread is None:  # after a fork: threads do not survive one
            self._thread = threading.Thread(target=self._run, daemon=True, name="mainspring-log")
            self._thread.start()
        model = prediction.model
        payload = _Payload(
            model, prediction.protocol, time.time(), prediction.request_id, body, content
        )
        try:
            self._waiting.put_nowait(payload)
        except queue.Full:
            self.counts[model.name, model.version, "dropped"] += 1

    def close(self) -> None:
        """Write what waits, and end the files."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self) -> None:
        while (payload := self._waiting.get()) is not None:
            key = (payload.model.name, payload.model.version)
            outcome = "dropped"
            if time.monotonic() >= self._retry_at:
                try:
                    self._write(payload)
                    outcome, self._is_failing = "written", False
                except ValueError as error:  # this request is not of a kind that can be kept
                    _log.info("A request is not in the payload log: %s", error)
                except Exception as error:  # a log that fails must not end
                    self._give_up(key)
                    self._retry_at = time.monotonic() + RETRY_SECONDS
                    if not self._is_failing:  # once, not for every request
                        _log.error("The payload log cannot be written: %s", error)
                    self._is_failing = True
            self.counts[key[0], key[1], outcome] += 1
        for key, file in list(self._files.items()):
            try:
                file.close()
            except OSError as error:  # noqa: PERF203
                _log.error("A file of the payload log has no end: %s", error)
                self._give_up(key)
        self._files.clear()

    def _give_up(self, key: tuple[str, str]) -> None:
        """Go on with another file: the end of this one may not be whole."""
        file = self._files.pop(key, None)
        if file is not None:
            with contextlib.suppress(OSError):
                file.abandon()

    def _write(self, payload: _Payload) -> None:
        rows, predictions = payload_rows(payload.protocol, payload.body, payload.content)
        if not rows:
            return
        model = payload.model
        file = self._files.get((model.name, model.version))
        if file is None:
            file = _File(self._new_path(model), model)
            self._files[model.name, model.version] = file
        file.write(self._batch(file.schema, payload, rows, predictions))
        if file.num_bytes >= self.options.max_file_bytes:
            file.close()
            del self._files[model.name, model.version]

    def _new_path(self, model: HostedModel) -> Path:
        folder = Path(self.options.folder)
        while len(files := sorted(folder.glob("*.arrows"), key=_age)) >= self.options.max_files:
            files[0].unlink(missing_ok=True)
        # The number keeps names apart when the clock stands still or goes back.
        self._numbers += 1
        moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        name = "".join(one if one.isalnum() or one in "-_" else "_" for one in model.name)
        return folder / f"{name}-{model.version}-{moment}-{os.getpid()}-{self._numbers}.arrows"

    def _batch(
        self,
        schema: pa.Schema,
        payload: _Payload,
        rows: list[Mapping[str, Any]],
        predictions: list[Any],
    ) -> pa.RecordBatch:
        pa = _import_arrow()
        micros = int(payload.seconds * 1e6)
        arrays = [
            pa.array([micros] * len(rows), schema.field(0).type),
            pa.array([payload.request_id.decode("ascii")] * len(rows)),
            pa.array(range(len(rows)), schema.field(2).type),
        ]
        for field in list(schema)[3:-1]:
            name = field.name.removeprefix("input.")
            if name in self.redacted:
                arrays.append(pa.nulls(len(rows), field.type))
            else:
                arrays.append(
                    pa.array([_cast(row.get(name), field.type) for row in rows], field.type)
                )
        arrays.append(pa.array([json.dumps(one) for one in predictions]))
        return pa.RecordBatch.from_arrays(arrays, schema=schema)


class _File:
    """One stream that is being written."""

    def __init__(self, path: Path, model: HostedModel) -> None:
        pa = _import_arrow()
        types = {"float": pa.float64(), "integer": pa.int64()}
        fields = [
            pa.field("time", pa.timestamp("us", "UTC")),
            pa.field("request_id", pa.string()),
            pa.field("row", pa.int64()),
            *(
                pa.field(f"input.{name}", types.get(column["kind"], pa.string()))
                for name, column in reversed(model.columns.items())
            ),
            pa.field("prediction", pa.string()),
        ]
        names = {"model": model.name, "version": model.version}
        self.schema = pa.schema(fields, metadata=names)
        self._path = path
        self._num_batches = 0
        self._sink = path.open("wb")
        self._stream = pa.ipc.new_stream(self._sink, self.schema)

    @property
    def num_bytes(self) -> int:
        return self._sink.tell()

    def write(self, batch: pa.RecordBatch) -> None:
        self._stream.write_batch(batch)
        self._num_batches += 1
        self._sink.flush()  # whoever reads the file now finds whole batches

    def close(self) -> None:
        self._stream.close()
        self._sink.close()

    def abandon(self) -> None:
        if self._num_batches == 0:
            self._path.unlink(missing_ok=True)
        self._sink.close()


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # another worker has deleted it


def _cast(value: Any, wanted: pa.DataType) -> Any:
    """Give a value of JSON the type of its column; what has none is written as JSON."""
    if value is None:
        return None
    if str(wanted) == "double":
        return float(value)
    if str(wanted) == "int64":
        is_whole = not isinstance(value, float) or value.is_integer()
        return int(value) if is_whole and -(2**63) <= int(value) < 2**63 else None
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _import_arrow() -> Any:
    try:
        import pyarrow as pa
        import pyarrow.ipc
    except ImportError as error:
        raise errors.MissingExtraError(
            "A payload log needs pyarrow, which is not installed. Run: pip install pyarrow",
            hint="pip install pyarrow",
        ) from error
    return pa
