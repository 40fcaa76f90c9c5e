"""The requests on the page about serving get answers of the form that it shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mainspring.serve import create_app
from tests.docs import flights
from tests.serve.client import ask, post

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(curl .+?)\n```\n\n```json\n(.+?)\n```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def shown() -> Any:
    return create_app(flights.names()["predictor"])


def form(value: Any) -> Any:
    """Keep names and types, drop numbers."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [form(inner) for inner in value]
    return type(value) if isinstance(value, float) else value


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_request_on_the_page_gets_the_answer_on_the_page(shown: Any, number: int) -> None:
    command, answer = BLOCKS[number]
    words = shlex.split(command)
    got = post(shown, urlsplit(words[2]).path, words[words.index("-d") + 1].encode())
    assert got.status == 200
    assert form(got.json) == form(json.loads(answer))


def test_page_when_read_shows_every_protocol_and_metric(shown: Any) -> None:
    assert len(BLOCKS) == 3
    scraped = ask(shown, "GET", "/metrics").body.decode()
    for name in re.findall(r"^# HELP (mainspring_\w+)", scraped, re.MULTILINE):
        assert f"`{name}`" in PAGE


def test_error_on_the_page_is_what_the_server_says(shown: Any) -> None:
    row = {"distance": "far", "wind_speed": 1, "carrier": "UA", "dest": "BOS"}
    expected = re.search(r'```json\n(\{"error".+)\n', PAGE)
    assert expected is not None
    assert post(shown, "/predict", row).json == json.loads(expected[1])
