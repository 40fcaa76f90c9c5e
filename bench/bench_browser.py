"""Claim: in a browser a row costs what it does natively, and a page predicts within 50 ms.

The package that `mainspring pack --target wasm` writes for one bundle: in Node, and in a page that
headless Chromium loads from a server on this machine.
"""

from __future__ import annotations

import functools
import gzip
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from bench.bench_edge import SOURCE, numbers
from mainspring import pack

NODE = Path(__file__).with_name("browser_time.mjs")
LOADS = 8
# Loads itself anew, after it has said how long it took from the navigation to the prediction.
PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
import { load } from "./mainspring.js";
const predictor = await load(fetch("model.spring"));
const row = Object.fromEntries(predictor.inputs.map((input) => [input.name, 0.5]));
const score = predictor.predictRow(row, "raw");
await fetch(`done?ms=${performance.now()}&score=${score}`);
location.reload();
</script>
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack 100 trees of 31 leaves over 30 numbers, with the page that is timed."""
    for program in ("clang++", "wasm-ld", "node"):
        if shutil.which(program) is None:
            pytest.skip(f"the browser's engine is not timed here: {program} is not installed")
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 30))
    score = features[:, 0] * features[:, 1] + np.sin(3 * features[:, 2])
    label = score + random.normal(size=20_000) * 0.3 > 0
    data = lightgbm.Dataset(features, label.astype(float))
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    bundle = ms.Predictor(lightgbm.train(options, data, 100), name="model").to_bytes()
    folder = tmp_path_factory.mktemp("browser")
    for name, content in pack.browser_package(bundle).items():
        (folder / name).write_bytes(content)
    (folder / "timed.html").write_text(PAGE, encoding="utf-8")
    return folder


@pytest.mark.one_thread
def test_size(package: Path, record: Any) -> None:
    engine = (package / "mainspring.wasm").read_bytes()
    record.value("engine for one forest", len(engine), unit="bytes")
    record.value("engine for one forest, gzipped", len(gzip.compress(engine)), unit="bytes")


@pytest.mark.one_thread
def test_node(package: Path, tmp_path: Path, record: Any) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler for the native side")
    folder, native = ms.get_library_dir(), tmp_path / "edge_time"
    command = [compiler, "-O2", "-std=c11", f"-I{ms.get_include()}", str(SOURCE), "-o", str(native)]
    command += [f"-L{folder}", "-lmainspring_edge", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for _ in range(3):
        out = subprocess.run(["node", NODE, package], capture_output=True, text=True, check=True)
        for name, value in map(str.split, out.stdout.splitlines()):
            ours[name] = min(float(value), ours.get(name, float(value)))
        for name, value in numbers(native, package / "model.spring").items():
            theirs[name] = min(value, theirs.get(name, value))
    for case, name in (("512 rows", "batch"), ("one row", "one_row")):
        record.value(f"WebAssembly, {case} of a matrix", ours[name], unit="us")
        record.value(f"libmainspring_edge, {case} of a matrix", theirs[name], unit="us")
    record.value("WebAssembly, one object", ours["one_object"], unit="us")
    record.value("WebAssembly, 512 rows, native times", ours["batch"] / theirs["batch"], unit="")


@pytest.fixture
def site(package: Path) -> Iterator[tuple[str, Queue[dict[str, list[str]]]]]:
    """Serve the folder, and hear what the page says."""
    said: Queue[dict[str, list[str]]] = Queue()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/done":
                said.put(parse_qs(asked.query))
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(package))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", said
    server.shutdown()
    server.server_close()


@pytest.mark.one_thread
def test_page(
    package: Path, site: tuple[str, Queue[dict[str, list[str]]]], tmp_path: Path, record: Any
) -> None:
    chromium = next(
        (found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None
    )
    if chromium is None:
        pytest.skip("no page is timed here: Chromium is not installed")
    address, said = site
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    process = subprocess.Popen(
        [chromium, *flags, "--remote-debugging-port=0", f"{address}/timed.html"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        loads = [said.get(timeout=60) for _ in range(LOADS)]
    finally:
        process.kill()
        process.wait()
    predictor = ms.Predictor.from_bytes((package / "model.spring").read_bytes())
    wanted = predictor.predict_raw(np.full((1, 30), 0.5))[0]
    assert {float(load["score"][0]) for load in loads} == {wanted}
    taken = [float(load["ms"][0]) for load in loads]
    record.value("Chromium, navigation to first prediction", min(taken), unit="ms")
    record.value("Chromium, first load of the browser", taken[0], unit="ms")
