"""Claim: a request costs less than in a handler that parses, calls LightGBM and writes by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import lightgbm
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import mainspring as ms
from mainspring.serve import create_app

FEATURES, TREES, LEAVES = 30, 100, 31


@pytest.fixture(scope="module")
def booster(threads: int) -> lightgbm.Booster:
    random = np.random.default_rng(1)
    features = random.normal(size=(20_000, FEATURES))
    labels = (features[:, :6].sum(axis=1) + random.normal(size=len(features)) > 0).astype(float)
    parameters = {"objective": "binary", "num_leaves": LEAVES, "num_threads": threads}
    data = lightgbm.Dataset(features, labels)
    return lightgbm.train({**parameters, "verbose": -1, "deterministic": True}, data, TREES)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def app_by_hand(booster: lightgbm.Booster) -> Starlette:
    """Make the app that a team writes first: json, NumPy, LightGBM."""
    names = booster.feature_name()

    async def predict(request: Any) -> JSONResponse:
        rows = json.loads(await request.body())
        matrix = np.array([[row[name] for name in names] for row in rows], dtype=np.float64)
        found = booster.predict(matrix, num_threads=1)
        return JSONResponse({"predictions": found.tolist()})

    return Starlette(routes=[Route("/predict", predict, methods=["POST"])])


def caller(app: Any, body: bytes, loop: asyncio.AbstractEventLoop) -> Callable[[], bytes]:
    """Return a function that sends the body to an app as an ASGI server does."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/predict",
        "raw_path": b"/predict",
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }

    def call() -> bytes:
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not waiting:  # the client stays
                await asyncio.get_running_loop().create_future()
            return waiting.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        loop.run_until_complete(app(dict(scope), receive, send))
        assert sent[0]["status"] == 200
        return b"".join(message.get("body", b"") for message in sent[1:])

    return call


def check(ours: bytes, theirs: bytes) -> None:
    """Assert that both answered with the same probabilities."""
    found, expected = (json.loads(body)["predictions"] for body in (ours, theirs))
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.one_thread
@pytest.mark.parametrize("rows", [1, 100])
def test_request(
    rows: int, booster: lightgbm.Booster, loop: asyncio.AbstractEventLoop, compare: Any
) -> None:
    matrix = np.random.default_rng(2).normal(size=(rows, FEATURES))
    names = booster.feature_name()
    sent = [dict(zip(names, row, strict=True)) for row in matrix.tolist()]
    body = json.dumps(sent).encode()
    app = create_app({"forest": ms.Predictor(booster, name="forest")})
    compare(
        f"request of {rows} row{'s' if rows > 1 else ''} of {FEATURES} numbers in JSON",
        caller(app, body, loop),
        caller(app_by_hand(booster), body, loop),
        peer="starlette",
        api="a handler with json, NumPy and LightGBM's Booster.predict",
        check=check,
        rows=rows,
        num_bytes=len(body),
    )
