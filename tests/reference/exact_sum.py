"""Sums as fractions: what runtime/core/exact_sum computes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction


def round_to_double(number: Fraction) -> float:
    """Round to the nearest double, ties to even; overflow gives an infinity."""
    try:
        return float(number)  # Python divides the two integers with one rounding
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def exact_sum(values: Iterable[float]) -> Fraction:
    """Add without rounding."""
    return sum((Fraction(value) for value in values), Fraction(0))


def number_of_limbs(limbs: Iterable[int], low_exponent: int) -> Fraction:
    """Return the number that base-2^32 limbs stand for, the first of them the lowest."""
    total = sum(int(limb) << (32 * i) for i, limb in enumerate(limbs))
    return Fraction(total) * Fraction(2) ** low_exponent
