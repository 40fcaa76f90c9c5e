"""Several processes on one port, TLS, keys and logs: the command as it is run for others."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.serve.conftest import ROW
from tests.serve.test_process import HEADERS, Server

GOOD = json.dumps(ROW).encode()


def children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(word) for word in path.read_text().split()]


def requests_ok(server: Server) -> float:
    connection = server.connect()
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    lines = [
        line
        for line in text.splitlines()
        if line.startswith("mainspring_requests_total") and 'outcome="ok"' in line
    ]
    return sum(float(line.split()[-1]) for line in lines)


def test_workers_share_counters_and_are_replaced_when_they_die(folder: Path) -> None:
    server = Server(str(folder / "two.spring"), "--workers", "3")
    try:
        for _ in range(40):
            assert server.post("/predict", GOOD)[0] == 200
        assert requests_ok(server) == 40
        workers = children(server.process.pid)
        assert len(workers) == 3
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(set(children(server.process.pid)) - set(workers)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for _ in range(20):
            assert server.post("/predict", GOOD)[0] == 200
        assert requests_ok(server) == 60
    finally:
        code, err = server.stop(signal.SIGTERM)
    assert code == 0
    assert err.count("has died (signal 9)") == 3


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_server_speaks_tls(folder: Path, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    subprocess.run(
        [*command.split(), "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server = Server(
        str(folder / "two.spring"), "--tls-cert", str(certificate), "--tls-key", str(key)
    )
    try:
        context = ssl.create_default_context(cafile=certificate)
        connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=60, context=context
        )
        connection.request("POST", "/predict", GOOD, HEADERS)
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0


def test_key_that_was_drawn_opens_the_server_and_is_in_no_log(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mainspring", "serve", "--new-api-key", "me"]
    drawn = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    key, line = (text.split(": ", 1)[1] for text in drawn.splitlines())
    (tmp_path / "keys").write_text(line + "\n")
    server = Server(
        str(folder / "two.spring"), "--api-key-file", str(tmp_path / "keys"), "--access-log"
    )
    assert server.post("/predict", GOOD)[0] == 401
    connection = server.connect()
    connection.request("POST", "/predict", GOOD, {**HEADERS, "Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    assert answer.status == 200
    answer.read()
    connection.close()
    server.process.send_signal(signal.SIGTERM)
    out, err = server.process.communicate(timeout=60)
    lines = [json.loads(text) for text in out.splitlines()]
    assert [one["status"] for one in lines] == [401, 200]
    assert lines[1]["request_id"] == answer.headers["x-request-id"]
    assert set(lines[1]) >= {"time", "client", "method", "path", "bytes", "seconds"}
    assert key not in out + err + "".join(server.lines)
    assert key not in (tmp_path / "keys").read_text()


def test_folder_of_models_is_served_by_the_command(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "two.spring", tmp_path / "m.spring")
    server = Server("--reload-dir", str(tmp_path))
    try:
        assert server.post("/models/m/predict", GOOD)[0] == 200
        shutil.copy(folder / "three.spring", tmp_path / "new.spring")
        deadline = time.monotonic() + 30
        while server.post("/models/new/predict", GOOD)[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0


def test_vertex_and_sagemaker_say_where_and_what_to_serve(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "two.spring", tmp_path / "m.spring")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIP_PREDICT_ROUTE", "/v1/endpoints/7:predict")
        patch.setenv("AIP_HEALTH_ROUTE", "/alive")
        patch.setenv("SM_MODEL_DIR", str(tmp_path))
        server = Server()
    try:
        body = json.dumps({"instances": [ROW]}).encode()
        assert list(server.post("/v1/endpoints/7:predict", body)[1]) == ["predictions"]
        connection = server.connect()
        connection.request("GET", "/alive")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0
