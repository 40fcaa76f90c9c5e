"""The states of a stream and the offsets they belong to, in one file that is written whole.

After a kill the states are those of the checkpoint and messages are read again from its offsets:
the states see each message once, and sinks leave out what they have written already.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mainspring._files import read_file, write_file
from mainspring.errors import FileError, ParameterError
from mainspring.monitor.state_bytes import read_state, write_state
from mainspring.stream.message import Partition

__all__ = ["Checkpoint", "StateFolder"]

_MAGIC = b"MSST"
_VERSION = 1


@dataclass
class Checkpoint:
    """What a stream was at a moment.

    Attributes
    ----------
    number : int
        Counted up.
    offsets : dict of Partition to int
        The next message of each.
    states : dict of str to bytes
        By name.
    """

    number: int = 0
    offsets: dict[Partition, int] = field(default_factory=dict)
    states: dict[str, bytes] = field(default_factory=dict)


class StateFolder:
    """The folder of a stream's states, for one process at a time.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    stream : str
        The stream's name; the folder of another one is refused.

    Raises
    ------
    FileError
        When it cannot be made or another process has it.
    ParameterError
        When it belongs to another stream.
    BundleCorruptError
        When the checkpoint was changed.
    """

    def __init__(self, folder: str | os.PathLike[str], stream: str) -> None:
        self.folder, self._stream = Path(folder), stream
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
        except OSError as error:
            raise FileError(f"Cannot make the folder {self.folder}: {error.strerror}.") from error
        try:
            _lock(self._lock.fileno(), self.folder)
            self.checkpoint = self._read()
        except BaseException:
            self._lock.close()
            raise

    @property
    def _path(self) -> Path:
        return self.folder / "checkpoint.state"

    def _read(self) -> Checkpoint:
        if not self._path.exists():
            return Checkpoint()
        what = "no checkpoint of a stream"
        data = read_file(self._path)
        header, packed = read_state(_MAGIC, _VERSION, data, 2, what)
        head = json.loads(header)
        if head["stream"] != self._stream:
            raise ParameterError(
                f"The states in {self.folder} belong to the stream {head['stream']!r}, expected "
                f"{self._stream!r}. Choose another folder.",
                expected=self._stream,
                got=str(head["stream"]),
                hint="Choose another folder.",
            )
        states = read_state(_MAGIC, _VERSION, packed, len(head["names"]), what)
        offsets = {(topic, number): offset for topic, number, offset in head["offsets"]}
        return Checkpoint(head["number"], offsets, dict(zip(head["names"], states, strict=True)))

    def save(self, offsets: Mapping[Partition, int], states: Mapping[str, bytes]) -> None:
        """Write a checkpoint in place of the last one.

        Parameters
        ----------
        offsets : mapping of Partition to int
            The next message of each.
        states : mapping of str to bytes
            By name.

        Raises
        ------
        FileError
            When it cannot be written; the last one is still there.
        """
        kept = {**self.checkpoint.offsets, **offsets}
        head = {
            "stream": self._stream,
            "number": self.checkpoint.number + 1,
            "offsets": [[*home, offset] for home, offset in sorted(kept.items())],
            "names": list(states),
        }
        packed = write_state(_MAGIC, _VERSION, list(states.values()))
        data = write_state(_MAGIC, _VERSION, [json.dumps(head).encode(), packed])
        write_file(os.fspath(self._path), data)
        # States are not needed again before the next start.
        self.checkpoint = Checkpoint(self.checkpoint.number + 1, kept)

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()


def _lock(descriptor: int, folder: Path) -> None:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise FileError(
            f"Another process uses the states in {folder}. Give each process a folder of its own.",
            hint="Give each process a folder of its own.",
        ) from error
