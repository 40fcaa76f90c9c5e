"""The engine as WebAssembly: the golden bits in Node and Chromium, a page that predicts there."""

from __future__ import annotations

import gzip
import html
import json
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine, pack
from tests.edge.test_targets import unpacked
from tests.pack.browser_cases import (
    answers,
    answers_of_a_page,
    case,
    matrix_case,
    program,
    served,
)
from tests.pack.conftest import GOLDEN, Golden

Find = Callable[[str], Golden]
Ask = Callable[[Path, list[dict[str, Any]], Path], list[dict[str, Any]]]
NAMES = sorted(path.stem for path in GOLDEN.glob("*.spring"))
MAX_GZIP_BYTES = 73_500
MAX_FOREST_GZIP_BYTES = 31_000  # 30,159 with clang 14
MAX_GZIP_BYTES_WITHOUT_BLOCKS = 25_500  # 24,581


@pytest.fixture(params=[answers, answers_of_a_page], ids=["node", "chromium"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Ask the package in Node, or in a page."""
    return request.param  # type: ignore[no-any-return]


def test_package_gives_the_golden_bits(
    package: Path, golden: Find, tmp_path: Path, ask: Ask
) -> None:
    wholes = [golden(name) for name in NAMES]
    cases = [case(whole.file, whole.table, list(whole.outputs)) for whole in wholes]
    for name, whole, answer in zip(NAMES, wholes, ask(package, cases, tmp_path), strict=True):
        assert answer.get("error") is None, (name, answer)
        labels = _engine.Bundle.open(whole.file, name).labels
        for kind, wanted in whole.outputs.items():
            if labels and kind == "predict":
                assert answer[kind] == [labels[int(number)] for number in wanted], name
                continue
            assert answer[kind] == wanted.tobytes().hex(), (name, kind)
            width = len(wanted) // whole.table.num_rows
            one = wanted[7 * width : 8 * width].tobytes().hex()
            assert answer[f"one {kind}"] == one, (name, kind)


TYPES = re.compile(r"(double|float|u?int\d+|bool|(large_)?string|date32\[day\]|timestamp\[.+\])$")


def test_package_gives_the_golden_features_of_operators(
    package: Path, tmp_path: Path, ask: Ask
) -> None:
    cases, wanted = [], []
    for path in sorted(GOLDEN.glob("*-operators.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            with pa.ipc.open_stream(unpacked(entry, "rows")) as stream:
                table = stream.read_all()
            file = unpacked(entry, "bundle")
            table = table.select(_engine.Bundle.open(file, entry["case"]).input_names)
            kinds = [field.type for field in table.schema]
            flat = [kind.value_type if pa.types.is_list(kind) else kind for kind in kinds]
            if all(TYPES.match(str(kind)) for kind in flat):
                cases.append(case(file, table, ["features"]))
                features = np.frombuffer(unpacked(entry, "features"), ">f4").astype("<f4")
                wanted.append((entry["case"], features.tobytes().hex()))
    assert len(cases) > 80
    given = ask(package, cases, tmp_path)
    wrong = [
        (name, answer.get("error"))
        for (name, bits), answer in zip(wanted, given, strict=True)
        if answer.get("features") != bits
    ]
    assert wrong == []


def test_matrix_gives_the_bits_of_python(package: Path, golden: Find, tmp_path: Path) -> None:
    whole = golden("0.1-three-classes")
    matrix = np.column_stack([column.to_numpy() for column in whole.table.columns])
    asked = matrix_case(whole.file, matrix, [len(matrix)])
    (answer,) = answers(package, [asked], tmp_path)
    assert answer["matrix"] == [whole.outputs["raw"].tobytes().hex()]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"f64": struct.pack(">d", 1.5).hex()}, "has 1.5 at row 1, expected an integer"),
        ({"i64": str(2**63)}, "expected an integer of 64 bits"),
    ],
)
def test_integer_when_wrong_names_column_and_row(
    package: Path, golden: Find, tmp_path: Path, value: Any, words: str
) -> None:
    whole = golden("0.1-every-step")
    asked = case(whole.file, whole.table, ["predict"])
    asked["rows"][1]["flights"] = value
    (answer,) = answers(package, [asked], tmp_path)
    assert words in answer["error"]
    assert (answer["column"], answer["row"]) == ("flights", 1)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("distance", "far", "has 'far' at row 1, expected a number"),
        ("carrier", {"i64": "7"}, "expected a string"),
        ("sched_dep", "noon", "expected a Date, RFC 3339 text or an integer"),
        ("sched_dep", "2023-02-29T00:00:00Z", "expected a Date, RFC 3339 text or an integer"),
        ("sched_dep", "2023-02-28T24:00:00Z", "expected a Date, RFC 3339 text or an integer"),
        ("sched_dep", {"i64": str(2**63)}, "expected an integer of 64 bits"),
        ("day", {"i64": str(2**31)}, "expected days in 32 bits"),
    ],
)
def test_value_when_wrong_names_column_and_row(
    package: Path, golden: Find, tmp_path: Path, column: str, value: Any, words: str
) -> None:
    whole = golden("0.1-late-flights")
    asked = case(whole.file, whole.table, ["predict"])
    asked["rows"][1][column] = value
    (answer,) = answers(package, [asked], tmp_path)
    assert words in answer["error"]
    assert (answer["column"], answer["row"]) == (column, 1)


MISUSE = """
const [folder] = process.argv.slice(1);
const { load } = await import(`${folder}/mainspring.js`);
const { readFile } = await import("node:fs/promises");
const predictor = await load(await readFile(`${folder}/late.spring`));
for (const call of [
  () => load("late.spring"), () => load(), () => load({ ok: true }),
  () => load(new Response("", { status: 404 })), () => load(new Blob(["no bundle"])),
  () => predictor.predict({ distance: 1 }), () => predictor.predict([{}, 3]),
  () => predictor.predictRow(), () => predictor.predict([{}], "odds"),
  () => predictor.predictMatrix([1, 2], 1),
]) {
  try {
    await call();
    console.log("nothing");
  } catch (error) {
    console.log(`${error.name}: ${error.message}`);
  }
}
"""


def test_call_when_wrong_says_what_is_expected(package: Path, golden: Find) -> None:
    (package / "late.spring").write_bytes(golden("0.1-late-flights").file)
    node = [program("node", "nodejs"), "--input-type=module", "--eval", MISUSE, str(package)]
    done = subprocess.run(node, capture_output=True, text=True, check=True)
    words = ["got 'late.spring'", "got undefined", "load(fetch(address))"]
    words += ["The bundle: HTTP status 404", "do not begin like"]
    words += ["predictRow() takes one row", "Row 1 is 3", "Row 0 is undefined", "'odds'"]
    words += ["2 numbers"]
    said = done.stdout.splitlines()
    assert [text.startswith("MainspringError: ") for text in said] == [True] * len(words)
    assert [word in text for word, text in zip(words, said, strict=True)] == [True] * len(words)


AGAIN = """
const [folder] = process.argv.slice(1);
const { load, useEngine } = await import(`${folder}/mainspring.js`);
const { readFile } = await import("node:fs/promises");
await useEngine("nothing.wasm").catch((error) => console.log(error.code));
const file = `${folder}/late.spring`;
for (const source of [readFile(file), new Response(await readFile(file)), await readFile(file)]) {
  console.log((await load(source)).name);
}
"""


def test_load_when_the_engine_failed_once_tries_again_and_takes_promises(
    package: Path, golden: Find
) -> None:
    (package / "late.spring").write_bytes(golden("0.1-late-flights").file)
    node = [program("node", "nodejs"), "--input-type=module", "--eval", AGAIN, str(package)]
    done = subprocess.run(node, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ENOENT", *["late-flights"] * 3]


def test_times_as_text_are_those_of_python(package: Path, golden: Find, tmp_path: Path) -> None:
    whole = golden("0.1-late-flights")
    texts = ["2013-05-06T07:08:09Z", "2013-05-06 07:08", "1969-12-31T23:59:59.999+02:00"]
    row = whole.rows()[0]
    rows = [{**row, "sched_dep": text, "day": text[:10]} for text in texts]
    expected = np.array(ms.Predictor.from_bytes(whole.file).predict_raw(rows))
    asked = case(whole.file, whole.table.slice(0, 3), ["raw"])
    for number, text in enumerate(texts):
        asked["rows"][number] = {
            **asked["rows"][0],
            "sched_dep": text,
            "day": text[:10],
        }
    (answer,) = answers(package, [asked], tmp_path)
    assert answer["raw"] == expected.tobytes().hex()


def test_bundle_when_damaged_is_refused(package: Path, golden: Find, tmp_path: Path) -> None:
    whole = golden("0.1-network")
    changed = bytearray(whole.file)
    changed[-1] ^= 1
    damaged = [whole.file[:-5], b"no bundle", bytes(changed)]
    cases = [case(file, whole.table, []) for file in damaged]
    codes = [answer["error"] for answer in answers(package, cases, tmp_path)]
    assert ["code 1" in codes[0], "code 2" in codes[1], "code 4" in codes[2]] == [True] * 3


def test_engine_is_small_imports_nothing_and_smaller_for_one_bundle(
    package: Path, golden: Find
) -> None:
    whole = (package / "mainspring.wasm").read_bytes()
    assert len(gzip.compress(whole)) <= MAX_GZIP_BYTES
    assert section_numbers(whole).isdisjoint({2})  # of imports
    file = golden("0.1-three-classes").file
    files = pack.browser_package(file)
    assert len(files["mainspring.wasm"]) < len(whole) * 0.7
    assert len(gzip.compress(files["mainspring.wasm"])) <= MAX_FOREST_GZIP_BYTES
    assert files["model.spring"] == pack.shrink(file, keep_blocks=True)
    without = pack.browser_package(file, blocks=False)
    assert len(gzip.compress(without["mainspring.wasm"])) <= MAX_GZIP_BYTES_WITHOUT_BLOCKS
    assert without["model.spring"] == pack.shrink(file)
    assert b'<body data-bundle="model.spring">' in files["index.html"]
    described = json.loads(files["package.json"])
    assert sorted([*described["files"], "package.json"]) == sorted(files)
    assert described["exports"]["./model.spring"] == "./model.spring"


def section_numbers(wasm: bytes) -> set[int]:
    """The kinds of sections in a module (WebAssembly core specification, 5.5.2)."""
    found, at = set(), 8
    while at < len(wasm):
        found.add(wasm[at])
        at += 1
        length = shift = 0
        while True:
            byte = wasm[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        at += length
    return found


def test_package_json_names_files_that_are_there(package: Path) -> None:
    described = json.loads((package / "package.json").read_text(encoding="utf-8"))
    assert described["version"] == ms.__version__
    missing = [name for name in described["files"] if not (package / name).is_file()]
    assert missing == []


@pytest.mark.parametrize("page", ["index.html", "packed.html"])
def test_page_shows_the_schema_and_predicts(
    package: Path, golden: Find, tmp_path: Path, page: str
) -> None:
    chromium = program("chromium", "chromium-browser", "google-chrome")
    whole = golden("0.1-late-flights")
    (package / "late.spring").write_bytes(whole.file)
    opening = pack.browser._opening((package / "index.html").read_bytes(), "late.spring")
    (package / "packed.html").write_bytes(opening)
    row = {"distance": 1234.5, "carrier": "UA", "dest": "D03", "seats": 120}
    query = urlencode({"bundle": "late.spring", **row} if page == "index.html" else row)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    # The clock of a page that is dumped runs ahead of the threads that compile the engine: on a
    # busy machine the page may be over before they are done.
    with served(package) as (address, _):
        for budget_ms in (5_000, 60_000, 600_000):
            command = [chromium, *flags, f"--virtual-time-budget={budget_ms}", "--dump-dom"]
            command.append(f"{address}/{page}?{query}")
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            text = html.unescape(done.stdout)
            if 'type="text"' in text:
                break
    predictor = ms.Predictor.from_bytes(whole.file)
    fields = re.findall(r'<input type="text" name="([^"]+)"', text)
    assert fields == predictor.input_names
    full = {name: row.get(name) for name in predictor.input_names}
    shown = re.search(r'<div id="value">([^<]*)</div>', text)
    assert shown is not None
    assert float(shown[1]) == pytest.approx(float(predictor.predict_row(full)), rel=1e-5)
