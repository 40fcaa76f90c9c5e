"""A small broker of Pulsar's protocol as a process: pulsar-lite, out of its wheel."""

from __future__ import annotations

import socket
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import pyarrow as pa

from tests.docs.kafka import json_rows
from tests.stream.broker import free_port

__all__ = ["PulsarBroker", "send_rows"]


class PulsarBroker:
    """The process, on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"pulsar://127.0.0.1:{port}"
        binary = str(files("pulsar_lite").joinpath("bin", "pulsar-lite"))
        command = [binary, "--addr", f"127.0.0.1:{port}", "--db-path", str(folder / "pulsar.db")]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:  # noqa: PERF203 - again and again
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def send_rows(url: str, topic: str, table: pa.Table) -> None:
    """Send a JSON object for each row to a topic."""
    import pulsar

    client = pulsar.Client(url, logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))
    producer = client.create_producer(topic, batching_enabled=False)
    for row in json_rows(table):
        producer.send(row)
    client.close()
