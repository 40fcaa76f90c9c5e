"""parse_number: Python's float, behind a grammar for the marks."""

from __future__ import annotations

import math
import re
from typing import Any

from hypothesis import strategies as st

from tests.generic.case import STR, WORDS, Case
from tests.reference.columns import Column


def number(text: str | None, decimal: str = ".", thousands: str = "") -> float:
    if text is None:
        return math.nan
    text = text.strip()
    whole = r"\d+"
    if thousands:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+)"
    point = re.escape(decimal)
    match = re.fullmatch(
        rf"([+-]?)(?:(inf|infinity)|({whole})?(?:{point}(\d*))?(e[+-]?\d+)?)",
        text,
        re.ASCII | re.IGNORECASE,
    )
    if match is None:
        return math.nan
    sign, infinite, before, behind, exponent = match.groups()
    if infinite:
        return float(sign + infinite)
    before = (before or "").replace(thousands, "") if thousands else before or ""
    if not before and not behind:
        return math.nan
    return float(f"{sign}{before or 0}.{behind or 0}{exponent or ''}")


def features(
    train: list[Column], rows: list[Column], *, decimal: str = ".", thousands: str = ""
) -> list[Column]:
    return [[number(text, decimal, thousands) for text in rows[0]]]


def samples(decimal: str, thousands: str) -> tuple[Any, ...]:
    plain = ("1,234.5", " -7 ", "+.5", "1e-3", "n/a", "12,34", "1,000,000", "0,5", "inf", "00012.")
    marks = str.maketrans({",": thousands or ",", ".": decimal})
    return tuple(text.translate(marks) for text in plain)


def texts(decimal: str, thousands: str) -> st.SearchStrategy[Any]:
    alphabet = f"0123456789+-eE {decimal}{thousands}"
    return (
        WORDS
        | st.text(alphabet, max_size=12)
        | st.floats(allow_nan=False).map(lambda value: repr(value).replace(".", decimal))
        | st.integers().map(str)
        | st.sampled_from(["Infinity", "-INF", "nan", "1e999", "-1e-999", "0" * 2000, "0x1"])
    )


CASES = [
    Case(
        {"decimal": decimal, "thousands": thousands},
        (texts(decimal, thousands),),
        (STR,),
        samples=samples(decimal, thousands),
    )
    for decimal, thousands in [(".", ""), (".", ","), (",", "\u202f")]
]
