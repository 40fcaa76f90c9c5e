"""A smoke test of Pulsar: rows of a topic have results in another one, none is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring.stream import PulsarSource, PulsarTopic, Stream
from tests.stream.conftest import json_rows, rows_table
from tests.stream.pulsar_broker import PulsarBroker

pulsar = pytest.importorskip("pulsar", reason="pulsar-client is not installed")
pytest.importorskip("pulsar_lite", reason="pulsar-lite, which has a broker, is not installed")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    broker = PulsarBroker(tmp_path)
    yield broker.url
    broker.stop()


def quiet(url: str) -> Any:
    return pulsar.Client(url, logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))


def test_rows_of_a_topic_have_results_in_another(url: str, predictor: ms.Predictor) -> None:
    table = rows_table(300, seed=40)
    client = quiet(url)
    results = client.subscribe("out", "reader", receiver_queue_size=1)
    producer = client.create_producer("in", batching_enabled=False)
    values = json_rows(table)

    def run() -> int:
        source = PulsarSource("in", url=url, subscription="scoring", receiver_queue_size=1)
        letters = PulsarTopic("dead", url=url)
        sink = PulsarTopic("out", url=url)
        stream = Stream(predictor, source, sink, keep=["id"], dead_letters=letters)
        return stream.run(idle_seconds=0.5)

    for value in [*values[:200], b"{"]:
        producer.send(value)
    assert run() == 200
    for value in values[200:]:
        producer.send(value)
    assert run() == 100
    found = {}
    while len(found) < 300:
        one = results.receive(10_000)
        row = json.loads(one.data())
        found[row["id"]] = row["probability"]
        assert one.properties()["mainspring-source"].startswith("scoring/in/0/")
        results.acknowledge(one)
    client.close()
    np.testing.assert_array_equal([found[at] for at in range(300)], predictor.predict(table))
