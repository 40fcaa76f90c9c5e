"""The command in a process of its own: real sockets, real signals."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serve.conftest import ROW

HEADERS = {"Content-Type": "application/json"}


class Server:
    """``mainspring serve`` on a free port, and what it printed before it began."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "mainspring", "serve", *arguments, "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            found = re.match(r"serving on https?://127\.0\.0\.1:(\d+) ", line)
            if found:
                self.port = int(found[1])
                return
        raise AssertionError(self.process.communicate()[1])

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        connection = self.connect()
        connection.request("POST", path, body, HEADERS)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, json.loads(data)

    def resident_kib(self) -> int:
        """Return the memory that the process holds."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("the kernel does not say VmRSS")

    def num_sockets(self) -> int:
        """Return how many sockets the process has open."""
        count = 0
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += str(entry.readlink()).startswith("socket:")
        return count

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        err = self.process.communicate(timeout=60)[1]
        return self.process.returncode, err


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    started = Server(str(folder / "two.spring"))
    yield started
    started.process.kill()
    started.process.communicate()


def test_command_serves_says_how_and_stops_when_asked(server: Server) -> None:
    assert server.lines[0] == "mixed: 4 columns to prediction"
    words = shlex.split(server.lines[1])
    assert words[:2] == ["curl", "-s"]
    assert words[2] == f"http://127.0.0.1:{server.port}/predict"
    status, answer = server.post("/predict", words[words.index("-d") + 1].encode())
    assert (status, answer["outputs"]) == (200, ["prediction"])
    assert server.stop(signal.SIGTERM) == (0, "")


def test_connection_is_kept_after_bad_requests(server: Server) -> None:
    connection = server.connect()
    good = json.dumps(ROW).encode()
    seen = []
    for body in (good, b"{", b"", b"[" * 100_000, good, b"\xff", good):
        connection.request("POST", "/predict", body, HEADERS)
        answer = connection.getresponse()
        seen.append((answer.status, answer.read()))
    assert [status for status, _ in seen] == [200, 400, 400, 400, 200, 400, 200]
    assert seen[0] == seen[4] == seen[6]
    connection.close()
    assert server.stop(signal.SIGINT) == (0, "")


def test_clients_at_the_same_time_get_their_own_answers(
    server: Server, rows: list[dict[str, Any]], expected: np.ndarray
) -> None:
    def ask(first: int) -> None:
        count = 300 if first % 4 == 0 else 1
        body = json.dumps(rows[first : first + count]).encode()
        status, answer = server.post("/predict", body)
        assert status == 200
        np.testing.assert_array_equal(answer["predictions"], expected[first : first + count])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(0, 1000, 10)))


def test_raw_requests_that_are_no_http_leave_the_server_alive(server: Server) -> None:
    for text in (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n{}",
        b"\x00\x01\x02\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\n\r\nzz\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
            raw.sendall(text)
            assert raw.recv(4096)[:12] in (b"HTTP/1.1 400", b"")
    # A client that leaves in the middle of its body.
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        raw.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n{"
        )
    assert server.post("/predict", json.dumps(ROW).encode())[0] == 200


def test_command_with_names_serves_several_models(folder: Path) -> None:
    server = Server(f"a={folder / 'two.spring'}", f"b={folder / 'three.spring'}")
    try:
        assert [line.partition(":")[0] for line in server.lines[:2]] == ["a", "b"]
        assert server.post("/models/b/predict", json.dumps(ROW).encode())[0] == 200
    finally:
        assert server.stop(signal.SIGTERM) == (0, "")


def one_error(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mainspring", "serve", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MAINSPRING_DEBUG": ""},
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    return done.stderr


def test_command_when_it_cannot_serve_is_one_line(folder: Path) -> None:
    two = str(folder / "two.spring")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = one_error(two, "--port", port)
        assert "address already in use" in line
        assert port in line
    assert "absent.spring" in one_error(str(folder / "absent.spring"))
    assert "--max-body-mb" in one_error(two, "--max-body-mb", "0")
    assert "--max-rows must" in one_error(two, "--max-rows", "0")
    assert "--batch-rows must" in one_error(two, "--batch-rows", "0")
    assert "Name them: NAME=FILE" in one_error(two, two)
    assert "NAME=FILE" in one_error(two, f"a={two}")
    assert "'fly'" in one_error("--new-api-key", "me", "--scopes", "fly")
    assert "'a b'" in one_error("--new-api-key", "a b")
    assert "no.key cannot be read" in one_error(two, "--jwt-key", "no.key")
    assert "--jwt-audience does nothing without --jwt-key" in one_error(two, "--jwt-audience", "us")
    assert "no.pem cannot be read" in one_error(two, "--tls-cert", "no.pem")
    assert "--tls-key does nothing without --tls-cert" in one_error(two, "--tls-key", two)
    assert "not PEM" in one_error(two, "--tls-cert", two)


def test_options_that_do_nothing_are_refused(folder: Path, tmp_path: Path) -> None:
    two, log = str(folder / "two.spring"), str(tmp_path / "log")
    assert "without --batch-rows" in one_error(two, "--batch-delay-us", "5")
    assert "without --payload-log" in one_error(two, "--payload-redact", "distance")
    assert "without --history" in one_error(two, "--history-max-mb", "5")
    assert "--history does nothing: no feature" in one_error(two, "--history", log)
    assert "above 0" in one_error(two, "--history", log, "--history-max-mb", "0")
    line = one_error(two, "--payload-log", log, "--payload-redact", "distance", "distanc")
    assert "--payload-redact names 'distanc'" in line
    assert "Did you mean 'distance'?" in line
    # Lists take all that stands behind them.
    assert "before the options" in one_error("--payload-log", log, "--payload-redact", "a", two)
    several = (str(folder), "--payload-log", log, "--payload-redact", "distance", two)
    line = one_error("--reload-dir", *several)
    assert f"--payload-redact takes all that stands behind it, and so {two}. Name bundles" in line
    assert "--jwt-algorithms takes all" in one_error("--jwt-algorithms", "RS256", f"m={two}")


def test_key_of_tokens_that_fits_no_algorithm_is_refused(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("jwt")
    pytest.importorskip("cryptography")
    secret = tmp_path / "secret"
    secret.write_text("not PEM at all, but as long as a secret should be")
    line = one_error(str(folder / "two.spring"), "--jwt-key", str(secret))
    assert "--jwt-key is no key of RS256 or ES256" in line
    assert "HS256" in line


def test_port_in_the_environment_that_is_none_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIP_HTTP_PORT", "http")
    assert "AIP_HTTP_PORT is 'http', expected the number" in one_error(str(folder / "two.spring"))
