"""What a C caller can get wrong: each mistake has its code, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL, POINTER, byref, c_double, c_uint64, c_void_p, sizeof

import numpy as np
import pyarrow as pa
import pytest

from tests.bundle.sample import sample_bundle, sample_sections
from tests.edge import library as edge
from tests.edge.columns import column_of
from tests.edge.sample_table import sample_table
from tests.reference.bundle import write

SAMPLE = sample_bundle(lists=False)
NAMES = ["distance", "carrier", "when", "flights", "größe"]
ROWS = 20


class Call:
    """A sound call, of which a test spoils one thing."""

    def __init__(self, library: CDLL) -> None:
        self.opened = edge.open_bundle(library, SAMPLE)
        table = sample_table(ROWS)
        self.arrays = [table.column(name).combine_chunks() for name in NAMES]
        self.columns = [column_of(array) for array in self.arrays]
        self.request = self.opened.request(self.columns, ROWS)
        self.kind = edge.PREDICT
        self.out = np.full(ROWS, np.nan)
        self.out_values = ROWS
        self.keep: list[object] = []

    def column(self, number: int) -> edge.Column:
        return self.request.columns[number]

    def bytes(self, content: np.ndarray) -> int:
        self.keep.append(content)
        return content.ctypes.data

    def run(self) -> tuple[int, int]:
        where = c_uint64(999)
        code = self.opened.library.mainspring_predict(
            self.opened.handle,
            byref(self.request),
            self.kind,
            self.out.ctypes.data_as(POINTER(c_double)),
            self.out_values,
            byref(where),
        )
        return code, where.value


@pytest.fixture
def call(library: CDLL) -> Call:
    return Call(library)


def test_sound_call_writes_every_value(call: Call) -> None:
    assert call.run() == (edge.OK, 0)
    assert not np.isnan(call.out).any()


def spoil(attribute: str, value: object) -> Callable[[Call], None]:
    return lambda call: setattr(call.request, attribute, value)


def spoil_column(number: int, **values: object) -> Callable[[Call], None]:
    def apply(call: Call) -> None:
        for name, value in values.items():
            setattr(call.column(number), name, value)

    return apply


def shift_scratch(call: Call) -> None:
    call.request.scratch += 32


def shift_values(call: Call) -> None:
    call.column(0).values += 1


def mark_reserved(call: Call) -> None:
    call.column(3).reserved = 1


MISTAKES: dict[str, tuple[Callable[[Call], None], int, int]] = {
    "too few columns": (spoil("num_columns", 4), edge.WRONG_COLUMN_COUNT, 4),
    "too many columns": (spoil("num_columns", 6), edge.WRONG_COLUMN_COUNT, 6),
    "no columns": (spoil("columns", None), edge.INVALID_ARGUMENT, 0),
    "no scratch": (spoil("scratch", None), edge.INVALID_ARGUMENT, 0),
    "misaligned scratch": (shift_scratch, edge.MISALIGNED, 0),
    "old request": (spoil("struct_size", 8), edge.INVALID_ARGUMENT, 0),
    "reserved of the request": (spoil("reserved", 1), edge.INVALID_ARGUMENT, 0),
    "schema beside columns": (spoil("schema", 64), edge.INVALID_ARGUMENT, 0),
    "array beside columns": (spoil("array", 64), edge.INVALID_ARGUMENT, 0),
    "trees that are not there": (spoil("num_trees", 1000), edge.INVALID_ARGUMENT, 1000),
    "absurd request": (spoil("struct_size", 2**31), edge.INVALID_ARGUMENT, 0),
    "old column": (spoil("column_size", 8), edge.INVALID_ARGUMENT, 0),
    "newer column": (spoil("column_size", 128), edge.NEWER_VERSION, 0),
    "rows past the end": (spoil("num_rows", ROWS + 1), edge.INVALID_ARGUMENT, 0),
    "first row past the end": (spoil("first_row", 1), edge.INVALID_ARGUMENT, 0),
    "rows that wrap": (spoil("first_row", 2**64 - 1), edge.INVALID_ARGUMENT, 0),
    "a string for a number": (spoil_column(0, type=edge.UTF8), edge.WRONG_COLUMN_TYPE, 0),
    "a number for a string": (spoil_column(1, type=edge.F64), edge.WRONG_COLUMN_TYPE, 1),
    "a number for a time": (spoil_column(2, type=edge.I64), edge.WRONG_COLUMN_TYPE, 2),
    "no type": (spoil_column(4, type=0), edge.UNSUPPORTED_TYPE, 4),
    "views": (spoil_column(1, type=14), edge.UNSUPPORTED_TYPE, 1),
    "a later type": (spoil_column(4, type=200), edge.UNSUPPORTED_TYPE, 4),
    "no unit": (spoil_column(2, unit=0), edge.INVALID_ARGUMENT, 2),
    "a later unit": (spoil_column(2, unit=6), edge.INVALID_ARGUMENT, 2),
    "no values": (spoil_column(3, values=None), edge.INVALID_ARGUMENT, 3),
    "misaligned values": (shift_values, edge.MISALIGNED, 0),
    "no bytes": (spoil_column(1, bytes=None), edge.INVALID_ARGUMENT, 1),
    "too few bytes": (spoil_column(1, bytes_length=3), edge.CORRUPT, 1),
    "reserved byte": (mark_reserved, edge.INVALID_ARGUMENT, 3),
    "huge offset": (spoil_column(4, offset=2**62), edge.INVALID_ARGUMENT, 4),
    "huge length": (spoil_column(4, length=2**62), edge.INVALID_ARGUMENT, 4),
    "dictionary without values": (
        spoil_column(1, type=edge.DICTIONARY, index_type=edge.I32),
        edge.INVALID_ARGUMENT,
        1,
    ),
    "dictionary of floats as index": (
        spoil_column(1, type=edge.DICTIONARY, index_type=edge.F64),
        edge.UNSUPPORTED_TYPE,
        1,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_request_when_wrong_has_its_code_and_writes_nothing(call: Call, mistake: str) -> None:
    apply, code, where = MISTAKES[mistake]
    apply(call)
    assert call.run() == (code, where)
    assert np.isnan(call.out).all()


def test_scratch_when_short_says_how_much_is_needed(call: Call) -> None:
    needed = call.request.scratch_bytes
    call.request.scratch_bytes = needed - 1
    assert call.run() == (edge.BUFFER_TOO_SMALL, needed)
    assert np.isnan(call.out).all()


def test_output_when_short_is_refused(call: Call) -> None:
    call.out_values = ROWS - 1
    assert call.run()[0] == edge.BUFFER_TOO_SMALL
    call.out_values, call.kind = ROWS, edge.PROBA
    assert call.run()[0] == edge.BUFFER_TOO_SMALL
    call.kind = 4
    assert call.run()[0] == edge.INVALID_ARGUMENT
    assert np.isnan(call.out).all()


def test_request_of_no_rows_is_fine(call: Call) -> None:
    call.request.num_rows = 0
    call.out_values = 0
    assert call.run() == (edge.OK, 0)


@pytest.mark.parametrize(
    "offsets",
    [
        [0, 2, 1] + [2] * (ROWS - 2),  # backwards
        [-1] + [0] * ROWS,
        [0] * ROWS + [2**31 - 1],  # far past the end
        [0] * (ROWS // 2) + [-5] + [0] * (ROWS - ROWS // 2),
    ],
)
def test_string_offsets_when_out_of_range_are_refused(call: Call, offsets: list[int]) -> None:
    call.column(1).values = call.bytes(np.array(offsets, np.int32))
    assert call.run() == (edge.CORRUPT, 1)
    assert np.isnan(call.out).all()


@pytest.mark.parametrize("index", [-1, 3, 127, -128])
def test_dictionary_index_when_out_of_range_is_refused(call: Call, index: int) -> None:
    array = pa.array(["UA", "AA", "Ö"]).dictionary_encode()
    indices = np.zeros(ROWS, np.int8)
    column = column_of(array)
    column.index_type, column.length = edge.I8, ROWS
    column.values = call.bytes(indices)
    call.keep += [array, column]
    call.request.columns[1] = column
    assert call.run() == (edge.OK, 0)
    call.out[:] = np.nan
    indices[ROWS // 2] = index
    assert call.run() == (edge.CORRUPT, 1)
    assert np.isnan(call.out).all()


def test_dictionary_of_bad_strings_is_refused(call: Call) -> None:
    array = pa.array(["UA", "AA", "Ö"]).dictionary_encode()
    column = column_of(array)
    column.length = ROWS
    column.index_type = edge.I8
    column.values = call.bytes(np.zeros(ROWS, np.int8))
    column.dictionary.contents.bytes_length = 2
    call.keep += [array, column]
    call.request.columns[1] = column
    assert call.run() == (edge.CORRUPT, 1)


def test_dictionary_of_a_dictionary_is_refused(call: Call) -> None:
    array = pa.array(["UA", "AA", "Ö"]).dictionary_encode()
    column = column_of(array)
    column.length = ROWS
    column.dictionary.contents.type = edge.DICTIONARY
    column.dictionary.contents.index_type = edge.I32
    call.keep += [array, column]
    call.request.columns[1] = column
    assert call.run() == (edge.UNSUPPORTED_TYPE, 1)


def test_request_of_the_first_version_is_taken(call: Call) -> None:
    """It ended behind the scratch; what lies there is not looked at."""
    call.request.struct_size = edge.Request.matrix.offset
    call.request.reserved = call.request.num_trees = 7
    assert call.run() == (edge.OK, 0)
    call.request.struct_size -= 8
    assert call.run() == (edge.INVALID_ARGUMENT, 0)


def spoil_matrix(**values: object) -> Callable[[Call], None]:
    def apply(call: Call) -> None:
        for name, value in values.items():
            setattr(call.request.matrix.contents, name, value)

    return apply


def shift_matrix(call: Call) -> None:
    call.request.matrix.contents.values += 4


def keep_columns(call: Call) -> None:
    call.request.columns = (edge.Column * 5)(*call.columns)


MATRIX_MISTAKES: dict[str, tuple[Callable[[Call], None], int, int]] = {
    "columns too": (keep_columns, edge.INVALID_ARGUMENT, 0),
    "schema too": (spoil("schema", 64), edge.INVALID_ARGUMENT, 0),
    "too few features": (spoil_matrix(num_features=2), edge.WRONG_COLUMN_COUNT, 2),
    "too many features": (spoil_matrix(num_features=2**40), edge.WRONG_COLUMN_COUNT, 2**40),
    "integers": (spoil_matrix(type=edge.I64), edge.UNSUPPORTED_TYPE, 0),
    "halves": (spoil_matrix(type=edge.F16), edge.UNSUPPORTED_TYPE, 0),
    "misaligned": (shift_matrix, edge.MISALIGNED, 0),
    "no values": (spoil_matrix(values=None), edge.INVALID_ARGUMENT, 0),
    "old matrix": (spoil_matrix(struct_size=8), edge.INVALID_ARGUMENT, 0),
    "too few rows": (spoil_matrix(num_rows=ROWS - 1), edge.INVALID_ARGUMENT, 0),
    "first row past the end": (spoil("first_row", 1), edge.INVALID_ARGUMENT, 0),
    "rows that wrap": (spoil("first_row", 2**64 - 1), edge.INVALID_ARGUMENT, 0),
    "huge rows": (spoil_matrix(num_rows=2**63), edge.INVALID_ARGUMENT, 0),
    "huge row stride": (spoil_matrix(row_stride=2**60), edge.INVALID_ARGUMENT, 0),
    "huge stride back": (spoil_matrix(row_stride=-(2**63)), edge.INVALID_ARGUMENT, 0),
    "huge feature stride": (spoil_matrix(feature_stride=2**62), edge.INVALID_ARGUMENT, 0),
    "no scratch": (spoil("scratch", None), edge.INVALID_ARGUMENT, 0),
    "reserved": (spoil("reserved", 1), edge.INVALID_ARGUMENT, 0),
}


def use_matrix(call: Call) -> None:
    num_features = call.opened.library.mainspring_num_features(call.opened.handle)
    matrix = np.ones((ROWS, num_features))
    call.keep.append(matrix)
    call.request = call.opened.matrix_request(matrix, ROWS)


@pytest.mark.parametrize("mistake", MATRIX_MISTAKES)
def test_matrix_when_wrong_has_its_code_and_writes_nothing(call: Call, mistake: str) -> None:
    use_matrix(call)
    assert call.run() == (edge.OK, 0)
    call.out[:] = np.nan
    apply, code, where = MATRIX_MISTAKES[mistake]
    apply(call)
    assert call.run() == (code, where)
    assert np.isnan(call.out).all()


def test_matrix_is_not_transformed(call: Call) -> None:
    use_matrix(call)
    library, handle = call.opened.library, call.opened.handle
    out = np.full(ROWS * 20, np.nan, np.float32)
    pointer = out.ctypes.data_as(POINTER(edge.c_float))
    code = library.mainspring_transform(handle, byref(call.request), pointer, out.size, None)
    assert code == edge.INVALID_ARGUMENT
    assert np.isnan(out).all()


def test_schema_without_an_array_and_the_other_way_are_refused(call: Call) -> None:
    for name in ("schema", "array"):
        call.request = call.opened.bare_request(ROWS)
        setattr(call.request, name, call.bytes(np.zeros(10, np.uint64)))
        assert call.run() == (edge.INVALID_ARGUMENT, 0)
    call.request = call.opened.bare_request(ROWS)
    call.request.schema = call.bytes(np.zeros(9, np.uint64))
    call.request.array = call.bytes(np.zeros(10, np.uint64))
    assert call.run() == (edge.UNSUPPORTED_TYPE, 0)
    assert np.isnan(call.out).all()


def open_code(library: CDLL, arena: np.ndarray, file: bytes = SAMPLE) -> tuple[int, int]:
    memory = edge.aligned(len(file))
    memory[:] = np.frombuffer(file, np.uint8)
    handle, where = c_void_p(), c_uint64()
    code = library.mainspring_open(
        memory.ctypes.data,
        len(memory),
        None,
        arena.ctypes.data,
        len(arena),
        byref(handle),
        byref(where),
    )
    assert (code == edge.OK) == (handle.value is not None)
    return code, where.value


def test_arena_when_short_or_misaligned_is_refused(library: CDLL) -> None:
    needed = edge.size(library, SAMPLE)[1].arena_bytes
    assert open_code(library, edge.aligned(needed)) == (edge.OK, 0)
    assert open_code(library, edge.aligned(needed - 1)) == (edge.BUFFER_TOO_SMALL, needed)
    assert open_code(library, edge.aligned(needed, shift=8))[0] == edge.MISALIGNED


def test_bundle_when_damaged_is_refused_and_nothing_is_opened(library: CDLL) -> None:
    needed = edge.size(library, SAMPLE)[1].arena_bytes
    assert open_code(library, edge.aligned(needed), SAMPLE[:-1])[0] == edge.TRUNCATED
    assert open_code(library, edge.aligned(needed), b"\x89PNG")[0] == edge.FOREIGN


def test_options_when_newer_are_refused_unless_zero(library: CDLL) -> None:
    class Newer(edge.Options):
        _fields_ = (("later", edge.c_uint32 * 4),)

    options = Newer(sizeof(Newer), edge.BASELINE)
    assert edge.size(library, SAMPLE, options)[0] == edge.OK
    options.later[3] = 1
    assert edge.size(library, SAMPLE, options)[0] == edge.NEWER_VERSION
    options.struct_size = 4
    assert edge.size(library, SAMPLE, options)[0] == edge.INVALID_ARGUMENT
    assert edge.size(library, SAMPLE, edge.Options(8, 4))[0] == edge.INVALID_ARGUMENT


def test_bundle_without_a_model_transforms_and_does_not_predict(library: CDLL) -> None:
    from ctypes import c_float

    sections = sample_sections(lists=False)
    file = write([section for section in sections if section.type != b"MODL"])
    opened = edge.open_bundle(library, file)
    table = sample_table(ROWS)
    arrays = [table.column(name).combine_chunks() for name in NAMES]
    columns = [column_of(array) for array in arrays]
    assert opened.predict(columns, ROWS)[0] == edge.NO_MODEL
    assert library.mainspring_output_width(opened.handle, edge.RAW) == 0
    num_features = library.mainspring_num_features(opened.handle)
    out = np.full((ROWS, num_features), np.nan, np.float32)
    pointer = out.ctypes.data_as(POINTER(c_float))
    request = byref(opened.request(columns, ROWS))
    assert library.mainspring_transform(opened.handle, request, pointer, 1, None) == (
        edge.BUFFER_TOO_SMALL
    )
    assert np.isnan(out).all()
    assert num_features > 1
    assert library.mainspring_transform(opened.handle, request, pointer, out.size, None) == edge.OK
    assert not np.isnan(out[:, 1]).any()
