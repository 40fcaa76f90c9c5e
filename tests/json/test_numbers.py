"""Numbers: the nearest float64 of any text, the shortest text of any float64, against Python."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.json.probe import read_integer, read_numbers, write_numbers

COUNT = 60_000


def any_floats(seed: int, count: int) -> np.ndarray:
    bits = np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)
    values = bits.view(np.float64)
    return values[np.isfinite(values)]


def check_reading(texts: list[str]) -> None:
    count, values = read_numbers(texts)
    assert count == len(texts), texts[count]
    expected = np.array([float(text) for text in texts])
    wrong = np.flatnonzero(values.view(np.uint64) != expected.view(np.uint64))
    assert wrong.size == 0, texts[wrong[0]]


def texts_of_every_form(seed: int, count: int) -> list[str]:
    random = np.random.default_rng(seed)
    values = any_floats(seed, count).tolist()
    texts = [repr(value) for value in values]
    texts += [f"{value:.{digits}e}" for value in values[: count // 4] for digits in (5, 16, 17, 30)]
    texts += [repr(round(value, 3)) for value in random.normal(0, 1000, count).tolist()]
    digits = random.integers(0, 2**63, count).tolist()
    exponents = random.integers(-345, 289, count).tolist()
    texts += [f"{a}e{b}" for a, b in zip(digits, exponents, strict=True)]
    texts += [str(a * 10 + b % 10) for a, b in zip(digits, exponents, strict=True)]
    return [text for text in texts if math.isfinite(float(text))]


def test_read_of_every_form_gives_the_nearest_float() -> None:
    check_reading(texts_of_every_form(1, COUNT // 4))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_read_of_many_more_gives_the_nearest_float(seed: int) -> None:
    check_reading(texts_of_every_form(seed, 300_000))


def middles(values: np.ndarray) -> list[str]:
    texts = []
    with localcontext() as context:
        context.prec = 1200
        for low in np.abs(values).tolist():
            high = math.nextafter(low, math.inf)
            if not math.isfinite(high):
                continue
            middle = (Decimal(low) + Decimal(high)) / 2
            text = f"{middle:e}"
            mantissa, _, exponent = text.partition("e")
            texts += [text, f"{mantissa}{'' if '.' in mantissa else '.'}1e{exponent}"]
    return [text for text in texts if len(text) <= 1024]


def test_read_of_the_middle_of_two_floats_rounds_to_even() -> None:
    texts = middles(any_floats(2, 1500))
    assert len(texts) > 2000
    check_reading(texts)
    check_reading(middles(np.ldexp(1.0, np.arange(-1070, 1000, 7))))
    check_reading(middles(np.arange(0, 200) * 5e-324))


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-0", "0.0", "0e999", "-0.0e-999", "1e-400", "5e-324", "2.4703282292062327e-324"),
        *("2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308"),
        *("2.2250738585072011e-308", "2.2250738585072014e-308", "9007199254740993"),
        *("9007199254740992.99999999999999999999", "0." + "0" * 400 + "1e401", "1" + "0" * 300),
        *("1e00000000000000000000000001", "1" + "0" * 400 + "e-400", "123456789" * 100 + "e-800"),
    ],
)
def test_read_at_the_edges_gives_the_nearest_float(text: str) -> None:
    check_reading([text])


@pytest.mark.parametrize(
    "text",
    [
        *("1e309", "-1e309", "1.7976931348623159e308", "1" + "0" * 309, "1e99999999999"),
        *(
            "",
            "-",
            "+1",
            "01",
            "-01",
            ".5",
            "1.",
            "1.e3",
            "1e",
            "1e+",
            "0x1",
            "1 ",
            "NaN",
            "1" * 1025,
        ),
    ],
)
def test_read_of_what_is_no_float64_is_refused(text: str) -> None:
    assert read_numbers([text or "-"])[0] == 0


@given(st.integers(-(2**70), 2**70))
def test_integers_of_64_bits_are_read_exactly(value: int) -> None:
    expected = value if -(2**63) <= value < 2**64 else None
    assert read_integer(str(value)) == expected


@pytest.mark.parametrize("text", ["1.0", "1e3", "-1e3", "18446744073709551616", "9" * 40])
def test_other_numbers_are_no_integers(text: str) -> None:
    assert read_integer(text) is None


def test_write_gives_the_shortest_text_that_reads_back() -> None:
    random = np.random.default_rng(3)
    for values in (
        any_floats(3, COUNT),
        random.normal(size=COUNT),
        np.round(random.random(COUNT) * 1000, 2),
        random.integers(1, 2**52, COUNT, dtype=np.uint64).view(np.float64),  # subnormal
        np.ldexp(1.0, np.arange(-1074, 1024)),
        np.ldexp(1.0, np.arange(-1022, 1024)) * (1 - 2**-53),
        np.power(10.0, np.arange(-323, 309)),
        np.array([0.0, -0.0, 1e15, 1e16, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 2.0**53]),
    ):
        assert write_numbers(values) == [repr(value) for value in values.tolist()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 25))
def test_write_of_many_more_gives_the_shortest_text(seed: int) -> None:
    values = any_floats(seed, 1_000_000)
    assert write_numbers(values) == [repr(value) for value in values.tolist()]
