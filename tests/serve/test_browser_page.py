"""The page at / in a browser: what it shows, and that nothing but its own code may run."""

from __future__ import annotations

import html
import json
import shutil
import signal
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.serve.client import ask
from tests.serve.conftest import ROW
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


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("", ["1 models, mainspring", "mixed, version 1", '"distance"', "Mean latency"]),
        ("docs", ["7 paths, mainspring", "POST /v2/models/mixed/infer", '"datatype"', "413: "]),
    ],
)
def test_browser_shows_what_is_served(
    folder: Path, tmp_path: Path, path: str, texts: list[str]
) -> None:
    server = Server(str(folder / "two.spring"))
    try:
        assert server.post("/predict", json.dumps(ROW).encode())[0] == 200
        done = subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                *(f"--user-data-dir={tmp_path}", "--virtual-time-budget=6000"),
                f"http://127.0.0.1:{server.port}/{path}",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0
    shown = html.unescape(done.stdout)
    for text in texts:
        assert text in shown
