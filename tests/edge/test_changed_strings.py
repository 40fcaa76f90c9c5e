"""Strings that a bundle changes lie in the caller's scratch, which may be too small for one."""

from __future__ import annotations

from ctypes import CDLL, POINTER, byref, c_float, c_uint64

import numpy as np
import pyarrow as pa

import mainspring as ms
from tests.edge import library as edge
from tests.edge.columns import column_of

LONG = ["Ab" * 40, "x", "É" * 30_000, None, "", "Straße"]


def preprocessor() -> ms.Preprocessor:
    return ms.Preprocessor(ms.col("x").case("upper").case("title").hash(buckets=1 << 24))


def bundle() -> bytes:
    return preprocessor().fit({"x": ["a"]}).bundle.to_bytes()


def python_features(values: list[str | None]) -> np.ndarray:
    return preprocessor().fit_transform(pa.table({"x": pa.array(values)}))


def transform(opened: edge.Opened, values: list[str | None]) -> tuple[int, int, np.ndarray]:
    array = pa.array(values, pa.string())
    out = np.full((len(values), 1), np.nan, np.float32)
    where = c_uint64(0)
    code = opened.library.mainspring_transform(
        opened.handle,
        byref(opened.request([column_of(array)], len(values))),
        out.ctypes.data_as(POINTER(c_float)),
        out.size,
        byref(where),
    )
    return code, where.value, out


def test_strings_that_fit_in_parts_give_the_bits_of_python(library: CDLL) -> None:
    values = [f"Row {row} of MANY, with some text" * (row % 9) for row in range(1500)]
    opened = edge.open_bundle(library, bundle())
    code, _, out = transform(opened, list(values))
    assert code == edge.OK
    assert out.tobytes() == python_features(list(values)).tobytes()


def test_string_without_room_says_what_scratch_it_needs(library: CDLL) -> None:
    opened = edge.open_bundle(library, bundle())
    enough = len(opened.scratch)
    needed = enough
    for _ in range(4):
        code, where, out = transform(opened, LONG)
        if code == edge.OK:
            break
        assert code == edge.BUFFER_TOO_SMALL
        assert where > needed
        assert not np.isnan(out[:2]).any()
        needed = where
        opened.scratch = edge.aligned(needed)
    assert code == edge.OK
    assert enough + 60_000 < needed < enough + 400_000
    assert out.tobytes() == python_features(LONG).tobytes()


def test_bundle_that_changes_no_strings_needs_no_room_for_them(library: CDLL) -> None:
    plain = ms.Preprocessor(ms.col("x").hash(buckets=1 << 24)).fit({"x": ["a"]}).bundle.to_bytes()
    scratches = [
        library.mainspring_scratch_bytes(edge.open_bundle(library, file).handle)
        for file in (plain, bundle())
    ]
    assert scratches[1] - scratches[0] >= 16384
