"""Functions for clouds: their files alone answer the events of each platform."""

from __future__ import annotations

import base64
import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring import pack, runtime
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]
ALONE = ("numpy", "pyarrow", "pandas", "asyncio", "mainspring")


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is in JSON."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }


def write(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def rows(golden: Find) -> list[dict[str, Any]]:
    return [plain(row) for row in golden("0.1-late-flights").rows()]


@pytest.fixture
def wanted(golden: Find) -> list[float]:
    return golden("0.1-late-flights").outputs["predict"].tolist()


@pytest.fixture
def function(golden: Find, tmp_path: Path) -> Path:
    """The folder that Lambda gets."""
    files = pack.function_package(golden("0.1-late-flights").file, "lambda")
    return write(files, tmp_path / "function")


@pytest.fixture
def handler(function: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], Any]]:
    """What Lambda would call, in this process."""
    monkeypatch.syspath_prepend(str(function))
    import function as module  # type: ignore[import-not-found]

    yield module.handler
    for name in ("function", "mainspring_edge", "mainspring_functions"):
        sys.modules.pop(name, None)


def test_function_loads_nothing_but_the_standard_library(function: Path) -> None:
    code = "import function, sys; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=function, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "mainspring_edge" in loaded
    assert loaded & set(ALONE) == set()


def test_direct_event_gives_the_bits(
    handler: Callable[[Any], Any], rows: list[dict[str, Any]], wanted: list[float]
) -> None:
    assert handler(rows) == {"predictions": wanted}
    assert handler({"rows": rows}) == {"predictions": wanted}
    assert handler(rows[3]) == {"predictions": [wanted[3]]}
    both = handler({"rows": rows, "kind": "proba"})["predictions"]
    assert [second for _, second in both] == wanted


@pytest.mark.parametrize("form", ["gateway 1", "gateway 2", "base64", "balancer", "many headers"])
def test_http_event_is_answered_in_its_own_form(
    handler: Callable[[Any], Any], rows: list[dict[str, Any]], wanted: list[float], form: str
) -> None:
    body = json.dumps({"rows": rows})
    event: dict[str, Any] = {"httpMethod": "POST", "body": body, "isBase64Encoded": False}
    event["requestContext"] = {"stage": "prod"}
    if form in ("gateway 2", "base64"):
        event = {"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "body": body}
    if form == "base64":
        event["body"] = base64.b64encode(body.encode()).decode()
        event["isBase64Encoded"] = True
    if form in ("balancer", "many headers"):
        event["requestContext"] = {"elb": {"targetGroupArn": "arn"}}
    if form == "many headers":
        event["multiValueHeaders"] = {}
    reply = handler(event)
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"]) == {"predictions": wanted}
    assert ("statusDescription" in reply) == (form in ("balancer", "many headers"))
    assert ("multiValueHeaders" in reply) == (form == "many headers")


@pytest.mark.parametrize(
    ("method", "body", "status", "words"),
    [
        ("POST", "{", 400, "no JSON"),
        ("POST", "[" * 100_000, 400, "no JSON"),
        ("POST", {"distance": 3}, 400, "no JSON: the JSON object must be str"),
        ("POST", "3", 400, "Expected a row"),
        ("POST", "[3]", 400, "Row 0 is 3"),
        ("POST", '{"rows": [{}]}', 400, "is missing in row 0"),
        ("POST", '{"rows": [], "kind": "odds"}', 400, "The kind is 'odds'"),
        ("POST", '{"rows": [], "output": "raw"}', 400, "Found 'output' beside 'rows'"),
        ("DELETE", "", 405, "DELETE"),
        ("GET", "", 200, "late-flights"),
    ],
)
def test_http_event_when_wrong_says_what(
    handler: Callable[[Any], Any], method: str, body: Any, status: int, words: str
) -> None:
    event = {"requestContext": {"http": {"method": method}}, "body": body}
    reply = handler(event)
    assert (reply["statusCode"], words in reply["body"]) == (status, True), reply


def test_value_when_wrong_names_column_and_row(
    handler: Callable[[Any], Any], rows: list[dict[str, Any]]
) -> None:
    for column, value, expected in (
        ("distance", "far", "a number"),
        ("distance", 10**400, "a number of 64 bits"),
        ("carrier", 7, "text"),
        ("carrier", "\ud800", "text of whole characters"),
        ("sched_dep", "noon", "RFC 3339"),
        ("sched_dep", "2023-02-29T00:00:00Z", "RFC 3339"),
        ("sched_dep", "0001-01-01T00:00:00+05:00", "a time that 64 bits hold"),
        ("sched_dep", 2**63, "a time that 64 bits hold"),
        ("day", 2**31, "32 bits of days"),
    ):
        event = {"requestContext": {"http": {"method": "POST"}}}
        event["body"] = json.dumps([rows[0], {**rows[1], column: value}])  # type: ignore[assignment]
        reply = handler(event)
        said = json.loads(reply["body"])
        assert (reply["statusCode"], said["column"], said["row"]) == (400, column, 1)
        assert expected in said["error"]


def test_threads_that_call_one_predictor_get_their_own_bits(
    golden: Find, function: Path, wanted: list[float]
) -> None:
    """Google's and Azure's workers answer several requests of a process at a time."""
    module = alone(function)
    predictor = module.load(function / "model.spring")
    rows = golden("0.1-late-flights").rows()

    def one(at: int) -> bool:
        keep: list[Any] = []
        mine = (rows[at:] + rows[:at]) * 50
        columns = (module._Column * len(predictor._inputs))()
        for given, column in zip(predictor._inputs, columns, strict=True):
            given.fill(column, mine, keep)
        door = {"columns": ctypes.addressof(columns), "num_columns": len(columns)}
        expected = (wanted[at:] + wanted[:at]) * 50
        # Long calls, one right behind the other: with one scratch they would meet in it.
        return all(list(predictor._answer(len(mine), 0, door)) == expected for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(8)))


def alone(function: Path) -> Any:
    """The module of a package, loaded from its file."""
    spec = importlib.util.spec_from_file_location("edge_alone", function / "mainspring_edge.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01.123456789Z", 1_123_456_789),
        ("1970-01-01T00:00:01.5", 1_500_000_000),
        ("1970-01-01t01:00:01.000000001999+01:00", 1_000_000_001),
        ("1969-12-31 23:59:59.9999", -100_000),
        ("1970-01-02", 86_400_000_000_000),
    ],
)
def test_times_as_text_keep_nanoseconds(function: Path, text: str, nanoseconds: int) -> None:
    module = alone(function)
    units = {1: 10**9, 2: 10**6, 3: 10**3, 4: 1}
    for unit, length in units.items():
        reader = module._Reader("time", module.TIMESTAMP, unit, b"")
        assert reader._time(text, 0) == nanoseconds // length


def test_labels_lists_and_strings_are_those_of_the_package(golden: Find, function: Path) -> None:
    module = alone(function)
    for name in ("0.1-network", "0.1-baskets", "0.1-every-step", "0.1-composite"):
        whole = golden(name)
        predictor = module.load(whole.file, function / "libmainspring.so")
        raw = np.array(predictor.predict_raw(whole.rows())).ravel()
        assert np.array_equal(raw.view(np.uint64), whole.outputs["raw"].view(np.uint64)), name
    whole = golden("0.1-network")
    predictor = module.load(whole.file, function / "libmainspring.so")
    assert predictor.predict(whole.rows()) == list(runtime.load(whole.file).predict(whole.rows()))
    whole = golden("0.1-every-step")
    predictor = module.load(whole.file, function / "libmainspring.so")
    for value, expected in ((1.5, "an integer"), (2**63, "64 bits"), ("1", "an integer")):
        rows = [*whole.rows()[:1], {**whole.rows()[1], "flights": value}]
        with pytest.raises(module.MainspringError, match=expected) as raised:
            predictor.predict(rows)
        assert (raised.value.column, raised.value.row) == ("flights", 1)
    predictor = module.load(golden("0.1-network").file, function / "libmainspring.so")
    assert predictor.labels == ["no", "größer", ""]
    with pytest.raises(module.MainspringError, match="code 2"):
        module.load(b"no bundle", function / "libmainspring.so")


class RuntimeApi:
    """The Lambda Runtime API on this machine: hands out events, collects answers."""

    def __init__(self, events: list[Any]) -> None:
        self.answers: Queue[tuple[str, float, bytes]] = Queue()
        waiting = list(enumerate(events))
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # a reply in one piece: clients of Lambda wait for Nagle else
            disable_nagle_algorithm = True
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answers.put(("next", time.monotonic(), b""))
                if not waiting:
                    time.sleep(3600)
                number, event = waiting.pop(0)
                body = json.dumps(event).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(number))
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 9000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.put((self.path.rpartition("/")[2], time.monotonic(), body))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"


def test_lambda_runtime_client_gets_events_and_gives_the_bits(
    function: Path, rows: list[dict[str, Any]], wanted: list[float]
) -> None:
    pytest.importorskip("awslambdaric")
    api = RuntimeApi([rows, {"rows": [{}]}, rows[5]])
    environment = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "LAMBDA_TASK_ROOT": str(function),
        "AWS_LAMBDA_FUNCTION_NAME": "late",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "late",
        "AWS_LAMBDA_LOG_STREAM_NAME": "late",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "function.handler"],
        cwd=function,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        said = []
        while len(said) < 3:
            what, _, body = api.answers.get(timeout=60)
            if what != "next":
                said.append((what, json.loads(body)))
    finally:
        process.kill()
        process.wait()
        api.server.shutdown()
        api.server.server_close()
    assert said[0] == ("response", {"predictions": wanted})
    assert said[1][0] == "error"
    assert said[1][1]["errorType"] == "MainspringError"
    assert "is missing in row 0" in said[1][1]["errorMessage"]
    assert said[2] == ("response", {"predictions": [wanted[5]]})


def test_container_recipe_is_sound(function: Path) -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("the Dockerfile is not looked at here: hadolint is not installed")
    done = subprocess.run(
        [linter, str(function / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    spoiled = function / "Spoiled"
    spoiled.write_text((function / "Dockerfile").read_text().replace(":3.13", ":latest"))
    done = subprocess.run([linter, str(spoiled)], capture_output=True, text=True, check=False)
    assert "DL3007" in done.stdout


def test_google_function_answers_requests(
    golden: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[dict[str, Any]],
    wanted: list[float],
) -> None:
    framework = pytest.importorskip("functions_framework")
    files = pack.function_package(golden("0.1-late-flights").file, "gcf")
    folder = write(files, tmp_path / "gcf")
    monkeypatch.syspath_prepend(str(folder))
    client = framework.create_app("predict", str(folder / "main.py")).test_client()
    reply = client.post("/", json={"rows": rows})
    assert (reply.status_code, reply.get_json()) == (200, {"predictions": wanted})
    assert client.post("/", data=b"{").status_code == 400
    assert client.get("/").get_json()["name"] == "late-flights"
    for name in ("mainspring_edge", "mainspring_functions"):
        sys.modules.pop(name, None)


def test_azure_function_answers_requests(
    golden: Find,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[dict[str, Any]],
    wanted: list[float],
) -> None:
    azure = pytest.importorskip("azure.functions")
    files = pack.function_package(golden("0.1-late-flights").file, "azure")
    folder = write(files, tmp_path / "azure")
    monkeypatch.syspath_prepend(str(folder))
    import function_app  # type: ignore[import-not-found]

    (registered,) = function_app.app.get_functions()
    call = registered.get_user_function()
    request = azure.HttpRequest(
        method="POST", url="/api/predict", body=json.dumps({"rows": rows}).encode()
    )
    reply = call(request)
    assert (reply.status_code, json.loads(reply.get_body())) == (200, {"predictions": wanted})
    request = azure.HttpRequest(method="POST", url="/api/predict", body=b"{")
    assert call(request).status_code == 400
    host = json.loads(files["host.json"])
    assert host["version"] == "2.0"
    for name in ("function_app", "mainspring_edge", "mainspring_functions"):
        sys.modules.pop(name, None)


def test_bundle_when_it_has_no_model_is_refused() -> None:
    prep = ms.Preprocessor(ms.col("x").standardize()).fit({"x": [1.0, 2.0]})
    bundle = prep.bundle.to_bytes()
    assert pack.needed_models(pack.shrink(bundle)) == []
    with pytest.raises(ms.UnsupportedError, match="no model"):
        pack.function_package(bundle, "lambda")


def test_platform_when_unknown_is_refused(golden: Find) -> None:
    with pytest.raises(ms.ParameterError, match="lambda, gcf, azure"):
        pack.function_package(golden("0.1-network").file, "heroku")
