"""What a reader refuses in each step's record, written from docs/format.md alone."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable

from tests.reference.bundle_payloads import (
    check_characters,
    check_edges,
    check_lookup_table,
    check_name,
    check_pattern,
    check_texts,
    check_time_formats,
    check_zone_table,
    expect,
    is_mark,
)
from tests.reference.bundle_records import (
    BYTES,
    BYTES_LIST,
    F32,
    F64,
    F64_LIST,
    I32,
    I64,
    I64_LIST,
    Plan,
    Step,
)

KIND_SLOTS = {1: F64, 2: I64, 3: BYTES, 4: I64, 5: F64_LIST, 6: I64_LIST, 7: BYTES_LIST}
ELEMENTS = {F64_LIST: F64, I64_LIST: I64, BYTES_LIST: BYTES}
DATE_PART_COUNTS = dict.fromkeys(range(1, 21), 0)
DATE_PART_COUNTS |= {2: 4, 3: 12, 4: 31, 5: 7, 6: 366, 7: 24, 8: 60, 9: 60, 10: 53}
LAST_DAY = (2**63 - 1) // 86_400 + 1


def _load(step: Step, plan: Plan) -> None:
    plan.reads(step)
    expect(step.integers[0] < len(plan.inputs))
    kind, unit = plan.inputs[step.integers[0]]
    expect(step.integers[1:3] == (kind, unit) and step.integers[3] <= (KIND_SLOTS[kind] == F64))
    plan.writes(step, KIND_SLOTS[kind])


def _store(step: Step, plan: Plan) -> None:
    expect(plan.type_of(step) in (F64, F32, I32) and not step.outputs)
    plan.stores(step.integers[0], 1, one=True)


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
    type_ = plan.type_of(step)
    expect(type_ in (F64, I64, BYTES))
    plan.writes(step, type_, in_place=True)
    expect(type_ != F64 or not math.isnan(step.numbers[0]))


def _count_edges(step: Step, plan: Plan) -> None:
    plan.reads(step, F64)
    plan.writes(step, I32)
    check_edges(step.payload, step.integers[3])


def _lookup(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    expect(type_ in (BYTES, I64, F64))
    plan.reads(step, type_)
    plan.writes(step, I32)
    expect(step.integers[3] == check_lookup_table(step.payload, type_) + 2)


def _gather(step: Step, plan: Plan) -> None:
    expect(step.integers[0] <= 1)
    plan.reads(step, I32, *[F64] * step.integers[0])
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
    type_ = plan.type_of(step)
    expect(type_ < F64_LIST)
    plan.reads(step, type_)
    plan.writes(step, I64)


def _combine_hashes(step: Step, plan: Plan) -> None:
    plan.reads(step, I64, I64)
    plan.writes(step, I64, in_place=True)


def _hash_bucket(step: Step, plan: Plan) -> None:
    kind, buckets, _, cardinality = step.integers
    plan.reads(step, I64, *[I32] * (kind == 2))
    plan.writes(step, I32)
    expect(kind <= 2 and (buckets >= 2 if kind == 2 else buckets == 0))
    expect((buckets if kind == 2 else kind) < cardinality < 1 << 31)


def _local_time(step: Step, plan: Plan) -> None:
    plan.reads(step, I64)
    plan.writes(step, I64, in_place=True)
    expect(1 <= step.integers[0] <= 4)
    check_zone_table(step.payload)


def _is_missing(step: Step, plan: Plan) -> None:
    plan.reads(step, plan.type_of(step))
    plan.writes(step, F64)


def _store_one_hot(step: Step, plan: Plan) -> None:
    plan.reads(step, I32)
    first, count, _, num_ids = step.integers
    expect(not step.outputs and count >= 1 and num_ids >= 1)
    plan.stores(first, count)
    if not step.payload:  # an id is its feature
        expect(num_ids == count and step.data_offset == 0)
        return
    expect(len(step.payload) == 4 * num_ids)
    expect(all(place <= count for (place,) in struct.iter_unpack("<I", step.payload)))


def _store_multi_hot(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    expect(type_ in ELEMENTS and not step.outputs)
    first, count, unseen, missing = step.integers
    expect(count >= 1 and unseen <= count and missing <= count)
    plan.stores(first, count)
    expect(check_lookup_table(step.payload, ELEMENTS[type_]) <= count)


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


def _elapsed(step: Step, plan: Plan) -> None:
    two = len(step.inputs) == 2
    plan.reads(step, *[I64] * (2 if two else 1))
    plan.writes(step, F64)
    expect(math.isfinite(step.numbers[0]) and step.numbers[0] > 0)
    expect(1 <= step.integers[0] <= 5 and 1 <= step.integers[1] <= 5)
    expect(not two or step.integers[3] == 0)


def _calendar(step: Step, plan: Plan) -> None:
    question, unit, week, second_unit = step.integers
    expect(1 <= question <= 5 and 1 <= unit <= 5)
    plan.reads(step, *[I64] * (2 if question == 5 else 1))
    plan.writes(step, F64)
    expect(1 <= second_unit <= 5 if question == 5 else second_unit == 0)
    expect(1 <= week < 128 if question >= 4 else week == 0)
    expect(len(step.payload) % 8 == 0 and (len(step.payload) > 0 or step.data_offset == 0))
    days = [day for (day,) in struct.iter_unpack("<q", step.payload)]
    expect(all(abs(day) <= LAST_DAY for day in days))
    expect(all(a < b for a, b in itertools.pairwise(days)))
    expect(question < 4 or all(week >> (day + 3) % 7 & 1 for day in days))


def _pool_list(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    plan.writes(step, F64)
    expect(1 <= step.integers[0] <= 6)
    expect(type_ in ELEMENTS if step.integers[0] == 1 else type_ == F64_LIST)


def _slice_list(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    expect(type_ in ELEMENTS)
    plan.writes(step, type_, in_place=True)


def _list_elements(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    expect(type_ in ELEMENTS and step.integers[0] <= 1 << 32 and step.outputs != ())
    expect(all(plan.slots[slot] == ELEMENTS[type_] for slot in step.outputs))


def _strip(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, BYTES, in_place=True)
    expect(1 <= step.integers[0] <= 3 and step.data_length >= 16)
    check_characters(step.payload[16:])


def _null_if(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    expect(type_ in (BYTES, I64, F64))
    plan.reads(step, type_)
    plan.writes(step, type_, in_place=True)
    check_lookup_table(step.payload, type_)


def _parse_number(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, F64)
    decimal, thousands = step.integers[:2]
    expect(decimal not in (0, thousands) and is_mark(decimal) and is_mark(thousands))


def _gather_bytes(step: Step, plan: Plan) -> None:
    keeps = len(step.inputs) == 2
    plan.reads(step, I32, *[BYTES] * keeps)
    plan.writes(step, BYTES)
    check_texts(step.payload, step.integers[3], keeps=keeps)


def _parse_datetime(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, I64)
    zone_bytes = step.integers[0]
    expect(zone_bytes <= len(step.payload))
    if zone_bytes:
        check_zone_table(step.payload[:zone_bytes])
    check_time_formats(step.payload[zone_bytes:])


def _extract(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, BYTES, in_place=True)
    check_pattern(step.payload)


def _change_case(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, BYTES, in_place=True)
    expect(1 <= step.integers[0] <= 4)


def _text_part(step: Step, plan: Plan) -> None:
    plan.reads(step, BYTES)
    plan.writes(step, F64)
    part, share = step.integers[:2]
    expect(1 <= part <= 9 and (share == 0 or (share == 1 and part >= 4)))


def _ngrams(step: Step, plan: Plan, num_ids: int = 0) -> None:
    plan.reads(step, BYTES)
    first, count, which, values = step.integers
    plan.stores(first, count, num_ids=num_ids)
    analyzer, low, high, length = (which & 0xFFFFFFFF).to_bytes(4, "little")
    expect(1 <= analyzer <= 3 and 1 <= low <= high <= 16 and which >> 33 == 0)
    expect(not step.outputs and count >= 1 and 1 <= length <= (255 if analyzer == 1 else 1))
    expect(num_ids or (values & 255 <= 2 and values >> 8 in (0, 1, 2, 4, 5)))


def _store_jagged(step: Step, plan: Plan) -> None:
    type_ = plan.type_of(step)
    number, name, length, num_ids = step.integers
    expect(type_ in ELEMENTS and not step.outputs and number == plan.num_lists)
    plan.num_lists += 1
    expect(length >= 1 and 2 <= num_ids <= 1 << 24)
    check_name(name, length, plan.pool)
    expect(step.payload or step.data_offset == 0)
    expect(not step.payload or check_lookup_table(step.payload, ELEMENTS[type_]) + 2 == num_ids)


def _store_hashed_ngrams(step: Step, plan: Plan) -> None:
    _ngrams(step, plan)
    expect(step.integers[3] >> 10 == 0)


def _store_known_ngrams(step: Step, plan: Plan) -> None:
    _ngrams(step, plan)
    count, table_at = step.integers[1], -(-step.integers[1] // 8) * 64
    expect(step.integers[3] >> 9 & 1 == 0 and len(step.payload) >= table_at)
    expect(all(0 <= x <= 1e6 for x in struct.unpack_from(f"<{count}d", step.payload)))
    expect(not any(step.payload[8 * count : table_at]))
    expect(check_lookup_table(step.payload[table_at:], BYTES) <= count)


def _store_word_ids(step: Step, plan: Plan) -> None:
    num_ids = check_lookup_table(step.payload, BYTES) + 2
    _ngrams(step, plan, num_ids)
    expect(step.integers[3] == num_ids and step.integers[2] & 0xFFFFFF == 0x010101)


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
    1: _row(_load, integers=(0, 1, 2, 3)),
    2: _row(_store, integers=(0,)),
    3: _row(_affine, numbers=2),
    4: _row(_log1p),
    5: _row(_clip, numbers=2),
    6: (
        lambda step, plan: 1 if plan.type_of(step) == F64 else 0,
        lambda step, plan: (0,) if plan.type_of(step) == I64 else (),
        lambda step, plan: plan.type_of(step) == BYTES,
        _fill,
    ),
    7: _row(_count_edges, integers=(3,), payload=True),
    8: _row(_lookup, integers=(3,), payload=True),
    9: _row(_gather, integers=(0, 3), payload=True),
    10: _row(_date_part, integers=(0, 1), payload=True),
    11: _row(_hash),
    12: _row(_combine_hashes),
    13: _row(_hash_bucket, integers=(0, 1, 3)),
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
    22: _row(_elapsed, numbers=1, integers=(0, 1, 3)),
    23: _row(_calendar, integers=(0, 1, 2, 3), payload=True),
    24: _row(_pool_list, integers=(0,)),
    25: _row(_slice_list, integers=(0, 1)),
    26: _row(_list_elements, integers=(0,)),
    27: _row(_strip, integers=(0,), payload=True),
    28: _row(_null_if, payload=True),
    29: _row(_parse_number, integers=(0, 1)),
    30: _row(_gather_bytes, integers=(3,), payload=True),
    31: _row(_parse_datetime, integers=(0,), payload=True),
    32: _row(_extract, payload=True),
    33: _row(_text_part, integers=(0, 1)),
    34: _row(_store_hashed_ngrams, integers=(0, 1, 2, 3)),
    35: _row(_store_known_ngrams, integers=(0, 1, 2, 3), payload=True),
    36: _row(_change_case, integers=(0,)),
    37: _row(_store_jagged, integers=(0, 1, 2, 3), payload=True),
    38: _row(_store_word_ids, integers=(0, 1, 2, 3), payload=True),
}
