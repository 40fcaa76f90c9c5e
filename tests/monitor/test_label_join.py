"""Labels and predictions find each other once, in whatever order and with whatever restarts."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.errors import BundleCorruptError, DataError, FileError, ParameterError, SchemaError
from mainspring.monitor import LabelJoin, PerformanceMonitor
from mainspring.quality import Evaluation

START = datetime(2024, 5, 1)
WINDOW = timedelta(seconds=10)

EVENTS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 60)), min_size=1, max_size=60
)


def row(side: bool, key: int, second: int) -> dict[str, Any]:
    return {"id": key, "at": START + timedelta(seconds=second), "y" if side else "p": second}


def add(join: LabelJoin, events: list[tuple[bool, int, int]]) -> list[tuple[int, int]]:
    found = []
    for side, key, second in events:
        give = join.add_labels if side else join.add_predictions
        found += [(one["p"], one["y"]) for one in give([row(side, key, second)]).to_pylist()]
    return found


def slow(events: list[tuple[bool, int, int]]) -> list[tuple[int, int]]:
    """The definition, with everything kept and looked through for every event."""
    seen: list[list[Any]] = []  # side or "done", key, time
    found, latest = [], 0
    for side, key, second in events:
        latest = max(latest, second)
        seen = [entry for entry in seen if entry[2] >= latest - 10]
        entry = next((entry for entry in seen if entry[1] == key), None)
        if entry is None:
            if second >= latest - 10:
                seen.append([side, key, second])
        elif entry[0] != "done" and entry[0] != side:
            found.append((entry[2], second) if side else (second, entry[2]))
            entry[0], entry[2] = "done", max(entry[2], second)
    return found


@given(events=EVENTS, cut=st.integers(0, 60))
def test_pairs_when_drawn_are_those_of_the_definition_and_survive_a_restart(
    events: list[tuple[bool, int, int]], cut: int
) -> None:
    join = LabelJoin(id="id", time="at", window=WINDOW)
    found = add(join, events[:cut])
    again = LabelJoin.from_bytes(join.to_bytes())
    assert again.to_bytes() == join.to_bytes()
    found += add(again, events[cut:])
    assert found == slow(events)
    assert again.counts["joined"] == len(found)
    waiting = again.num_waiting
    counts = again.counts
    told = 2 * counts["joined"] + waiting + sum(
        counts[name] for name in ("duplicates", "unlabelled", "unmatched", "late")
    )  # fmt: skip
    assert told == len(events)


def test_batches_when_read_again_after_a_restart_count_nothing_twice() -> None:
    predictions = [row(False, key, key) for key in range(6)]
    labels = [row(True, key, key + 2) for key in range(6)]
    join = LabelJoin(id="id", time="at", window=WINDOW)
    join.add_predictions(predictions)
    first = join.add_labels(labels)
    assert first["delay_seconds"].to_pylist() == [2.0] * 6
    join.add_predictions(predictions)
    assert join.add_labels(labels).num_rows == 0
    assert join.counts["duplicates"] == 12
    evaluation = Evaluation(target="y", prediction="p", task="regression").update(first)
    assert evaluation.report().value("mean_error") == -2


def test_ids_when_of_any_width_or_layout_are_the_same_or_refused() -> None:
    moments = pa.array([START, START], pa.timestamp("us"))
    for first, second in (
        (pa.array([5, -7], pa.int16()), pa.array([5, -7], pa.int64())),
        (
            pa.array([2**64 - 1, 2**63 + 1], pa.uint64()),
            pa.array([2**64 - 1, 2**63 + 1], pa.uint64()),
        ),
        (pa.array(["a", "ä" * 40]), pa.array(["a", "ä" * 40]).dictionary_encode()),
        (pa.array(["a", ""], pa.large_string()), pa.array(["a", ""])),
        (pa.array([b"x" * 16, b"y" * 16], pa.binary(16)), pa.array([b"x" * 16, b"y" * 16])),
    ):
        join = LabelJoin(id="id", time="at", window=WINDOW)
        join.add_predictions({"id": first, "at": moments, "p": [0.1, 0.2]})
        found = join.add_labels({"id": second, "at": moments, "y": [1, 2]})
        assert found.to_pydict() == {"p": [0.1, 0.2], "y": [1, 2], "delay_seconds": [0.0, 0.0]}
    join = LabelJoin(id="id", time="at", window=WINDOW)
    join.add_predictions([row(False, 7, 1)])
    state = join.to_bytes()
    with pytest.raises(SchemaError, match="ids are text, but those before were integers"):
        join.add_labels([{"id": "7", "at": START, "y": 1}])
    with pytest.raises(SchemaError, match="expected ids: integers or text"):
        join.add_labels([{"id": 7.5, "at": START, "y": 1}])
    with pytest.raises(SchemaError, match="'p' has type string, but had type int64"):
        join.add_predictions([{"id": 8, "at": START, "p": "x"}])
    assert join.to_bytes() == state


def test_rows_when_of_any_type_are_kept_as_they_are() -> None:
    """Lists, structs and columns that some batches lack wait like others, over a restart."""
    join = LabelJoin(id="id", time="at", window=timedelta(days=1))
    for key in range(40):
        extra = {"late_column": key} if key % 2 else {}
        join.add_predictions([{**row(False, key, 1), "list": [key], "at2": START, **extra}])
    join = LabelJoin.from_bytes(join.to_bytes())
    found = join.add_labels([row(True, key, 2) for key in (33, 4)]).to_pylist()
    assert [(one["list"], one["at2"], one["late_column"]) for one in found] == [
        ([33], START, 33),
        ([4], START, None),
    ]


def test_ids_when_dropped_for_room_are_not_joined_when_the_log_is_read_again() -> None:
    join = LabelJoin(id="id", time="at", window=timedelta(days=9), max_ids=20)
    both = [[row(False, key, key) for key in range(60)], [row(True, key, key) for key in range(60)]]
    joined = 0
    for _ in range(2):
        for start in range(0, 60, 10):
            joined += join.add_predictions(both[0][start : start + 10]).num_rows
            joined += join.add_labels(both[1][start : start + 10]).num_rows
    assert joined == 60
    assert join.counts["joined"] == 60


CHILD = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from mainspring.monitor import PerformanceMonitor
path = sys.argv[1]
if Path(path).exists():
    monitor = PerformanceMonitor.load(path)
else:
    monitor = PerformanceMonitor(id="id", time="at", window=timedelta(hours=1), task="binary",
                                 target="y", score="p", period=timedelta(minutes=5))
start = datetime(2024, 5, 1)
# What was read after the last save is read again, and some more: the state says what it knows.
first = max(0, monitor.counts["joined"] // 20 - 3)
for batch in range(first, 60):
    at = [start + timedelta(seconds=10 * batch + i) for i in range(20)]
    ids = [20 * batch + i for i in range(20)]
    monitor.add_predictions({"id": ids, "at": at, "p": [(i % 10) / 10 for i in range(20)]})
    back = [i - 40 for i in ids if i >= 40]
    if back:
        monitor.add_labels({"id": back, "at": at[-len(back):], "y": [i % 3 == 0 for i in back]})
    monitor.save(path)
    print(batch, flush=True)
"""


def test_process_when_killed_again_and_again_ends_with_the_same_state(tmp_path: Path) -> None:
    """kill -9 at any moment: the file is whole, and what is read again counts once."""

    def run(path: Path, kills: int) -> PerformanceMonitor:
        command = [sys.executable, "-c", CHILD, str(path)]
        rng = np.random.default_rng(kills)
        for _ in range(kills):
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert child.stdout is not None
            for _ in range(int(rng.integers(1, 12))):
                child.stdout.readline()
            child.kill()
            child.wait()
            child.stdout.close()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert done.stdout.endswith("59\n")
        return PerformanceMonitor.load(path)

    whole = run(tmp_path / "whole", 0)
    broken = run(tmp_path / "broken", 4)
    assert whole.counts["joined"] == broken.counts["joined"] == 20 * 58
    assert broken.counts["duplicates"] > 0
    assert whole.report() == broken.report()
    assert whole.delays == broken.delays
    assert not list(tmp_path.glob("*.partial"))


def test_memory_when_labels_never_come_stays_bounded() -> None:
    join = LabelJoin(id="id", time="at", window=timedelta(days=9), max_ids=50)
    for start in range(0, 1000, 100):
        join.add_predictions([row(False, key, key) for key in range(start, start + 100)])
        assert join.num_waiting <= 50
    assert join.counts["dropped"] == 950
    assert join.add_labels([row(True, 999, 1001)]).num_rows == 1
    assert join.add_labels([row(True, 3, 1001)]).num_rows == 0


def test_labels_when_they_come_first_or_too_late_are_told_apart() -> None:
    join = LabelJoin(id="id", time="at", window=WINDOW)
    join.add_labels([row(True, 1, 5)])
    early = join.add_predictions([row(False, 1, 3)])
    assert early["delay_seconds"].to_pylist() == [2.0]
    join.add_predictions([row(False, 2, 4)])
    assert join.add_labels([row(True, 2, 15)]).num_rows == 0
    assert (join.counts["unlabelled"], join.counts["joined"]) == (1, 1)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ([{"id": None, "at": START}], DataError, "row 0: the id is missing"),
        ([{"id": 1, "at": None}], Exception, "time|type"),
        ([{"id": 1, "at": 5}], ParameterError, "dates or timestamps"),
        ([{"at": START}], Exception, "'id', which the table has not at all"),
    ],
)
def test_rows_when_wrong_are_refused_and_change_nothing(
    data: Any, error: type[Exception], words: str
) -> None:
    join = LabelJoin(id="id", time="at", window=WINDOW)
    before = join.to_bytes()
    with pytest.raises(error, match=words):
        join.add_labels(data)
    assert join.to_bytes() == before


def test_arguments_and_bytes_when_wrong_are_refused() -> None:
    with pytest.raises(ParameterError, match="above 0"):
        LabelJoin(id="id", time="at", window=timedelta(0))
    with pytest.raises(ParameterError, match="at least 1"):
        LabelJoin(id="id", time="at", window=WINDOW, max_ids=0)
    state = LabelJoin(id="id", time="at", window=WINDOW).to_bytes()
    for data in (b"", state[:-1], b"x" + state[1:]):
        with pytest.raises(BundleCorruptError):
            LabelJoin.from_bytes(data)
    with pytest.raises(FileError, match="cannot be read"):
        LabelJoin.load("no/such/file")
    empty = pa.table({"id": pa.array([], pa.int64()), "at": pa.array([], pa.timestamp("us"))})
    assert LabelJoin(id="id", time="at", window=WINDOW).add_labels(empty).num_rows == 0
