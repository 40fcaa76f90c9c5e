"""Both themes can be read, and a fragment styles nothing but itself."""

from __future__ import annotations

import re

import pytest

from mainspring.html.bars import value_and_limit
from mainspring.html.palette import DARK, LIGHT, SHAPES, SURFACES, TEXTS
from mainspring.html.style import fragment_style, page_style
from mainspring.html.table import Column, table


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_when_computed_is_that_of_the_definition() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_in_both_themes_can_be_told_apart(theme: dict[str, str]) -> None:
    for surface in SURFACES:
        for text in TEXTS:
            assert contrast(theme[text], theme[surface]) >= 4.5, (text, surface)
        for shape in SHAPES:
            assert contrast(theme[shape], theme[surface]) >= 3, (shape, surface)
    assert set(LIGHT) == set(DARK)


def test_fragment_colours_are_seen_on_white_and_on_black() -> None:
    colours = re.findall(r"--(\w+):(#\w{6})", fragment_style())
    assert {name for name, _ in colours} == {"reference", "current", "fail", "warn", "pass"}
    for name, colour in colours:
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) >= 3, name


def selectors(css: str) -> list[str]:
    css = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^}]*\})*)\}", r"\1", css)
    return [part.strip() for rule in re.findall(r"([^{}]+)\{", css) for part in rule.split(",")]


def test_fragment_style_when_read_reaches_nothing_else() -> None:
    found = selectors(fragment_style())
    assert len(found) > 20
    assert [selector for selector in found if not re.match(r"\.ms(\s|$)", selector)] == []


def test_page_style_has_both_themes_print_and_a_visible_focus() -> None:
    style = page_style()
    assert "prefers-color-scheme:dark" in style
    assert "@media print" in style
    assert ":focus-visible{outline:2px solid" in style
    assert style.count("{") == style.count("}")


def test_variables_when_used_are_defined() -> None:
    columns = [Column("name"), *[Column("number", number=True)] * 8, Column("words")]
    elements = value_and_limit(1, 2, "fail") + table("numbers", columns, [])
    of_elements = set(re.findall(r"--(\w+):", elements))
    for style in (page_style(), fragment_style()):
        used = set(re.findall(r"var\(--(\w+)\)", style))
        assert used <= set(re.findall(r"--(\w+):", style)) | of_elements
