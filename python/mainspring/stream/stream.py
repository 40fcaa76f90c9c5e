"""The loop of a stream: take messages, predict, write, and say how far it has come."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence

from mainspring.errors import DataError, ParameterError
from mainspring.predictor import Predictor, load
from mainspring.stream.arguments import check_count
from mainspring.stream.checkpoint import Checkpoint, StateFolder
from mainspring.stream.facts import Facts
from mainspring.stream.history_feed import HistoryFeed
from mainspring.stream.message import Message, Partition, Source
from mainspring.stream.progress import Progress, note_of, read_note
from mainspring.stream.rows import DeadLetter
from mainspring.stream.scoring import Scoring
from mainspring.stream.signals import stop_on_signals
from mainspring.stream.sink import OvertakenError, Scored, Sink
from mainspring.stream.watch import DriftWatch, QualityWatch

__all__ = ["Stream"]

_LOG = logging.getLogger("mainspring.stream")
_IDLE_SECONDS = 0.1
_LAG_SECONDS = 1.0


class Stream:
    """Predict what comes by a topic.

    Messages are taken in small batches, predicted in one native call, and written to a sink that
    stores which messages its results are of. A process may be killed at any moment: the next one
    reads from the last commit on and writes what is not there yet, so that each message has its
    result once. :doc:`/concepts/streams` says what happens in which case.

    Parameters
    ----------
    predictor : Predictor or path
        What predicts, or its ``.spring`` file.
    source : KafkaSource or PulsarSource
        Where rows come from.
    sink : KafkaTopic, ParquetFolder or PulsarTopic
        Where results go to.
    format : {"json", "arrow", "csv"}, default "json"
        Of payloads, read and written. JSON: an object or a list of them. Arrow: a stream. CSV: with
        a line of names, or ``csv_columns``.
    kind : {"predict", "proba", "raw"}, default "predict"
        As :meth:`Predictor.predict_arrow` takes it.
    keep : sequence of str, optional
        Columns of the rows that are written beside the results, such as an id.
    csv_columns : sequence of str, optional
        Names of CSV without a line of them.
    dead_letters : sink, optional
        Where messages go that cannot be read, with the reason. Default: the first one stops the
        stream with an error that names it.
    batch_rows : int, default 1000
        Rows of a batch, about.
    batch_ms : float, default 5
        Milliseconds that the first message of a batch waits for more.
    drift : DriftWatch, optional
        Compares windows of rows with the predictor's profile.
    quality : QualityWatch, optional
        Joins labels of a topic to predictions.
    history : HistoryFeed, optional
        Adds features about the past. The process then reads all partitions, or those that the
        source names: a history cannot move to another process.
    states : path, optional
        Folder of the states of drift, quality and history, which then go on after a restart.
        A history needs it.
    stop_seconds : float, default 30
        How long a broker that is away is waited for when the stream is asked to stop.

    Raises
    ------
    ParameterError
        When an argument cannot be.
    FileError, BundleError
        When the predictor's file cannot be read.

    Notes
    -----
    Runs in one thread; :meth:`stop` may be called from another one.
    """

    def __init__(  # noqa: PLR0913 - every option is a keyword
        self,
        predictor: Predictor | str | os.PathLike[str],
        source: Source,
        sink: Sink,
        *,
        format: str = "json",
        kind: str = "predict",
        keep: Sequence[str] = (),
        csv_columns: Sequence[str] | None = None,
        dead_letters: Sink | None = None,
        batch_rows: int = 1000,
        batch_ms: float = 5.0,
        drift: DriftWatch | None = None,
        quality: QualityWatch | None = None,
        history: HistoryFeed | None = None,
        states: str | os.PathLike[str] | None = None,
        stop_seconds: float = 30.0,
    ) -> None:
        check_count(batch_rows, "batch_rows")
        if not 0 <= batch_ms <= 60_000:
            raise ParameterError(
                f"batch_ms must be 0 to 60,000 milliseconds, got {batch_ms!r}.",
                expected="0 to 60,000",
                got=repr(batch_ms),
            )
        if history is not None and states is None:
            hint = "Pass states=, a folder."
            raise ParameterError(f"A history needs a folder for its states. {hint}", hint=hint)
        if not isinstance(predictor, Predictor):
            predictor = load(predictor)
        self.predictor, self.source, self.sink = predictor, source, sink
        self.dead_letters = dead_letters
        self.drift, self.quality, self.history = drift, quality, history
        self.batch_rows, self.batch_ms, self.stop_seconds = batch_rows, batch_ms, stop_seconds
        self._scoring = Scoring(
            predictor,
            form=format,
            kind=kind,
            keep=keep,
            csv_columns=csv_columns,
            drift=drift,
            quality=quality,
            history=history,
        )
        self._states_path = states
        self._states: StateFolder | None = None
        self._has_states = any(one is not None for one in (drift, quality, history))
        self._stop = threading.Event()
        self._stop_asked = 0.0
        # Held while states change, so that metrics are those of one moment.
        self.lock = threading.Lock()
        self.facts = Facts()
        self._progress = Progress()
        self._commit_due = self._lag_due = 0.0
        self._is_writing = self._has_failed = False

    @property
    def name(self) -> str:
        """The source's group."""
        return self.source.name

    @property
    def waited_seconds(self) -> float:
        """Seconds that sinks were waited for."""
        sinks = (self.sink, self.dead_letters)
        return sum(float(getattr(one, "waited_seconds", 0.0)) for one in sinks)

    def stop(self) -> None:
        """Ask the stream to end: what was taken is predicted, written and committed."""
        self._stop_asked = self._stop_asked or time.monotonic()
        self._stop.set()

    def run(self, *, idle_seconds: float | None = None, handle_signals: bool = True) -> int:
        """Predict until the stream is asked to stop.

        Parameters
        ----------
        idle_seconds : float, optional
            End when all messages that are there have been read and none came for so long. Default:
            go on.
        handle_signals : bool, default True
            Whether SIGTERM and SIGINT stop the stream, in the main thread.

        Returns
        -------
        int
            Rows that were predicted.

        Raises
        ------
        DataError
            When a message cannot be read and there is no sink for it, the broker refuses, or it is
            away for ``stop_seconds`` after the stream was asked to stop.
        FileError
            When files cannot be written, as on a full disk.
        """
        with stop_on_signals(self.stop, wanted=handle_signals):
            try:
                self._open()
                last = time.monotonic()
                while not self._stop.is_set():
                    messages = self._poll()
                    if messages:
                        self._take(messages)
                        last = time.monotonic()
                    elif idle_seconds is not None and self._is_idle(last + idle_seconds):
                        break
                    if time.monotonic() >= self._commit_due or self.sink.is_full:
                        self._commit()
                self._commit()
            except BaseException:
                self._has_failed = True
                raise
            finally:
                self._close()
        return self.facts.num_rows

    def assigned(
        self, committed: Mapping[Partition, tuple[int | None, str]]
    ) -> dict[Partition, int | None]:
        """Take partitions; the source calls this.

        Parameters
        ----------
        committed : mapping of Partition to (int or None, str)
            What the group committed.

        Returns
        -------
        dict of Partition to int or None
            Where to begin.
        """
        notes = {home: read_note(note) for home, (_, note) in committed.items()}
        rows = [home for home in committed if home[0] in self.source.topics]
        done = self.sink.assigned({home: notes[home][0] for home in rows})
        self._progress.done.update(done)
        if self.dead_letters is not None:
            done = self.dead_letters.assigned({home: notes[home][1] for home in committed})
            self._progress.dead_done.update(done)
        kept = self._checkpoint.offsets
        starts: dict[Partition, int | None] = {}
        for home, (offset, _) in committed.items():
            start = offset
            if home in kept:
                # The states are those of the checkpoint; without a history another process may
                # have gone on since.
                is_newer = start is None or kept[home] > start
                start = kept[home] if is_newer or self.history is not None else start
            starts[home] = start
            self._progress.begin(home, start, offset)
        _LOG.info("reads %s", ", ".join(f"{topic}/{number}" for topic, number in starts))
        return starts

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None:
        """Give partitions up; the source calls this.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        lost : bool
            Whether another process has them already.
        """
        if not lost and not self._has_failed:
            self._commit()
        self._progress.forget(partitions)
        self.sink.revoked(partitions)
        if self.dead_letters is not None:
            self.dead_letters.revoked(partitions)
        _LOG.info("gives up %d partitions%s", len(partitions), ", lost" if lost else "")

    @property
    def _checkpoint(self) -> Checkpoint:
        return Checkpoint() if self._states is None else self._states.checkpoint

    def _open(self) -> None:
        if self._has_states and self._states_path is not None:
            self._states = StateFolder(self._states_path, self.name)
            if self.history is not None:
                folder, number = self._states.folder, self._checkpoint.number
                self.history.open(self.predictor, folder, number)
        self._scoring.open(self._checkpoint.states)
        self.sink.open(self.name, self._waiting)
        if self.dead_letters is not None:
            self.dead_letters.open(self.name, self._waiting)
        extra = [watch.topic for watch in (self.history, self.quality) if watch is not None]
        more = [topic for topic in extra if topic is not None]
        self.source.open(self, more, whole=self.history is not None)
        self._commit_due = time.monotonic() + self.sink.commit_seconds

    def _poll(self) -> list[Message]:
        messages = self.source.poll(1, _IDLE_SECONDS)
        if messages and self.batch_ms:
            more = int(self.batch_rows / self.facts.rows_each) - 1
            if more > 0:
                messages += self.source.poll(more, self.batch_ms / 1000)
        now = time.monotonic()
        if now >= self._lag_due:
            self.facts.lag = self.source.lag(self._progress.positions)
            self._lag_due = now + _LAG_SECONDS
        return messages

    def _is_idle(self, since: float) -> bool:
        """Whether nothing has come since then, and nothing is known to wait."""
        positions = self._progress.positions
        if time.monotonic() < since or not positions:
            return False
        lag = self.source.lag(positions)
        return len(lag) == len(positions) and not any(lag.values())

    def _take(self, messages: list[Message]) -> None:
        messages = self._progress.new(messages)
        if not messages:
            return
        started = time.perf_counter()
        roles: dict[str, list[Message]] = {"event": [], "label": [], "row": []}
        for message in messages:
            roles[self._role(message.topic)].append(message)
        dead: list[DeadLetter] = []
        scored: list[Scored] = []
        with self.lock:
            if roles["event"]:
                dead += self._scoring.take_events(roles["event"])
            if roles["row"]:
                scored, more = self._scoring.predict(roles["row"])
                dead += more
            if roles["label"]:
                dead += self._scoring.take_labels(roles["label"])
            self.facts.add(roles, scored, dead)
            self.facts.busy_seconds += time.perf_counter() - started
        self._is_writing = True
        self._write(scored, dead)
        self._is_writing = False
        self._progress.move(messages)

    def _role(self, topic: str) -> str:
        if self.history is not None and topic == self.history.topic:
            return "event"
        if self.quality is not None and topic == self.quality.topic:
            return "label"
        return "row"

    def _write(self, scored: list[Scored], dead: list[DeadLetter]) -> None:
        if dead and self.dead_letters is None:
            first, hint = dead[0], "Pass dead_letters=, a sink for such messages."
            raise DataError(f"Message {first.message}: {first.reason} {hint}", hint=hint)
        for each in scored:
            left = self._progress.unwritten(each)
            if left is not None:
                self.sink.write(left)
            self.facts.add_delays(each.messages, time.time())
        if dead and self.dead_letters is not None:
            self.dead_letters.write_dead(self._progress.unwritten_dead(dead))

    def _commit(self) -> None:
        """Make all that was taken stay: results, then states, then the group's offsets."""
        offsets = self._progress.known
        self._commit_due = time.monotonic() + self.sink.commit_seconds
        if self._progress.is_committed:
            return
        rows = {home: at for home, at in offsets.items() if home[0] in self.source.topics}
        try:
            notes = self.sink.flush(rows)
        except OvertakenError as error:
            if self.history is not None:
                raise
            self._begin_again(error.home)
            return
        dead_notes = {} if self.dead_letters is None else self.dead_letters.flush(offsets)
        # Within a batch the states are ahead of the positions: they wait for the next commit.
        if self._states is not None and not self._is_writing:
            number = self._states.checkpoint.number + 1
            if self.history is not None:
                self.history.save(number)
            self._states.save(offsets, self._scoring.states())
            if self.history is not None:
                self.history.forget(number)
        both = {home: note_of(notes.get(home, ""), dead_notes.get(home, "")) for home in offsets}
        self.source.commit(offsets, both)
        self._progress.committed.update(offsets)
        self.facts.num_commits += 1

    def _begin_again(self, home: Partition) -> None:
        """Go on behind what another process has written of a partition."""
        self.sink.revoked([home])
        found = self.sink.assigned({home: ""})
        self._progress.done.update(found)
        behind = found.get(home, self._progress.committed.get(home, 0))
        self._progress.positions[home] = behind
        self.source.seek(home, behind)
        _LOG.warning("another process writes %s/%d; goes on behind it", *home)

    def _waiting(self) -> None:
        """Be called while a sink waits for its broker."""
        self.source.stay()
        if self._stop.is_set() and time.monotonic() - self._stop_asked > self.stop_seconds:
            raise DataError(
                f"The broker did not take the last results within {self.stop_seconds:g} s; their "
                "messages are read again at the next start."
            )

    def _close(self) -> None:
        self.source.close()
        self.sink.close()
        if self.dead_letters is not None:
            self.dead_letters.close()
        if self._states is not None:
            self._states.close()
            self._states = None
