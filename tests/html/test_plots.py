"""Plots show the numbers they are given."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.html.axis import Axis
from mainspring.html.bars import bars, paired_bars, value_and_limit
from mainspring.html.cumulative import cumulative
from mainspring.html.histogram import histogram, mini, mini_pair, overlay
from mainspring.html.markup import Markup, name
from mainspring.html.plot import percent
from mainspring.html.strip import strip
from tests.html import document

AXIS = Axis([0.0, 1.0, 2.0, 3.0, 4.0])


def heights(path: str) -> list[float]:
    """Return the heights of steps one wide, from the path's own language."""
    return [100 - float(y) for y in re.findall(r"V([\d.]+)h1", path)]


def path(text: str, class_: str) -> str:
    """Return the one path of a class."""
    (found,) = (
        element.attributes["d"]
        for element in document.everything(document.read(text))
        if element.tag == "path" and element.attributes.get("class") == class_
    )
    return str(found)


def test_overlay_when_drawn_has_heights_of_shares() -> None:
    text = overlay(AXIS, [1, 2, 3, 4], [40, 0, 0, 0], (10, 80))
    assert heights(path(text, "a")) == pytest.approx([20, 40, 60, 80], abs=0.1)
    assert heights(path(text, "c")) == pytest.approx([100, 0, 0, 0], abs=0.1)
    assert "Beyond the axis: 0.0% of the reference, 50.0% now." in text
    assert "30.0% of rows in the lower third" not in text


def test_histogram_when_drawn_has_a_bar_for_each_filled_bin() -> None:
    text = histogram(AXIS, [5, 0, 10, 5], "", None)
    bars_ = re.findall(r"M([\d.]+) 100v-([\d.]+)", path(text, "a"))
    assert [(round(float(x)), float(h)) for x, h in bars_] == [(0, 50), (2, 100), (3, 50)]
    assert "highest bin 50.0%" in text
    assert "highest in bin 3 of 4" in text


def test_cumulative_when_drawn_marks_the_largest_gap() -> None:
    text = cumulative(AXIS, [1, 1, 1, 1], [0, 0, 2, 1], (1, 1), (5, 4))
    before = np.cumsum([1, 1, 1, 1, 1]) / 5
    now = np.cumsum([1, 0, 0, 2, 1]) / 4
    at = int(np.argmax(np.abs(before - now)))
    low, high = sorted((before[at], now[at]))
    assert path(text, "gap") == f"M{at} {100 - 100 * low:.1f}V{100 - 100 * high:.1f}"
    points = [float(y) for _, y in re.findall(r"(\d+) ([\d.]+)", path(text, "c"))]
    assert points == pytest.approx(list(100 - 100 * now), abs=0.1)
    assert 'class="gap"' not in cumulative(AXIS, [1] * 4, [1] * 4, (0, 0), (4, 4))


@given(
    st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-6),
    st.floats(1e-3, 1e9),
    st.integers(1, 32),
)
def test_ticks_when_written_stand_where_they_say(low: float, width: float, bins: int) -> None:
    axis = Axis(list(np.linspace(low, low + width, bins + 1)))
    edges = axis.edges
    if any(a >= b for a, b in pairwise(edges)):
        return
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 8
    positions = [at for at, _ in ticks]
    assert positions == sorted(positions)
    for at, text in ticks:
        unit = {"M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1], 1)
        value = float(text.rstrip("MGT").replace(",", "")) * unit
        assert low + at * width == pytest.approx(value, abs=1e-3 * max(width, abs(low)))


def test_axis_when_logarithmic_has_powers() -> None:
    axis = Axis(list(np.geomspace(0.5, 5000, 17)), logarithmic=True)
    assert [text for _, text in axis.ticks()] == ["1", "10", "100", "1e+03"]
    for at, text in axis.ticks():
        assert at == pytest.approx(np.log(float(text) / 0.5) / np.log(1e4), abs=0.01)
    narrow = Axis(list(np.geomspace(2, 9, 17)), logarithmic=True)
    assert [text for _, text in narrow.ticks()] == ["2", "9"]


def test_axis_when_of_time_has_days_or_hours() -> None:
    day = 86_400e6
    assert Axis([0, day * 365], is_time=True).ticks()[0] == (0, "1970-01-01")
    assert Axis([0, day], is_time=True).ticks()[1] == (0.5, "01-01 12:00")
    assert Axis([2.0**80, 2.0**81], is_time=True).ticks() == []


def test_position_when_beyond_the_ends_is_on_them() -> None:
    assert [AXIS.position(value) for value in (-np.inf, 0, 1, 2.5, 4, np.inf)] == [
        *(0, 0, 0.25, 0.625, 1, 1)
    ]
    assert Axis([-1.7e308, 1.7e308]).position(0) == 0.5


def test_bars_when_drawn_have_widths_of_shares() -> None:
    text = bars("c", [(name("a"), 30), (name("b"), 15)], 5, 50)
    widths = [e.attributes["width"] for e in document.read(text).all("rect")]
    assert widths == ["100.0", "50.0"]
    assert [r.children[-1].text for r in document.read(text).all("tr")] == ["rows", "30", "15", "5"]


def test_paired_bars_when_drawn_compare_shares() -> None:
    text = paired_bars(
        "c", [(name("a"), 10, 80), (name("b"), 0, 0)], [("rest", 90, 20)], (100, 100)
    )
    root = document.read(text)
    assert [e.attributes["width"] for e in root.all("rect")] == ["12.5", "100.0", "0.0", "0.0"]
    assert [[c.text for c in r.children[2:]] for r in root.all("tr")[1:]] == [
        ["10.0%", "80.0%", "+70.0"],
        ["0.0%", "0.0%", "+0.0"],
        ["90.0%", "20.0%", "-70.0"],
    ]


def test_value_and_limit_when_drawn_keep_their_order() -> None:
    for value, limit in ((0.3, 0.6), (0.6, 0.3), (0.0, 0.0), (1.0, 0.0)):
        root = document.read(value_and_limit(value, limit, "fail"))
        style = str(root.all("div")[0].attributes["style"])
        width, mark = map(float, re.findall(r"--(?:value|limit):([\d.]+)%", style))
        assert (width >= mark) == (value >= limit)


def test_minis_when_drawn_keep_what_is_rare_visible() -> None:
    assert min(h for h in heights(path(mini([1, 10_000], "t"), "a"))) == 2
    text = mini_pair([1] * 32, [2] * 32, (32, 64), "t")
    assert len(heights(path(text, "a"))) == 16
    assert heights(path(text, "a")) == heights(path(text, "c"))
    apart = mini_pair([5, 0], [0, 5], (5, 5), "t", apart=True)
    assert path(apart, "a").startswith("M0.05")
    assert path(apart, "b").startswith("M1.5")


def test_strip_when_drawn_stands_on_the_axis() -> None:
    text = strip(AXIS, {0.01: 0.0, 0.05: 0.4, 0.25: 1.0, 0.5: 2.0, 0.75: 3.0, 0.95: 3.6, 0.99: 4.0})
    root = document.read(text)
    assert [(e.attributes["x"], e.attributes["width"]) for e in root.all("rect")] == [
        ("100.0", "200.0")
    ]
    assert path(text, "c") == "M200.0 2V18"
    assert isinstance(text, Markup)


def test_percent_when_tiny_is_not_nothing() -> None:
    assert [percent(share) for share in (0, 1e-9, 0.0005, 0.5, 1)] == [
        *("0.0%", "<0.1%", "0.1%", "50.0%", "100.0%")
    ]
