"""Changed Keras files: whatever is wrong, the reader says so in an error of its own."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from typing import Any

import numpy as np
import pytest

import mainspring as ms

pytest.importorskip("h5py")

from tests.models.test_keras import file_of, sample

VALUES: list[Any] = [None, True, -1, 0, 2**40, 1e300, "", "Dense", "linear", [], [None, 4], {}]


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file_of(sample()))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def flipped(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 3, 20))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    cut = draw.randrange(len(changed)) if draw.random() < 0.1 else len(changed)
    return bytes(changed[:cut])


def changed_config(content: bytes, draw: random.Random) -> bytes:
    """Replace, or take away, one value anywhere in the description."""
    config = json.loads(content)
    places: list[tuple[Any, Any]] = []

    def visit(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            places.append((node, key))
            if isinstance(value, dict | list):
                visit(value)

    visit(config)
    node, key = draw.choice(places)
    if draw.random() < 0.2:
        del node[key]
    else:
        node[key] = draw.choice(VALUES)
    return json.dumps(config).encode()


def outcome(file: bytes) -> str:
    try:
        predictor = ms.Predictor(file)
    except ms.MainspringError as error:
        return type(error).__name__
    predictor.predict_raw(np.zeros((3, len(predictor.feature_names)), np.float32))
    return "read"


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5", "archive"])
def test_changed_files_are_read_or_refused(part: str) -> None:
    draw = random.Random(part)
    parts = members()
    whole = archive_of(parts)
    seen: Counter[str] = Counter()
    for _ in range(300):
        if part == "archive":
            file = flipped(whole, draw)
            if not file.startswith(b"PK"):
                continue
        else:
            change = changed_config if part == "config.json" and draw.random() < 0.8 else flipped
            file = archive_of({**parts, part: change(parts[part], draw)})
        seen[outcome(file)] += 1
    assert outcome(whole) == "read"
    assert seen["read"] > 5
    assert seen["DataError"] + seen["UnsupportedError"] > 20, seen
