"""What is wrong with a pipeline is said before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.pipeline.graph import followers, in_order

Make = Callable[..., ms.Pipeline]


def test_circle_is_walked_in_the_message(make: Make) -> None:
    pipeline = make()
    ran: list[str] = []

    @pipeline.step
    def a(c: int) -> int:
        ran.append("a")
        return c

    @pipeline.step
    def b(a: int) -> int:
        return a

    @pipeline.step
    def c(b: int) -> int:
        return b

    with pytest.raises(ms.ParameterError, match="in a circle: 'a' -> 'c' -> 'b' -> 'a'"):
        pipeline.run()
    assert ran == []


def test_step_that_needs_itself_is_a_circle(make: Make) -> None:
    pipeline = make()
    pipeline.add("a", lambda x: x, needs={"x": "a"})
    with pytest.raises(ms.ParameterError, match="'a' -> 'a'"):
        _ = pipeline.steps


def test_unknown_names_are_errors_with_close_matches(make: Make) -> None:
    pipeline = make(parameters={"rounds": 1})

    @pipeline.step
    def features() -> int:
        return 1

    @pipeline.step
    def train(featurs: int) -> int:
        return featurs

    with pytest.raises(ms.ParameterError, match=r"takes 'featurs', .*Did you mean 'features'\?"):
        _ = pipeline.steps
    with pytest.raises(ms.ParameterError, match=r"no parameter 'round'\. Did you mean 'rounds'"):
        pipeline.run({"round": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"needs": {"x": "nowhere"}}, "needs 'nowhere', there is no such step"),
        ({"needs": {"y": "one"}}, "has no argument 'y'"),
        ({"settings": {"z": 1}}, "has no argument 'z'"),
        ({"settings": {"x": ms.pipeline.Parameter("p")}}, "takes the parameter 'p'"),
        ({"needs": {"x": "one"}, "after": ["two"]}, "comes after 'two'"),
    ],
)
def test_declarations_when_wrong_are_refused(
    make: Make, options: dict[str, Any], message: str
) -> None:
    pipeline = make()
    pipeline.add("one", lambda: 1)
    pipeline.add("bad", lambda x: x, **options)
    with pytest.raises(ms.ParameterError, match=message):
        _ = pipeline.steps


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retries": -1}, "retries must be 0 to 100, got -1"),
        ({"retries": True}, "retries must be"),
        ({"backoff_seconds": -0.5}, "backoff_seconds must be 0 or more"),
        ({"timeout_seconds": 0}, "timeout_seconds must be more than 0"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds must be more than 0"),
        ({"store": "json"}, "store must be 'auto' or 'pickle'"),
        ({"files": 3}, "files: expected paths, got int"),
        ({"needs": {"x": 3}}, "expected names of steps, got int"),
    ],
)
def test_options_when_wrong_are_refused(make: Make, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ms.ParameterError, match=message):
        make().add("s", lambda x=1: x, **options)


@pytest.mark.parametrize("name", ["", "a b", "../up", ".hidden", "-x", "a/b", "x" * 101, "ä"])
def test_names_that_cannot_be_files_are_refused(make: Make, name: str) -> None:
    with pytest.raises(ms.ParameterError, match="cannot be a name"):
        make(name)
    with pytest.raises(ms.ParameterError, match="cannot be a name"):
        make().add(name, lambda: 1)


def test_names_are_unique(make: Make) -> None:
    pipeline = make(parameters={"rounds": 1})
    pipeline.add("a", lambda: 1)
    with pytest.raises(ms.ParameterError, match="has a step 'a' already"):
        pipeline.add("a", lambda: 2)
    with pytest.raises(ms.ParameterError, match="has a parameter 'rounds' already"):
        pipeline.add("rounds", lambda: 2)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", [object()]])
def test_parameters_that_are_not_plain_are_refused(make: Make, value: Any) -> None:
    with pytest.raises(ms.ParameterError, match="Parameter 'p': expected a number, a text"):
        make(parameters={"p": value})


@pytest.mark.parametrize(
    ("default", "value"), [(1, 1.5), (1, "1"), ("a", 1), (True, 1), (1.0, "x")]
)
def test_parameters_of_another_type_are_refused(make: Make, default: Any, value: Any) -> None:
    with pytest.raises(ms.ParameterError, match="Parameter 'p': its default"):
        make(parameters={"p": default}).checked({"p": value})


def test_lambda_and_arguments_without_names_are_refused(make: Make) -> None:
    pipeline = make()
    pipeline.add("s", lambda: 1)
    with pytest.raises(ms.ParameterError, match="expected a function made with def"):
        pipeline.run()
    pipeline = make()
    pipeline.add("s", lambda *rest: 1)
    with pytest.raises(ms.ParameterError, match="cannot be filled by name"):
        _ = pipeline.steps
    with pytest.raises(ms.ParameterError, match="expected a function, got int"):
        pipeline.add("t", 3)  # type: ignore[arg-type]

    async def later() -> int:
        return 1

    with pytest.raises(ms.ParameterError, match="expected a function, got an async function"):
        pipeline.add("u", later)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_order_puts_what_is_needed_first(edges: list[tuple[int, int]]) -> None:
    needs: dict[str, list[str]] = {str(number): [] for number in range(13)}
    for one, other in edges:
        if one != other:  # a larger number needs a smaller one: no circle
            needs[str(max(one, other))].append(str(min(one, other)))
    order = in_order(needs)
    assert sorted(order) == sorted(needs)
    assert all(order.index(a) < order.index(b) for b, wanted in needs.items() for a in wanted)
    for name in needs:
        assert followers(needs, name) == _reached(needs, name)


def _reached(needs: dict[str, list[str]], start: str) -> set[str]:
    found = {start}
    for _ in needs:
        found |= {name for name, wanted in needs.items() if found & set(wanted)}
    return found


def test_order_of_a_long_chain_is_no_recursion() -> None:
    needs = {str(i): [str(i + 1)] for i in range(5000)} | {"5000": []}
    assert in_order(needs) == [str(i) for i in range(5000, -1, -1)]
