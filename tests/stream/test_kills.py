"""A stream that is killed at any moment loses nothing and repeats nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from tests.conftest import ROOT
from tests.stream.conftest import json_rows, rows_table
from tests.stream.legs import legs_predictor, legs_table

pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")

KILLED = -9
POISON = b'{"distance": "far", "hour": 7, "carrier": "UA"}'


class Nursery:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stream.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, **asked: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def run_through(self, kills: Any, **asked: Any) -> dict[str, Any]:
        """Kill at each of the points in turn, then run to the end."""
        num_killed = 0
        for kill_at in kills:
            answer = self.run(kill_at=kill_at, **asked)
            assert answer["code"] in (KILLED, 0), answer
            num_killed += answer["code"] == KILLED
        assert num_killed >= len(kills) * 0.6
        answer = self.run(**asked)
        assert answer["code"] == 0, answer
        return answer


@pytest.fixture(scope="module")
def nursery(broker: Any) -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.process.communicate(timeout=30)


def with_poison(values: list[bytes], every: int) -> list[bytes]:
    """Put a message that cannot be read behind each so many."""
    found = []
    for at, value in enumerate(values):
        found.append(value)
        if at % every == every - 1:
            found.append(POISON)
    return found


def test_topic_when_killed_anywhere_has_each_result_once(
    nursery: Nursery, broker: Any, topic: Any, bundle: Path
) -> None:
    table = rows_table(1200, seed=5)
    into, out, dead = topic(partitions=2), topic(partitions=2), topic()
    values = with_poison(json_rows(table), 50)
    broker.produce(into, [(one, {"partition": at % 2}) for at, one in enumerate(values)])
    asked = {
        "servers": broker.servers, "bundle": str(bundle), "topic": into, "out": out, "dead": dead,
        "group": f"of-{into}", "partitions": [0, 1], "commit_seconds": 0.01, "idle_seconds": 0.02,
        "options": {"keep": ["id"], "batch_rows": 40},
    }  # fmt: skip
    nursery.run_through(range(1, 40), **asked)
    found = {}
    for one in broker.read(out, 2):
        row = json.loads(one.value())
        assert row["id"] not in found
        found[row["id"]] = row["probability"]
    want = ms.load(bundle).predict(table)
    assert found == dict(enumerate(want.tolist()))
    letters = broker.read(dead)
    assert [one.value() for one in letters] == [POISON] * 24
    sources = [dict(one.headers())["mainspring-source"] for one in letters]
    assert len(set(sources)) == 24
    assert all(b"'distance'" in dict(one.headers())["mainspring-reason"] for one in letters)


def test_folder_when_killed_anywhere_has_each_result_once(
    nursery: Nursery, broker: Any, topic: Any, bundle: Path, tmp_path: Path
) -> None:
    table = rows_table(1200, seed=6)
    into, dead = topic(partitions=2), topic()
    values = with_poison(json_rows(table), 60)
    broker.produce(into, [(one, {"partition": at % 2}) for at, one in enumerate(values)])
    asked = {
        "servers": broker.servers, "bundle": str(bundle), "topic": into, "dead": dead,
        "folder": str(tmp_path), "group": f"of-{into}", "partitions": [0, 1],
        "commit_seconds": 0.01, "idle_seconds": 0.02,
        "options": {"keep": ["id"], "batch_rows": 40},
    }  # fmt: skip
    nursery.run_through(range(1, 40), **asked)
    found = pa.concat_tables(
        [pq.read_table(path, partitioning=None) for path in sorted(tmp_path.rglob("*.parquet"))]
    ).sort_by("id")
    assert found["id"].to_pylist() == list(range(1200))
    np.testing.assert_array_equal(found["probability"], ms.load(bundle).predict(table))
    assert [one.value() for one in broker.read(dead)] == [POISON] * 20
    for left in tmp_path.rglob("*.partial"):
        os.utime(left, (0, 0))
    assert nursery.run(**asked)["code"] == 0
    assert not list(tmp_path.rglob("*.partial"))


@pytest.fixture(scope="module")
def legs_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("legs") / "legs.spring"
    legs_predictor().save(path)
    return path


def test_states_when_killed_anywhere_are_those_of_one_run(
    nursery: Nursery, broker: Any, topic: Any, legs_bundle: Path, tmp_path: Path
) -> None:
    """Features about the past have the bits of a training table; labels are joined once each."""
    table = legs_table(1000)
    into, out, labels = topic(), topic(), topic()
    broker.produce(into, json_rows(table.drop_columns(["late"])))
    broker.produce(labels, json_rows(table.select(["id", "at", "late"])))
    asked = {
        "servers": broker.servers, "bundle": str(legs_bundle), "topic": into, "out": out,
        "labels": labels, "group": f"of-{into}", "partitions": [0], "commit_seconds": 0.01,
        "idle_seconds": 0.02, "drift_rows": 150, "history": {"clock": "event"},
        "options": {"keep": ["id"], "batch_rows": 40, "states": str(tmp_path / "states")},
    }  # fmt: skip
    answer = nursery.run_through(range(1, 40), **asked)
    rows = [json.loads(one.value()) for one in broker.read(out)]
    assert [row["id"] for row in rows] == list(range(1000))
    predictor = ms.load(legs_bundle)
    plans = ms.history.HistoryPlans.from_predictor(predictor)
    want = predictor.predict(plans.extend(table, {"legs": table}))
    np.testing.assert_array_equal([row["probability"] for row in rows], want)
    assert answer["quality"]["joined"] == 1000
    assert answer["quality"]["duplicates"] == 0
    accuracy = np.mean((want > 0.5) == table["late"].to_numpy())
    assert answer["accuracy"] == pytest.approx(accuracy, rel=1e-12)
    assert sum(answer["windows"].values()) == 1000 // 150
    kept = sorted(path.name for path in (tmp_path / "states").iterdir())
    assert len(kept) == 4  # lock, checkpoint, work folder and one snapshot
