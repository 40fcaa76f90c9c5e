"""Labels and predictions find each other once, in whatever order and with whatever restarts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.errors import BundleCorruptError, DataError, ParameterError
from mainspring.monitor import LabelJoin
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
    empty = pa.table({"id": pa.array([], pa.int64()), "at": pa.array([], pa.timestamp("us"))})
    assert LabelJoin(id="id", time="at", window=WINDOW).add_labels(empty).num_rows == 0
