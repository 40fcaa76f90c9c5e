"""Turns, medians and intervals on clocks that only move when they are told to."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from scipy.stats import binom

from bench.pairing import Budget, Clocks, Pair, median_interval, spread


class FakeTime:
    """Two clocks that the timed functions move: CPU time runs at half the speed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def work(self, name: str, *seconds: float):  # type: ignore[no-untyped-def]
        left = list(seconds)

        def run() -> None:
            self.calls.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run

    def clocks(self) -> Clocks:
        return Clocks(wall=lambda: self.now, cpu=lambda: self.now / 2)


def measured(fake: FakeTime, ours: object, peer: object, turns: int) -> dict:  # type: ignore[type-arg]
    pair = Pair(ours, peer, fake.clocks())  # type: ignore[arg-type]
    pair.warm_up(Budget(1.0, 1, 100))
    fake.calls.clear()
    for _ in range(turns):
        pair.time_peer()
        pair.time_ours()
    return pair.summary()


def test_times_are_seconds_a_call_of_each_side() -> None:
    fake = FakeTime()
    found = measured(fake, fake.work("ours", 0.001), fake.work("peer", 0.003), turns=4)
    assert found["turns"] == 4
    assert found["ours"]["wall"]["median"] == pytest.approx(0.001)
    assert found["ours"]["cpu"]["median"] == pytest.approx(0.0005)
    assert found["theirs"]["wall"]["min"] == pytest.approx(0.003)
    assert found["ratio"]["wall"] == pytest.approx({"median": 3.0, "low": 3.0, "high": 3.0})
    assert found["ratio"]["cpu"]["median"] == pytest.approx(3.0)


def test_short_calls_are_repeated_until_a_turn_lasts_milliseconds() -> None:
    fake = FakeTime()
    found = measured(fake, fake.work("ours", 0.0004), fake.work("peer", 0.1), turns=1)
    assert found["calls"] == [13, 1]
    assert fake.calls == ["peer"] + 13 * ["ours"]


def test_sides_alternate() -> None:
    fake = FakeTime()
    measured(fake, fake.work("ours", 1.0), fake.work("peer", 1.0), turns=3)
    assert fake.calls == ["peer", "ours"] * 3


def test_ratio_is_that_of_neighbours_so_a_slow_spell_does_not_count() -> None:
    fake = FakeTime()
    ours = fake.work("ours", 1, 1, 1, 10, 100, 1000)  # the machine gets slower by the turn
    peer = fake.work("peer", 1, 1, 2, 20, 200, 2000)
    found = measured(fake, ours, peer, turns=4)
    assert found["ratio"]["wall"] == pytest.approx({"median": 2.0, "low": 2.0, "high": 2.0})
    assert found["ours"]["wall"]["median"] == pytest.approx(55.0)


def test_budget_takes_as_many_turns_as_fit_within_limits() -> None:
    budget = Budget(seconds=10.0, min_turns=5, max_turns=40)
    assert [budget.turns(seconds) for seconds in (0.001, 0.5, 1.0, 60.0)] == [40, 20, 10, 5]


def test_warm_up_plans_turns_of_both_sides() -> None:
    fake = FakeTime()
    pair = Pair(fake.work("ours", 0.5), fake.work("peer", 1.5), fake.clocks())
    assert pair.warm_up(Budget(10.0, 1, 100)) == 5
    assert fake.calls == ["ours", "ours", "peer", "peer"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 41])
def test_spread_is_the_quartiles(count: int) -> None:
    times = np.random.default_rng(count).random(count).tolist()
    low, middle, high = np.quantile(times, (0.25, 0.5, 0.75))
    found = spread(times)
    assert found == pytest.approx({"median": middle, "min": min(times), "q1": low, "q3": high})


@pytest.mark.parametrize("count", range(6, 60))
def test_interval_of_the_median_holds_it_and_is_the_narrowest_that_does(count: int) -> None:
    found = median_interval(list(range(count, 0, -1)))
    below = int(found["low"]) - 1  # order statistic number low, of 1 to count
    assert found["high"] == count - below
    assert 1 - 2 * binom.cdf(below, count, 0.5) >= 0.95
    assert 1 - 2 * binom.cdf(below + 1, count, 0.5) < 0.95
    assert found["median"] == statistics.median(range(1, count + 1))


@pytest.mark.parametrize("count", range(1, 6))
def test_interval_of_few_values_is_all_of_them(count: int) -> None:
    found = median_interval(list(range(1, count + 1)))
    assert (found["low"], found["high"]) == (1, count)
