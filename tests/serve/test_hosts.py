"""The app inside other apps and under other servers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serve.client import ask, post
from tests.serve.conftest import ROW, infer_body
from tests.serve.test_process import Server


def test_app_when_mounted_in_fastapi_answers_there(app: Any) -> None:
    fastapi = pytest.importorskip("fastapi")
    outer = fastapi.FastAPI()
    outer.mount("/models", app)
    inner = post(app, "/predict", ROW)
    assert post(outer, "/models/predict", ROW).body == inner.body
    assert post(outer, "/models/v2/models/two/infer", infer_body([ROW])).status == 200
    assert ask(outer, "GET", "/models/predict").status == 405
    assert ask(outer, "GET", "/models/healthz").json == {"status": "ok"}


def test_wsgi_app_calls_the_same_handler(app: Any) -> None:
    flask = pytest.importorskip("flask")
    server = app.state.server
    outer = flask.Flask("outer")

    @outer.post("/predict")
    def predict() -> Any:
        request = flask.request
        headers = {name.lower().encode(): value.encode() for name, value in request.headers}
        reply = server.answer("/predict", "", headers, request.get_data())
        return flask.Response(reply.body, reply.status, content_type=reply.content_type.decode())

    client = outer.test_client()
    assert client.post("/predict", json=ROW).data == post(app, "/predict", ROW).body
    wrong = client.post("/predict", data="{", content_type="application/json")
    assert (wrong.status_code, "error" in wrong.json) == (400, True)
    assert server.answer("/other", "", {}, b"") is None


def test_app_runs_under_granian(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("granian")
    (tmp_path / "served.py").write_text(
        "from mainspring.serve import create_app\n"
        f"app = create_app({str(folder / 'two.spring')!r})\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "served:app"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    try:
        server = Server.__new__(Server)
        server.port = port
        deadline = time.monotonic() + 60
        while True:
            try:
                status, answer = server.post("/predict", json.dumps(ROW).encode())
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert (status, answer["outputs"]) == (200, ["prediction"])
        assert server.post("/predict", b"{")[0] == 400
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_tritonclient_finds_what_triton_has(folder: Path, rows: list[dict[str, Any]]) -> None:
    triton = pytest.importorskip("tritonclient.http")
    utils = pytest.importorskip("tritonclient.utils")
    server = Server(str(folder / "two.spring"))
    few = [row for row in rows[:60] if None not in row.values()]
    try:
        client = triton.InferenceServerClient(f"127.0.0.1:{server.port}")
        expected = server.post("/predict", json.dumps(few).encode())[1]["predictions"]
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("mixed")
        assert client.is_model_ready("mixed", "1")
        assert not client.is_model_ready("other")
        assert client.get_server_metadata()["name"] == "mainspring"
        assert client.get_model_metadata("mixed")["platform"] == "mainspring"
        assert client.get_model_config("mixed", "1")["backend"] == "mainspring"
        assert client.get_model_repository_index()[0]["state"] == "READY"
        for binary_in in (True, False):
            for binary_out in (True, False):
                for packed in (None, "gzip", "deflate"):
                    inputs = triton_inputs(triton, few, binary_in)
                    wanted = [triton.InferRequestedOutput("prediction", binary_data=binary_out)]
                    result = client.infer(
                        "mixed",
                        inputs,
                        outputs=wanted,
                        request_id="7",
                        request_compression_algorithm=packed,
                        response_compression_algorithm=packed,
                    )
                    np.testing.assert_array_equal(result.as_numpy("prediction"), expected)
                    assert result.get_response()["id"] == "7"
        plain = client.infer("mixed", triton_inputs(triton, few, True))
        np.testing.assert_array_equal(plain.as_numpy("prediction"), expected)
        stats = client.get_inference_statistics("mixed")["model_stats"][0]
        assert stats["inference_stats"]["success"]["count"] >= 13
        assert client.get_inference_statistics()["model_stats"][0]["name"] == "mixed"
        for call in (
            client.get_system_shared_memory_status,
            client.get_cuda_shared_memory_status,
            client.get_trace_settings,
            client.get_log_settings,
            lambda: client.load_model("mixed"),
            lambda: client.unload_model("mixed"),
            lambda: client.register_system_shared_memory("a", "/a", 8),
            lambda: client.update_log_settings({"log_info": False}),
        ):
            with pytest.raises(utils.InferenceServerException, match="not"):
                call()
        client.close()
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0


def triton_inputs(triton: Any, rows: list[dict[str, Any]], binary: bool) -> list[Any]:
    inputs = []
    for name, datatype, kind in (
        ("distance", "FP64", np.float64),
        ("flight", "INT64", np.int64),
        ("carrier", "BYTES", np.object_),
        ("departure", "BYTES", np.object_),
    ):
        values = np.array([row[name] for row in rows], kind)
        tensor = triton.InferInput(name, [len(rows)], datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        inputs.append(tensor)
    return inputs
