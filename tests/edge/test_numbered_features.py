"""Features that a number tells apart, and more of them than a dense row has."""

from __future__ import annotations

from ctypes import CDLL, POINTER, byref, c_char, c_int64, c_uint64

import numpy as np
import pyarrow as pa

import mainspring as ms
from tests.edge import library as edge
from tests.edge.columns import column_of

VALUES = pa.array([1.0, 2.5, None])


def opened_with(library: CDLL, buckets: int) -> tuple[ms.Preprocessor, edge.Opened]:
    hashed = ms.col("x").hash(buckets=buckets).one_hot_ids()
    prep = ms.Preprocessor(ms.col("x").alias("first"), hashed, profile=False)
    prep.fit(pa.table({"x": VALUES}))
    return prep, edge.open_bundle(library, prep.bundle.to_bytes())


def name_of(library: CDLL, opened: edge.Opened, number: int) -> tuple[int, str, int]:
    name, length, within = POINTER(c_char)(), c_uint64(), c_int64()
    code = library.mainspring_feature_name(
        opened.handle, number, byref(name), byref(length), byref(within)
    )
    text = name[: length.value].decode() if code == edge.OK else ""
    return code, text, within.value


def test_names_when_features_are_numbered_are_one_with_a_number(library: CDLL) -> None:
    prep, opened = opened_with(library, 300)
    assert library.mainspring_num_features(opened.handle) == 301
    assert name_of(library, opened, 0) == (edge.OK, "first", -1)
    for number, wanted in enumerate(prep.feature_names_out_[1:], start=1):
        code, name, within = name_of(library, opened, number)
        assert (code, f"{name}_{within}") == (edge.OK, wanted)
    assert name_of(library, opened, 301)[0] == edge.INVALID_ARGUMENT
    code, out = opened.transform([column_of(VALUES)], 3)
    assert code == edge.OK
    np.testing.assert_array_equal(out, prep.transform(pa.table({"x": VALUES})))


def test_transform_when_features_are_too_many_is_refused(library: CDLL) -> None:
    _, opened = opened_with(library, 1 << 18)
    assert library.mainspring_num_features(opened.handle) == (1 << 18) + 1
    assert library.mainspring_scratch_bytes(opened.handle) < 1 << 20
    code, out = opened.transform([column_of(VALUES)], 3)
    assert code == edge.TOO_MANY_FEATURES
    assert np.isnan(out).all()
    assert b"65,536" in library.mainspring_message(code)
