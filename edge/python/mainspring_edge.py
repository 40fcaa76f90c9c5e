"""Predict with a ``.spring`` bundle through the C library: this file, ``ctypes`` and nothing else.

For functions and devices: one file beside ``libmainspring.so`` that runs on any CPython from 3.9,
because nothing is compiled against it. Rows are dicts; the bits are those of the whole package.

    predictor = mainspring_edge.load("late.spring")
    predictor.predict([{"distance": 700.0, "carrier": "UA"}])
"""

from __future__ import annotations

import ctypes
import json
import os
from array import array
from ctypes import c_double, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing alone would be a tenth of a cold start
    from typing import Any

__all__ = ["MainspringError", "Predictor", "load"]

PREDICT, PROBA, RAW = range(3)
FLOAT, INTEGER, STRING, TIMESTAMP = 1, 2, 3, 4
FIRST_LIST = 5
F64, I64, UTF8, DATE32, TIMESTAMP_TYPE, LIST = 11, 5, 12, 15, 17, 29
DAY = 5
PER_SECOND = {1: 1, 2: 1000, 3: 1_000_000, 4: 1_000_000_000}
ARRAYS = {F64: "d", I64: "q", TIMESTAMP_TYPE: "q", DATE32: "i"}
RANGES = {
    F64: "a number of 64 bits",
    I64: "an integer of 64 bits",
    TIMESTAMP_TYPE: "a time that 64 bits hold in the column's unit",
    DATE32: "a date that 32 bits of days hold",
}


class MainspringError(ValueError):
    """What is wrong: ``code`` of mainspring.h, or 0 with ``column`` and ``row`` of a bad value."""

    def __init__(
        self, message: str, code: int = 0, column: str | None = None, row: int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.column, self.row = code, column, row


class _Sizes(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved", c_uint32),
        ("arena_bytes", c_uint64),
        ("scratch_bytes", c_uint64),
    ]


class _Input(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_uint32),
        ("unit", c_uint32),
        ("type", c_uint32),
        ("name", c_void_p),
        ("name_length", c_uint64),
        ("time_zone", c_void_p),
        ("time_zone_length", c_uint64),
    ]


class _Label(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_uint32),
        ("integer", c_int64),
        ("number", c_double),
        ("text", c_void_p),
        ("text_length", c_uint64),
    ]


class _Column(ctypes.Structure):
    _fields_ = [
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
        ("time_zone", ctypes.c_char_p),
        ("dictionary", c_void_p),
        ("elements", c_void_p),
    ]


class _Request(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("column_size", c_uint32),
        ("columns", c_void_p),
        ("num_columns", c_uint64),
        ("first_row", c_uint64),
        ("num_rows", c_uint64),
        ("scratch", c_void_p),
        ("scratch_bytes", c_uint64),
        ("matrix", c_void_p),
        ("schema", c_void_p),
        ("array", c_void_p),
        ("num_trees", c_uint32),
        ("reserved", c_uint32),
    ]


def load(source: str | os.PathLike[str] | bytes, library: object = None) -> Predictor:
    """Open a bundle: a path or its bytes.

    ``library`` is the path of libmainspring.so or libmainspring_edge.so; by default the one beside
    this file.
    """
    if not isinstance(source, bytes):
        with open(source, "rb") as file:
            source = file.read()
    return Predictor(source, str(library or _library_beside()))


def _library_beside() -> str:
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in ("libmainspring.so", "libmainspring_edge.so"):
        for path in (os.path.join(folder, name), os.path.join(folder, "..", "..", name)):
            if os.path.isfile(path):
                return path
    raise MainspringError(f"There is no libmainspring.so in {folder}; put it beside this file.")


class _Aligned:
    """Memory whose address is a multiple of 64."""

    def __init__(self, num_bytes: int) -> None:
        self._memory = (c_uint8 * (num_bytes + 64))()
        self.address = (ctypes.addressof(self._memory) + 63) // 64 * 64
        self.num_bytes = num_bytes


class Predictor:
    """A model with its transforms. Made by :func:`load`; any number of threads may call it."""

    def __init__(self, data: bytes, library: str) -> None:
        self._c = ctypes.CDLL(library)
        self._c.mainspring_message.restype = ctypes.c_char_p
        self._where = c_uint64()
        self._bytes = _Aligned(len(data))
        ctypes.memmove(self._bytes.address, data, len(data))
        sizes = _Sizes(ctypes.sizeof(_Sizes))
        file = (c_void_p(self._bytes.address), c_uint64(len(data)), None)
        where = ctypes.byref(self._where)
        self._check(self._c.mainspring_size(*file, ctypes.byref(sizes), where))
        self._arena = _Aligned(sizes.arena_bytes)
        self._scratch_bytes = sizes.scratch_bytes
        self._scratches: list[_Aligned] = []  # those that no thread predicts with now
        self._handle = c_void_p()
        arena = (c_void_p(self._arena.address), c_uint64(self._arena.num_bytes))
        self._check(self._c.mainspring_open(*file, *arena, ctypes.byref(self._handle), where))
        count = self._c.mainspring_num_inputs(self._handle)
        self._inputs = [self._input_at(number) for number in range(count)]
        count = self._c.mainspring_num_labels(self._handle)
        self._labels = [self._label_at(number) for number in range(count)]
        self.meta: dict[str, Any] = json.loads(self._meta())

    @property
    def name(self) -> str:
        """What the predictor is called."""
        return str(self.meta.get("name", ""))

    @property
    def input_names(self) -> list[str]:
        """The columns that rows must have."""
        return [given.name for given in self._inputs]

    @property
    def labels(self) -> list[Any]:
        """What the classes are called; empty where predict gives numbers."""
        return list(self._labels)

    def predict(self, rows: list[dict[str, Any]]) -> list[Any]:
        """Return a number, a list of numbers or a label for each row; None is missing."""
        values = self._scores(rows, PREDICT)
        if not self._labels:
            return self._by_row(values, len(rows))
        return [self._labels[int(number)] for number in values]

    def predict_proba(self, rows: list[dict[str, Any]]) -> list[list[float]]:
        """Return the probability of each class for each row."""
        values = self._scores(rows, PROBA)
        width = len(values) // len(rows) if rows else 1
        return [list(values[at : at + width]) for at in range(0, len(values), width)]

    def predict_raw(self, rows: list[dict[str, Any]]) -> list[Any]:
        """Return the raw scores of each row, before the link."""
        return self._by_row(self._scores(rows, RAW), len(rows))

    def _by_row(self, values: Any, num_rows: int) -> list[Any]:
        width = len(values) // num_rows if num_rows else 1
        if width == 1:
            return list(values)
        return [list(values[at : at + width]) for at in range(0, len(values), width)]

    def _scores(self, rows: list[dict[str, Any]], kind: int) -> Any:
        keep: list[Any] = []  # what the columns point to
        columns = (_Column * len(self._inputs))()
        for number, given in enumerate(self._inputs):
            given.fill(columns[number], rows, keep)
        door = {"columns": ctypes.addressof(columns), "num_columns": len(columns)}
        return self._answer(len(rows), kind, door)

    def _answer(self, num_rows: int, kind: int, door: dict[str, int]) -> Any:
        """Predict rows that come through a door: fields of a request."""
        width = self._c.mainspring_output_width(self._handle, kind)
        if width == 0:
            raise MainspringError("The bundle cannot give that: no model, or no classes.")
        out = (c_double * (num_rows * width))()
        try:  # ctypes lets other threads run during the call: each has a scratch of its own
            scratch = self._scratches.pop()
        except IndexError:
            scratch = _Aligned(self._scratch_bytes)
        where = c_uint64()
        while True:
            request = _Request(ctypes.sizeof(_Request), ctypes.sizeof(_Column), **door)
            request.num_rows = num_rows
            request.scratch = scratch.address
            request.scratch_bytes = scratch.num_bytes
            arguments = (ctypes.byref(request), kind, out, c_uint64(len(out)))
            code = self._c.mainspring_predict(self._handle, *arguments, ctypes.byref(where))
            if code != 7 or where.value <= scratch.num_bytes:
                break
            scratch = _Aligned(where.value)  # strings that the bundle builds
        self._scratches.append(scratch)
        self._check(code, where)
        return out

    def _check(self, code: int, where: Any = None) -> None:
        if code != 0:
            text = self._c.mainspring_message(code).decode()
            at = (self._where if where is None else where).value
            raise MainspringError(f"{text} (code {code}, at {at})", code)

    def _input_at(self, number: int) -> _Reader:
        given = _Input(ctypes.sizeof(_Input))
        self._check(self._c.mainspring_input_at(self._handle, number, ctypes.byref(given)))
        zone = ctypes.string_at(given.time_zone, given.time_zone_length)
        name = ctypes.string_at(given.name, given.name_length).decode()
        return _Reader(name, given.kind, given.unit, zone)

    def _label_at(self, number: int) -> Any:
        label = _Label(ctypes.sizeof(_Label))
        self._check(self._c.mainspring_label_at(self._handle, number, ctypes.byref(label)))
        if label.type == 1:
            return label.integer
        if label.type == 2:
            return label.number
        if label.type == 3:
            return bool(label.integer)
        return ctypes.string_at(label.text, label.text_length).decode()

    def _meta(self) -> bytes:
        text, length = c_void_p(), c_uint64()
        self._check(self._c.mainspring_meta(self._handle, ctypes.byref(text), ctypes.byref(length)))
        return ctypes.string_at(text, length.value) or b"{}"


class _Reader:
    """One input: values of dicts to buffers in Arrow's layouts."""

    def __init__(self, name: str, kind: int, unit: int, zone: bytes) -> None:
        self.name = name
        self.is_list = kind >= FIRST_LIST
        self.kind = kind - 4 if self.is_list else kind
        self.unit, self.zone = unit, zone
        types = {FLOAT: F64, INTEGER: I64, STRING: UTF8}
        self.type = types.get(self.kind, DATE32 if unit == DAY else TIMESTAMP_TYPE)

    def fill(self, column: _Column, rows: list[dict[str, Any]], keep: list[Any]) -> None:
        """Point a column at the values of its rows; `keep` holds what must not go."""
        name = self.name
        try:
            values = [row[name] for row in rows]
        except KeyError:
            at = next(i for i, row in enumerate(rows) if name not in row)
            text = f"Column '{name}' is missing in row {at}. Add it, with null where unknown."
            raise MainspringError(text, 14, name, at) from None
        if not self.is_list:
            self._fill_plain(column, values, keep)
            return
        for at, value in enumerate(values):
            if value is not None and not isinstance(value, (list, tuple)):
                self._refuse(at, "a list", value)
        elements = _Column()
        flat = [element for value in values if value is not None for element in value]
        self._fill_plain(elements, flat, keep)
        ends = array("i", [0])
        for value in values:
            ends.append(ends[-1] + (0 if value is None else len(value)))
        column.type = LIST
        column.elements = ctypes.addressof(elements)
        column.length = len(values)
        column.values = ends.buffer_info()[0]
        column.validity = self._validity(values, keep)
        keep += [elements, ends]

    def _fill_plain(self, column: _Column, values: list[Any], keep: list[Any]) -> None:
        column.type = self.type
        column.unit = self.unit if self.type == TIMESTAMP_TYPE else 0
        column.time_zone = self.zone or None
        column.length = len(values)
        column.validity = self._validity(values, keep)
        if self.type == UTF8:
            self._fill_text(column, values, keep)
            return
        convert = {FLOAT: self._number, INTEGER: self._integer}.get(self.kind, self._time)
        try:
            plain = [0 if value is None else convert(value, at) for at, value in enumerate(values)]
            buffer = array(ARRAYS[self.type], plain or [0])
        except OverflowError:
            at = next(at for at, value in enumerate(values) if self._is_wide(value, convert))
            self._refuse(at, RANGES[self.type], values[at])
        column.values = buffer.buffer_info()[0]
        keep.append(buffer)

    def _fill_text(self, column: _Column, values: list[Any], keep: list[Any]) -> None:
        pieces, ends = [], array("i", [0])
        for at, value in enumerate(values):
            if value is not None and not isinstance(value, (str, bytes)):
                self._refuse(at, "text", value)
            try:
                piece = value.encode() if isinstance(value, str) else value or b""
            except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
                self._refuse(at, "text of whole characters", value)
            pieces.append(piece)
            ends.append(ends[-1] + len(piece))
        text = ctypes.create_string_buffer(b"".join(pieces), ends[-1] + 1)
        column.values = ends.buffer_info()[0]
        column.bytes, column.bytes_length = ctypes.addressof(text), ends[-1]
        keep += [text, ends]

    def _validity(self, values: list[Any], keep: list[Any]) -> int | None:
        if None not in values:
            return None
        bits = (c_uint8 * (len(values) // 8 + 1))()
        for at, value in enumerate(values):
            if value is not None:
                bits[at >> 3] |= 1 << (at & 7)
        keep.append(bits)
        return ctypes.addressof(bits)

    def _number(self, value: Any, at: int) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        return self._refuse(at, "a number", value)

    def _integer(self, value: Any, at: int) -> int:
        if isinstance(value, int):
            return value
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return self._refuse(at, "an integer", value)

    def _time(self, value: Any, at: int) -> int:
        """A datetime, a date, RFC 3339 text, or an int in the column's unit; naive is UTC."""
        if isinstance(value, int):
            return value
        from datetime import date, datetime, timedelta, timezone

        digits = ""
        if isinstance(value, str):
            text = value[:-1] + "+00:00" if value[-1:] in ("Z", "z") else value
            # Older versions of Python read three or six digits of a second, none of them nine.
            before, point, after = text.partition(".")
            if point and len(before) == len("2026-01-31T12:00:00"):
                behind = after.lstrip("0123456789")
                digits = after[: len(after) - len(behind)]
                text = before + behind if digits else text
            try:
                value = datetime.fromisoformat(text)
            except ValueError:
                return self._refuse(at, "RFC 3339 text or an integer", value)
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                value = value.astimezone(timezone.utc).replace(tzinfo=None)
        elif isinstance(value, date):
            value = datetime(value.year, value.month, value.day)
        else:
            return self._refuse(at, "RFC 3339 text or an integer", value)
        since = value - datetime(1970, 1, 1)
        if self.unit == DAY:
            return since.days
        seconds, microseconds = divmod(since // timedelta(microseconds=1), 1_000_000)
        scale = PER_SECOND[self.unit]
        nanoseconds = int((digits or f"{microseconds:06}").ljust(9, "0")[:9])
        return seconds * scale + nanoseconds * scale // 1_000_000_000

    def _is_wide(self, value: Any, convert: Any) -> bool:
        try:
            array(ARRAYS[self.type], [0 if value is None else convert(value, 0)])
        except OverflowError:
            return True
        return False

    def _refuse(self, at: int, expected: str, got: Any) -> Any:
        text = f"Column '{self.name}' has {got!r} at row {at}, expected {expected}."
        raise MainspringError(text, 0, self.name, at)
