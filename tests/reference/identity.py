"""identity: nothing happens."""

from __future__ import annotations

import math

from tests.generic.case import F32, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    return [[math.nan if is_missing(value) else value for value in rows[0]]]


CASES = [
    Case({}, (WIDE,), (F32,)),
]
