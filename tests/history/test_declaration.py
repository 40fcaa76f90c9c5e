"""Features about the past as expressions, in preprocessors, pickles and bundles."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from mainspring.history.durations import duration_text, duration_us
from tests.history.drawn import MINUTE
from tests.history.test_windows import stamps

legs = pa.table(
    {
        "tailnum": ["N1", "N1", "N1", "N2"],
        "sched_dep": stamps([0, 60 * MINUTE, 120 * MINUTE, 120 * MINUTE]),
        "arr_time": stamps([50 * MINUTE, 130 * MINUTE, 180 * MINUTE, 200 * MINUTE]),
        "arr_delay": [4.0, 30.0, 8.0, 1.0],
        "late": [0, 1, 0, 0],
    }
)
flights = ms.events("flights", key="tailnum", time="sched_dep")


def preprocessor() -> ms.Preprocessor:
    return ms.Preprocessor(
        flights.last("arr_delay", 5, available="arr_time").mean(),
        flights.window("3h").count(),
        (flights.since_last() / 60).impute("median"),
        flights.window("3h").sum("arr_delay") / flights.window("3h").count(),
        col("arr_delay"),
    )


def test_features_go_through_operators_like_columns() -> None:
    prep = preprocessor().fit(legs, events={"flights": legs})
    got = prep.transform(legs, events={"flights": legs})
    nan = np.nan
    expected = [
        [nan, 0, 60, nan, 4],
        [4, 1, 60, 4, 30],
        [4, 2, 60, 17, 8],
        [nan, 0, 60, nan, 1],
    ]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))
    assert prep.feature_names_out_[:2] == [
        "flights.last(5;available=arr_time).mean(arr_delay)",
        "flights.window(3h).count()",
    ]
    again = preprocessor().fit_transform(legs, events={"flights": legs})
    np.testing.assert_array_equal(again, got)


def test_preprocessor_takes_states_and_tables_that_have_the_columns() -> None:
    prep = preprocessor().fit(legs, events={"flights": legs})
    want = prep.transform(legs, events={"flights": legs})
    state = ms.HistoryState(prep)
    state.ingest(legs.slice(0, 2), now=60 * MINUTE)
    requests = legs.slice(2)
    np.testing.assert_array_equal(prep.transform(requests, events={"flights": state}), want[2:])
    table = prep.history.extend(legs, {"flights": legs})
    np.testing.assert_array_equal(prep.transform(table), want)
    assert ms.replay(prep, {"flights": legs}, legs).same


def test_pickled_preprocessor_has_its_grids() -> None:
    prep = preprocessor().fit(legs, events={"flights": legs})
    again = pickle.loads(pickle.dumps(prep))
    np.testing.assert_array_equal(
        again.transform(legs, events={"flights": legs}),
        prep.transform(legs, events={"flights": legs}),
    )
    assert again.history.to_bytes() == prep.history.to_bytes()


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (lambda p: p.fit(legs), ms.ParameterError, "events={'flights': table}"),
        (lambda p: p.fit(legs, events={"other": legs}), ms.ParameterError, "'flights'"),
        (lambda p: p.partial_fit(legs), ms.UnsupportedError, "partial_fit"),
        (
            lambda p: list(p.fit_transform_batches(iter([legs]))),
            ms.UnsupportedError,
            "fit_transform_batches",
        ),
        (
            lambda p: p.fit(iter([legs]), events={"flights": legs}),
            ms.UnsupportedError,
            "read part by part",
        ),
        (
            lambda p: p.fit(legs.drop(["tailnum"]), events={"flights": legs}),
            ms.SchemaError,
            "tailnum",
        ),
        (
            lambda p: p.fit(legs, events={"flights": legs}).transform(legs),
            ms.SchemaError,
            "flights",
        ),
        (
            lambda p: ms.Preprocessor(col("arr_delay")).fit(legs, events={"flights": legs}),
            ms.ParameterError,
            "no expression is about the past",
        ),
    ],
)
def test_preprocessor_when_events_do_not_fit_says_why(
    run: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(preprocessor())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ms.events("a b", key="k", time="t"), "letters, digits"),
        (lambda: ms.events("a", key=3, time="t"), "key must be column names"),
        (lambda: ms.events("a", key="k", time=""), "time must"),
        (lambda: ms.events("a", key="k", time="t", zone="Europe/Paris"), "'UTC'"),
        (lambda: ms.events("a", key="k", time="t", ttl="0s"), "more than 0"),
        (lambda: ms.events("a", key="k", time="t", lateness="soon"), "'7d'"),
        (lambda: ms.events("a", key="k", time="t", request_key=["a", "b"]), "expected 1"),
        (lambda: flights.window("0s"), "more than 0"),
        (lambda: flights.window("7 days"), "'7d'"),
        (lambda: flights.window(timedelta(days=-1)), "at least 0"),
        (lambda: flights.last("x", 0), "from 1 on"),
        (lambda: flights.lag("x", True), "from 1 on"),
        (lambda: flights.session("0s"), "more than 0"),
        (lambda: flights.window("1h").sum(), "expected the column"),
        (lambda: flights.window("1h").sum(""), "expected a column name"),
        (lambda: flights.window("1h").quantile(2, "x"), "from 0 to 1"),
        *(
            (
                lambda edges=edges: flights.window("1h").quantile(0.5, "x", edges=edges),
                "2 to 1024 finite numbers, ascending",
            )
            for edges in (
                [1.0],
                [2, 1],
                [1, 1],
                [0, float("nan")],
                [0, float("inf")],
                "ab",
                7,
                range(1025),
                [None, 1],
            )
        ),
        (lambda: ms.history.HistoryPlans.of(flights.ewm("x", half_life="0s")), "half-life"),
        (lambda: ms.history.HistoryPlans.of(col("x")), "about the past"),
        (lambda: flights.window("1h", where=col("a").log1p() == 1), "compares one column"),
    ],
)
def test_declaration_when_an_argument_cannot_be_says_so(make: Any, message: str) -> None:
    with pytest.raises(ms.ParameterError, match=message):
        make()


def test_quantiles_of_other_edges_are_other_features() -> None:
    window = flights.window("1h")
    few = window.quantile(0.5, "arr_delay", edges=[0, 7.5, 60])
    assert repr(few) == "col('flights.window(1h).quantile(arr_delay;0.5;edges=0.0|7.5|60.0)')"
    many = window.quantile(0.5, "arr_delay", edges=range(100))
    other = window.quantile(0.5, "arr_delay", edges=[*range(98), 98.5, 99])
    plain = window.quantile(0.5, "arr_delay")
    names = {one.columns[0] for one in (few, many, other, plain)}
    assert len(names) == 4
    assert max(map(len, names)) < 80
    plans = ms.history.HistoryPlans.of(few, many, other, plain).fit({"flights": legs})
    assert plans.plan("flights").description["edges"][0] == [0, 7.5, 60]
    shares = (
        window.quantile(0.1, "arr_delay", edges=[0, 1]),
        window.quantile(0.2, "arr_delay", edges=[0, 1]),
    )
    told = ms.history.HistoryPlans.of(*shares).plan("flights").description
    assert told["edges"] == [[0, 1]]  # one list for both


def test_two_sources_of_one_name_are_refused() -> None:
    other = ms.events("flights", key="origin", time="sched_dep")
    with pytest.raises(ms.ParameterError, match="Two sources"):
        ms.Preprocessor(flights.window("1h").count(), other.window("1h").count())


def test_conditions_are_neither_true_nor_false() -> None:
    condition = col("clicked") == 1
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(condition)
    assert str(col("x") != "a") == "x.ne(a)"
    assert col("x") == col("x")
    assert col("x") != col("y")
    assert repr(flights.window("1h", where=condition).count()) == (
        "col('flights.window(1h;where=clicked.eq(1.0)).count()')"
    )


def test_conditions_compare_numbers_and_text() -> None:
    for symbol, want in (("<", 2), ("<=", 3), (">", 1), (">=", 2), ("==", 1), ("!=", 3)):
        condition = {
            "<": col("arr_delay") < 8,
            "<=": col("arr_delay") <= 8,
            ">": col("arr_delay") > 8,
            ">=": col("arr_delay") >= 8,
            "==": col("arr_delay") == 8,
            "!=": col("arr_delay") != 8,
        }[symbol]
        every = ms.events("every", key=None, time="sched_dep", at="at")
        plans = ms.history.HistoryPlans.of(every.expanding(where=condition).count())
        plans.fit({"every": legs})
        requests = pa.table({"at": stamps([9999 * MINUTE])})
        assert plans.extend(requests, {"every": legs}).column(1).to_pylist() == [want], symbol
    bad = ms.history.HistoryPlans.of(flights.window("1h", where=col("late") == "x").count())
    with pytest.raises(ms.SchemaError, match="expected text"):
        bad.fit({"flights": legs})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sched_dep": [1, 2, 3, 4]}, "expected a timestamp or a date"),
        ({"arr_time": pa.array([1, 2, 3, 4], pa.timestamp("us"))}, "zone='UTC'"),
        ({"arr_delay": ["a"] * 4}, "arr_delay"),
        ({"tailnum": [[1]] * 4}, "expected keys"),
    ],
)
def test_events_when_a_column_does_not_fit_says_why(change: Any, message: str) -> None:
    table = legs
    for name, values in change.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    plans = ms.history.HistoryPlans.of(flights.window("1h", available="arr_time").sum("arr_delay"))
    with pytest.raises(ms.SchemaError, match=message):
        plans.fit({"flights": table}).compute(table, {"flights": table})


def test_times_without_a_zone_are_utc_when_said_so() -> None:
    naive = legs.set_column(1, "sched_dep", legs["sched_dep"].cast(pa.timestamp("us")))
    said = ms.events("flights", key="tailnum", time="sched_dep", zone="UTC")
    window = said.window("3h", available="arr_time").count()
    plans = ms.history.HistoryPlans.of(window).fit({"flights": naive})
    assert plans.compute(legs, {"flights": naive})["flights"].tolist() == [[0, 1, 1, 0]]


def test_durations_are_read_and_written() -> None:
    assert duration_us("1d12h", "x") == duration_us(timedelta(hours=36), "x") == 36 * 60 * MINUTE
    assert duration_us("2w", "x") == duration_us("14d", "x")
    assert [duration_text(n) for n in (0, 5, 3 * MINUTE, 25 * 60 * MINUTE)] == [
        "0s",
        "5us",
        "3min",
        "25h",
    ]
