"""The same bits through the C interface as through Python, at every instruction set."""

from __future__ import annotations

from ctypes import CDLL

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from tests.bundle.sample import sample_bundle
from tests.edge import library as edge
from tests.edge.columns import column_of
from tests.edge.sample_table import sample_table

SAMPLE = sample_bundle(lists=False)
KINDS = {"predict": edge.PREDICT, "proba": edge.PROBA, "raw": edge.RAW}
LEVELS = {"baseline": edge.BASELINE, "avx2": edge.AVX2, "avx512": edge.AVX512}


def arrays_of(table: pa.Table) -> list[pa.Array]:
    names = _engine.Bundle.open(SAMPLE, "sample").input_names
    return [table.column(name).combine_chunks() for name in names]


def python_predictions(table: pa.Table, kind: str) -> np.ndarray:
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    out = np.empty((table.num_rows, bundle.output_width(kind)))
    bundle.predict_table(_engine.Table.from_stream(table.__arrow_c_stream__()), kind, out)
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("num_rows", [1, 7, 512, 2000])
def test_predictions_have_the_same_bits_as_python(
    library: CDLL, kind: str, level: str, num_rows: int
) -> None:
    table = sample_table(num_rows)
    opened = edge.open_bundle(library, SAMPLE, LEVELS[level])
    arrays = arrays_of(table)
    code, _, out = opened.predict([column_of(array) for array in arrays], num_rows, KINDS[kind])
    assert code == edge.OK
    expected = python_predictions(table, kind)
    assert np.array_equal(out.view(np.uint64), expected.view(np.uint64))
    if num_rows == 2000:
        assert len(np.unique(expected)) > 5


def test_features_have_the_same_bits_as_python(library: CDLL) -> None:
    table = sample_table(1500)
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    expected = np.empty((1500, len(bundle.feature_names)), np.float32)
    bundle.transform_table(_engine.Table.from_stream(table.__arrow_c_stream__()), expected)
    opened = edge.open_bundle(library, SAMPLE)
    arrays = arrays_of(table)
    code, out = opened.transform([column_of(array) for array in arrays], 1500)
    assert code == edge.OK
    assert np.array_equal(out.view(np.uint32), expected.view(np.uint32))


def test_level_when_lowered_is_the_one_in_use(library: CDLL) -> None:
    best = edge.open_bundle(library, SAMPLE)
    names = [b"baseline", b"avx2", b"avx512"]
    highest = names.index(library.mainspring_isa_name(best.handle))
    for number, wanted in enumerate(LEVELS.values()):
        opened = edge.open_bundle(library, SAMPLE, wanted)
        assert library.mainspring_isa_name(opened.handle) == names[min(number, highest)]


def test_rows_in_blocks_give_the_same_bits(library: CDLL) -> None:
    table = sample_table(1300)
    arrays = arrays_of(table)
    columns = [column_of(array) for array in arrays]
    opened = edge.open_bundle(library, SAMPLE)
    whole = opened.predict(columns, 1300)[2]
    first = 0
    for size in (1, 63, 512, 700, 24):
        code, _, block = opened.predict(columns, size, first_row=first)
        assert code == edge.OK
        assert np.array_equal(block.view(np.uint64), whole[first : first + size].view(np.uint64))
        first += size
    assert first == 1300


@pytest.mark.parametrize("offset", [1, 5, 64, 129])
def test_sliced_arrays_give_the_same_bits(library: CDLL, offset: int) -> None:
    table = sample_table(900)
    opened = edge.open_bundle(library, SAMPLE)
    arrays = arrays_of(table)
    whole = opened.predict([column_of(array) for array in arrays], 900)[2]
    sliced = [array.slice(offset) for array in arrays]
    code, _, out = opened.predict([column_of(array) for array in sliced], 900 - offset)
    assert code == edge.OK
    assert np.array_equal(out.view(np.uint64), whole[offset:].view(np.uint64))


OTHER_TYPES = {
    "large strings": {"carrier": pa.large_string()},
    "dictionary": {"carrier": pa.dictionary(pa.int8(), pa.string())},
    "wide dictionary": {"carrier": pa.dictionary(pa.uint32(), pa.large_string())},
    "milliseconds": {"when": pa.timestamp("ms", "UTC")},
    "narrow": {"flights": pa.int16(), "größe": pa.float32()},
}


@pytest.mark.parametrize("types", OTHER_TYPES.values(), ids=OTHER_TYPES)
def test_other_types_give_the_same_bits_as_python(
    library: CDLL, types: dict[str, pa.DataType]
) -> None:
    table = sample_table(700)
    for name, type_ in types.items():
        at = table.schema.get_field_index(name)
        column = table.column(name)
        if pa.types.is_dictionary(type_):
            # The cast to a dictionary of large strings goes through its plain form.
            column = column.cast(type_.value_type).dictionary_encode().cast(type_)
        table = table.set_column(at, name, column.cast(type_, safe=False))
    arrays = arrays_of(table)
    opened = edge.open_bundle(library, SAMPLE)
    code, _, out = opened.predict([column_of(array) for array in arrays], 700, edge.RAW)
    assert code == edge.OK
    expected = python_predictions(table, "raw")
    assert np.array_equal(out.view(np.uint64), expected.view(np.uint64))


def test_column_of_nulls_gives_the_same_bits_as_python(library: CDLL) -> None:
    table = sample_table(300)
    for name in ("carrier", "when", "größe"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.nulls(300))
    arrays = arrays_of(table)
    opened = edge.open_bundle(library, SAMPLE)
    code, _, out = opened.predict([column_of(array) for array in arrays], 300)
    assert code == edge.OK
    expected = python_predictions(table, "predict")
    assert np.array_equal(out.view(np.uint64), expected.view(np.uint64))


def test_threads_with_a_scratch_each_give_the_same_bits(library: CDLL) -> None:
    from concurrent.futures import ThreadPoolExecutor

    table = sample_table(2048)
    arrays = arrays_of(table)
    opened = edge.open_bundle(library, SAMPLE)
    whole = opened.predict([column_of(array) for array in arrays], 2048)[2]

    def block(number: int) -> np.ndarray:
        mine = edge.Opened(library, opened.memory, opened.arena, opened.handle)
        return mine.predict([column_of(array) for array in arrays], 128, first_row=128 * number)[2]

    with ThreadPoolExecutor(4) as pool:
        out = np.concatenate(list(pool.map(block, range(16))))
    assert np.array_equal(out.view(np.uint64), whole.view(np.uint64))


def test_inputs_say_what_the_bundle_reads(library: CDLL) -> None:
    from ctypes import byref, sizeof

    opened = edge.open_bundle(library, SAMPLE)
    seen = []
    for number in range(library.mainspring_num_inputs(opened.handle)):
        given = edge.Input(sizeof(edge.Input))
        assert library.mainspring_input_at(opened.handle, number, byref(given)) == edge.OK
        name = given.name[: given.name_length].decode()
        zone = given.time_zone[: given.time_zone_length].decode()
        seen.append((name, given.kind, given.unit, given.type, zone))
    assert seen == [
        ("distance", 1, 0, edge.F64, ""),
        ("carrier", 3, 0, edge.UTF8, ""),
        ("when", 4, edge.MICROSECOND, edge.TIMESTAMP, "Europe/Paris"),
        ("flights", 2, 0, edge.I64, ""),
        ("größe", 1, 0, edge.F32, ""),
    ]
    given = edge.Input(sizeof(edge.Input))
    code = library.mainspring_input_at(opened.handle, len(seen), byref(given))
    assert code == edge.INVALID_ARGUMENT


def test_features_say_their_names(library: CDLL) -> None:
    from ctypes import POINTER, byref, c_char, c_int64, c_uint64

    opened = edge.open_bundle(library, SAMPLE)
    names = []
    for number in range(library.mainspring_num_features(opened.handle)):
        name, length, within = POINTER(c_char)(), c_uint64(), c_int64()
        code = library.mainspring_feature_name(
            opened.handle, number, byref(name), byref(length), byref(within)
        )
        assert code == edge.OK
        assert within.value == -1
        names.append(name[: length.value].decode())
    assert names == _engine.Bundle.open(SAMPLE, "sample").feature_names


def test_widths_are_python_s(library: CDLL) -> None:
    opened = edge.open_bundle(library, SAMPLE)
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    for name, kind in KINDS.items():
        width = library.mainspring_output_width(opened.handle, kind)
        assert width == bundle.output_width(name) > 0
    assert library.mainspring_output_width(opened.handle, 4) == 0
