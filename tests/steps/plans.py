"""Bundles of a few steps, written byte by byte, and the payloads that steps read."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring import _engine
from tests.reference import bundle, bundle_plan
from tests.reference.hashes import hash_bytes, hash_value

FLOAT, INTEGER, TEXT, TIME, FLOATS, INTEGERS, TEXTS = range(1, 8)
F64, I32, I64, BYTES, F64_LIST, I64_LIST, BYTES_LIST = range(2, 9)
NO_UNIT, SECOND, MILLI, MICRO, NANO, DAY = range(6)
LOAD, STORE, AFFINE, LOG1P, CLIP, FILL, COUNT_EDGES = range(1, 8)
LOOKUP, GATHER, DATE_PART, HASH, COMBINE_HASHES, HASH_BUCKET, LOCAL_TIME = range(8, 15)
IS_MISSING, STORE_ONE_HOT, STORE_MULTI_HOT = 15, 16, 17
POWER, INTERPOLATE, NORMAL_QUANTILE, ARITHMETIC = 18, 19, 20, 21
ELAPSED, CALENDAR = 22, 23
POOL_LIST, SLICE_LIST, LIST_ELEMENTS = 24, 25, 26
STRIP, NULL_IF, PARSE_NUMBER, GATHER_BYTES, PARSE_DATETIME, EXTRACT = range(27, 33)
TEXT_PART, STORE_HASHED_NGRAMS, STORE_KNOWN_NGRAMS = 33, 34, 35
CHANGE_CASE, STORE_JAGGED, STORE_WORD_IDS = 36, 37, 38
_SLOT_OF_KIND = {FLOAT: F64, INTEGER: I64, TEXT: BYTES, TIME: I64}
_SLOT_OF_KIND |= {FLOATS: F64_LIST, INTEGERS: I64_LIST, TEXTS: BYTES_LIST}
_FITTED_TYPE = {FLOAT: 11, INTEGER: 5, TEXT: 12, TIME: 17, FLOATS: 11, INTEGERS: 5, TEXTS: 12}


@dataclass
class Plan:
    """A plan in the making: every method gives the slot that its step writes."""

    inputs: list[tuple[str, int, int]] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    steps: list[bytes] = field(default_factory=list)
    num_features: int = 0
    data: bytes = b""

    def load(self, name: str, kind: int, unit: int = NO_UNIT) -> int:
        self.inputs.append((name, kind, unit))
        integers = (len(self.inputs) - 1, kind, unit, 0)
        return self.step(LOAD, [], _SLOT_OF_KIND[kind], integers=integers)

    def step(
        self,
        code: int,
        inputs: list[int],
        out_type: int | None,
        *,
        numbers: tuple[float, ...] = (),
        integers: tuple[int, ...] = (),
        payload: bytes = b"",
    ) -> int:
        outputs = []
        if out_type is not None:
            outputs = [len(self.slots)]
            self.slots.append(out_type)
        offset = 0
        if payload:
            self.data += bytes(-len(self.data) % 64)
            offset = len(self.data)
            self.data += payload
        self.steps.append(
            bundle_plan.STEP.pack(
                code,
                0,
                len(inputs),
                len(outputs),
                *(inputs + [0] * 4)[:4],
                *(outputs + [0] * 4)[:4],
                0,
                *(tuple(numbers) + (0.0,) * 4)[:4],
                *(tuple(integers) + (0,) * 4)[:4],
                offset,
                len(payload),
                bytes(16),
            )
        )
        return outputs[0] if outputs else -1

    def store(self, slot: int) -> None:
        self.step(STORE, [slot], None, integers=(self.num_features,))
        self.num_features += 1

    def to_bytes(self) -> bytes:
        pool = b""
        inputs = []
        for name, kind, unit in self.inputs:
            text = name.encode()
            fitted = _FITTED_TYPE[kind]
            inputs.append(
                bundle_plan.INPUT.pack(len(pool), len(text), 0, 0, kind, unit, fitted, bytes(45))
            )
            pool += text
        outputs = []
        for number in range(self.num_features):
            text = f"f{number}".encode()
            outputs.append(
                bundle_plan.OUTPUT.pack(len(pool), len(text), 1, 0, bytes(2), 0, 0, bytes(12))
            )
            pool += text
        parts = [bytes(self.slots), b"".join(inputs), b"".join(self.steps), b"".join(outputs)]
        section = bundle_plan.HEADER.pack(
            len(inputs), len(self.slots), len(self.steps), len(outputs), 0, bytes(44)
        )
        for part in parts:
            section += part + bytes(-len(part) % 64)
        sections = [bundle.Section(b"POOL", 1, pool), bundle.Section(b"PLAN", 1, section)]
        if self.data:
            sections.append(bundle.Section(b"DATA", 1, self.data))
        return bundle.write(sections)

    def open(self) -> Any:
        return _engine.Bundle.open(self.to_bytes(), "test plan")

    def run(self, **columns: Any) -> npt.NDArray[np.float32]:
        """Features of the columns, shape (num_rows, num_features)."""
        return transform(self.open(), pa.table(columns))


def transform(opened: Any, table: pa.Table) -> npt.NDArray[np.float32]:
    out = np.full((table.num_rows, len(opened.feature_names)), 777, dtype=np.float32)
    opened.transform_table(_engine.Table.from_stream(table.__arrow_c_stream__()), out)
    return out


def doubles(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


FACTOR = 0x9E3779B97F4A7C15


def lookup_table(keys: list[Any]) -> bytes:
    """As core/key_table.hpp lays it out: the keys in order, each with the first free cell."""
    shift = 64 - (2 * len(keys)).bit_length() if keys else 63
    num_cells = 1 << 64 - shift
    number_bits = (1 << len(keys).bit_length()) - 1
    is_text = bool(keys) and isinstance(keys[0], bytes)
    cells = [0] * num_cells
    entries = arena = b""
    for entry, key in enumerate(keys):
        hashed = hash_value(key)
        at = (hashed * FACTOR % 2**64) >> shift
        while cells[at]:
            at = (at + 1) % num_cells
        cells[at] = (hashed >> 32) & ~number_bits | (entry + 1)
        if not is_text:
            entries += struct.pack("<d", key + 0.0) if isinstance(key, float) else _int64(key)
        elif len(key) <= 31:
            entries += struct.pack("<B31s", len(key) + 1, key)
        else:
            entries += struct.pack("<IIQQQ", 255, len(key), hash_bytes(key), len(arena), 0)
            arena += key
    key_type = BYTES if is_text else F64 if keys and isinstance(keys[0], float) else I64
    header = struct.pack("<IIQQ8xQ24x", key_type, len(keys), num_cells, len(arena), FACTOR)
    body = entries + struct.pack(f"<{num_cells}I", *cells) + arena
    return header + body + bytes(-len(body) % 8)


def _int64(value: int) -> bytes:
    return struct.pack("<q", value)


def zone_table(first_offset: int, transitions: list[int], offsets: list[int]) -> bytes:
    count = len(transitions)
    packed = struct.pack(f"<Ii{count}q{count}i", count, first_offset, *transitions, *offsets)
    return packed + bytes(-len(packed) % 8)
