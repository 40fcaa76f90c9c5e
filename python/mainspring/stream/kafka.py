"""Topics of Kafka as a source: the partitions that a group assigns, or those that are named."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.errors import DataError, ParameterError
from mainspring.stream.arguments import check_choice
from mainspring.stream.kafka_client import (
    CONNECT_SECONDS,
    LOG,
    client,
    partition_count,
    topics_of,
)
from mainspring.stream.message import Listener, Message, Partition

__all__ = ["KafkaSource"]

# What the stream relies on.
_OURS = ("bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store")


class KafkaSource:
    """Read topics of Kafka.

    Parameters
    ----------
    topics : str or sequence of str
        Topics whose messages are rows to predict.
    servers : str
        ``host:port``, several by commas: ``bootstrap.servers``.
    group : str
        The group that shares the partitions: processes of one group read different ones.
    partitions : sequence of int, optional
        Read these partitions of every topic and no others, without the group's coordinator. For
        streams with states that cannot move, one process for each set. Default: those that the
        group assigns.
    begin : {"earliest", "latest"}, default "earliest"
        Where to begin when the group has committed nothing.
    options : mapping, optional
        Further options of librdkafka, such as for TLS and SASL.

    Raises
    ------
    ParameterError
        When an argument cannot be, or an option is one of those that the stream sets.
    MissingExtraError
        When confluent-kafka is not installed, as the stream begins.
    """

    def __init__(
        self,
        topics: str | Sequence[str],
        *,
        servers: str,
        group: str,
        partitions: Sequence[int] | None = None,
        begin: str = "earliest",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._topics = topics_of(topics, "topics")
        if not isinstance(group, str) or not group:
            raise ParameterError(f"group must be a name, got {group!r}.", expected="a name")
        check_choice(begin, ("earliest", "latest"), "begin")
        taken = sorted(set(options or {}) & set(_OURS))
        if taken:
            raise ParameterError(
                f"options may not have {', '.join(taken)}: the stream sets them.", got=taken[0]
            )
        self.servers, self.group, self.begin = servers, group, begin
        self.partitions = None if partitions is None else tuple(partitions)
        self.options = dict(options or {})
        self.num_rebalances = 0
        self._consumer: Any = None
        self._homes: set[Partition] = set()
        self._is_paused = False

    @property
    def name(self) -> str:
        """The group."""
        return self.group

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics whose rows are predicted."""
        return self._topics

    def open(self, listener: Listener, extra_topics: Sequence[str], *, whole: bool) -> None:
        """Connect, and join the group or take all partitions.

        Parameters
        ----------
        listener : Listener
            Told about partitions.
        extra_topics : sequence of str
            Topics of events and labels.
        whole : bool
            Whether every partition must be read here.

        Raises
        ------
        DataError
            When a topic is not there, or no broker answers.
        """
        kafka = client()
        self._listener = listener
        self._consumer = kafka.Consumer(
            {
                "auto.offset.reset": self.begin,
                "fetch.wait.max.ms": 10,
                **self.options,
                "bootstrap.servers": self.servers,
                "group.id": self.group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
            },
            logger=LOG,
        )
        everything = list(dict.fromkeys([*self._topics, *extra_topics]))
        counts = {topic: partition_count(self._consumer, topic) for topic in everything}
        if self.partitions is None and not whole:
            self._consumer.subscribe(
                everything, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
            )
            return
        chosen = [
            kafka.TopicPartition(topic, number)
            for topic, count in counts.items()
            for number in (range(count) if self.partitions is None else self.partitions)
        ]
        self._assigned(self._consumer, chosen)

    def poll(self, max_messages: int, seconds: float) -> list[Message]:
        """Take messages.

        Parameters
        ----------
        max_messages : int
            At most so many.
        seconds : float
            At most so long.

        Returns
        -------
        list of Message
            Those that were there.

        Raises
        ------
        DataError
            When the broker refuses for good, as for want of rights.
        """
        self._resume()
        return self._taken(self._consumer.consume(max_messages, seconds))

    def seek(self, home: Partition, offset: int) -> None:
        """Read on from another place.

        Parameters
        ----------
        home : Partition
            Which.
        offset : int
            The next message to come.
        """
        self._consumer.seek(client().TopicPartition(*home, offset))

    def commit(self, offsets: Mapping[Partition, int], notes: Mapping[Partition, str]) -> None:
        """Commit, in the background: what is lost of it is read again and written once.

        Parameters
        ----------
        offsets : mapping of Partition to int
            The next message of each.
        notes : mapping of Partition to str
            Kept by the broker as the commit's metadata.
        """
        kafka = client()
        listed = [
            kafka.TopicPartition(topic, number, offset, notes.get((topic, number), ""))
            for (topic, number), offset in offsets.items()
        ]
        try:
            self._consumer.commit(offsets=listed, asynchronous=True)
        except kafka.KafkaException:
            # A rebalance is under way or the broker is away; the next commit has it all.
            return

    def stay(self) -> None:
        """Pause, and show the group that the process lives."""
        if not self._is_paused and self._homes:
            self._is_paused = True
            self._consumer.pause([client().TopicPartition(*home) for home in self._homes])
        # Of paused partitions nothing comes; what came with a new assignment is read again.
        for message in self._taken(self._consumer.consume(1, 0)):
            self.seek(message.home, message.offset)

    def lag(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Count the messages that wait, by what the last answers of the broker said.

        Parameters
        ----------
        positions : mapping of Partition to int
            The next message of each; -1: the first one.

        Returns
        -------
        dict of Partition to int
            Of those partitions whose end is known.
        """
        kafka = client()
        found = {}
        for home, position in positions.items():
            try:
                ends = self._consumer.get_watermark_offsets(
                    kafka.TopicPartition(*home), cached=True
                )
            except (kafka.KafkaException, RuntimeError):  # closed, or given up this moment
                continue
            if ends is not None and ends[1] >= 0:
                found[home] = max(0, ends[1] - max(position, ends[0]))
        return found

    def close(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            self._consumer.close()

    def _taken(self, got: Sequence[Any]) -> list[Message]:
        messages = []
        for one in got:
            error = one.error()
            if error is not None:
                self._check(error)
                continue
            headers = one.headers()
            value = one.value()
            messages.append(
                Message(
                    one.topic(),
                    one.partition(),
                    one.offset(),
                    b"" if value is None else value,
                    one.key(),
                    () if headers is None else headers,
                    one.timestamp()[1],
                )
            )
        return messages

    def _check(self, error: Any) -> None:
        kafka = client()
        refused = (
            kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED,
            kafka.KafkaError.GROUP_AUTHORIZATION_FAILED,
            kafka.KafkaError._AUTHENTICATION,
        )
        # Whatever else: the broker is away or elects a leader, and librdkafka tries again.
        if error.fatal() or error.code() in refused:
            raise DataError(f"Kafka refuses group {self.group!r}: {error.str()}.", got=error.str())

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._consumer.resume([client().TopicPartition(*home) for home in self._homes])

    def _assigned(self, consumer: Any, chosen: Sequence[Any]) -> None:
        kafka = client()
        self.num_rebalances += 1
        known: dict[Partition, tuple[int | None, str]] = {}
        for one in self._committed(consumer, chosen) if chosen else ():
            offset = one.offset if one.offset >= 0 else None
            known[one.topic, one.partition] = (offset, one.metadata or "")
        starts = self._listener.assigned(known)
        placed = []
        for (topic, number), start in starts.items():
            offset = kafka.OFFSET_INVALID if start is None else start
            if start is None:
                earliest = self.begin == "earliest"
                offset = kafka.OFFSET_BEGINNING if earliest else kafka.OFFSET_END
            placed.append(kafka.TopicPartition(topic, number, offset))
        if "cooperative" in str(self.options.get("partition.assignment.strategy", "")):
            consumer.incremental_assign(placed)
        else:
            consumer.assign(placed)
        self._homes.update(starts)
        if self._is_paused and placed:
            consumer.pause(placed)

    def _committed(self, consumer: Any, chosen: Sequence[Any]) -> Sequence[Any]:
        """Ask again while the broker is away: without an answer nothing may be read."""
        kafka = client()
        started = time.monotonic()
        while True:
            try:
                return list(consumer.committed(list(chosen), timeout=5.0))
            except kafka.KafkaException as error:  # noqa: PERF203 - again and again
                self._check(error.args[0])
                if time.monotonic() - started > CONNECT_SECONDS:
                    raise DataError(f"No broker answers: {error.args[0].str()}.") from error

    def _revoked(self, _: Any, chosen: Sequence[Any]) -> None:
        self._give_up(chosen, lost=False)

    def _lost(self, _: Any, chosen: Sequence[Any]) -> None:
        self._give_up(chosen, lost=True)

    def _give_up(self, chosen: Sequence[Any], *, lost: bool) -> None:
        homes = [(one.topic, one.partition) for one in chosen]
        self._homes.difference_update(homes)
        self._listener.revoked(homes, lost=lost)
