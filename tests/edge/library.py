"""The edge library through ctypes: its structs, as edge/mainspring.h declares them."""

from __future__ import annotations

import ctypes
from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Structure,
    byref,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OK, TRUNCATED, FOREIGN, NEWER_VERSION, BAD_CHECKSUM, CORRUPT, MISALIGNED = range(7)
BUFFER_TOO_SMALL, WRONG_COLUMN_COUNT, WRONG_COLUMN_TYPE, UNSUPPORTED_TYPE = range(7, 11)
INVALID_ARGUMENT, NO_MODEL, TOO_MANY_FEATURES, MISSING_COLUMN = range(11, 15)
NOT_EXPLAINED, UNTRUSTED = range(15, 17)
PREDICT, PROBA, RAW, LEAVES = range(4)
BEST, BASELINE, AVX2, AVX512 = range(4)

BOOL, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, UTF8, LARGE_UTF8 = range(1, 14)
DATE32, DATE64, TIMESTAMP, DICTIONARY, NULL, F16, BINARY, LARGE_BINARY = range(15, 23)
DECIMAL32, DECIMAL64, DECIMAL128, DECIMAL256, LIST, LARGE_LIST = range(25, 31)
SECOND, MILLISECOND, MICROSECOND, NANOSECOND, DAY = range(1, 6)


Verifier = CFUNCTYPE(c_uint32, c_void_p, c_void_p, c_uint64, c_void_p, c_uint64)


class Options(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("isa", c_uint32),
        ("signature", c_void_p),
        ("signature_bytes", c_uint64),
        ("verify", Verifier),
        ("context", c_void_p),
    ]


class Sizes(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("arena_bytes", c_uint64),
        ("scratch_bytes", c_uint64),
    ]


class Input(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_uint32),
        ("unit", c_uint32),
        ("type", c_uint32),
        ("name", POINTER(c_char)),
        ("name_length", c_uint64),
        ("time_zone", POINTER(c_char)),
        ("time_zone_length", c_uint64),
    ]


class Column(Structure):
    pass


Column._fields_ = [
    ("type", c_uint8),
    ("index_type", c_uint8),
    ("unit", c_uint8),
    ("reserved", c_uint8),
    ("scale", c_int32),
    ("length", c_uint64),
    ("offset", c_uint64),
    ("validity", c_void_p),
    ("values", c_void_p),
    ("bytes", c_void_p),
    ("bytes_length", c_uint64),
    ("time_zone", c_char_p),
    ("dictionary", POINTER(Column)),
    ("elements", POINTER(Column)),
]


class Matrix(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_uint32),
        ("values", c_void_p),
        ("num_rows", c_uint64),
        ("num_features", c_uint64),
        ("row_stride", c_int64),
        ("feature_stride", c_int64),
    ]


class Model(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("num_features", c_uint32),
        ("num_outputs", c_uint32),
        ("num_classes", c_uint32),
        ("num_trees", c_uint32),
        ("reserved", c_uint32),
        ("kind", c_char_p),
        ("link", c_char_p),
    ]


class Request(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("column_size", c_uint32),
        ("columns", POINTER(Column)),
        ("num_columns", c_uint64),
        ("first_row", c_uint64),
        ("num_rows", c_uint64),
        ("scratch", c_void_p),
        ("scratch_bytes", c_uint64),
        ("matrix", POINTER(Matrix)),
        ("schema", c_void_p),
        ("array", c_void_p),
        ("num_trees", c_uint32),
        ("reserved", c_uint32),
    ]


def library_path(root: Path) -> Path:
    """Return where the library lies: beside the engine, else in the newest build folder."""
    from mainspring import _engine

    installed = Path(_engine.__file__).parent / "edge" / "libmainspring_edge.so"
    if installed.is_file():
        return installed
    built = list(root.glob("build/*/edge/libmainspring_edge.so"))
    assert built, "the edge library was not built; configure with MAINSPRING_EDGE=ON"
    return max(built, key=lambda path: path.stat().st_mtime)


def aligned(num_bytes: int, alignment: int = 64, shift: int = 0) -> np.ndarray:
    """Return bytes whose address is `shift` past a multiple of `alignment`."""
    whole = np.zeros(num_bytes + alignment + shift, np.uint8)
    first = -whole.ctypes.data % alignment + shift
    return whole[first : first + num_bytes]


def load(path: Path) -> CDLL:
    """Return the library with the argument types of edge/mainspring.h."""
    library = CDLL(str(path))
    where = POINTER(c_uint64)
    bundle = c_void_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "abi_version": (c_uint32, []),
        "message": (c_char_p, [c_uint32]),
        "size": (c_uint32, [c_void_p, c_uint64, POINTER(Options), POINTER(Sizes), where]),
        "open": (
            c_uint32,
            [c_void_p, c_uint64, POINTER(Options), c_void_p, c_uint64, POINTER(bundle), where],
        ),
        "isa_name": (c_char_p, [bundle]),
        "scratch_bytes": (c_uint64, [bundle]),
        "meta": (c_uint32, [bundle, POINTER(POINTER(c_char)), POINTER(c_uint64)]),
        "model_of": (c_uint32, [bundle, POINTER(Model)]),
        "kernel_name": (c_char_p, [bundle, c_uint32]),
        "num_inputs": (c_uint32, [bundle]),
        "input_at": (c_uint32, [bundle, c_uint32, POINTER(Input)]),
        "num_features": (c_uint32, [bundle]),
        "feature_name": (
            c_uint32,
            [bundle, c_uint32, POINTER(POINTER(c_char)), POINTER(c_uint64), POINTER(c_int64)],
        ),
        "output_width": (c_uint32, [bundle, c_uint32]),
        "predict": (
            c_uint32,
            [bundle, POINTER(Request), c_uint32, POINTER(c_double), c_uint64, where],
        ),
        "transform": (c_uint32, [bundle, POINTER(Request), POINTER(c_float), c_uint64, where]),
        "explain_scratch_bytes": (c_uint64, [bundle]),
        "explain": (
            c_uint32,
            [
                bundle,
                POINTER(Request),
                POINTER(c_double),
                c_uint64,
                POINTER(c_double),
                c_uint64,
                where,
            ],
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"mainspring_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def size(library: CDLL, file: bytes, options: Options | None = None) -> tuple[int, Sizes]:
    """Call mainspring_size on a copy of the bytes; return its code and what it wrote."""
    memory = aligned(len(file) + 1)
    memory[:-1] = np.frombuffer(file, np.uint8)
    sizes = Sizes(ctypes.sizeof(Sizes))
    pointer = byref(options) if options is not None else None
    code = library.mainspring_size(memory.ctypes.data, len(file), pointer, byref(sizes), None)
    return code, sizes


@dataclass
class Opened:
    """An opened bundle together with the memory it lives in."""

    library: CDLL
    memory: np.ndarray
    arena: np.ndarray
    handle: c_void_p
    scratch: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.scratch = aligned(self.library.mainspring_scratch_bytes(self.handle))

    def request(self, columns: list[Column], num_rows: int, first_row: int = 0) -> Request:
        request = self.bare_request(num_rows, first_row)
        request.columns = (Column * max(len(columns), 1))(*columns)
        request.num_columns = len(columns)
        return request

    def bare_request(self, num_rows: int, first_row: int = 0) -> Request:
        """Return a request through no door yet."""
        request = Request(ctypes.sizeof(Request), ctypes.sizeof(Column))
        request.first_row, request.num_rows = first_row, num_rows
        request.scratch, request.scratch_bytes = self.scratch.ctypes.data, len(self.scratch)
        return request

    def matrix_request(self, matrix: np.ndarray, num_rows: int, first_row: int = 0) -> Request:
        """Return one with a matrix of float32 or float64, which must outlive it."""
        request = self.bare_request(num_rows, first_row)
        size = matrix.itemsize
        request.matrix = ctypes.pointer(
            Matrix(
                ctypes.sizeof(Matrix),
                F32 if size == 4 else F64,
                matrix.ctypes.data,
                *matrix.shape,
                matrix.strides[0] // size,
                matrix.strides[1] // size,
            )
        )
        return request

    def predict(
        self, columns: list[Column], num_rows: int, kind: int = PREDICT, first_row: int = 0
    ) -> tuple[int, int, np.ndarray]:
        """Return the code, where, and the output, which is NaN where nothing was written."""
        return self.answer(self.request(columns, num_rows, first_row), kind)

    def answer(self, request: Request, kind: int = PREDICT) -> tuple[int, int, np.ndarray]:
        """Return the same for any request."""
        width = self.library.mainspring_output_width(self.handle, kind)
        if kind == LEAVES and request.num_trees:
            width = request.num_trees
        out = np.full((request.num_rows, width), np.nan)
        where = c_uint64(0)
        code = self.library.mainspring_predict(
            self.handle,
            byref(request),
            kind,
            out.ctypes.data_as(POINTER(c_double)),
            out.size,
            byref(where),
        )
        return code, where.value, out

    def transform(self, columns: list[Column], num_rows: int) -> tuple[int, np.ndarray]:
        """Return the code and the features, which are NaN where nothing was written."""
        out = np.full((num_rows, self.library.mainspring_num_features(self.handle)), np.nan, "f4")
        code = self.library.mainspring_transform(
            self.handle,
            byref(self.request(columns, num_rows)),
            out.ctypes.data_as(POINTER(c_float)),
            out.size,
            None,
        )
        return code, out


def explain(
    opened: Opened, request: Request, scratch: np.ndarray | None = None
) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Return the code, where, contributions and bases, NaN where nothing was written."""
    library, handle = opened.library, opened.handle
    outputs = library.mainspring_output_width(handle, RAW)
    width = library.mainspring_num_features(handle)
    out, bases = np.full((request.num_rows, outputs, width), np.nan), np.full(outputs, np.nan)
    if scratch is None:
        scratch = aligned(library.mainspring_explain_scratch_bytes(handle))
    request.scratch, request.scratch_bytes = scratch.ctypes.data, len(scratch)
    where = c_uint64(0)
    code = library.mainspring_explain(
        handle,
        byref(request),
        out.ctypes.data_as(POINTER(c_double)),
        out.size,
        bases.ctypes.data_as(POINTER(c_double)),
        bases.size,
        byref(where),
    )
    return code, where.value, out, bases


def open_bundle(library: CDLL, file: bytes, isa: int = BEST) -> Opened:
    """Open a bundle; every code but OK fails the test."""
    options = Options(ctypes.sizeof(Options), isa)
    code, sizes = size(library, file, options)
    assert code == OK, library.mainspring_message(code)
    memory, arena = aligned(len(file)), aligned(sizes.arena_bytes)
    memory[:] = np.frombuffer(file, np.uint8)
    handle = c_void_p()
    code = library.mainspring_open(
        memory.ctypes.data,
        len(memory),
        byref(options),
        arena.ctypes.data,
        len(arena),
        byref(handle),
        None,
    )
    assert code == OK, library.mainspring_message(code)
    return Opened(library, memory, arena, handle)
