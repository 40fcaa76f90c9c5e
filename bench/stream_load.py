"""Rows at a steady rate into a topic, and how long each takes to its result, as JSON.

``python -m bench.stream_load SERVERS TOPIC OUT RATE SECONDS``: the process beside bench_stream.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import confluent_kafka as kafka
import numpy as np

from bench.stream_rows import json_messages, row_table

__all__ = ["main"]


def main() -> None:
    """Produce, read the results, print percentiles in milliseconds."""
    servers, topic, out = sys.argv[1:4]
    rate, seconds = int(sys.argv[4]), float(sys.argv[5])
    total = int(rate * seconds)
    messages = json_messages(row_table(10_000))
    sent = np.zeros(total)
    came = np.zeros(total)
    producer = kafka.Producer({"bootstrap.servers": servers, "linger.ms": 1})
    reader = kafka.Consumer(
        {"bootstrap.servers": servers, "group.id": "load", "fetch.wait.max.ms": 5}
    )
    reader.assign([kafka.TopicPartition(out, 0, 0)])
    read = number = 0

    def take(found: list[Any]) -> int:
        now = time.perf_counter()
        for one in found:
            if one.error() is None:
                came[int(one.key())] = now
        return sum(one.error() is None for one in found)

    start = time.perf_counter()
    while read < total and time.perf_counter() < start + seconds + 60:
        now = time.perf_counter()
        due = min(total, int((now - start) * rate))
        while number < due:
            sent[number] = now
            producer.produce(topic, messages[number % 10_000], b"%d" % number, 0)
            number += 1
        producer.poll(0)
        read += take(reader.consume(10_000, 0.002))
    producer.flush(10)
    reader.close()
    delays = 1e3 * (came - sent)[came > 0]
    result = {name: float(np.percentile(delays, name)) for name in (50, 99)}
    print(json.dumps({**{f"p{name}": ms for name, ms in result.items()}, "lost": total - read}))


if __name__ == "__main__":
    main()
