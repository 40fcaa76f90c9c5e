"""The PLAN and POOL sections, checked as docs/format.md says."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.reference.bundle_payloads import (
    align,
    check_edges,
    check_lookup_table,
    check_zone_table,
    expect,
)

HEADER = struct.Struct("<5I44s")
INPUT = struct.Struct("<IIIIBBB45s")
OUTPUT = struct.Struct("<IIBB2sI16s")
STEP = struct.Struct("<IIHH4H4HI4d4QQQ16s")
F32, F64, I32, I64, BYTES, F64_LIST, I64_LIST, BYTES_LIST = 1, 2, 3, 4, 5, 6, 7, 8
KIND_SLOTS = {1: F64, 2: I64, 3: BYTES, 4: I64, 5: F64_LIST, 6: I64_LIST, 7: BYTES_LIST}
ELEMENTS = {F64_LIST: F64, I64_LIST: I64, BYTES_LIST: BYTES}
DATE_PART_COUNTS = {1: 0, 2: 4, 3: 12, 4: 31, 5: 7, 6: 366, 7: 24, 8: 60, 9: 60}


@dataclass
class Step:
    """One step record."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    numbers: tuple[float, ...]
    number_bits: tuple[int, ...]
    integers: tuple[int, ...]
    data_offset: int
    data_length: int
    payload: bytes = b""


@dataclass
class Plan:
    """The records of a plan, and what is known while its steps are gone through."""

    inputs: list[tuple[int, int]]  # kind, unit
    slots: list[int]
    outputs: list[int]  # cardinality
    cardinality: dict[int, int] = field(default_factory=dict)  # of written slots
    num_stored: int = 0

    def reads(self, step: Step, *types: int) -> None:
        expect(len(step.inputs) == len(types))
        expect(all(self.slots[s] == t for s, t in zip(step.inputs, types, strict=True)))

    def writes(self, step: Step, type_: int, *, in_place: bool = False) -> None:
        expect(len(step.outputs) == 1 and self.slots[step.outputs[0]] == type_)
        expect(in_place or step.outputs[0] not in step.inputs)


def check(plan_section: bytes, pool: bytes, data: bytes) -> tuple[int, bool]:
    """Check both sections; return the number of features and whether the plan is wide."""
    expect(len(plan_section) >= HEADER.size)
    num_inputs, num_slots, num_steps, num_outputs, flags, reserved = HEADER.unpack_from(
        plan_section
    )
    expect(1 <= num_inputs <= 1 << 16 and 1 <= num_slots <= 1 << 12)
    expect(1 <= num_steps <= 1 << 20 and 1 <= num_outputs <= 1 << 20)
    expect(flags <= 1 and not any(reserved))
    parts, at = [], HEADER.size
    for count, size in [
        (num_slots, 1),
        (num_inputs, INPUT.size),
        (num_steps, STEP.size),
        (num_outputs, OUTPUT.size),
    ]:
        end = align(at + count * size)
        expect(end <= len(plan_section) and not any(plan_section[at + count * size : end]))
        parts.append(plan_section[at : at + count * size])
        at = end
    expect(at == len(plan_section))
    slots, inputs, steps, outputs = parts
    plan = Plan(
        [_check_input(record, pool) for record in INPUT.iter_unpack(inputs)],
        list(slots),
        [_check_output(record, pool) for record in OUTPUT.iter_unpack(outputs)],
    )
    expect(all(F32 <= type_ <= BYTES_LIST for type_ in plan.slots))
    records = [_step(fields) for fields in STEP.iter_unpack(steps)]
    total = sum(step.data_length for step in records)
    expect(total <= 256 * len(data) + 16384 * len(records))
    for step in records:
        _check_step(step, plan, data)
    expect(plan.num_stored == num_outputs)
    try:
        pool.decode("utf-8", "strict")
    except UnicodeDecodeError:
        expect(False)
    return num_outputs, flags == 1


def _check_name(offset: int, length: int, pool: bytes) -> None:
    expect(offset + length <= len(pool))
    for edge in (offset, offset + length):
        expect(edge == len(pool) or pool[edge] & 0xC0 != 0x80)


def _check_input(record: tuple[Any, ...], pool: bytes) -> tuple[int, int]:
    name_offset, name_length, zone_offset, zone_length, kind, unit, fitted, reserved = record
    _check_name(name_offset, name_length, pool)
    _check_name(zone_offset, zone_length, pool)
    expect(name_length > 0 and kind in KIND_SLOTS and 1 <= fitted <= 28)
    expect(1 <= unit <= 5 if kind == 4 else unit == 0 and zone_length == 0)
    expect(not any(bytes(reserved)))
    return kind, unit


def _check_output(record: tuple[Any, ...], pool: bytes) -> int:
    name_offset, name_length, kind, categorical, reserved, cardinality, reserved2 = record
    _check_name(name_offset, name_length, pool)
    expect(name_length > 0 and kind in (1, 2) and categorical <= 1)
    expect(not any(bytes(reserved)) and not any(bytes(reserved2)))
    return cardinality


def _step(fields: tuple[Any, ...]) -> Step:
    code, flags, num_inputs, num_outputs = fields[:4]
    inputs, outputs, reserved, reserved2 = fields[4:8], fields[8:12], fields[12], fields[23]
    expect(flags == 0 and reserved == 0 and not any(reserved2))
    expect(num_inputs <= 4 and num_outputs <= 4)
    expect(not any(inputs[num_inputs:]) and not any(outputs[num_outputs:]))
    bits = struct.unpack("<4Q", struct.pack("<4d", *fields[13:17]))
    return Step(
        code,
        inputs[:num_inputs],
        outputs[:num_outputs],
        numbers=fields[13:17],
        number_bits=bits,
        integers=fields[17:21],
        data_offset=fields[21],
        data_length=fields[22],
    )


def _check_step(step: Step, plan: Plan, data: bytes) -> None:
    expect(step.code in STEPS)
    expect(all(slot in plan.cardinality for slot in step.inputs))
    expect(all(slot < len(plan.slots) for slot in step.outputs))
    expect(len(set(step.outputs)) == len(step.outputs))
    expect(step.data_offset % 64 == 0 and step.data_offset + step.data_length <= len(data))
    step.payload = data[step.data_offset : step.data_offset + step.data_length]
    num_numbers, integers, payload, own_check = STEPS[step.code]
    expect(not any(step.number_bits[num_numbers(step, plan) :]))
    used = integers(step, plan)
    expect(all(value == 0 for i, value in enumerate(step.integers) if i not in used))
    if not payload(step, plan):
        expect(step.data_offset == 0 and step.data_length == 0)
    own_check(step, plan)
    for slot in step.inputs:
        if plan.slots[slot] == I32:
            room = plan.outputs[step.integers[0]] if step.code == 2 else step.integers[3]
            expect(room == 0 or plan.cardinality[slot] <= room)
    for slot in step.outputs:
        plan.cardinality[slot] = 0
        if plan.slots[slot] == I32:
            expect(1 <= step.integers[3] <= 1 << 31)
            plan.cardinality[slot] = step.integers[3]


def _load(step: Step, plan: Plan) -> None:
    plan.reads(step)
    expect(step.integers[0] < len(plan.inputs))
    kind, unit = plan.inputs[step.integers[0]]
    expect(step.integers[1:3] == (kind, unit))
    plan.writes(step, KIND_SLOTS[kind])


def _store(step: Step, plan: Plan) -> None:
    expect(len(step.inputs) == 1 and not step.outputs)
    expect(plan.slots[step.inputs[0]] in (F64, F32, I32))
    expect(step.integers[0] == plan.num_stored < len(plan.outputs))
    plan.num_stored += 1


def _affine(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)
    center, scale = step.numbers[:2]
    expect(math.isfinite(center) and math.isfinite(scale) and scale != 0)


def _log1p(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)


def _clip(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)
    expect(step.numbers[0] <= step.numbers[1])


def _fill(step: Step, plan: Plan) -> None:
    type_ = _slot_type(step, plan)
    expect(type_ in (F64, I64, BYTES))
    plan.reads(step, type_)
    plan.writes(step, type_, in_place=True)
    expect(type_ != F64 or not math.isnan(step.numbers[0]))


def _count_edges(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, I32)
    check_edges(step.payload, step.integers[3])


def _lookup(step: Step, plan: Plan) -> None:
    type_ = _slot_type(step, plan)
    expect(type_ in (BYTES, I64, F64))
    plan.reads(step, type_)
    plan.writes(step, I32)
    expect(step.integers[3] == check_lookup_table(step.payload, type_) + 2)


def _gather(step: Step, plan: Plan) -> None:
    plan.reads(step, I32)
    plan.writes(step, F64)
    expect(step.data_length > 0 and step.data_length % 8 == 0)
    expect(step.integers[3] == step.data_length // 8)


def _date_part(step: Step, plan: Plan) -> None:
    plan.reads(step, I64)
    plan.writes(step, F64)
    part, unit = step.integers[:2]
    expect(part in DATE_PART_COUNTS and 1 <= unit <= 5)
    expect(step.data_length in (0, DATE_PART_COUNTS[part] * 8))
    expect(step.data_length > 0 or step.data_offset == 0)


def _hash(step: Step, plan: Plan) -> None:
    type_ = _slot_type(step, plan)
    expect(type_ < F64_LIST)
    plan.reads(step, type_)
    plan.writes(step, I64)


def _combine_hashes(step: Step, plan: Plan) -> None:
    plan.reads(step, I64, I64)
    plan.writes(step, I64, in_place=True)


def _hash_bucket(step: Step, plan: Plan) -> None:
    plan.reads(step, I64)
    plan.writes(step, I32)
    expect(1 <= step.integers[3] < 1 << 31)


def _local_time(step: Step, plan: Plan) -> None:
    plan.reads(step, I64)
    plan.writes(step, I64, in_place=True)
    expect(1 <= step.integers[0] <= 4)
    check_zone_table(step.payload)


def _is_missing(step: Step, plan: Plan) -> None:
    plan.reads(step, _slot_type(step, plan))
    plan.writes(step, F64)


def _store_one_hot(step: Step, plan: Plan) -> None:
    plan.reads(step, I32)
    first, count, _, num_ids = step.integers
    expect(not step.outputs and count >= 1 and num_ids >= 1)
    expect(first == plan.num_stored and first + count <= len(plan.outputs))
    expect(len(step.payload) == 4 * num_ids)
    expect(all(place <= count for (place,) in struct.iter_unpack("<I", step.payload)))
    plan.num_stored += count


def _store_multi_hot(step: Step, plan: Plan) -> None:
    type_ = _slot_type(step, plan)
    expect(type_ in ELEMENTS and not step.outputs)
    first, count, unseen, missing = step.integers
    expect(count >= 1 and unseen <= count and missing <= count)
    expect(first == plan.num_stored and first + count <= len(plan.outputs))
    expect(check_lookup_table(step.payload, ELEMENTS[type_]) <= count)
    plan.num_stored += count


def _power(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)
    expect(math.isfinite(step.numbers[0]) and step.integers[0] in (1, 2))


def _interpolate(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)
    expect(len(step.payload) % 32 == 0)
    values = [value for (value,) in struct.iter_unpack("<d", step.payload)]
    expect(all(map(math.isfinite, values)))
    places = values[: len(values) // 4]
    expect(all(0 < b - a < math.inf for a, b in itertools.pairwise(places)))


def _normal_quantile(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, F64, in_place=True)


def _arithmetic(step: Step, plan: Plan) -> None:
    two = len(step.inputs) == 2
    plan.reads(step, *[F64] * (2 if two else 1))
    plan.writes(step, F64, in_place=True)
    expect(1 <= step.integers[0] <= 4 and math.isfinite(step.numbers[0]))
    expect(step.integers[1] == 0 if two else step.integers[1] in (1, 2))


def _slot_type(step: Step, plan: Plan) -> int:
    expect(len(step.inputs) == 1)
    return plan.slots[step.inputs[0]]


def _row(
    own_check: Callable[[Step, Plan], None],
    *,
    numbers: int = 0,
    integers: tuple[int, ...] = (),
    payload: bool = False,
) -> tuple[
    Callable[[Step, Plan], int],
    Callable[[Step, Plan], tuple[int, ...]],
    Callable[[Step, Plan], bool],
    Callable[[Step, Plan], None],
]:
    return (lambda *_: numbers, lambda *_: integers, lambda *_: payload, own_check)


# Which numbers, integers and payload each step uses; what fill uses depends on its slot.
STEPS = {
    1: _row(_load, integers=(0, 1, 2)),
    2: _row(_store, integers=(0,)),
    3: _row(_affine, numbers=2),
    4: _row(_log1p),
    5: _row(_clip, numbers=2),
    6: (
        lambda step, plan: 1 if _slot_type(step, plan) == F64 else 0,
        lambda step, plan: (0,) if _slot_type(step, plan) == I64 else (),
        lambda step, plan: _slot_type(step, plan) == BYTES,
        _fill,
    ),
    7: _row(_count_edges, integers=(3,), payload=True),
    8: _row(_lookup, integers=(3,), payload=True),
    9: _row(_gather, integers=(3,), payload=True),
    10: _row(_date_part, integers=(0, 1), payload=True),
    11: _row(_hash),
    12: _row(_combine_hashes),
    13: _row(_hash_bucket, integers=(3,)),
    14: _row(_local_time, integers=(0,), payload=True),
    15: _row(_is_missing),
    16: _row(_store_one_hot, integers=(0, 1, 3), payload=True),
    17: _row(_store_multi_hot, integers=(0, 1, 2, 3), payload=True),
    18: _row(_power, numbers=1, integers=(0,)),
    19: _row(_interpolate, payload=True),
    20: _row(_normal_quantile),
    21: (
        lambda step, _: 0 if len(step.inputs) == 2 else 1,
        lambda *_: (0, 1),
        lambda *_: False,
        _arithmetic,
    ),
}
