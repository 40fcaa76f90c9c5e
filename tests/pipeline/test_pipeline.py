"""Steps run when something that they depend on has changed, and not otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import mainspring as ms
from mainspring.pipeline import Parameter

Make = Callable[..., ms.Pipeline]


@pytest.fixture
def sums(make: Make) -> ms.Pipeline:
    pipeline = make(parameters={"count": 3, "factor": 2.0})

    @pipeline.step
    def numbers(count: int) -> list[int]:
        return list(range(count))

    @pipeline.step
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    @pipeline.step
    def scaled(total: int, *, factor: float) -> float:
        """Multiply."""
        return total * factor

    return pipeline


@pytest.mark.parametrize("workers", [1, 3])
def test_run_when_nothing_is_there_runs_all_then_nothing(sums: ms.Pipeline, workers: int) -> None:
    first = sums.run(workers=workers)
    assert (first["numbers"], first["total"], first["scaled"]) == ([0, 1, 2], 3, 6.0)
    assert first.states == {"numbers": "ran", "total": "ran", "scaled": "ran"}
    second = sums.run(workers=workers)
    assert set(second.states.values()) == {"cached"}
    assert second.keys == first.keys
    assert (first.number, second.number) == (1, 2)


def test_run_when_a_parameter_changes_runs_what_depends_on_it(sums: ms.Pipeline) -> None:
    sums.run()
    run = sums.run({"factor": 3})
    assert run.states == {"numbers": "cached", "total": "cached", "scaled": "ran"}
    assert run.reasons["scaled"] == ("parameter factor: 2.0 -> 3.0",)
    assert run["scaled"] == 9.0
    run = sums.run({"count": 4})
    assert run.reasons == {
        "numbers": ("parameter count: 3 -> 4",),
        "total": ("numbers is new",),
        "scaled": ("parameter factor: 3.0 -> 2.0", "total is new"),
    }


def test_functions_stay_functions(make: Make) -> None:
    pipeline = make()

    @pipeline.step(retries=3)
    def twice(x: int = 2) -> int:
        return 2 * x

    assert twice(4) == 8
    assert pipeline.run()["twice"] == 4


def test_steps_are_in_order_and_say_what_they_need(sums: ms.Pipeline) -> None:
    assert [step.name for step in sums.steps] == ["numbers", "total", "scaled"]
    assert [step.dependencies for step in sums.steps] == [(), ("numbers",), ("total",)]
    assert [step.parameters for step in sums.steps] == [("count",), (), ("factor",)]
    assert sums["scaled"].description == "Multiply."
    assert repr(sums) == "Pipeline('p', 3 steps)"


def test_run_step_alone_makes_the_keys_of_a_run(sums: ms.Pipeline) -> None:
    keys: dict[str, str] = {}
    for step in sums.steps:
        keys[step.name] = sums.run_step(step.name, {one: keys[one] for one in step.dependencies})
        assert re.fullmatch("[0-9a-f]{64}", keys[step.name])
    assert sums.run().keys == keys
    assert set(sums.run().states.values()) == {"cached"}
    assert sums.load(keys["scaled"]) == 6.0


def test_run_step_when_upstream_is_wrong_says_what_is_missing(sums: ms.Pipeline) -> None:
    with pytest.raises(ms.ParameterError, match=r"exactly numbers; 'numbers' is missing"):
        sums.run_step("total")
    with pytest.raises(ms.ParameterError, match=r"'count' is none of them"):
        sums.run_step("numbers", {"count": "0" * 64})
    with pytest.raises(ms.DataError, match=r"has no whole result 000000000000\. Run its step"):
        sums.run_step("total", {"numbers": "0" * 64})
    with pytest.raises(ms.ParameterError, match="no key of a result"):
        sums.run_step("total", {"numbers": "../../etc"})


def test_needs_settings_and_after_wire_arguments(make: Make) -> None:
    pipeline = make(parameters={"low": 1})
    seen: list[str] = []

    def add(left: int, right: list[int], plus: int, low: int) -> int:
        return left + sum(right) + plus + low

    @pipeline.step(effect=True)
    def first() -> None:
        seen.append("first")

    @pipeline.step(name="ten", after=[first])
    def number() -> int:
        seen.append("ten")
        return 10

    @pipeline.step
    def one() -> int:
        return 1

    pipeline.add(
        "sum",
        add,
        needs={"left": number, "right": ["ten", one]},
        settings={"plus": 100, "low": Parameter("low")},
    )
    run = pipeline.run()
    assert run["sum"] == 10 + 11 + 100 + 1
    assert run["first"] is None
    assert seen == ["first", "ten"]
    assert pipeline["sum"].dependencies == ("ten", "one")
    assert pipeline["ten"].dependencies == ("first",)
    assert pipeline.run({"low": 2})["sum"] == 123


def test_only_and_start_choose_steps(sums: ms.Pipeline) -> None:
    assert list(sums.run(only="total").states) == ["numbers", "total"]
    run = sums.run(start="total")
    assert run.states == {"numbers": "cached", "total": "ran", "scaled": "ran"}
    assert run.reasons["total"] == ("asked for",)
    with pytest.raises(ms.ParameterError, match="no step 'totl'"):
        sums.run(only=["totl"])
    with pytest.raises(ms.ParameterError, match="workers must be 1 or more, got 0"):
        sums.run(workers=0)


def test_uncached_step_runs_each_time_and_what_follows_only_when_it_differs(make: Make) -> None:
    pipeline = make()
    world = SimpleNamespace(value=1)  # no plain value: it does not count

    @pipeline.step(cache=False)
    def query() -> int:
        return world.value

    @pipeline.step
    def after(query: int) -> int:
        return query + 1

    first = pipeline.run()
    second = pipeline.run()
    assert second.states == {"query": "ran", "after": "cached"}
    assert second.keys == first.keys
    world.value = 5
    third = pipeline.run()
    assert third.states == {"query": "ran", "after": "ran"}
    assert third["after"] == 6
    plan = pipeline.plan()
    assert [step.state for step in plan.steps] == ["runs", "open"]
    assert plan["after"].reasons == ("it depends on what query returns",)


def test_plan_says_what_a_run_does_and_runs_nothing(sums: ms.Pipeline, tmp_path: Path) -> None:
    before = sums.plan()
    assert [step.state for step in before.steps] == ["runs"] * 3
    assert not (tmp_path / ".mainspring").exists()
    run = sums.run()
    assert {step.name: step.key for step in before.steps} == run.keys
    later = sums.plan({"count": 5}, only="total")
    assert str(later) == (
        "numbers  runs    parameter count: 3 -> 5\ntotal    runs    numbers is new"
    )
    assert [step.state for step in sums.plan(start="total").steps] == ["cached", "runs", "runs"]


def test_explain_says_why_a_step_ran_and_what_it_would_do(sums: ms.Pipeline) -> None:
    assert sums.explain("total") == (
        "total has no result yet\nnow it would run, because: no result yet"
    )
    sums.run()
    assert sums.explain("total") == (
        "total ran because: no result yet\nnow its result would be taken"
    )
    assert sums.explain("scaled", {"factor": 7.5}).endswith("parameter factor: 2.0 -> 7.5")


def test_store_is_where_the_setting_says(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make().store.folder == tmp_path / ".mainspring"
    monkeypatch.setenv("MAINSPRING_STORE", str(tmp_path / "elsewhere"))
    assert make().store.folder == tmp_path / "elsewhere"
    assert make(store="here").store.folder == tmp_path / "here"


def test_run_says_what_it_did(sums: ms.Pipeline) -> None:
    run = sums.run()
    assert repr(run) == "Run(1 of 'p': 3 ran, 0 cached)"
    assert [line.split()[:2] for line in str(run).splitlines()] == [
        ["numbers", "ran"],
        ["total", "ran"],
        ["scaled", "ran"],
    ]
    with pytest.raises(ms.ParameterError, match="no result of a step 'x'"):
        run["x"]
