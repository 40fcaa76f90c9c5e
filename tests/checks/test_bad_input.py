"""Tables that are empty, broken or unlike each other are findings, never an exception."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms

RNG = np.random.default_rng(0)
ROWS = 300
GOOD = pa.table(
    {
        "a": RNG.normal(size=ROWS),
        "t": RNG.choice(["x", "y"], ROWS),
        "y": (RNG.random(ROWS) < 0.5).astype(int),
    }
)


def with_column(place: int, values: object) -> pa.Table:
    return GOOD.set_column(place, GOOD.column_names[place], [values])


# What train and test are, and a finding that must be among those that warn or fail.
CASES: dict[str, tuple[Callable[[], tuple[pa.Table, pa.Table]], tuple[str, str]]] = {
    "empty training": (lambda: (GOOD.slice(0, 0), GOOD), ("constant_label", "train")),
    "empty test": (lambda: (GOOD, GOOD.slice(0, 0)), ("test_size", "test")),
    "one row": (lambda: (GOOD.slice(0, 1), GOOD.slice(1, 1)), ("constant_label", "train")),
    "a column gone": (lambda: (GOOD, GOOD.drop_columns(["a"])), ("test_columns", "test")),
    "another kind": (lambda: (GOOD, with_column(0, ["q"] * ROWS)), ("test_columns", "test")),
    "all missing": (
        lambda: (with_column(0, pa.nulls(ROWS, pa.float64())), with_column(0, pa.nulls(ROWS))),
        ("constant_feature", "train"),
    ),
    "infinite": (lambda: (GOOD, with_column(0, np.full(ROWS, np.inf))), ("out_of_range", "test")),
    "constant": (lambda: (with_column(0, np.ones(ROWS)), GOOD), ("constant_feature", "train")),
    "no label": (
        lambda: (GOOD, with_column(2, pa.nulls(ROWS, pa.int64()))),
        ("constant_label", "test"),
    ),
    "all unseen": (
        lambda: (GOOD, with_column(1, [f"new {i}" for i in range(ROWS)])),
        ("new_categories", "test"),
    ),
    "a list": (
        lambda: (GOOD.append_column("l", [[[1]] * ROWS]), GOOD),
        ("split_duplicates", "test"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_tables_when_broken_are_findings_in_every_form(name: str) -> None:
    make, expected = CASES[name]
    report = ms.check(*make(), target="y")
    found = {(f.check, f.table) for f in [*report.failed, *report.warned]}
    assert expected in found
    assert not any(math.isnan(f.value) or not f.sentence for f in report.findings)
    assert json.loads(report.to_json())["ok"] == report.ok
    assert len(ElementTree.fromstring(report.to_junit() or "")) == len(report.findings)
    assert len(report.to_html().encode()) < 300_000
    assert max(map(len, str(report).splitlines())) <= 80
