"""The exact accumulator against fractions: any order, any grouping, one rounding."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.probe import ExactSum, library
from tests.reference.exact_sum import exact_sum, number_of_limbs, round_to_double

MAX = 1.7976931348623157e308
TINY = 5e-324

finite = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, TINY, -TINY, 2.2250738585072014e-308, MAX, -MAX, 1.0, -1.0]),
    st.builds(math.ldexp, st.sampled_from([1.0, -1.0]), st.integers(-1074, 1023)),
)
counts = st.one_of(st.integers(0, 100), st.integers(0, 2**64 - 1), st.just(2**64 - 1))

ADVERSARIAL = [
    [],
    [0.0],
    [-0.0, -0.0],
    [1e308, 1e308, -1e308],
    [MAX, MAX],
    [-MAX, -MAX, -MAX],
    [MAX, 2.0**970],  # a tie with infinity: rounds to even, away
    [MAX, 2.0**969],
    [MAX, 2.0**970, -TINY],
    [1.0, 2.0**-53],  # a tie: to even, down
    [1.0, 2.0**-53, TINY],
    [1.0, 2.0**-52, 2.0**-53],  # a tie: to even, up
    [2.0**53, 1.0, 1.0, 1.0],
    [TINY] * 3,
    [2.2250738585072014e-308, -TINY],
    [2.2250738585072014e-308, -TINY, TINY],
    [1.0, 1e100, 1.0, -1e100],
    [0.1] * 10,
    [1e16, 1.0, -1e16] * 50,
    [2.0**k for k in range(-1074, 1023)],
    [(-1.0) ** k * 2.0**k for k in range(-1074, 1024)],
]


@pytest.mark.parametrize("values", ADVERSARIAL, ids=range(len(ADVERSARIAL)))
def test_value_when_adversarial_equals_the_fraction(values: list[float]) -> None:
    want = round_to_double(exact_sum(values))
    assert ExactSum(values).value() == want
    assert ExactSum(values[::-1]).value() == want
    negative = ExactSum(-value for value in values)
    assert negative.value() == -want


@given(st.lists(finite, max_size=60), st.randoms(use_true_random=False))
def test_value_when_any_order_is_the_rounded_fraction(values: list[float], random: object) -> None:
    total = ExactSum(values)
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    bulk = ExactSum()
    bulk.add_all(np.array(shuffled, dtype=np.float64))
    assert total.value() == round_to_double(exact_sum(values))
    assert bulk == total
    assert np.array_equal(bulk.limbs(), total.limbs())


@given(st.lists(st.lists(finite, max_size=12), max_size=6))
def test_merge_when_any_shards_equals_one_sum(shards: list[list[float]]) -> None:
    merged = ExactSum()
    for shard in reversed(shards):
        merged.merge(ExactSum(shard))
    assert merged == ExactSum(value for shard in shards for value in shard)


@given(st.lists(finite, max_size=30), st.lists(finite, max_size=30))
def test_subtract_when_values_leave_a_window_equals_the_rest(
    kept: list[float], gone: list[float]
) -> None:
    window = ExactSum(kept + gone)
    window.subtract(ExactSum(gone))
    assert window == ExactSum(kept)
    assert window.value() == round_to_double(exact_sum(kept))


@given(st.lists(st.tuples(finite, finite, counts), max_size=12))
def test_products_when_any_counts_equal_the_fraction(
    rows: list[tuple[float, float, int]],
) -> None:
    products, repeated, both = ExactSum(), ExactSum(), ExactSum()
    for a, b, count in rows:
        products.add_product(a, b)
        repeated.add_repeated(a, count)
        both.add_product_repeated(a, b, count)
    fractions = [(Fraction(a), Fraction(b), count) for a, b, count in rows]
    assert products.value() == round_to_double(sum((a * b for a, b, _ in fractions), Fraction(0)))
    assert repeated.value() == round_to_double(sum((a * n for a, _, n in fractions), Fraction(0)))
    want = sum((a * b * n for a, b, n in fractions), Fraction(0))
    assert both.value() == round_to_double(want)
    assert number_of_limbs(both.limbs(), library().probe_sum_low_exponent()) == want


@given(st.lists(finite, max_size=30))
def test_limbs_when_written_and_read_are_the_same_number(values: list[float]) -> None:
    total = ExactSum(values)
    limbs = total.limbs()
    assert number_of_limbs(limbs, library().probe_sum_low_exponent()) == exact_sum(values)
    again = ExactSum([1.0])
    again.set(limbs)
    assert again == total


def test_value_when_a_million_mixed_values_equals_fsum() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(1_000_000) * 10.0 ** rng.integers(-150, 150, 1_000_000)
    total = ExactSum()
    total.add_all(values)
    assert total.value() == math.fsum(values)
    repeated = ExactSum()
    for value in values[:100]:
        repeated.add_repeated(value, 3)
        repeated.add(-value)
        repeated.add(-value)
    assert repeated == ExactSum(values[:100])


def test_equality_when_numbers_differ_below_a_double_is_false() -> None:
    assert ExactSum([1.0, TINY]) != ExactSum([1.0])
    assert ExactSum([1.0, TINY]).value() == ExactSum([1.0]).value()
