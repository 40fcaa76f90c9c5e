"""Every operator that ever shipped still loads: its states, its bundle, and the bits of both."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import Preprocessor, _engine

FILES = sorted(Path(__file__).parent.glob("*-operators.json"))
ENTRIES = [entry for path in FILES for entry in json.loads(path.read_text(encoding="utf-8"))]
by_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["case"])


def unpacked(entry: dict[str, Any], name: str) -> bytes:
    return zlib.decompress(b64decode(entry[name]))


def rows_and_features(entry: dict[str, Any]) -> tuple[pa.Table, bytes]:
    with pa.ipc.open_stream(unpacked(entry, "rows")) as stream:
        rows = stream.read_all()
    return rows, np.frombuffer(unpacked(entry, "features"), ">f4").astype(np.float32).tobytes()


def test_names_that_shipped_are_still_those_of_operators() -> None:
    assert len(FILES) >= 1
    shipped = {entry["operator"] for entry in ENTRIES}
    assert len(shipped) >= 15
    assert shipped - {row["name"] for row in _engine.operators()} == set()


@by_entry
def test_bundle_of_an_operator_when_loaded_gives_its_bits(entry: dict[str, Any]) -> None:
    rows, features = rows_and_features(entry)
    bundle = _engine.Bundle.open(unpacked(entry, "bundle"), entry["case"])
    out = np.empty((rows.num_rows, len(bundle.feature_names)), np.float32)
    bundle.transform_table(_engine.Table.from_stream(rows.__arrow_c_stream__()), out)
    assert out.tobytes() == features


@by_entry
def test_states_of_an_operator_when_loaded_compile_to_the_same_bits(entry: dict[str, Any]) -> None:
    rows, features = rows_and_features(entry)
    prep = Preprocessor.from_state_bytes(unpacked(entry, "states"))
    assert prep.transform(rows).tobytes() == features
    # They go on learning: the same rows once more are the rows twice.
    target = np.sin(np.arange(float(rows.num_rows)))
    target = (target > 0).astype(float) if entry["binary"] else target
    twice = Preprocessor.from_state_bytes(unpacked(entry, "states")).partial_fit(rows, target)
    merged = prep.merge(Preprocessor.from_state_bytes(unpacked(entry, "states")))
    assert twice.bundle.to_bytes() == merged.bundle.to_bytes()
