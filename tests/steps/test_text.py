"""Lengths and patterns of any bytes against Python's characters."""

from __future__ import annotations

import math
import re
import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import steps as oracle
from tests.reference.characters import SYMBOLS
from tests.steps.plans import F64, TEXT, TEXT_PART, Plan

FORMS = [(part, share) for part in range(1, 10) for share in ((0, 1) if part >= 4 else (0,))]
PIECES = st.sampled_from(
    [b"a", b"Z", b"_", b"7", b" ", b"-", b"\0", b"\xc3", b"\xa9", b"\xff", b"\xe2\x80", b"\xed\xa0"]
)
any_bytes = st.binary(max_size=12) | st.text(max_size=6).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
mixed = st.lists(PIECES | any_bytes, max_size=8).map(b"".join)


def plan_of_all_forms() -> Plan:
    plan = Plan()
    loaded = plan.load("x", TEXT)
    for form in FORMS:
        plan.store(plan.step(TEXT_PART, [loaded], F64, integers=form))
    return plan


def check(values: list[bytes | None], type_: pa.DataType) -> None:
    got = plan_of_all_forms().run(x=pa.array(values, type_))
    for place, (part, share) in enumerate(FORMS):
        wanted = [oracle.text_part(value, part, share) for value in values]
        rounded = [oracle.store(value) for value in wanted]
        for value, had, want in zip(values, got[:, place], rounded, strict=True):
            assert had == want or (math.isnan(had) and math.isnan(want)), (value, part, share)


@given(st.lists(st.none() | mixed, max_size=30), st.sampled_from([pa.binary(), pa.large_binary()]))
def test_text_part_of_any_bytes_equals_the_reference(
    values: list[bytes | None], type_: pa.DataType
) -> None:
    check(values, type_)


def test_text_part_at_the_edges_of_every_range_equals_the_reference() -> None:
    edges = {point + by for pair in SYMBOLS for point in pair for by in (-1, 0, 1)}
    points = [*range(0x300), *range(0x1FF0, 0x2080), *sorted(edges), 0x10FFFF]
    check([chr(point).encode("utf-8", "surrogatepass") for point in points], pa.binary())


def test_spaces_are_those_of_python() -> None:
    points = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
    plan = Plan()
    plan.store(plan.step(TEXT_PART, [plan.load("x", TEXT)], F64, integers=(8, 0)))
    got = plan.run(x=pa.array([chr(point) for point in points], pa.large_string()))[:, 0]
    assert got.tolist() == [float(chr(point).isspace()) for point in points]


@pytest.mark.parametrize(
    "text", ["naïve—or “not”", "don't", "x_1 y-2", "Straße", "日本語、テキスト", "50\u00a0€ 👍🏽ok"]
)
def test_words_of_common_texts_are_those_of_a_pattern_for_unicode(text: str) -> None:
    plan = Plan()
    plan.store(plan.step(TEXT_PART, [plan.load("x", TEXT)], F64, integers=(3, 0)))
    assert plan.run(x=pa.array([text])).tolist() == [[len(re.findall(r"\w+", text))]]
