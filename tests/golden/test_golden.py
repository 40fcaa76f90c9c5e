"""Every golden bundle opens and gives its bits, in Python and through the C interface."""

from __future__ import annotations

import json
from ctypes import CDLL
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine
from tests.edge import library as edge
from tests.edge.columns import column_of
from tests.golden.rows import rows_of, table_of
from tests.reference import bundle as reference

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.spring"))
KINDS = {"predict": edge.PREDICT, "proba": edge.PROBA, "raw": edge.RAW}


def expected_of(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def bits_of(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(text), kind)


def test_current_format_has_golden_files() -> None:
    assert sum(name.startswith(f"{reference.MAJOR}.{reference.MINOR}-") for name in NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_golden_bundle_when_loaded_gives_its_bits(name: str) -> None:
    bundle = _engine.Bundle.load(FOLDER / f"{name}.spring")
    expected = expected_of(name)
    table = table_of(expected["rows"])
    assert rows_of(table) == expected["rows"]
    source = _engine.Table.from_stream(table.__arrow_c_stream__())
    features = np.empty((table.num_rows, len(bundle.feature_names)), np.float32)
    bundle.transform_table(source, features)
    wanted = bits_of(expected["features"], ">u4")
    assert np.array_equal(features.view(np.uint32).ravel(), wanted)
    for kind, text in expected["outputs"].items():
        out = np.empty((table.num_rows, bundle.output_width(kind)))
        bundle.predict_table(source, kind, out)
        assert np.array_equal(out.view(np.uint64).ravel(), bits_of(text, ">u8")), kind
        one = table.to_pylist()[7]
        alone = bundle.predict_row(one, kind)
        if bundle.labels and kind == "predict":
            assert alone == bundle.labels[int(out[7, 0])]
            continue
        row = np.array(alone, np.float64).ravel()
        assert np.array_equal(row.view(np.uint64), out[7].view(np.uint64)), kind


@pytest.mark.parametrize("level", [edge.BASELINE, edge.AVX2, edge.AVX512])
@pytest.mark.parametrize("name", NAMES)
def test_golden_bundle_through_the_c_interface_gives_its_bits(
    library: CDLL, name: str, level: int
) -> None:
    file = (FOLDER / f"{name}.spring").read_bytes()
    expected = expected_of(name)
    table = table_of(expected["rows"])
    names = _engine.Bundle.open(file, name).input_names
    arrays = [table.column(column).combine_chunks() for column in names]
    opened = edge.open_bundle(library, file, level)
    for kind, text in expected["outputs"].items():
        columns = [column_of(array) for array in arrays]
        code, _, out = opened.predict(columns, table.num_rows, KINDS[kind])
        assert code == edge.OK
        assert np.array_equal(out.view(np.uint64).ravel(), bits_of(text, ">u8"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_bundle_is_read_from_the_page_alone(name: str) -> None:
    file = (FOLDER / f"{name}.spring").read_bytes()
    bundle = reference.read(file)
    assert (bundle.major, bundle.minor) == (0, 1)
    assert reference.write(bundle.sections) == file
    meta = json.loads(bundle.content(b"META"))
    canonical = json.dumps(meta, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert bundle.content(b"META").decode() == canonical


@pytest.mark.parametrize("name", NAMES)
def test_golden_bundle_when_written_again_has_the_same_bytes(name: str) -> None:
    file = (FOLDER / f"{name}.spring").read_bytes()
    opened = _engine.Bundle.open(file, name)
    model, labels = (reference.read(file).content(type_) for type_ in (b"MODL", b"LABL"))
    again = _engine.write_bundle(opened.meta, opened, None, model, opened.profile, labels)
    assert again == file


def test_golden_predictor_when_loaded_predicts_its_own_numbers() -> None:
    predictor = ms.load(FOLDER / "0.1-late-flights.spring")
    expected = expected_of("0.1-late-flights")
    out = np.asarray(predictor.predict(table_of(expected["rows"])))
    wanted = bits_of(expected["outputs"]["predict"], ">u8")
    assert np.array_equal(out.view(np.uint64).ravel(), wanted)
