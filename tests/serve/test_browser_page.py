"""The page at / in a browser: what it shows, and that nothing but its own code may run."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.serve.browser import Page, browser
from tests.serve.client import ask
from tests.serve.test_process import Server

HTML = [("accept", "text/html,application/xhtml+xml")]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))


def test_page_asks_for_no_other_file_and_allows_no_other_code(app: Any) -> None:
    first, second = (ask(app, "GET", "/", headers=HTML) for _ in range(2))
    policy = first.headers["content-security-policy"]
    assert first.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in policy
    assert first.body != second.body  # the nonce is drawn anew
    tags = Tags()
    tags.feed(first.body.decode())
    for tag, attributes in tags.attributes:
        assert not {"src", "onclick", "style"} & set(attributes)
        assert attributes.get("href", "docs") == "docs"
        if tag in ("script", "style"):
            assert f"'nonce-{attributes['nonce']}'" in policy
    assert ask(app, "GET", "/", headers=[]).json["models"][0]["name"] == "two"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    started = Server(str(folder / "two.spring"))
    yield started
    assert started.stop(signal.SIGTERM)[0] == 0


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if shutil.which("chromium") is None:
        pytest.skip("needs a browser")
    with browser(tmp_path) as opened:
        yield opened


def address(server: Server, path: str = "") -> str:
    return f"http://127.0.0.1:{server.port}/{path}"


def test_row_is_predicted_by_keyboard_and_figures_follow(page: Page, server: Server) -> None:
    page.open(address(server))
    page.wait("document.getElementById('state').textContent.startsWith('1 model, mainspring ')")
    page.wait(
        "document.querySelector('summary').textContent === 'Schema: 4 columns to prediction (FP64)'"
    )
    assert page.value("document.querySelector('section h2').textContent") == "mixed, version 1"
    schema = page.value(
        "[...document.querySelectorAll('details tbody tr')].map("
        "(line) => [...line.children].map((cell) => cell.textContent))"
    )
    assert ["distance", "FP64", ""] in schema
    assert ["departure", "INT64", "us"] in schema
    row = json.loads(page.value("document.querySelector('textarea').value"))
    expected = server.post("/predict", json.dumps(row).encode())[1]["predictions"]
    for _ in range(20):
        page.press("Tab")
        if page.value("document.activeElement.textContent") == "Predict":
            break
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    shown = page.wait("document.querySelector('pre').textContent")
    answer, _, line = shown.partition("\n")
    assert json.loads(answer)["predictions"] == expected
    assert line.startswith("200, ")
    page.wait("document.getElementById('live').textContent.includes('p99')")
    page.value("document.querySelector('textarea').value = '{'")
    page.press("Enter")
    wrong = page.wait("document.querySelector('pre.wrong')?.textContent")
    assert "byte 1" in wrong
    assert set(page.asked) <= {
        address(server, path)
        for path in ("", "metrics", "models/mixed/predict", "v2/models/mixed", "favicon.ico")
    }
    # The browser itself says that 400 is an error.
    assert [text for text in page.said if "predict" not in text and "favicon" not in text] == []


def test_route_is_tried_on_the_page_of_routes(page: Page, server: Server) -> None:
    page.open(address(server, "docs"))
    page.wait("document.getElementById('state').textContent.startsWith('7 paths, mainspring ')")
    labelled = "document.querySelector('[aria-label=\"{} /v2/models/mixed/infer\"]')".format
    page.value(f"{labelled('Send POST')}.click()")
    shown = page.wait(f"{labelled('Answer of')}.textContent")
    status, _, body = shown.partition(" ")
    assert (status, json.loads(body)["model_name"]) == ("200", "mixed")
    assert "413: " in page.value("document.body.innerText")


CONTRASTS = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = color.map((one) => one / 255).map(
      (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!(text || element.tagName === "TEXTAREA") || !element.offsetParent) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    found.push((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return found;
})()"""


@pytest.mark.parametrize("path", ["", "docs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_readable_light_dark_and_narrow(
    page: Page, server: Server, path: str, scheme: str
) -> None:
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3), no scrolling to the side at 320 pixels (1.4.10),
    and a name for whatever can be used (4.1.2)."""
    page.prefer(scheme)
    page.resize(320, 700)
    page.open(address(server, path))
    page.wait("document.getElementById('state').textContent.includes('mainspring')")
    contrasts = page.value(CONTRASTS)
    assert len(contrasts) > 10
    assert min(contrasts) >= 4.5
    dark = page.value("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert page.value("document.documentElement.scrollWidth") <= 320
    nodes = page.accessible()
    for role in ("button", "textbox", "link", "heading"):
        names = [name for found, name in nodes if found == role]
        assert names
        assert all(names), role
        assert role not in ("button", "heading") or len(set(names)) == len(names)
