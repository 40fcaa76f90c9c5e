"""Pages in a real browser: they fit any screen, can be read in both themes, and ask for nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from tests.html.samples import nasty_table, pages_of, table_of_all_kinds
from tests.serve.browser import Page, browser

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")

KINDS = ["profile", "drift", "check"]
# Colours of text against what lies behind it, by the definition of WCAG 2.1.
CONTRAST = """(() => {
  const light = (c) => {
    const part = c.map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 :
      ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = numbers(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  for (const element of document.querySelectorAll('main *, footer *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility() || element.closest('svg')) continue;
    const a = light(numbers(getComputedStyle(element).color).slice(0, 3));
    const b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least[0]) least = [ratio, element.outerHTML.slice(0, 200)];
  }
  return least;
})()"""

# Numbers with an exponent, and times, that are on more than one line.
BROKEN = r"""(() => {
  const WHOLE = /[-+]?\d[\d.]*e[-+]\d+|\d{4}-\d\d-\d\d[\dT:]*/g;
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.checkVisibility() || node.parentElement.closest('svg')) continue;
    for (const match of node.data.matchAll(WHOLE)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
      if (lines.size > 1) found.push(node.data);
    }
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of every kind of column, and of names that try to leave their place."""
    folder = tmp_path_factory.mktemp("pages")
    tables: dict[str, tuple[Any, Any, str]] = {
        "plain": (table_of_all_kinds(1), table_of_all_kinds(2, 0.8), "flag"),
        "nasty": (nasty_table(), nasty_table(0.5), ""),
    }
    found = {}
    for which, (before, now, target) in tables.items():
        for kind, text in pages_of(before, now, target).items():
            found[f"{which} {kind}"] = folder / f"{which}-{kind}.html"
            found[f"{which} {kind}"].write_text(text, encoding="utf-8")
    before, now, _ = tables["plain"]
    report = ms.detect_drift(
        before, now, window_column="day", window_period="200d", persistence=(1, 1)
    )
    assert report.alerts
    found["plain windows"] = folder / "plain-windows.html"
    report.to_html(found["plain windows"])
    return found


def show(page: Page, file: Path) -> None:
    page.open(file.as_uri())
    page.wait(f"document.readyState === 'complete' && location.href === '{file.as_uri()}'")
    page.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")


@pytest.mark.parametrize(
    ("which", "kind"),
    [*((which, kind) for which in ("plain", "nasty") for kind in KINDS), ("plain", "windows")],
)
def test_page_when_shown_fits_and_can_be_read_in_both_themes(
    page: Page, files: dict[str, Path], which: str, kind: str
) -> None:
    page.asked.clear()
    page.said.clear()
    file = files[f"{which} {kind}"]
    for width in (1280, 380, 320):
        page.resize(width, 800)
        show(page, file)
        # Wide tables scroll by themselves; the page never does.
        assert page.value("document.documentElement.scrollWidth") <= width
        assert page.value(BROKEN) == []
    backgrounds = set()
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        show(page, file)
        ratio, where = page.value(CONTRAST)
        assert ratio >= 4.5, where
        backgrounds.add(page.value("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2
    assert set(page.asked) == {file.as_uri()}
    assert page.said == []


@pytest.mark.parametrize("kind", [*KINDS, "windows"])
def test_page_when_printed_is_light_and_leaves_nothing_out(
    page: Page, files: dict[str, Path], kind: str
) -> None:
    page.resize(718, 1000)  # A4 less margins
    page.prefer("light")
    show(page, files[f"plain {kind}"])
    light = page.value("getComputedStyle(document.body).color")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", media="print", features=dark)
    page.open(files[f"plain {kind}"].as_uri())
    page.wait("document.readyState === 'complete'")
    assert page.value("getComputedStyle(document.body).color") == light
    hidden = page.value(
        "[...document.querySelectorAll('details > *')].filter("
        "(one) => one.getBoundingClientRect().height === 0 && one.textContent.trim()).length"
    )
    assert hidden == 0
    wide = "[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth)"
    assert max(page.value(wide)) <= 718
    assert page.value("document.documentElement.scrollWidth") <= 718
    assert page.value(BROKEN) == []
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_findings_when_a_screen_is_narrow_are_read_without_scrolling(
    page: Page, files: dict[str, Path]
) -> None:
    """Each is a block: its numbers have labels, as the header is not shown, and its words fit."""
    page.resize(380, 800)
    show(page, files["plain check"])
    wide = "[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth)"
    assert max(page.value(wide)) <= 380
    assert not page.value("document.querySelector('.says thead').checkVisibility()")
    labels = page.value(
        "[...document.querySelector('.says tbody tr').querySelectorAll('.n')].map("
        "(one) => getComputedStyle(one, '::before').content)"
    )
    assert labels == ['"value "', '"limit "']
    page.resize(1280, 800)
    assert page.value("document.querySelector('.says thead').checkVisibility()")
