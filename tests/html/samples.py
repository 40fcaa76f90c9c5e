"""Tables and reports with everything that a page may have to show."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import mainspring as ms

NASTY = (
    "</style><script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "a&amp;b<b>",
    "bell\x07 and\nnewline\tand\x1b[31mred\x00",
    "\u202egnp.exe\u202c",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "x" * 10_000,
    "",
    "   ",
    "]]>--><!--",
    "\u4e2d\u6587 \U0001f600 e\u0301",
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
)
ROWS = 400


def table_of_all_kinds(seed: int, shift: float = 0.0) -> pa.Table:
    """Columns of every kind and shape; `shift` moves some of them."""
    random = np.random.default_rng(seed)
    steady = random.normal(size=ROWS)
    return pa.table(
        {
            "normal": random.normal(size=ROWS) + shift,
            "steady": steady,
            "skewed": np.exp(3 * random.normal(size=ROWS)) * (1 + shift),
            "integer": random.integers(0, 24, ROWS),
            "constant": np.full(ROWS, 7.0),
            "huge": random.normal(size=ROWS) * 1e307,
            "infinite": np.where(random.random(ROWS) < 0.1, np.inf, steady),
            "no finite": np.full(ROWS, np.inf),
            "holes": pa.array(steady, mask=random.random(ROWS) < 0.3 + shift / 4),
            "all missing": pa.array([None] * ROWS, pa.float64()),
            "null": pa.nulls(ROWS),
            "flag": random.random(ROWS) < 0.3 + shift / 3,
            "text": random.choice(list("abcdefghijkl"), ROWS),
            "new text": random.choice(["a", "b", "z" if shift else "a"], ROWS),
            "day": pa.array(np.arange(ROWS) * 86_400_000_000 + int(shift), pa.timestamp("us")),
            "moment": pa.array(np.full(ROWS, 1), pa.timestamp("us")),
            "far": pa.array(np.full(ROWS, 2**62), pa.timestamp("s")),
            "list": [[1]] * ROWS,
        }
    )


def nasty_table(shift: float = 0.0) -> pa.Table:
    """Columns with names and values that try to leave their place."""
    random = np.random.default_rng(1)
    names = list(NASTY)
    columns = [random.normal(size=ROWS) + shift for _ in names]
    values = random.choice(np.array(names[:6], dtype=object), ROWS)
    return pa.table(
        [pa.array(column) for column in columns] + [pa.array(values, pa.string())],
        names=[*names, "values"],
    )


def pages_of(before: pa.Table, now: pa.Table, target: str) -> dict[str, str]:
    """All three pages of two tables."""
    return {
        "profile": ms.profile(before).to_html(),
        "drift": ms.detect_drift(before, now).to_html(),
        "check": ms.check(before, now, target=target).to_html(),
    }


def fragments_of(before: pa.Table, now: pa.Table, target: str) -> dict[str, str]:
    """What a notebook shows of the same."""
    return {
        "profile": ms.profile(before)._repr_html_(),
        "drift": ms.detect_drift(before, now)._repr_html_(),
        "check": ms.check(before, now, target=target)._repr_html_(),
    }
