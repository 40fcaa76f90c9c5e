"""Cases for answer_cases.mjs, in Node and in a page: bundles, rows, and what is asked of them."""

from __future__ import annotations

import functools
import json
import shutil
import struct
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

SCRIPT = Path(__file__).with_name("run_browser.mjs")
PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { load } from "./mainspring.js";
import { answersOf } from "./answer_cases.mjs";
let said;
try {
  said = await answersOf(load, await (await fetch("cases.json")).json());
} catch (error) {
  said = JSON.stringify(String(error));
}
await fetch("done", { method: "POST", body: said });
</script>
"""


def program(name: str, *others: str) -> str:
    """Find a program; skip the test, saying why, where it is not installed."""
    for known in (name, *others):
        if found := shutil.which(known):
            return found
    pytest.skip(f"WebAssembly is not tested here: {name} is not installed")


def tagged(value: Any) -> Any:
    """A value for run_browser.mjs, with all its bits."""
    if isinstance(value, list):
        return [tagged(element) for element in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"i64": str(value)}
    return {"f64": struct.pack(">d", value).hex()}


def tagged_rows(table: pa.Table) -> list[dict[str, Any]]:
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        elif pa.types.is_date32(column.type):
            column = column.cast(pa.int32())
        columns[name] = [tagged(value) for value in column.to_pylist()]
    names = list(columns)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def answers(package: Path, cases: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    node = program("node", "nodejs")
    path = folder / "cases.json"
    path.write_text(json.dumps(cases), encoding="utf-8")
    done = subprocess.run(
        [node, str(SCRIPT), str(package), str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def case(file: bytes, table: pa.Table, kinds: list[str]) -> dict[str, Any]:
    return {"bundle": b64encode(file).decode(), "rows": tagged_rows(table), "kinds": kinds}


def matrix_case(file: bytes, matrix: np.ndarray, sizes: list[int]) -> dict[str, Any]:
    """The raw scores of the first rows of a matrix, for each number of rows."""
    numbers = b64encode(matrix.astype("<f8").tobytes()).decode()
    bundle = b64encode(file).decode()
    return {"bundle": bundle, "rows": [], "kinds": [], "matrix": numbers, "sizes": sizes}


def answers_of_a_page(
    package: Path, cases: list[dict[str, Any]], folder: Path
) -> list[dict[str, Any]]:
    """The same from headless Chromium, which loads a page of the package's folder."""
    chromium = program("chromium", "chromium-browser", "google-chrome")
    (package / "cases.html").write_text(PAGE, encoding="utf-8")
    (package / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    shutil.copy(SCRIPT.with_name("answer_cases.mjs"), package)
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={folder}", "--remote-debugging-port=0"]
    with served(package) as (address, said):
        process = subprocess.Popen(
            [*command, f"{address}/cases.html"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            answer = json.loads(said.get(timeout=120))
        finally:
            process.kill()
            process.wait()
    assert isinstance(answer, list), answer
    return answer


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Queue[bytes]]]:
    """A folder over HTTP, and what pages post."""
    said: Queue[bytes] = Queue()

    class Handler(SimpleHTTPRequestHandler):
        def do_POST(self) -> None:
            said.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", said
    finally:
        server.shutdown()
        server.server_close()
