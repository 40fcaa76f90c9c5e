"""Results have the bits of the predictor, for each format, source of rows and sink."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.stream import KafkaSource, KafkaTopic, ParquetFolder, Stream
from tests.stream.conftest import arrow_stream, json_rows, rows_table

pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")


def run(broker: Any, predictor: ms.Predictor, topic: str, sink: Any, **options: Any) -> Stream:
    source = KafkaSource(topic, servers=broker.servers, group=f"of-{topic}", partitions=[0])
    stream = Stream(predictor, source, sink, **options)
    stream.run(idle_seconds=0.05)
    return stream


def csv_rows(table: pa.Table) -> list[bytes]:
    found = []
    for row in table.to_pylist():
        out = io.StringIO()
        csv.writer(out).writerows([row.keys(), row.values()])
        found.append(out.getvalue().encode())
    return found


def read_arrow(payload: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.ipc.open_stream(payload).read_all().to_pylist()
    return rows


def read_csv(payload: bytes) -> list[dict[str, Any]]:
    return [
        {name: float(value) if name == "probability" else int(value) for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(payload.decode()))
    ]


WRITERS: dict[str, Callable[[pa.Table], list[bytes]]] = {
    "json": json_rows,
    "arrow": lambda table: [arrow_stream(table.slice(at, 1)) for at in range(table.num_rows)],
    "csv": csv_rows,
}
READERS: dict[str, Callable[[bytes], Any]] = {
    "json": lambda payload: [json.loads(payload)],
    "arrow": read_arrow,
    "csv": read_csv,
}


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_topic_of_each_format_gets_the_predictors_bits(
    form: str, broker: Any, topic: Any, predictor: ms.Predictor
) -> None:
    table = rows_table(700, seed=3)
    into, out = topic(), topic()
    values = WRITERS[form](table)
    broker.produce(into, [(one, {"key": b"k%d" % at}) for at, one in enumerate(values)])
    sink = KafkaTopic(out, servers=broker.servers)
    stream = run(broker, predictor, into, sink, format=form, keep=["id"], batch_rows=256)
    messages = broker.read(out)
    rows = [row for one in messages for row in READERS[form](one.value())]
    assert [row["id"] for row in rows] == list(range(700))
    want = predictor.predict(table)
    np.testing.assert_array_equal([row["probability"] for row in rows], want)
    assert [one.key() for one in messages] == [b"k%d" % at for at in range(700)]
    assert stream.facts.num_rows == 700


def test_folder_gets_the_predictors_bits(
    broker: Any, topic: Any, predictor: ms.Predictor, tmp_path: Path
) -> None:
    table = rows_table(1000, seed=3)
    into = topic()
    broker.produce(into, [arrow_stream(table.slice(at, 100)) for at in range(0, 1000, 100)])
    sink = ParquetFolder(tmp_path, file_rows=300)
    run(broker, predictor, into, sink, format="arrow", keep=["id"], batch_rows=1)
    files = sorted(tmp_path.rglob("*.parquet"))
    assert [path.stem for path in files] == [f"{at:020d}" for at in (0, 3, 6, 9)]
    found = pa.concat_tables([pq.read_table(path, partitioning=None) for path in files])
    assert found["id"].to_pylist() == list(range(1000))
    assert found["offset"].to_pylist() == [at // 100 for at in range(1000)]
    assert found["row"].to_pylist() == [at % 100 for at in range(1000)]
    np.testing.assert_array_equal(found["probability"].to_numpy(), predictor.predict(table))
