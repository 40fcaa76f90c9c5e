"""exp, log1p and friends over all exponents: stated errors, monotone, exact at the borders."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.core.probe import scalar
from tests.reference import elementary

F64 = NDArray[np.float64]

needs_long_double = pytest.mark.skipif(
    not elementary.HAS_LONG_DOUBLE, reason="long double is no wider than double here"
)


def all_exponents(seed: int, each: int = 40) -> F64:
    """Random fractions, and both ends, under every exponent and sign, all of them finite."""
    rng = np.random.default_rng(seed)
    exponents = np.arange(2047, dtype=np.uint64) << np.uint64(52)
    fractions = rng.integers(0, 2**52, (2047, each), dtype=np.uint64)
    fractions[:, 0] = 0
    fractions[:, 1] = 2**52 - 1
    magnitudes = (exponents[:, None] | fractions).ravel().view(np.float64)
    return np.concatenate([magnitudes, -magnitudes])


def uniform(seed: int, low: float, high: float, count: int = 150_000) -> F64:
    """Random numbers of an interval."""
    return np.random.default_rng(seed).uniform(low, high, count)


def neighbours(centers: F64, reach: int = 40) -> F64:
    """Runs of adjacent doubles around each center: one row a run, ascending."""
    bits = centers.view(np.int64)[:, None] + np.arange(-reach, reach + 1)
    runs = np.ascontiguousarray(bits).view(np.float64)
    return np.where(centers[:, None] < 0, runs[:, ::-1], runs)


def assert_close(name: str, x: F64, limit: float) -> None:
    got = scalar(name, x)
    with np.errstate(over="ignore", under="ignore"):
        want = getattr(elementary, name)(x)
        rounded = want.astype(np.float64)
    inside = np.isfinite(rounded)
    error = elementary.error_in_ulps(got[inside], want[inside])
    worst = int(np.argmax(error))
    assert error[worst] <= limit, (name, x[inside][worst].hex(), error[worst])
    assert np.array_equal(got[~inside], rounded[~inside])


def assert_monotone(name: str, runs: F64) -> None:
    got = scalar(name, runs.ravel()).reshape(runs.shape)
    falls = np.argwhere(got[:, 1:] < got[:, :-1])
    assert falls.size == 0, (name, runs[tuple(falls[0])].hex())


@needs_long_double
def test_exp_over_all_exponents_is_within_one_ulp() -> None:
    assert_close("exp", all_exponents(1), 1.0)
    assert_close("exp", uniform(2, -745.2, 709.8), 1.0)
    assert_close("exp", uniform(3, -1, 1), 0.65)


@needs_long_double
def test_log1p_over_all_exponents_is_within_two_ulps() -> None:
    x = all_exponents(4)
    assert_close("log1p", x[x > -1], 2.0)
    assert_close("log1p", uniform(5, -1 + 1e-12, 3), 1.0)
    assert_close("log1p", -1 + 2.0 ** -uniform(6, 1, 53, 20_000), 1.0)


@needs_long_double
def test_sigmoid_when_finite_is_two_steps_from_correct() -> None:
    x = np.concatenate([uniform(7, -709, 745), uniform(8, -40, 40), all_exponents(9, each=6)])
    x = x[x > -709]
    want = elementary.sigmoid(x).astype(np.float64)
    assert elementary.steps_between(scalar("sigmoid", x), want).max() <= 2


@needs_long_double
def test_log_over_all_exponents_is_within_one_ulp() -> None:
    x = all_exponents(17)
    assert_close("log", x[x > 0], 1.0)
    assert_close("log", uniform(18, 0.5, 2), 1.0)


@needs_long_double
def test_expm1_over_all_exponents_is_within_two_ulps() -> None:
    x = all_exponents(19)
    assert_close("expm1", x[x < 709.7], 2.0)
    assert_close("expm1", uniform(20, -45, 709.7), 2.0)
    assert_close("expm1", uniform(21, -2, 2), 2.0)


@needs_long_double
def test_tanh_over_all_exponents_is_within_two_ulps() -> None:
    assert_close("tanh", all_exponents(25), 2.0)
    assert_close("tanh", uniform(26, -2, 2), 2.0)
    assert_close("tanh", uniform(27, 0.62, 0.63), 2.0)


def test_erfc_agrees_with_the_c_library() -> None:
    x = np.concatenate([uniform(28, -7, 26), uniform(29, -1.3, 1.3), all_exponents(30)])
    x = x[x < 26]
    got, wanted = scalar("erfc", x), elementary.erfc(x)
    assert elementary.steps_between(got, wanted).max() <= 4


def test_normal_quantile_agrees_with_scipy_and_is_symmetric() -> None:
    shares = np.concatenate([uniform(22, 0, 1), 10.0 ** uniform(23, -320, 0)])
    shares = shares[shares != 0.5]
    got, wanted = scalar("normal_quantile", shares), elementary.normal_quantile(shares)
    assert elementary.steps_between(np.abs(got), np.abs(wanted)).max() <= 16
    assert np.array_equal(got < 0, shares < 0.5)
    both = np.concatenate([2.0 ** -np.arange(2, 53.0), np.round(uniform(24, 0.01, 0.5), 9)])
    lower = 1 - (1 - both)  # so that both shares are doubles
    assert np.array_equal(scalar("normal_quantile", 1 - both), -scalar("normal_quantile", lower))


def test_exp_between_neighbours_never_falls() -> None:
    changes = (np.arange(-1075, 1024) + 0.5) * math.log(2)  # where the power of two changes
    assert_monotone("exp", neighbours(changes, reach=100))
    assert_monotone("exp", neighbours(uniform(10, -745, 709, 4000)))
    assert_monotone("exp", neighbours(all_exponents(11, each=3)[6:]))
    assert_monotone("exp", np.sort(uniform(12, -746, 710))[None, :])


def test_log1p_between_neighbours_never_falls() -> None:
    changes = np.ldexp(math.sqrt(2), np.arange(-53, 1023)) - 1  # where the power of two changes
    assert_monotone("log1p", neighbours(changes[changes > -0.999999], reach=200))
    x = all_exponents(13, each=4)
    runs = neighbours(x[(x > -0.9999) & (np.abs(x) > 1e-300) & (x < 1e308)])
    assert_monotone("log1p", runs)
    assert_monotone("log1p", neighbours(uniform(14, -0.999, 4, 4000)))
    assert_monotone("log1p", np.sort(uniform(15, -1, 1))[None, :])
    borders = np.array([2.0**-54, -(2.0**-54), 1.0, 2.0**53, 2.0**54])
    assert_monotone("log1p", neighbours(borders, reach=300))


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("exp", 0.0, 1.0),
        ("exp", -0.0, 1.0),
        ("exp", math.inf, math.inf),
        ("exp", -math.inf, 0.0),
        ("exp", 709.782712893384, 1.7976931348622732e308),
        ("exp", 709.7827128933841, math.inf),
        ("exp", -745.1332191019411, 5e-324),
        ("exp", -745.1332191019412, 0.0),
        ("exp", 5e-324, 1.0),
        ("log1p", 0.0, 0.0),
        ("log1p", -0.0, -0.0),
        ("log1p", -1.0, -math.inf),
        ("log1p", math.inf, math.inf),
        ("log1p", 5e-324, 5e-324),
        ("log1p", -5e-324, -5e-324),
        ("log1p", 1.7976931348623157e308, 709.782712893384),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", math.inf, 1.0),
        ("sigmoid", -math.inf, 0.0),
        ("sigmoid", -800.0, 0.0),
        ("log", 0.0, -math.inf),
        ("log", -0.0, -math.inf),
        ("log", 1.0, 0.0),
        ("log", math.inf, math.inf),
        ("log", 5e-324, -744.4400719213812),
        ("expm1", -0.0, -0.0),
        ("erfc", 0.0, 1.0),
        ("erfc", -math.inf, 2.0),
        ("erfc", math.inf, 0.0),
        ("tanh", -0.0, -0.0),
        ("tanh", 5e-324, 5e-324),
        ("tanh", math.inf, 1.0),
        ("tanh", -math.inf, -1.0),
        ("tanh", 20.0, 1.0),
        ("expm1", 5e-324, 5e-324),
        ("expm1", math.inf, math.inf),
        ("expm1", -math.inf, -1.0),
        ("normal_quantile", 0.5, 0.0),
        ("normal_quantile", 0.0, -math.inf),
        ("normal_quantile", 1.0, math.inf),
        ("sqrt", -0.0, -0.0),
        ("sqrt", math.inf, math.inf),
    ],
)
def test_value_at_the_border_is_exact(name: str, x: float, want: float) -> None:
    got = float(scalar(name, np.array([x]))[0])
    assert got == want
    assert math.copysign(1, got) == math.copysign(1, want)


@pytest.mark.parametrize(
    "name",
    ["exp", "log1p", "log", "expm1", "tanh", "erfc", "normal_quantile", "sigmoid", "sqrt"],
)
def test_nan_when_any_pattern_becomes_the_canonical_one(name: str) -> None:
    patterns = [0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF]
    outside = {
        "log1p": [-1.0000000000000002, -math.inf, -5.0],
        "log": [-5e-324, -math.inf],
        "normal_quantile": [-5e-324, 1.0000000000000002, math.inf],
        "sqrt": [-1.0, -5e-324, -math.inf],
    }
    x = np.concatenate(
        [np.array(patterns, dtype=np.uint64).view(np.float64), outside.get(name, [])]
    )
    assert set(scalar(name, x).view(np.uint64).tolist()) == {0x7FF8000000000000}


def test_sqrt_over_all_exponents_equals_numpy() -> None:
    positive = np.abs(all_exponents(16))
    assert np.array_equal(scalar("sqrt", positive), np.sqrt(positive))
