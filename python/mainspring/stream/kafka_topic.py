"""A topic of Kafka as a sink: every message says of which one it is the result.

A message and its header are one atomic write, and those of a partition go, in order, to one
partition of the sink's topic. So the last one there says how far the results go, whatever happened
to the process that wrote them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mainspring.errors import DataError
from mainspring.stream.arguments import check_seconds
from mainspring.stream.formats import encode
from mainspring.stream.headers import ERROR_HEADER, REASON_HEADER, SOURCE_HEADER
from mainspring.stream.kafka_client import LOG, client, partition_count, topics_of
from mainspring.stream.message import Message, Partition, place_of
from mainspring.stream.rows import DeadLetter
from mainspring.stream.sink import Scored, Waiting

__all__ = ["KafkaTopic"]

# Beginnings of the options that a consumer has too.
_CONNECTION = ("broker.", "client.", "reconnect.", "sasl.", "security.", "socket.", "ssl.")
# A source that pauses throws away what it has fetched, so a slow answer is no reason for it yet.
_PATIENCE_SECONDS = 0.5
_MOST_REASON = 1000  # characters: headers have to fit into a message


class KafkaTopic:
    """Write to a topic of Kafka.

    Parameters
    ----------
    topic : str
        Which; it has to be there.
    servers : str
        ``host:port``, several by commas.
    commit_seconds : float, default 1
        How often offsets are committed: what is read again after the end of a process.
    options : mapping, optional
        Further options of librdkafka.

    Raises
    ------
    ParameterError
        When it is no name of a topic.
    MissingExtraError
        When confluent-kafka is not installed, as the stream begins.

    Notes
    -----
    Messages keep their key and headers. Those of partition p go to partition p, counted round where
    there are fewer. The producer is idempotent and waits for a broker that is away.
    """

    def __init__(
        self,
        topic: str,
        *,
        servers: str,
        commit_seconds: float = 1.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        (self.topic,) = topics_of(topic, "topic")
        check_seconds(commit_seconds, "commit_seconds")
        self.servers, self.commit_seconds = servers, commit_seconds
        self.options = dict(options or {})
        self.waited_seconds = 0.0
        self._producer: Any = None
        self._num_partitions = 0
        self._ends: dict[int, int] = {}
        self._notes: dict[Partition, str] = {}
        self._error: Any = None

    @property
    def is_full(self) -> bool:
        """Never: the producer has its own limits, and waits."""
        return False

    def open(self, stream: str, waiting: Waiting) -> None:
        """Connect.

        Parameters
        ----------
        stream : str
            The stream's name, part of the header.
        waiting : callable
            Called while the broker takes nothing.

        Raises
        ------
        DataError
            When there is no such topic, or no broker.
        """
        self._stream, self._waiting = stream, waiting
        self._producer = client().Producer(
            {
                "linger.ms": 2,
                "message.timeout.ms": 0,
                **self.options,
                "bootstrap.servers": self.servers,
                "enable.idempotence": True,
            },
            logger=LOG,
        )
        self._num_partitions = partition_count(self._producer, self.topic)

    def assigned(self, notes: Mapping[Partition, str]) -> dict[Partition, int]:
        """Read the end of the topic, from where it was at the last commit.

        Parameters
        ----------
        notes : mapping of Partition to str
            Where that was; without one the topic is read from its beginning.

        Returns
        -------
        dict of Partition to int
            The first offset of each without a result.
        """
        starts: dict[int, int] = {}
        for home, note in notes.items():
            self._notes[home] = note
            number = home[1] % self._num_partitions
            start = int(note) if note.isdigit() else 0
            starts[number] = min(start, starts.get(number, start))
        found: dict[Partition, int] = {}
        for source in self._sources(starts):
            name, topic, number_text, offset = source.rsplit("/", 3)
            home = (topic, int(number_text))
            if name == self._stream and home in notes:
                found[home] = max(found.get(home, 0), int(offset) + 1)
        return found

    def write(self, scored: Scored) -> None:
        """Produce a message for each that was read.

        Parameters
        ----------
        scored : Scored
            The results.

        Raises
        ------
        DataError
            When a message cannot be produced, such as one that is too long.
        """
        payloads = encode(scored.form, scored.table, scored.counts)
        for message, payload in zip(scored.messages, payloads, strict=True):
            self._produce(message, payload, [])
        self._producer.poll(0)
        self._check()

    def write_dead(self, dead: Sequence[DeadLetter]) -> None:
        """Produce messages that could not be read, as they came, with the reason in a header.

        Parameters
        ----------
        dead : sequence of DeadLetter
            With the reasons.

        Raises
        ------
        DataError
            When a message cannot be produced.
        """
        for one in dead:
            reason = one.reason[:_MOST_REASON].encode("utf-8", "replace")
            headers: list[tuple[str, bytes | None]] = [
                (ERROR_HEADER, one.kind.encode()),
                (REASON_HEADER, reason),
            ]
            self._produce(one.message, one.message.value, headers)
        self._producer.poll(0)
        self._check()

    def flush(self, positions: Mapping[Partition, int]) -> dict[Partition, str]:
        """Wait until the broker has everything.

        Parameters
        ----------
        positions : mapping of Partition to int
            The next message of each partition.

        Returns
        -------
        dict of Partition to str
            Where the results of each partition end.

        Raises
        ------
        DataError
            When the broker refuses a message for good.
        """
        started = time.monotonic()
        if self._producer.flush(_PATIENCE_SECONDS):
            while self._producer.flush(0.1):
                self._waiting()
            self.waited_seconds += time.monotonic() - started
        self._check()
        for home in positions:
            end = self._ends.get(home[1] % self._num_partitions)
            if end is not None:
                self._notes[home] = str(end)
        return {home: self._notes.get(home, "") for home in positions}

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Forget partitions; what was produced of them is on its way.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        """
        for home in partitions:
            self._notes.pop(home, None)

    def close(self) -> None:
        """Throw away what the broker has not taken: it is read again."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.poll(0)

    def _produce(
        self, message: Message, payload: bytes, more: list[tuple[str, bytes | None]]
    ) -> None:
        kafka = client()
        source = f"{self._stream}/{place_of(*message.home, message.offset)}"
        # What an earlier stream said of itself is not true of this message.
        kept = [one for one in message.headers if one[0] != SOURCE_HEADER]
        headers = [*kept, *more, (SOURCE_HEADER, source.encode())]
        number = message.partition % self._num_partitions
        while True:
            try:
                self._producer.produce(
                    self.topic,
                    payload,
                    message.key,
                    number,
                    headers=headers,
                    on_delivery=self._delivered,
                )
                return
            except BufferError:  # noqa: PERF203 - again and again
                self._wait()
                if message.home not in self._notes:
                    return  # another process has the partition now
            except kafka.KafkaException as error:
                raise DataError(
                    f"The result of {source} cannot be produced to {self.topic!r}: "
                    f"{error.args[0].str()}."
                ) from error

    def _wait(self) -> None:
        started = time.monotonic()
        self._producer.poll(0.05)
        self._waiting()
        self.waited_seconds += time.monotonic() - started

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self._error = error
            return
        # Unknown of a message that was sent again, as its first answer was lost.
        number, offset = message.partition(), message.offset()
        if offset is not None and offset >= 0:
            self._ends[number] = max(self._ends.get(number, 0), offset + 1)

    def _check(self) -> None:
        if self._error is not None:
            raise DataError(f"Kafka did not take a message of {self.topic!r}: {self._error.str()}.")

    def _sources(self, starts: Mapping[int, int]) -> Iterator[str]:
        """Give the header of every message from ``starts`` to the present end."""
        kafka = client()
        consumer = kafka.Consumer(
            {
                **{
                    name: value
                    for name, value in self.options.items()
                    if name.startswith(_CONNECTION)
                },
                "bootstrap.servers": self.servers,
                "group.id": f"{self._stream}-ends",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            },
            logger=LOG,
        )
        try:
            consumer.assign(
                [kafka.TopicPartition(self.topic, number, at) for number, at in starts.items()]
            )
            ended: set[int] = set()
            while len(ended) < len(starts):
                for one in consumer.consume(10_000, 0.01):
                    if one.error() is not None:
                        if one.error().code() == kafka.KafkaError._PARTITION_EOF:
                            ended.add(one.partition())
                        elif one.error().fatal():
                            raise DataError(f"Kafka refuses {self.topic!r}: {one.error().str()}.")
                        continue
                    for name, value in reversed(one.headers() or ()):
                        if name == SOURCE_HEADER and value:
                            yield value.decode("utf-8", "replace")
                            break
                self._waiting()
        finally:
            consumer.close()
