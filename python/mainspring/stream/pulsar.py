"""Topics of Pulsar as source and sink. Experimental: run against a small broker only."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.errors import DataError, MissingExtraError
from mainspring.stream.arguments import check_seconds
from mainspring.stream.formats import encode
from mainspring.stream.headers import ERROR_HEADER, REASON_HEADER, SOURCE_HEADER
from mainspring.stream.kafka_client import topics_of
from mainspring.stream.message import Listener, Message, Partition, place_of
from mainspring.stream.rows import DeadLetter
from mainspring.stream.sink import Scored, Waiting

__all__ = ["PulsarSource", "PulsarTopic"]

# A message's id as one number that grows: ledger, entry, place in a batch of the producer.
_ENTRY_BITS, _PLACE_BITS = 24, 12


def _client() -> Any:
    try:
        import pulsar
    except ImportError as error:
        raise MissingExtraError(
            "Pulsar needs pulsar-client, which is not installed. Run: "
            "pip install 'mainspring[pulsar]'",
            hint="pip install 'mainspring[pulsar]'",
        ) from error
    return pulsar


def _connect(url: str, options: Mapping[str, Any]) -> Any:
    pulsar = _client()
    logger = pulsar.ConsoleLogger(pulsar.LoggerLevel.Error)
    return pulsar.Client(url, **{"logger": logger, **options})


class PulsarSource:
    """Read one topic of Pulsar with an exclusive subscription. Experimental.

    Parameters
    ----------
    topic : str
        A topic without partitions.
    url : str
        Such as ``pulsar://localhost:6650``.
    subscription : str
        Its name; messages are acknowledged together, up to the last one that is done with.
    receiver_queue_size : int, default 1000
        Messages that the client holds.
    options : mapping, optional
        Further arguments of ``pulsar.Client``, such as for TLS.

    Raises
    ------
    MissingExtraError
        When pulsar-client is not installed, as the stream begins.
    """

    num_rebalances = 0

    def __init__(
        self,
        topic: str,
        *,
        url: str,
        subscription: str,
        receiver_queue_size: int = 1000,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.topics = topics_of(topic, "topic")
        self.name, self.url = subscription, url
        self.receiver_queue_size = receiver_queue_size
        self.options = dict(options or {})
        self._home: Partition = (self.topics[0], 0)
        self._ids: dict[int, Any] = {}  # of messages that are not acknowledged
        self._is_empty = False
        self._client: Any = None

    def open(self, listener: Listener, extra_topics: Sequence[str], *, whole: bool) -> None:
        """Subscribe.

        Parameters
        ----------
        listener : Listener
            Told about the topic.
        extra_topics : sequence of str
            Must be empty.
        whole : bool
            Is always so.

        Raises
        ------
        DataError
            When other topics are wanted: that is done with Kafka alone.
        """
        if extra_topics:
            raise DataError("Topics of labels and events are read from Kafka alone.")
        pulsar = _client()
        self._client = _connect(self.url, self.options)
        self._consumer = self._client.subscribe(
            self.topics[0],
            self.name,
            consumer_type=pulsar.ConsumerType.Exclusive,
            initial_position=pulsar.InitialPosition.Earliest,
            receiver_queue_size=self.receiver_queue_size,
        )
        listener.assigned({self._home: (None, "")})

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
        """
        pulsar = _client()
        found: list[Message] = []
        deadline = time.monotonic() + seconds
        while len(found) < max_messages:
            left = int(1000 * (deadline - time.monotonic()))
            try:
                one = self._consumer.receive(max(1, left))
            except pulsar.Timeout:
                break
            id_ = one.message_id()
            offset = (id_.ledger_id() << _ENTRY_BITS) | id_.entry_id()
            offset = (offset << _PLACE_BITS) | max(0, id_.batch_index())
            self._ids[offset] = id_
            headers = [(name, value.encode()) for name, value in one.properties().items()]
            key = one.partition_key()
            found.append(
                Message(
                    *self._home,
                    offset,
                    one.data(),
                    key.encode() if key else None,
                    headers,
                    one.publish_timestamp(),
                )
            )
        self._is_empty = not found
        return found

    def seek(self, home: Partition, offset: int) -> None:
        """Have everything sent again that is not acknowledged.

        Parameters
        ----------
        home : Partition
            The topic.
        offset : int
            What lies before it is left out by the stream.
        """
        self._consumer.redeliver_unacknowledged_messages()

    def commit(self, offsets: Mapping[Partition, int], notes: Mapping[Partition, str]) -> None:
        """Acknowledge all messages before an offset.

        Parameters
        ----------
        offsets : mapping of Partition to int
            Of the topic.
        notes : mapping of Partition to str
            Are not kept.
        """
        done = sorted(one for one in self._ids if one < offsets[self._home])
        if done:
            self._consumer.acknowledge_cumulative(self._ids[done[-1]])
        for one in done:
            del self._ids[one]

    def stay(self) -> None:
        """Do nothing: the client answers the broker by itself."""

    def lag(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Say that nothing waits, when the last call found nothing.

        Parameters
        ----------
        positions : mapping of Partition to int
            Is not needed.

        Returns
        -------
        dict of Partition to int
            Empty: it is not known.
        """
        return {self._home: 0} if self._is_empty else {}

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()


class PulsarTopic:
    """Write to a topic of Pulsar. Experimental.

    Parameters
    ----------
    topic : str
        Which.
    url : str
        Such as ``pulsar://localhost:6650``.
    commit_seconds : float, default 1
        How often messages are acknowledged.
    options : mapping, optional
        Further arguments of ``pulsar.Client``.

    Notes
    -----
    After a kill results since the last commit are written again, with the sequence id that they had
    before: a namespace with deduplication drops them, others keep both.
    """

    is_full = False

    def __init__(
        self,
        topic: str,
        *,
        url: str,
        commit_seconds: float = 1.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        (self.topic,) = topics_of(topic, "topic")
        check_seconds(commit_seconds, "commit_seconds")
        self.url, self.commit_seconds = url, commit_seconds
        self.options = dict(options or {})
        self.waited_seconds = 0.0
        self._client: Any = None
        self._failed: Any = None

    def open(self, stream: str, waiting: Waiting) -> None:
        """Connect.

        Parameters
        ----------
        stream : str
            Part of the producer's name.
        waiting : callable
            Is not used: the client waits in its own threads.
        """
        self._stream = stream
        self._client = _connect(self.url, self.options)
        self._producer = self._client.create_producer(
            self.topic,
            producer_name=f"{stream}-to-{self.topic}",
            block_if_queue_full=True,
            send_timeout_millis=0,
            batching_enabled=False,
        )

    def assigned(self, notes: Mapping[Partition, str]) -> dict[Partition, int]:
        """Say that nothing is known: the broker drops what it has.

        Parameters
        ----------
        notes : mapping of Partition to str
            Are not needed.

        Returns
        -------
        dict of Partition to int
            Empty.
        """
        return {}

    def write(self, scored: Scored) -> None:
        """Send a message for each that was read.

        Parameters
        ----------
        scored : Scored
            The results.
        """
        payloads = encode(scored.form, scored.table, scored.counts)
        for message, payload in zip(scored.messages, payloads, strict=True):
            self._send(message, payload, {})

    def write_dead(self, dead: Sequence[DeadLetter]) -> None:
        """Send messages that could not be read, with the reason.

        Parameters
        ----------
        dead : sequence of DeadLetter
            With the reasons.
        """
        for one in dead:
            properties = {ERROR_HEADER: one.kind, REASON_HEADER: one.reason[:1000]}
            self._send(one.message, one.message.value, properties)

    def flush(self, positions: Mapping[Partition, int]) -> dict[Partition, str]:
        """Wait until the broker has everything.

        Parameters
        ----------
        positions : mapping of Partition to int
            Is not needed.

        Returns
        -------
        dict of Partition to str
            Empty.

        Raises
        ------
        DataError
            When the broker refused a message.
        """
        self._producer.flush()
        if self._failed is not None:
            raise DataError(f"Pulsar did not take a message of {self.topic!r}: {self._failed}.")
        return {}

    def revoked(self, partitions: Sequence[Partition]) -> None:
        """Do nothing.

        Parameters
        ----------
        partitions : sequence of Partition
            Which.
        """

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()

    def _send(self, message: Message, payload: bytes, more: Mapping[str, str]) -> None:
        source = f"{self._stream}/{place_of(*message.home, message.offset)}"
        kept = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers}
        self._producer.send_async(
            payload,
            self._sent,
            properties={**kept, **more, SOURCE_HEADER: source},
            partition_key=None if message.key is None else message.key.decode("utf-8", "replace"),
            sequence_id=message.offset,
        )

    def _sent(self, result: Any, message_id: Any) -> None:
        if result != _client().Result.Ok:
            self._failed = result
