"""Parquet files in S3 are scored by the Lambda handler; ASGI applications give the same answers."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainspring import pack
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]
MODULES = ("function", "mainspring_edge", "mainspring_functions", "mainspring_batches")


@pytest.fixture
def function(golden: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that Lambda gets, on the path."""
    folder = tmp_path / "function"
    folder.mkdir()
    for name, data in pack.function_package(golden("0.1-late-flights").file, "lambda").items():
        (folder / name).write_bytes(data)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in MODULES:
        sys.modules.pop(name, None)


class Storage:
    """As much of S3 on this machine as two calls need: objects by bucket and key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        objects = self.objects

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = objects.get(unquote(urlsplit(self.path).path))
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def do_PUT(self) -> None:
                if self.headers.get("Expect") == "100-continue":
                    self.send_response_only(100)
                    self.end_headers()
                objects[unquote(urlsplit(self.path).path)] = self.body()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def body(self) -> bytes:
                if "chunked" not in self.headers.get("Content-Encoding", ""):
                    return self.rfile.read(int(self.headers["Content-Length"]))
                whole, encoded = b"", self.rfile.read(int(self.headers["Content-Length"]))
                while encoded:
                    line, _, rest = encoded.partition(b"\r\n")
                    length = int(line.split(b";")[0], 16)
                    if length == 0:
                        break
                    whole, encoded = whole + rest[:length], rest[length + 2 :]
                return whole

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """boto3's own client, sent to this machine."""
    pytest.importorskip("boto3")
    found = Storage()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": found.address,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    yield found
    found.server.shutdown()
    found.server.server_close()


def parquet(table: pa.Table) -> bytes:
    room = io.BytesIO()
    pq.write_table(table, room, row_group_size=7)
    return room.getvalue()


def numbered(golden: Find) -> pa.Table:
    table = golden("0.1-late-flights").table
    return table.append_column("id", pa.array(range(table.num_rows)))


def test_upload_is_scored_to_the_configured_place(
    function: Path, storage: Storage, golden: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    from function import handler  # type: ignore[import-not-found]

    storage.objects["/flights/new/may 6.parquet"] = parquet(numbered(golden))
    record = {"s3": {"bucket": {"name": "flights"}, "object": {"key": "new/may+6.parquet"}}}
    event = {"Records": [{"eventSource": "aws:s3", **record}]}
    with pytest.raises(ValueError, match="MAINSPRING_OUTPUT"):
        handler(event)
    monkeypatch.setenv("MAINSPRING_OUTPUT", "s3://scores/late/")
    rows = golden("0.1-late-flights").table.num_rows
    assert handler(event) == {
        "results": [
            {
                "input": "s3://flights/new/may 6.parquet",
                "output": "s3://scores/late/may 6.parquet",
                "num_rows": rows,
            }
        ]
    }
    scored = pq.read_table(io.BytesIO(storage.objects["/scores/late/may 6.parquet"]))
    wanted = golden("0.1-late-flights").outputs["predict"]
    assert scored.column_names == ["prediction"]
    found = scored["prediction"].to_numpy()
    assert np.array_equal(found.view(np.uint64), wanted.view(np.uint64))


def test_named_file_is_scored_with_the_columns_to_keep(
    function: Path, storage: Storage, golden: Find
) -> None:
    from function import handler  # type: ignore[import-not-found]

    storage.objects["/flights/a.parquet"] = parquet(numbered(golden))
    event = {"input": "s3://flights/a.parquet", "output": "s3://scores/a.parquet"}
    handler({**event, "kind": "proba", "keep": ["id"]})
    scored = pq.read_table(io.BytesIO(storage.objects["/scores/a.parquet"]))
    assert scored.column_names[0] == "id"
    assert scored["id"].to_pylist() == list(range(scored.num_rows))
    wanted = golden("0.1-late-flights").outputs["proba"].reshape(scored.num_rows, -1)
    for at, name in enumerate(scored.column_names[1:]):
        assert np.array_equal(scored[name].to_numpy(), wanted[:, at])


def test_batches_of_labels_and_lists_are_those_of_rows(function: Path, golden: Find) -> None:
    import mainspring_batches as batches  # type: ignore[import-not-found]
    import mainspring_edge  # type: ignore[import-not-found]

    for name in ("0.1-network", "0.1-baskets", "0.1-every-step"):
        whole = golden(name)
        predictor = mainspring_edge.load(whole.file, function / "libmainspring.so")
        _, data = batches.score_parquet(predictor, parquet(whole.table))
        found = pq.read_table(io.BytesIO(data))
        rows = predictor.predict(whole.rows())
        if found.num_columns == 1:
            assert found["prediction"].to_pylist() == rows, name
        else:
            assert np.array_equal(np.column_stack(found.columns), np.array(rows)), name


def test_batches_when_wrong_say_what(function: Path, golden: Find) -> None:
    import mainspring_batches as batches  # type: ignore[import-not-found]
    import mainspring_edge  # type: ignore[import-not-found]

    whole = golden("0.1-late-flights")
    predictor = mainspring_edge.load(whole.file, function / "libmainspring.so")
    table = whole.table
    wrong = {
        "no Parquet file": (b"PAR1", "predict"),
        "'distance' is missing": (parquet(table.drop_columns(["distance"])), "predict"),
        "'odds', expected one of predict, proba, raw": (parquet(table), "odds"),
        "code 9": (
            parquet(table.set_column(0, table.column_names[0], pa.array([[1]] * table.num_rows))),
            "predict",
        ),
    }
    for words, (data, kind) in wrong.items():
        with pytest.raises(mainspring_edge.MainspringError, match=words):
            batches.score_parquet(predictor, data, kind)
    with pytest.raises(mainspring_edge.MainspringError, match="s3://BUCKET/KEY"):
        batches._place("s3://bucket")


def test_packages_that_are_missing_are_named(function: Path, golden: Find) -> None:
    code = """
import sys, importlib.abc
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("boto3", "pyarrow"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
import function, mainspring_batches
for call in (
    lambda: function.handler({"input": "s3://a/b", "output": "s3://a/c"}),
    lambda: mainspring_batches.score_parquet(None, b""),
):
    try:
        call()
    except ValueError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=function, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "Batches need boto3, which is not installed: it is there in the runtimes of AWS.",
        "Batches need pyarrow, which is not installed: add it as a layer.",
    ]


def test_rows_with_such_columns_are_still_rows(function: Path) -> None:
    from mainspring_batches import is_batches  # type: ignore[import-not-found]

    assert is_batches({"Records": [{"s3": {}}]})
    assert is_batches({"input": "s3://a/b"})
    for event in ([], {}, {"input": 3}, {"input": "far"}, {"Records": 2}, {"Records": []}):
        assert not is_batches(event), event


async def call_asgi(app: Any, method: str, pieces: list[bytes]) -> tuple[int, Any]:
    """Call an ASGI application as a server does; return the status and the JSON."""
    waiting = [
        {"type": "http.request", "body": piece, "more_body": at + 1 < len(pieces)}
        for at, piece in enumerate(pieces)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "method": method}, receive, send)
    assert sent[0]["headers"] == [(b"content-type", b"application/json")]
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def app(function: Path) -> Any:
    import mainspring_edge  # type: ignore[import-not-found]
    from mainspring_functions import AsgiApp  # type: ignore[import-not-found]

    return AsgiApp(mainspring_edge.load(function / "model.spring"))


def body_of(golden: Find) -> bytes:
    rows = golden("0.1-late-flights").rows()
    return json.dumps({"rows": rows}, default=lambda value: value.isoformat()).encode()


def test_asgi_application_answers_as_the_handler(app: Any, golden: Find) -> None:
    body = body_of(golden)
    wanted = golden("0.1-late-flights").outputs["predict"].tolist()
    for pieces in ([body], [body[:10], body[10:]]):
        assert asyncio.run(call_asgi(app, "POST", pieces)) == (200, {"predictions": wanted})
    assert asyncio.run(call_asgi(app, "POST", [b"{"]))[0] == 400
    assert asyncio.run(call_asgi(app, "GET", [b""]))[1]["name"] == "late-flights"


def test_mangum_answers_gateways_through_the_application(app: Any, golden: Find) -> None:
    mangum = pytest.importorskip("mangum")
    event = {
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"host": "x", "content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "127.0.0.1"}},
        "body": body_of(golden).decode(),
        "isBase64Encoded": False,
    }
    # As Lambda does, in a thread of its own: Mangum makes the loop that it wants.
    asyncio.set_event_loop(asyncio.new_event_loop())
    reply = mangum.Mangum(app)(event, object())
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    assert reply["statusCode"] == 200
    wanted = golden("0.1-late-flights").outputs["predict"].tolist()
    assert json.loads(reply["body"]) == {"predictions": wanted}


def test_azure_middleware_answers_through_the_application(app: Any, golden: Find) -> None:
    azure = pytest.importorskip("azure.functions")
    request = azure.HttpRequest(
        method="POST",
        url="https://x.azurewebsites.net/api/predict",
        body=body_of(golden),
        headers={"content-type": "application/json"},
    )
    reply = asyncio.run(azure.AsgiMiddleware(app).handle_async(request))
    wanted = golden("0.1-late-flights").outputs["predict"].tolist()
    assert (reply.status_code, json.loads(reply.get_body())) == (200, {"predictions": wanted})
