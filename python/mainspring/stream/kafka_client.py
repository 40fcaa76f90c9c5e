"""The client of Kafka: imported at use, quiet but to a logger, asked for its topics."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from mainspring.errors import DataError, MissingExtraError, ParameterError

__all__ = ["CONNECT_SECONDS", "LOG", "client", "partition_count", "topics_of"]

#: What librdkafka says.
LOG = logging.getLogger("mainspring.stream.kafka")

CONNECT_SECONDS = 30.0


def client() -> Any:
    """Import the client of Kafka.

    Returns
    -------
    module
        confluent_kafka.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        import confluent_kafka
    except ImportError as error:
        raise MissingExtraError(
            "Kafka needs confluent-kafka, which is not installed. Run: "
            "pip install 'mainspring[kafka]'",
            hint="pip install 'mainspring[kafka]'",
        ) from error
    return confluent_kafka


def topics_of(topics: str | Sequence[str], what: str) -> tuple[str, ...]:
    """Check names of topics.

    Parameters
    ----------
    topics : str or sequence of str
        One or several.
    what : str
        The argument, for messages.

    Returns
    -------
    tuple of str
        At least one.

    Raises
    ------
    ParameterError
        When it is something else.
    """
    listed = (topics,) if isinstance(topics, str) else tuple(topics)
    if listed and all(isinstance(one, str) and one and "/" not in one for one in listed):
        return listed
    raise ParameterError(
        f"{what} must be names of topics, got {topics!r}.",
        expected="names of topics",
        got=repr(topics),
    )


def partition_count(asked: Any, topic: str, seconds: float = CONNECT_SECONDS) -> int:
    """Ask how many partitions a topic has.

    Parameters
    ----------
    asked : confluent_kafka client
        A consumer or a producer.
    topic : str
        Which.
    seconds : float
        How long to wait for the broker.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    DataError
        When there is no such topic, or no broker.
    """
    kafka = client()
    try:
        found = asked.list_topics(topic, timeout=seconds).topics[topic]
    except kafka.KafkaException as error:
        raise DataError(f"No broker answers: {error.args[0].str()}.") from error
    if found.error is not None or not found.partitions:
        hint = "Create it first."
        raise DataError(f"Kafka has no topic {topic!r}. {hint}", got=topic, hint=hint)
    return len(found.partitions)
