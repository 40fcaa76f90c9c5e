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


def test_tokens_open_the_server_that_knows_who_signs_them(folder: Path, tmp_path: Path) -> None:
    jwt = pytest.importorskip("jwt")
    secret = "a secret that is long enough for sha256"
    (tmp_path / "secret").write_text(secret + "\n")
    server = Server(
        str(folder / "two.spring"),
        *("--jwt-key", str(tmp_path / "secret"), "--jwt-algorithms", "HS256"),
        *("--jwt-audience", "us"),
    )
    try:
        assert "Authorization: Bearer KEY" in server.lines[1]
        for audience, status in (("us", 200), ("others", 401)):
            claims = {"exp": int(time.time()) + 60, "aud": audience, "models": ["mix*"]}
            token = jwt.encode(claims, secret, "HS256")
            connection = server.connect()
            headers = {**HEADERS, "Authorization": f"Bearer {token}"}
            connection.request("POST", "/predict", GOOD, headers)
            assert connection.getresponse().status == status
            connection.close()
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0


def private_kib(process: int) -> int:
    """Memory that no other process shares."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def test_workers_have_one_copy_of_a_bundle(tmp_path: Path) -> None:
    """Many long names make a bundle that nobody would want twice."""
    import lightgbm
    import numpy as np
    import pyarrow as pa

    import mainspring as ms

    names = pa.array([f"{'name of something':60} {number}" for number in range(300_000)])
    table = pa.table({"name": names, "number": np.arange(300_000.0)})
    prep = ms.Preprocessor(ms.col("name").ordinal(), ms.col("number"))
    few = prep.fit(table).transform(table.slice(0, 2000))
    options = {"objective": "regression", "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(few, few[:, 1].copy()), 3)
    path = tmp_path / "m.spring"
    ms.Predictor(booster, prep, name="m").save(path)
    bundle_kib = path.stat().st_size // 1024
    assert bundle_kib > 20_000
    server = Server(str(path), "--workers", "3")
    try:
        for number in range(0, 300_000, 3000):
            row = json.dumps({"name": names[number].as_py(), "number": 1.0}).encode()
            assert server.post("/predict", row)[0] == 200
        workers = children(server.process.pid)
        assert len(workers) == 3
        for worker in workers:
            assert private_kib(worker) < bundle_kib / 2
    finally:
        assert server.stop(signal.SIGTERM)[0] == 0


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
