"""Compressed bodies, in and out, and those that are too long when they are unpacked."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from mainspring.serve import encodings
from tests.serve.client import JSON, post
from tests.serve.conftest import ROW


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate"])
def test_compressed_bodies_are_unpacked(app: Any, name: str) -> None:
    body = json.dumps([ROW] * 300).encode()
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(name)
    if packed is None:
        engine = zlib.compressobj(wbits=-15)
        packed = engine.compress(body) + engine.flush()
    headers = [JSON, ("content-encoding", name.split()[-1])]
    answer = post(app, "/predict", packed, headers=headers)
    assert answer.body == post(app, "/predict", body).body
    for wrong in (packed[:-9], packed + b"x", b"", b"garbage"):
        assert post(app, "/predict", wrong, headers=headers).status == 400


def test_compressed_bodies_that_grow_beyond_the_limit_are_refused(app: Any) -> None:
    bomb = gzip.compress(b" " * (64 << 20))
    answer = post(app, "/predict", bomb, headers=[JSON, ("content-encoding", "gzip")])
    assert (answer.status, "unpacked" in answer.error) == (413, True)
    lying = bomb[:-4] + (5).to_bytes(4, "little")
    cut = gzip.compress(b"{}" * 100)[:-5]  # its end claims more than deflate can do
    for body, status in ((lying, 413), (cut, 400), (bomb[:-4] + b"\xff" * 4, 413)):
        answer = post(app, "/predict", body, headers=[JSON, ("content-encoding", "gzip")])
        assert answer.status == status


def test_bombs_that_say_so_are_not_unpacked(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings.zlib, "decompressobj", None)
    bomb = gzip.compress(b" " * (64 << 20))
    answer = post(app, "/predict", bomb, headers=[JSON, ("content-encoding", "gzip")])
    assert answer.status == 413


def test_answers_are_compressed_when_asked(app: Any, rows: list[dict[str, Any]]) -> None:
    plain = post(app, "/predict", rows).body
    for accept, encoding in {
        "gzip": "gzip",
        "gzip, deflate, br": "gzip",
        "deflate": "deflate",
        "gzip;q=0, deflate": "deflate",
        "identity": None,
    }.items():
        answer = post(app, "/predict", rows, headers=[JSON, ("accept-encoding", accept)])
        assert answer.headers.get("content-encoding") == encoding
        window = {"gzip": 31, "deflate": 15}.get(encoding or "")
        assert (zlib.decompress(answer.body, window) if window else answer.body) == plain
