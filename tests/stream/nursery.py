"""A process that forks streams and kills each at the point it is told, as with kill -9.

Reads a line of JSON for each stream, answers with a line: how the child ended. What takes time, the
imports and the predictor, is there before the fork; clients of Kafka are not.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mainspring as ms
from mainspring import stream as streams
from mainspring.monitor import PerformanceMonitor
from mainspring.stream import checkpoint, history_feed, kafka, kafka_topic, parquet_folder, progress

# Every place where something outside of the process has just changed, or is about to.
POINTS: list[tuple[Any, str]] = [
    (kafka_topic.KafkaTopic, "write"),
    (kafka_topic.KafkaTopic, "write_dead"),
    (kafka_topic.KafkaTopic, "assigned"),
    (kafka_topic.KafkaTopic, "flush"),
    (kafka.KafkaSource, "commit"),
    (kafka.KafkaSource, "poll"),
    (parquet_folder.ParquetFolder, "assigned"),
    (parquet_folder.ParquetFolder, "write"),
    (parquet_folder, "_to_disk"),
    (parquet_folder.os, "link"),
    (pq, "write_table"),
    (checkpoint.StateFolder, "save"),
    (checkpoint, "write_file"),
    (history_feed.HistoryFeed, "save"),
    (history_feed.HistoryFeed, "extend"),
    (history_feed.HistoryFeed, "forget"),
    (progress.Progress, "move"),
]


def arm(kill_at: int) -> None:
    """Kill this process at the n-th passage of a point, before or behind it."""
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == kill_at:
            if kill_at % 2:  # time for what was produced to be sent
                time.sleep(0.03)
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*positional: Any, **named: Any) -> Any:
            pass_point()
            result = function(*positional, **named)
            pass_point()
            return result

        return wrapped

    for home, name in POINTS:
        setattr(home, name, around(getattr(home, name)))
    produce, produced = kafka_topic.KafkaTopic._produce, itertools.count(1)

    def now_and_then(*positional: Any) -> None:
        produce(*positional)
        if next(produced) % 15 == 0:  # in the middle of a batch
            pass_point()

    kafka_topic.KafkaTopic._produce = now_and_then  # type: ignore[method-assign]


def make_stream(asked: dict[str, Any], predictor: ms.Predictor) -> streams.Stream:
    servers = asked["servers"]
    source = streams.KafkaSource(
        asked["topic"], servers=servers, group=asked["group"], partitions=asked["partitions"]
    )
    sink: Any
    if "folder" in asked:
        sink = streams.ParquetFolder(asked["folder"], commit_seconds=asked["commit_seconds"])
    else:
        out, every = asked["out"], asked["commit_seconds"]
        sink = streams.KafkaTopic(out, servers=servers, commit_seconds=every)
    options: dict[str, Any] = dict(asked.get("options", {}))
    if "dead" in asked:
        options["dead_letters"] = streams.KafkaTopic(asked["dead"], servers=servers)
    if "history" in asked:
        options["history"] = streams.HistoryFeed(**asked["history"])
    if "drift_rows" in asked:
        options["drift"] = streams.DriftWatch(asked["drift_rows"])
    if "labels" in asked:
        from datetime import timedelta

        monitor = PerformanceMonitor(
            id="id", time="at", window=timedelta(days=9999), task="binary", target="late",
            score="probability",
        )  # fmt: skip
        options["quality"] = streams.QualityWatch(monitor, asked["labels"])
    return streams.Stream(predictor, source, sink, **options)


def told(stream: streams.Stream) -> dict[str, Any]:
    """What a stream that ended by itself has to say."""
    facts = stream.facts
    found: dict[str, Any] = {"rows": facts.num_rows, "dead": dict(facts.dead)}
    if stream.drift is not None:
        found["windows"] = dict(stream.drift.windows)
    if stream.quality is not None:
        found["quality"] = stream.quality.monitor.counts
        found["accuracy"] = stream.quality.monitor.report().value("accuracy")
    return found


def child(asked: dict[str, Any], predictor: ms.Predictor, answer: int) -> None:
    if asked.get("kill_at"):
        arm(asked["kill_at"])
    stream = make_stream(asked, predictor)
    stream.run(idle_seconds=asked["idle_seconds"])
    os.write(answer, json.dumps(told(stream)).encode())


def main() -> None:
    pa.array(np.zeros(1))  # loads pandas, where it is installed: once here, not in each child
    predictors: dict[str, ms.Predictor] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        path = asked["bundle"]
        if path not in predictors:
            predictors[path] = ms.load(Path(path))
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(reader)
                child(asked, predictors[path], writer)
                code = 0
            except BaseException as error:
                os.write(writer, json.dumps({"error": repr(error)}).encode())
            finally:
                os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as answer:
            text = answer.read()
        _, status = os.waitpid(pid, 0)
        result = {"code": os.waitstatus_to_exitcode(status), **json.loads(text or b"{}")}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
