"""Text becomes markup in one place, and comes out of a parser as it went in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.html.markup import Markup, element, escape, join, name, redacting
from tests.html import document
from tests.html.samples import NASTY

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def shown(text: str) -> str:
    """Return the text as it should be seen, from the definition."""
    return "".join(
        "\ufffd"
        if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
        or letter in BIDI
        or letter in "\ufeff\ufffe\uffff"
        or "\ufdd0" <= letter <= "\ufdef"
        else letter
        for letter in text
    )


@given(st.text())
def test_text_when_parsed_is_what_was_written(text: str) -> None:
    root = document.read(element("p", text, title=text))
    paragraph = root.children[0]
    assert paragraph.text == shown(text)
    assert paragraph.attributes == {"title": shown(text)}
    assert paragraph.children == []


@pytest.mark.parametrize("text", NASTY)
def test_name_when_nasty_is_one_isolated_text(text: str) -> None:
    root = document.read(name(text))
    isolated = [] if text.isascii() and len(text) < 64 and text.strip() else ["bdi"]
    assert [child.tag for child in root.children] == isolated
    assert [e.tag for e in document.everything(root)] == isolated
    assert 0 < len(root.text) <= 64
    assert len(document.read(name(text, longest=24)).text) <= 24
    assert escape(name(text)) == name(text)


def test_name_when_long_keeps_both_ends() -> None:
    first, second = (document.read(name("x" * 5000 + end)).text for end in ("_minimum", "_maximum"))
    assert first != second
    assert first.endswith("_minimum")
    assert first.startswith("xxx")


def test_element_when_attributes_are_none_leaves_them_out() -> None:
    assert element("p", None, "a", id=None, hidden=True, title=False) == "<p hidden>a</p>"
    assert element("meta", http_equiv="a", class_="b") == '<meta http-equiv="a" class="b">'
    assert join("<", Markup("<br>"), None) == "&lt;<br>"


@pytest.mark.parametrize(
    ("value", "hidden"), [("", False), ("0", False), ("1", True), ("no", True)]
)
def test_redacting_when_set_is_as_errors_understand_it(
    monkeypatch: pytest.MonkeyPatch, value: str, hidden: bool
) -> None:
    monkeypatch.setenv("MAINSPRING_REDACT", value)
    assert redacting() is hidden
