"""The example of DeepFM: what it saves is served, with the numbers that Python gives."""

from __future__ import annotations

import io
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.serve import create_app
from tests.serve.client import ask, post

pytest.importorskip("torch")

PROGRAM = Path(__file__).resolve().parents[2] / "docs/examples/deepfm_flights.py"
ARROW = ("content-type", "application/vnd.apache.arrow.stream")
NUM_ROWS = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pa.Table, Any]:
    """The bundle of the example, flights to ask about, and the app that serves it."""
    folder = tmp_path_factory.mktemp("deepfm")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        names = runpy.run_path(str(PROGRAM), run_name="__main__")
    bundle = folder / "late-flights.spring"
    every = names["test"].num_rows // NUM_ROWS
    flights = names["test"].take(np.arange(NUM_ROWS) * every)
    return bundle, flights.select(ms.load(bundle).input_names), create_app(bundle)


def as_rows(flights: pa.Table) -> list[dict[str, Any]]:
    text = json.dumps(flights.to_pylist(), default=lambda moment: moment.isoformat())
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


def test_bundle_of_deepfm_is_served_with_the_bits_of_python(
    made: tuple[Path, pa.Table, Any],
) -> None:
    bundle, flights, app = made
    predictor = ms.load(bundle)
    expected = predictor.predict(flights).tolist()
    assert len(set(expected)) > NUM_ROWS / 2  # it has learnt something
    assert any(None in row.values() for row in as_rows(flights))  # weather is missing at times
    rows = as_rows(flights)
    assert post(app, "/predict", rows).json["predictions"] == expected
    alone = [post(app, "/predict", row).json["predictions"] for row in rows[:20]]
    assert alone == [[value] for value in expected[:20]]
    assert [predictor.predict_row(row) for row in flights.slice(0, 20).to_pylist()] == expected[:20]


def test_bundle_of_deepfm_answers_arrow_and_says_what_it_takes(
    made: tuple[Path, pa.Table, Any],
) -> None:
    bundle, flights, app = made
    sent = io.BytesIO()
    with pa.ipc.new_stream(sent, flights.schema) as stream:
        stream.write_table(flights)
    answer = ask(app, "POST", "/predict", [sent.getvalue()], [ARROW])
    assert answer.status == 200
    found = pa.ipc.open_stream(answer.body).read_all().column(0).to_pylist()
    assert found == ms.load(bundle).predict(flights).tolist()
    told = ask(app, "GET", "/v2/models/late-flights").json
    assert {column["name"] for column in told["inputs"]} == set(flights.column_names)
    refused = post(app, "/predict", {**as_rows(flights)[0], "temp": "warm"})
    assert refused.status == 400
    assert "'temp'" in refused.error
