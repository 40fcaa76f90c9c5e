"""Column statistics in plain Python: fractions for sums, sorted lists for ranks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction


def number_statistics(values: Sequence[float | None]) -> dict[str, object]:
    """Statistics of a column of numbers; None is null, NaN is missing too."""
    present = sorted(v + 0.0 for v in values if v is not None and not math.isnan(v))
    finite = [v for v in present if math.isfinite(v)]
    result: dict[str, object] = {
        "num_rows": len(values),
        "nulls": sum(v is None for v in values),
        "nans": sum(v is not None and math.isnan(v) for v in values),
        "missing": len(values) - len(present),
        "distinct": len(set(present)),
        "zeros": sum(v == 0 for v in present),
        "negatives": sum(v < 0 for v in present),
        "positive_infinities": present.count(math.inf),
        "negative_infinities": present.count(-math.inf),
        "integer_valued": bool(finite) and all(v == math.floor(v) for v in finite),
        "min": present[0] if present else None,
        "max": present[-1] if present else None,
        "sum": None,
        "mean": None,
        "std": None,
    }
    if finite:
        total = sum(map(Fraction, finite))
        mean = total / len(finite)
        variance = sum((Fraction(v) - mean) ** 2 for v in finite) / len(finite)
        result["sum"] = to_float(total)
        result["mean"] = to_float(total) / len(finite)
        result["std"] = root(variance)
    return result


def to_float(value: Fraction) -> float:
    """Round to nearest; beyond the largest float, infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def root(value: Fraction) -> float:
    """Square root of a fraction that may be far outside the range of floats."""
    if value == 0:
        return 0.0
    exponent = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    scaled = value / Fraction(4) ** exponent
    return math.sqrt(float(scaled)) * 2.0**exponent


def quantile(values: Sequence[float], q: float) -> float:
    """The value at q * (n - 1) of the sorted values, between two by straight line."""
    ordered = sorted(values)
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    if position == below:
        return ordered[below]
    return ordered[below] + (ordered[below + 1] - ordered[below]) * (position - below)


def text_statistics(values: Sequence[str | None]) -> dict[str, object]:
    """Statistics of a column of strings."""
    present = [v for v in values if v is not None]
    lengths = [len(v.encode()) for v in present]
    counts = Counter(present)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0].encode()))
    return {
        "num_rows": len(values),
        "nulls": len(values) - len(present),
        "missing": len(values) - len(present),
        "distinct": len(counts),
        "top": tuple(ordered[:10]),
        "min_bytes": min(lengths, default=0),
        "max_bytes": max(lengths, default=0),
        "mean_bytes": sum(lengths) / len(lengths) if lengths else None,
    }
