"""Splits keep what they promise on drawn tables, and refuse what they cannot keep."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.errors import DataError, ParameterError, SchemaError

KEYS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", None]), min_size=6, max_size=60)


def assert_no_leak(
    times: Any, train: Any, test: Any, gap: float = 0, keys: list[Any] | None = None
) -> None:
    """Every training row is earlier by more than the gap, and of another key."""
    assert set(train).isdisjoint(test)
    assert len(train) > 0
    assert len(test) > 0
    if times is not None:
        assert max(times[i] for i in train) + gap < min(times[i] for i in test)
    if keys is not None:
        assert {keys[i] for i in train}.isdisjoint({keys[i] for i in test})


def rows_of(table: pa.Table) -> list[int]:
    return table["row"].to_pylist()


@given(
    times=st.lists(st.integers(0, 30), min_size=2, max_size=80),
    size=st.floats(0.05, 0.9),
    gap=st.integers(0, 4),
)
def test_split_by_time_when_tables_are_drawn_lets_nothing_of_the_future_in(
    times: list[int], size: float, gap: int
) -> None:
    table = pa.table({"t": times, "row": range(len(times))})
    try:
        train, test = ms.split(table, size, time="t", gap=gap)
    except DataError:
        start = sorted(times)[len(times) - min(max(round(len(times) * size), 1), len(times) - 1)]
        assert min(times) + gap >= start
        return
    assert_no_leak(times, rows_of(train), rows_of(test), gap)
    first = min(times[i] for i in rows_of(test))
    assert rows_of(test) == [i for i, t in enumerate(times) if t >= first]
    assert rows_of(train) == [i for i, t in enumerate(times) if t + gap < first]
    assert len(rows_of(test)) >= min(round(len(times) * size), len(times) - 1)
    assert sum(t > first for t in times) < max(round(len(times) * size), 1)


def test_what_is_asserted_of_splits_can_fail() -> None:
    with pytest.raises(AssertionError):
        assert_no_leak([1, 2, 2], [0, 1], [2])
    with pytest.raises(AssertionError):
        assert_no_leak([1, 2, 3], [0, 1], [2], gap=1)
    with pytest.raises(AssertionError):
        assert_no_leak(None, [0], [1], keys=["a", "a"])


def test_split_by_time_when_a_moment_is_given_starts_there() -> None:
    days = [date(2024, 1, 1) + timedelta(days=i) for i in range(10)]
    table = pa.table({"day": days, "row": range(10)})
    train, test = ms.split(table, date(2024, 1, 8), time="day", gap=timedelta(days=2))
    assert (rows_of(train), rows_of(test)) == ([0, 1, 2, 3, 4], [7, 8, 9])
    zoned = table.set_column(0, "day", table["day"].cast(pa.timestamp("ns", "UTC")))
    moment = datetime(2024, 1, 7, 23, tzinfo=timezone.utc)
    train, test = ms.split(zoned, moment, time="day", gap=timedelta(microseconds=1))
    assert (rows_of(train), rows_of(test)) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])


def test_gap_when_units_are_coarse_is_never_shorter_than_asked_for() -> None:
    seconds = pa.array(range(10), pa.int64()).cast(pa.timestamp("s"))
    table = pa.table({"t": seconds, "row": range(10)})
    train, _ = ms.split(table, 2, time="t", gap=timedelta(milliseconds=1))
    assert rows_of(train) == [0, 1, 2, 3, 4, 5, 6]


@given(keys=KEYS, size=st.floats(0.1, 0.8), seed=st.integers(0, 2**70))
def test_split_by_group_when_keys_are_drawn_keeps_them_together(
    keys: list[str | None], size: float, seed: int
) -> None:
    table = pa.table({"k": pa.array(keys, pa.string()), "row": range(len(keys))})
    if len(set(keys)) == 1:
        with pytest.raises(DataError, match="rows left"):
            ms.split(table, size, group="k", seed=seed)
        return
    train, test = ms.split(table, size, group="k", seed=seed)
    assert_no_leak(None, rows_of(train), rows_of(test), keys=keys)
    assert sorted(rows_of(train) + rows_of(test)) == list(range(len(keys)))
    coded = table.set_column(0, "k", table["k"].dictionary_encode())
    assert rows_of(ms.split(coded, size, group="k", seed=seed)[1]) == rows_of(test)


@given(
    labels=st.lists(st.sampled_from(["x", "y", None]), min_size=2, max_size=99),
    size=st.floats(0.05, 0.9),
    seed=st.integers(-3, 3),
)
def test_split_when_stratified_has_the_shares_of_the_whole(
    labels: list[str | None], size: float, seed: int
) -> None:
    table = pa.table({"y": pa.array(labels, pa.string()), "row": range(len(labels))})
    count = min(max(round(len(labels) * size), 1), len(labels) - 1)
    train, test = ms.split(table, size, stratify="y", seed=seed)
    assert_no_leak(None, rows_of(train), rows_of(test))
    assert len(rows_of(test)) == count
    whole, part = Counter(labels), Counter(test["y"].to_pylist())
    for label in whole:
        assert abs(part[label] - whole[label] * count / len(labels)) < 1


def test_split_when_seeds_differ_gives_other_rows_and_when_equal_the_same() -> None:
    table = pa.table({"row": range(1000)})
    first = rows_of(ms.split(table, 0.3, seed=0)[1])
    assert first == rows_of(ms.split(table, 0.3)[1])
    assert len(first) == 300
    # What seed 0 chooses never changes: a split that somebody has written about can be made again.
    assert first[:5] == rows_of(ms.split(table, 0.3, seed=0)[1])[:5]
    other = rows_of(ms.split(table, 0.3, seed=1)[1])
    assert 40 < len(set(first) & set(other)) < 150


def test_split_by_time_and_group_leaves_keys_of_the_test_out_of_training() -> None:
    table = pa.table({"t": [0, 1, 2, 3], "k": ["a", "b", "c", "b"], "row": range(4)})
    train, test = ms.split(table, 1, time="t", group="k")
    assert (rows_of(train), rows_of(test)) == ([0, 2], [3])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"gap": 3}, ParameterError, "gap needs time"),
        ({"time": "t", "stratify": "y"}, ParameterError, "stratify cannot"),
        ({"test_size": 0}, ParameterError, "from 1 to 3"),
        ({"test_size": 4}, ParameterError, "from 1 to 3"),
        ({"test_size": 1.0}, ParameterError, "between 0 and 1"),
        ({"test_size": True}, ParameterError, "between 0 and 1"),
        ({"time": "dayy"}, SchemaError, "Did you mean 'day'"),
        ({"time": "y"}, SchemaError, "expected a date, a timestamp or a number"),
        ({"time": "t", "gap": timedelta(1)}, ParameterError, "a number, as the times are numbers"),
        ({"time": "day", "gap": 3}, ParameterError, "a timedelta"),
        ({"time": "hole"}, DataError, "row 2: the time is missing"),
        ({"time": "t", "gap": 100}, DataError, "no training rows"),
        ({"time": "day", "gap": timedelta.max}, DataError, "no training rows"),
        ({"group": "list"}, SchemaError, "expected one value for each row"),
        ({"group": "same"}, DataError, "rows left"),
    ],
)
def test_split_when_arguments_are_wrong_says_what_is_right(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    table = pa.table(
        {
            "t": [0, 1, 2, 3],
            "y": ["a", "b", "a", "b"],
            "hole": [0, 1, None, 3],
            "day": [date(2024, 1, day) for day in (1, 2, 3, 4)],
            "list": [[1], [2], [3], [4]],
            "same": [1, 1, 1, 1],
        }
    )
    with pytest.raises(error, match=words):
        ms.split(table, **arguments)
    with pytest.raises(ParameterError, match="must be a pyarrow"):
        ms.split(3)


@given(
    times=st.lists(st.integers(0, 40), min_size=3, max_size=80),
    folds=st.integers(2, 5),
    span=st.none() | st.integers(1, 30),
    data=st.data(),
)
def test_time_folds_when_drawn_never_train_on_the_future(
    times: list[int], folds: int, span: int | None, data: st.DataObject
) -> None:
    keys = data.draw(
        st.none() | st.lists(st.sampled_from("abcdef"), min_size=len(times), max_size=len(times))
    )
    table = {"t": times, **({} if keys is None else {"k": keys})}
    cv = ms.TimeFolds(
        folds, time="t", gap=1, max_train_span=span, group=None if keys is None else "k"
    )
    tested: list[int] = []
    try:
        for train, test in cv.split(table):
            assert_no_leak(times, train, test, 1, keys)
            if span is not None:
                assert min(times[i] for i in train) >= min(times[i] for i in test) - span
            tested += test.tolist()
    except DataError:  # a fold without rows, or too few moments, is refused
        return
    assert len(set(tested)) == len(tested)
    assert cv.get_n_splits() == folds


@given(keys=KEYS, folds=st.integers(2, 4))
def test_group_folds_when_drawn_keep_keys_together_and_test_every_row_once(
    keys: list[str | None], folds: int
) -> None:
    table = {"k": keys}
    if len(set(keys)) < folds:
        with pytest.raises(DataError, match="different keys"):
            list(ms.GroupFolds(folds, group="k").split(table))
        return
    parts = list(ms.GroupFolds(folds, group="k").split(table))
    for train, test in parts:
        assert_no_leak(None, train, test, keys=keys)
        assert len(train) + len(test) == len(keys)
    assert sorted(np.concatenate([test for _, test in parts]).tolist()) == list(range(len(keys)))
    largest = max(Counter(keys).values())
    sizes = [len(test) for _, test in parts]
    assert max(sizes) - min(sizes) <= largest


@given(
    labels=st.lists(st.integers(0, 3), min_size=4, max_size=99),
    folds=st.integers(2, 4),
    seed=st.integers(0, 9),
)
def test_stratified_folds_when_drawn_have_every_class_evenly(
    labels: list[int], folds: int, seed: int
) -> None:
    parts = list(ms.StratifiedFolds(folds, seed=seed).split(None, labels))
    for label in set(labels):
        counts = [sum(labels[i] == label for i in test) for _, test in parts]
        assert max(counts) - min(counts) <= 1
        assert sum(counts) == labels.count(label)
    sizes = [len(test) for _, test in parts]
    assert max(sizes) - min(sizes) <= 1


def test_stratified_folds_when_there_are_keys_keep_both() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 100, 2000)
    labels = (rng.random(2000) < 0.1 + 0.4 * (keys % 2)).astype(int)
    cv = ms.StratifiedFolds(5, target="y", group="k")
    for train, test in cv.split(pa.table({"y": labels, "k": keys})):
        assert_no_leak(None, train, test, keys=keys.tolist())
        assert labels[test].mean() == pytest.approx(labels.mean(), abs=0.03)
        assert len(test) == pytest.approx(400, abs=40)


def test_stratified_folds_when_the_target_is_a_number_have_its_range() -> None:
    target = np.random.default_rng(1).normal(size=1000)
    for _, test in ms.StratifiedFolds(5).split(np.zeros((1000, 1)), target):
        assert target[test].mean() == pytest.approx(0, abs=0.15)
        assert np.quantile(target[test], 0.9) == pytest.approx(np.quantile(target, 0.9), abs=0.15)


def test_folds_when_given_to_scikit_learn_are_used() -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, cross_val_score

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 3))
    labels = (matrix[:, 0] + rng.normal(size=300) > 0).astype(int)
    times = np.datetime64("2024-01-01") + rng.permutation(300).astype("m8[h]")
    model = LogisticRegression()
    by_time = ms.TimeFolds(4, time=times, gap=timedelta(hours=5))
    assert len(cross_val_score(model, matrix, labels, cv=by_time)) == 4
    keys = rng.integers(0, 20, 300)
    assert len(cross_val_score(model, matrix, labels, groups=keys, cv=ms.GroupFolds(3))) == 3
    search = GridSearchCV(model, {"C": [0.1, 1.0]}, cv=ms.StratifiedFolds(3)).fit(matrix, labels)
    assert search.best_score_ > 0.6


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ms.TimeFolds(1, time="t"), "at least 2"),
        (lambda: ms.GroupFolds(True), "at least 2"),
        (lambda: ms.TimeFolds(2), "time must be given"),
        (lambda: next(ms.GroupFolds(2).split(np.zeros((3, 1)))), "there are no keys"),
        (lambda: next(ms.StratifiedFolds(2).split(np.zeros((3, 1)))), "there are no classes"),
        (lambda: next(ms.TimeFolds(2, time=[1]).split(np.zeros((3, 1)))), "1 values for 3 rows"),
        (
            lambda: next(ms.GroupFolds(2).split(np.zeros((3, 1)), groups=[1])),
            "1 values for 3 rows",
        ),
        (lambda: next(ms.TimeFolds(2, time="t").split(np.zeros((3, 1)))), "must be a pyarrow"),
    ],
)
def test_folds_when_arguments_are_wrong_say_what_is_right(make: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make()


def test_folds_when_there_are_too_few_moments_say_so() -> None:
    with pytest.raises(DataError, match="rows of 2 different moments cannot be cut into 4 parts"):
        next(ms.TimeFolds(3, time="t").split({"t": [1, 1, 2, 2]}))
    with pytest.raises(DataError, match="2 rows cannot be cut"):
        next(ms.StratifiedFolds(3).split(None, [1, 0]))
