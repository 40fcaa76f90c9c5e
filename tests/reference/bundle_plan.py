"""The PLAN and POOL sections, checked as docs/format.md says."""

from __future__ import annotations

import struct
from typing import Any

from tests.reference.bundle_payloads import align, check_name, expect
from tests.reference.bundle_records import BYTES_LIST, F32, I32, Plan, Step
from tests.reference.bundle_steps import KIND_SLOTS, STEPS

HEADER = struct.Struct("<5I44s")
INPUT = struct.Struct("<IIIIBBB45s")
OUTPUT = struct.Struct("<IIBB2sII12s")
STEP = struct.Struct("<IIHH4H4HI4d4QQQ16s")


def check(plan_section: bytes, pool: bytes, data: bytes) -> tuple[int, bool]:
    """Check both sections; return the number of features and whether the plan is wide."""
    expect(len(plan_section) >= HEADER.size)
    num_inputs, num_slots, num_steps, num_outputs, flags, reserved = HEADER.unpack_from(
        plan_section
    )
    expect(1 <= num_inputs <= 1 << 16 and 1 <= num_slots <= 1 << 12)
    expect(1 <= num_steps <= 1 << 20 and num_outputs <= 1 << 20)
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
        pool=pool,
    )
    expect(sum(features or 1 for _, features in plan.outputs) < 1 << 31)
    expect(all(F32 <= type_ <= BYTES_LIST for type_ in plan.slots))
    records = [_step(fields) for fields in STEP.iter_unpack(steps)]
    total = sum(step.data_length for step in records)
    expect(total <= 256 * len(data) + 16384 * len(records))
    for step in records:
        _check_step(step, plan, data)
    expect(plan.num_outputs_stored == num_outputs and (num_outputs or plan.num_lists))
    try:
        pool.decode("utf-8", "strict")
    except UnicodeDecodeError:
        expect(False)
    return plan.num_stored, flags == 1


def _check_input(record: tuple[Any, ...], pool: bytes) -> tuple[int, int]:
    name_offset, name_length, zone_offset, zone_length, kind, unit, fitted, reserved = record
    check_name(name_offset, name_length, pool)
    check_name(zone_offset, zone_length, pool)
    expect(name_length > 0 and kind in KIND_SLOTS and 1 <= fitted <= 28)
    expect(1 <= unit <= 5 if kind == 4 else unit == 0 and zone_length == 0)
    expect(not any(bytes(reserved)))
    return kind, unit


def _check_output(record: tuple[Any, ...], pool: bytes) -> tuple[int, int]:
    name_offset, name_length, kind, categorical, reserved, cardinality, features, reserved2 = record
    check_name(name_offset, name_length, pool)
    expect(name_length > 0 and kind in (1, 2) and categorical <= 1)
    expect(features != 1 and not any(bytes(reserved)) and not any(bytes(reserved2)))
    return cardinality, features


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
            output = plan.outputs[plan.num_outputs_stored - 1]  # of a store, which has run
            room = output[0] if step.code == 2 else step.integers[3]
            expect(room == 0 or plan.cardinality[slot] <= room)
    for slot in step.outputs:
        plan.cardinality[slot] = 0
        if plan.slots[slot] == I32:
            expect(1 <= step.integers[3] <= 1 << 31)
            plan.cardinality[slot] = step.integers[3]
