"""What is claimed of the server."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["SERVING_CLAIMS"]

SERVING_CLAIMS = (
    Claim(
        "serve",
        "Requests",
        "A JSON body through an ASGI app in one process, without a network: the server of "
        "`mainspring serve` beside a Starlette handler that parses, calls LightGBM and writes.",
    ),
    Claim(
        "server",
        "A server",
        "Over sockets, one process on one core and the client on the other, a thousand distinct "
        "bodies in turn: 10 texts and 20 numbers, 200 trees of 31 leaves, values counted. "
        "Beside it Starlette that parses and writes JSON without a model, an app for msgspec and "
        "LightGBM's Booster written for speed, and the usual one of FastAPI, pandas and "
        "scikit-learn. `hot` answers inside uvicorn's protocol, `asgi` through ASGI.",
        (
            Goal(
                "ASGI: at least 1.2 times the requests of Starlette's JSON echo for the same CPU",
                "one row, 32 connections, asgi: CPU of echo for",
                "starlette",
                at_least=1.2,
                unit="x",
            ),
            Goal(
                "Hot path: at least 3.5 times those of Starlette's JSON echo",
                "one row, 32 connections, hot: CPU of echo for",
                "starlette",
                at_least=3.5,
                unit="x",
            ),
            Goal(
                "Hot path: at least 450 times those of FastAPI with scikit-learn",
                "one row, 32 connections, hot: CPU of fastapi for",
                "fastapi",
                at_least=450.0,
                unit="x",
            ),
            Goal(
                "Hot path: at most 16 us of CPU for a request",
                "one row, 32 connections, hot: CPU",
                at_most=16.0,
                unit="us",
            ),
            Goal(
                "32 connections: p99 of at most 2 ms",
                "one row, 32 connections, hot: p99",
                at_most=2.0,
                unit="ms",
            ),
            Goal(
                "256 connections: p99 of at most 10 ms",
                "one row, 256 connections, hot: p99",
                at_most=10.0,
                unit="ms",
            ),
            Goal(
                "JSON of 1,000 rows: at least 300,000 rows a second of one core",
                "1000 rows of JSON",
                at_least=300e3,
                unit="rows/s",
            ),
            Goal(
                "Arrow of 1,000 rows: at least 450,000 rows a second of one core",
                "1000 rows of Arrow",
                at_least=450e3,
                unit="rows/s",
            ),
            Goal(
                "From the start to the first answer in at most 0.4 s",
                "from start to",
                at_most=0.4,
                unit="s",
            ),
            Goal(
                "At most 40 MiB behind the first answer",
                "memory behind the first answer",
                at_most=40.0,
                unit="MiB",
            ),
            Goal(
                "Requests leave less than 1 MiB behind",
                "memory that requests",
                at_most=1.0,
                unit="MiB",
            ),
        ),
    ),
    Claim(
        "busy_server",
        "A busy server",
        "The same model and bodies while much goes on: beside servers that put requests together "
        "(in an environment of their own), behind 256 clients that asked as fast as they were "
        "answered and left in the middle, while "
        "models change, and at half the rate that it reaches, sent without waiting for answers "
        "(latencies begin when a request is due).",
        (
            Goal(
                "256 connections: 8 times the rate of mosec with batches of 64",
                "one row, 256 connections: times the rate of mosec",
                at_least=8.0,
                unit="x",
            ),
            Goal(
                "256 connections: 60 times the rate of BentoML with adaptive batches",
                "one row, 256 connections: times the rate of bentoml",
                at_least=60.0,
                unit="x",
            ),
            Goal(
                "A fresh answer less than 50 ms behind 5 s of overload by 256 connections",
                "first answer behind 5 s of requests of 1 row: longest",
                at_most=50.0,
                unit="ms",
            ),
            Goal(
                "Half the rate that is reached, at random times: p99.9 of at most 3 ms",
                "requests at random times, half the rate: p99.9",
                at_most=3.0,
                unit="ms",
            ),
            Goal(
                "100 models changed under load: no request fails",
                "100 models changed",
                at_most=0.0,
                unit="failed",
            ),
        ),
    ),
)
