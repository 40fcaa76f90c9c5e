"""Steps over numbers against plain Python, on any values and rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import steps as oracle
from tests.steps.plans import (
    AFFINE,
    ARITHMETIC,
    CLIP,
    COUNT_EDGES,
    F64,
    FILL,
    FLOAT,
    GATHER,
    I32,
    INTERPOLATE,
    LOG1P,
    NORMAL_QUANTILE,
    POWER,
    Plan,
    doubles,
)

INF = math.inf
value = (
    st.none()
    | st.floats(width=64)
    | st.sampled_from([0.0, -0.0, 1.0, -1.0, 1.5, 2.0, INF, -INF, math.nan, 5e-324, 1e308])
)
values = st.lists(value, max_size=80)


def as_features(expected: list[float | int | None]) -> np.ndarray:
    return np.array([oracle.store(value) for value in expected], np.float32)


def assert_same(got: np.ndarray, expected: list[float | int | None]) -> None:
    np.testing.assert_array_equal(got, as_features(expected))
    # Equal does not see the sign of zero.
    present = ~np.isnan(got)
    np.testing.assert_array_equal(
        np.signbit(got[present]), np.signbit(as_features(expected)[present])
    )


def run(code: int, column: list[float | None], **fields: object) -> np.ndarray:
    plan = Plan()
    plan.store(plan.step(code, [plan.load("x", FLOAT)], F64, **fields))  # type: ignore[arg-type]
    return plan.run(x=pa.array(column, pa.float64()))[:, 0]


@given(values, st.floats(-1e6, 1e6), st.sampled_from([1.0, -2.0, 0.1, 1e-300, 3e200]))
def test_affine_on_any_values_equals_two_roundings(
    column: list[float | None], center: float, scale: float
) -> None:
    expected = [oracle.affine(value, center, scale) for value in column]
    assert_same(run(AFFINE, column, numbers=(center, scale)), expected)


@given(values)
def test_log1p_on_any_values_is_within_one_float32_ulp(column: list[float | None]) -> None:
    got = run(LOG1P, column)
    expected = as_features([oracle.log1p(value) for value in column])
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    # Both are within 2 float64 ulp, so they can differ where they round to float32, by one.
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    np.testing.assert_array_max_ulp(got[finite], expected[finite], maxulp=1)


@given(values, st.sampled_from([(-1.0, 1.5), (0.0, 0.0), (-INF, 2.0), (1.0, INF), (-INF, INF)]))
def test_clip_on_any_values_equals_min_of_max(
    column: list[float | None], limits: tuple[float, float]
) -> None:
    got = run(CLIP, column, numbers=limits)
    np.testing.assert_array_equal(
        got, as_features([oracle.clip(value, *limits) for value in column])
    )


@given(values, st.sampled_from([0.0, -7.25, INF]))
def test_fill_on_missing_values_gives_the_constant(
    column: list[float | None], constant: float
) -> None:
    expected = [oracle.fill(value, constant) for value in column]
    assert_same(run(FILL, column, numbers=(constant,)), expected)


@given(values)
def test_store_on_any_values_rounds_once(column: list[float | None]) -> None:
    plan = Plan()
    plan.store(plan.load("x", FLOAT))
    got = plan.run(x=pa.array(column, pa.float64()))[:, 0]
    assert_same(got, [oracle.load(value) for value in column])


@given(values, st.lists(st.floats(-1e3, 1e3), unique=True, max_size=40))
def test_count_edges_on_any_values_equals_a_sum(
    column: list[float | None], edges: list[float]
) -> None:
    edges = sorted(edges)
    plan = Plan()
    integers = (0, 0, 0, len(edges) + 2)
    loaded = plan.load("x", FLOAT)
    ids = plan.step(COUNT_EDGES, [loaded], I32, integers=integers, payload=doubles(edges))
    plan.store(ids)
    got = plan.run(x=pa.array(column, pa.float64()))[:, 0]
    assert_same(got, [oracle.count_edges(value, edges) for value in column])


@given(values)
def test_gather_through_bucket_ids_gives_the_payload(column: list[float | None]) -> None:
    edges, payload = [-1.0, 0.0, 2.5], [9.5, math.nan, -3.0, 0.125, INF]
    plan = Plan()
    loaded = plan.load("x", FLOAT)
    ids = plan.step(COUNT_EDGES, [loaded], I32, integers=(0, 0, 0, 5), payload=doubles(edges))
    numbers = plan.step(GATHER, [ids], F64, integers=(0, 0, 0, 5), payload=doubles(payload))
    # A gathered NaN is missing: fill sees it.
    plan.store(numbers)
    plan.store(plan.step(FILL, [numbers], F64, numbers=(-8.0,)))
    kept = plan.step(GATHER, [ids, loaded], F64, integers=(1, 0, 0, 5), payload=doubles(payload))
    plan.store(kept)
    got = plan.run(x=pa.array(column, pa.float64()))
    numbers_of = [oracle.count_edges(value, edges) for value in column]
    expected = [oracle.gather(number, payload) for number in numbers_of]
    assert_same(got[:, 0], expected)
    assert_same(got[:, 1], [oracle.fill(value, -8.0) for value in expected])
    pairs = zip(numbers_of, column, strict=True)
    assert_same(got[:, 2], [oracle.gather(number, payload, value) for number, value in pairs])


@given(values, st.sampled_from([1, 2]), st.sampled_from([0.0, 1e-9, 0.5, 1.0, 2.0, -1.5, 3.0]))
def test_power_on_any_values_is_scipys(
    column: list[float | None], family: int, exponent: float
) -> None:
    got = run(POWER, column, numbers=(exponent,), integers=(family,))
    expected = as_features([oracle.power(value, family, exponent) for value in column])
    # Both lose digits as the exponent times the logarithm grows: 1e-13 where that is 700.
    np.testing.assert_allclose(got, expected, rtol=2.0**-23, atol=0)


@given(values, st.lists(st.tuples(*[st.floats(-1e3, 1e3)] * 4), max_size=8))
def test_interpolate_on_any_values_is_the_line(
    column: list[float | None], points: list[tuple[float, float, float, float]]
) -> None:
    points = [(x + 0.0, *rest) for x, *rest in sorted({x: (x, *y) for x, *y in points}.values())]
    payload = doubles([value for part in zip(*points, strict=True) for value in part])
    got = run(INTERPOLATE, column, payload=payload)
    assert_same(got, [oracle.interpolate(value, points) for value in column])


@given(st.lists(st.none() | st.floats(0, 1) | st.sampled_from([0.0, 1.0, -1.0, 2.0, 1e-300])))
def test_normal_quantile_on_any_values_is_scipys(column: list[float | None]) -> None:
    got = run(NORMAL_QUANTILE, column)
    expected = as_features([oracle.normal_quantile(value) for value in column])
    np.testing.assert_allclose(got, expected, rtol=2.0**-23, atol=0)


@given(st.lists(st.tuples(value, value), max_size=80), st.integers(1, 4))
def test_arithmetic_on_any_pairs_equals_numpys(
    pairs: list[tuple[float | None, float | None]], code: int
) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    plan = Plan()
    slots = [plan.load("x", FLOAT), plan.load("y", FLOAT)]
    plan.store(plan.step(ARITHMETIC, slots, F64, integers=(code,)))
    got = plan.run(x=pa.array(first, pa.float64()), y=pa.array(second, pa.float64()))[:, 0]
    assert_same(got, [oracle.arithmetic(code, a, b) for a, b in pairs])


@given(values, st.integers(1, 4), st.floats(allow_nan=False, allow_infinity=False))
def test_arithmetic_with_a_number_equals_numpys(
    column: list[float | None], code: int, number: float
) -> None:
    got = run(ARITHMETIC, column, numbers=(number,), integers=(code, 1))
    assert_same(got, [oracle.arithmetic(code, value, number) for value in column])
    got = run(ARITHMETIC, column, numbers=(number,), integers=(code, 2))
    assert_same(got, [oracle.arithmetic(code, number, value) for value in column])


@pytest.mark.parametrize("num_rows", [0, 1, 63, 64, 65, 511, 512, 513, 1025])
@pytest.mark.parametrize(
    ("code", "numbers", "expected"),
    [
        (AFFINE, (2.0, 4.0), lambda v: oracle.affine(v, 2.0, 4.0)),
        (CLIP, (-1.0, 1.0), lambda v: oracle.clip(v, -1.0, 1.0)),
        (FILL, (3.0,), lambda v: oracle.fill(v, 3.0)),
    ],
)
def test_steps_when_rows_end_inside_a_tile_compute_every_row(
    num_rows: int,
    code: int,
    numbers: tuple[float, ...],
    expected: Callable[[float | None], float | None],
) -> None:
    column = [None if row % 7 == 3 else row / 8 - 20 for row in range(num_rows)]
    assert_same(run(code, column, numbers=numbers), [expected(value) for value in column])
