"""A broker for the pages that need one, and the few lines around it that they leave out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

__all__ = ["json_rows", "produce_rows", "read_topic", "start"]

# What the pages read and write.
TOPICS = ("flights", "flights-dead", "scores", "trips", "late-trips")

_BROKERS: dict[str, Any] = {}


def start(folder: Path) -> Any:
    """Start a broker that has the pages' topics."""
    from tests.stream.broker import Broker

    broker = Broker(folder)
    for topic in TOPICS:
        broker.create(topic)
    _BROKERS[broker.servers] = broker
    return broker


def produce_rows(servers: str, topic: str, table: pa.Table) -> None:
    """Produce a JSON object for each row."""
    _BROKERS[servers].produce(topic, json_rows(table))


def json_rows(table: pa.Table) -> list[bytes]:
    """Return a JSON object for each row."""
    rows = table.to_pylist()
    return [json.dumps(row, default=lambda one: one.isoformat()).encode() for row in rows]


def read_topic(servers: str, topic: str) -> list[Any]:
    """Read what a topic has."""
    return list(_BROKERS[servers].read(topic))
