"""Drift of strings, booleans and times on a GPU: the report of the CPU, bit for bit."""

from __future__ import annotations

import ctypes
import datetime
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors, gpu
from mainspring.gpu.columns import columns_of
from mainspring.gpu.groups import BY_VALUE, RowChoice, chosen_column, group_rows
from mainspring.gpu.library import Grouping, Groups, call
from tests.gpu.emulation import Emulation

NUM_ROWS = 70_000  # numbers and times are counted on edges
WORDS = ["", "a", "ab", "zürich", "x" * 8, "x" * 9, "y" * 255, "y" * 256, "y" * 257, "z" * 3000]
DAY = 86_400


def categories(seed: int, shift: float, num_rows: int = NUM_ROWS) -> dict[str, pa.Array]:
    """Every layout of strings and booleans that a GPU reads."""
    rng = np.random.default_rng(seed)
    skewed = np.minimum(rng.geometric(0.3 + shift, num_rows) - 1, len(WORDS) - 1)
    words = np.array(WORDS, object)[skewed]
    missing = rng.random(num_rows) < 0.1 + shift
    plain = pa.array(words, pa.string(), mask=missing)
    many = pa.array([f"id {i}" for i in rng.integers(0, 9000, num_rows)], pa.string())
    flags = pa.array(rng.random(num_rows) < 0.3 + shift, mask=missing)
    entries = pa.array(["b", None, "a", "b", "never"])  # null and twice the same, as Arrow allows
    codes = pa.array(rng.integers(0, 4, num_rows).astype(np.int8), mask=missing)
    return {
        "plain": plain,
        "large": plain.cast(pa.large_string()),
        "bytes": plain.cast(pa.binary()),
        "large_bytes": plain.cast(pa.large_binary()),
        "coded": plain.dictionary_encode(),
        "odd": pa.DictionaryArray.from_arrays(codes, entries),
        "many": many,
        "many_coded": many.dictionary_encode(),  # too many to count in shared memory
        "flags": flags,
        "one": pa.array(["same"] * num_rows, pa.string()),
        "none": pa.array([None] * num_rows, pa.string()),
        "never": pa.array(np.zeros(num_rows, bool)),
    }


def times(seed: int, shift: float, num_rows: int = NUM_ROWS) -> dict[str, pa.Array]:
    """Every unit, before 1970 too, and times that no microseconds can say."""
    rng = np.random.default_rng(seed)
    seconds = (rng.normal(shift * 1e6, 1e8, num_rows)).astype(np.int64)
    missing = rng.random(num_rows) < 0.05
    found = {}
    for unit, ticks in {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}.items():
        ticked = seconds * ticks + rng.integers(0, ticks, num_rows)
        found[unit] = pa.array(ticked, pa.timestamp(unit), mask=missing)
    far = seconds.copy()
    far[::50] = 2**62
    found["far"] = pa.array(far, pa.timestamp("s"))
    found["zone"] = found["us"].cast(pa.timestamp("us", "Europe/Zurich"))
    found["days"] = pa.array((seconds // DAY).astype(np.int32), pa.date32(), mask=missing)
    found["date64"] = pa.array(seconds // DAY * DAY * 1000, pa.date64(), mask=missing)
    found["coded"] = found["days"].dictionary_encode()
    return found


def as_bits(report: Any) -> list[str]:
    """All that a report says of its columns; repr of a float is its bits."""
    return [repr(column) for column in report.columns]


@pytest.mark.parametrize("num_rows", [0, 1, 999, NUM_ROWS])
def test_report_of_categories_is_that_of_the_cpu(device: Emulation | None, num_rows: int) -> None:
    reference = ms.profile(pa.table(categories(1, 0.0)))
    now = pa.table(categories(2, 0.05, num_rows))
    before = 0 if device is None else device.used_bytes
    got = ms.detect_drift(reference, gpu.DeviceTable(now))
    expected = ms.detect_drift(reference, now)
    assert as_bits(got) == as_bits(expected)
    if num_rows == NUM_ROWS:
        assert {"plain", "coded", "bytes", "flags"} <= set(got.drifted)
        assert not {"one", "never"} & set(got.drifted)
    if device is not None:
        assert device.used_bytes == before


@pytest.mark.parametrize("num_rows", [1, 999, NUM_ROWS])
def test_report_of_times_is_that_of_the_cpu(device: Emulation | None, num_rows: int) -> None:
    reference = ms.profile(pa.table(times(1, 0.0)))
    now = pa.table(times(2, 5.0, num_rows))
    got = ms.detect_drift(reference, gpu.DeviceTable(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, now))


def test_all_statistics_of_two_tables_on_a_gpu_are_those_of_the_cpu(
    device: Emulation | None,
) -> None:
    before = pa.table({**categories(1, 0.0, 5000), **times(1, 0.0, 5000)})
    now = pa.table({**categories(2, 0.05, 5000), **times(2, 5.0, 5000)})
    got = ms.detect_drift(gpu.DeviceTable(before), gpu.DeviceTable(now), statistics="all")
    expected = ms.detect_drift(before, now, statistics="all", exact=True)
    assert as_bits(got) == as_bits(expected)


def test_rows_of_a_slice_are_its_own(device: Emulation | None) -> None:
    # Offsets that are not 0: of rows, of bits, of a dictionary's indices.
    whole = pa.table({**categories(2, 0.05, 3000), **times(2, 5.0, 3000)})
    now = pa.record_batch(whole.slice(1013).combine_chunks().to_batches()[0])
    reference = ms.profile(whole)
    got = ms.detect_drift(reference, gpu.DeviceTable(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, now))


def test_bytes_of_a_device_array_are_booleans(device: Emulation | None) -> None:
    rng = np.random.default_rng(3)
    reference = ms.profile(pa.table({"x": rng.random(5000) < 0.5}))
    now = rng.random(NUM_ROWS) < 0.7
    got = ms.detect_drift(reference, {"x": gpu.to_device(now)})
    assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table({"x": now})))
    assert got.drifted == ["x"]


def test_a_column_of_another_kind_is_the_finding_of_the_cpu(device: Emulation | None) -> None:
    numbers = pa.array(np.arange(NUM_ROWS, dtype=np.int16) % 7)
    words, flags = pa.array(["a", "b"] * (NUM_ROWS // 2)), pa.array([True, False] * (NUM_ROWS // 2))
    reference = ms.profile(pa.table({"x": words, "y": numbers, "z": flags, "coded": words}))
    now = pa.table({"x": numbers, "y": flags, "z": words, "coded": words.dictionary_encode()})
    got = ms.detect_drift(reference, gpu.DeviceTable(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, now))
    assert [column.broken for column in got.columns] == [True, True, True, False]


def test_more_strings_than_a_profile_keeps_are_bounded(device: Emulation | None) -> None:
    common = ["some"] * 30_000 + ["more"] * 50_000
    values = [*common, *(f"v{i}" for i in range(70_000))]
    np.random.default_rng(4).shuffle(values)
    now = pa.table({"x": values})
    reference = ms.profile(pa.table({"x": values[:20_000]}))
    got = ms.detect_drift(reference, gpu.DeviceTable(now)).column("x")
    assert not got.exact
    assert got.current_rows == len(values)
    bound = 2 * len(values) / 65_536  # of what each count may be short of
    counts = {each.value: each.current for each in got.categories}
    for word, count in Counter(common).items():
        assert 0 <= count - counts[word] <= bound


def test_values_that_share_bits_of_a_hash_are_told_apart(device: Emulation | None) -> None:
    # A column that claims all rows there may be leaves 33 bits to hashes: of 300,000 values some
    # five pairs share them, and their rows lie mixed.
    values = np.tile(np.arange(300_000, dtype=np.int32), 2)
    found = columns_of({"x": gpu.to_device(values)}, ["x"], None, None)
    found.columns[0].num_rows = 2**31 - 1
    groups = group_rows(found, 0, "x", Grouping(by=BY_VALUE))
    assert groups.num_groups > 300_000
    times = np.zeros(300_000, np.int64)
    np.add.at(times, groups.values, groups.counts.astype(np.int64))
    assert (times == 2).all()
    fewer = {
        group_rows(found, 0, "x", Grouping(by=BY_VALUE, seed=seed)).num_groups for seed in (1, 2)
    }
    assert fewer != {groups.num_groups}


def test_what_cannot_be_grouped_or_counted_is_refused(device: Emulation | None) -> None:
    found = columns_of({"x": gpu.to_device(np.arange(5.0))}, ["x"], None, None)
    with pytest.raises(errors.ParameterError, match="periods of kind 3 and length 1"):
        group_rows(found, 0, "x", Grouping(by=3, length=1))
    with pytest.raises(errors.ParameterError, match="kind 1 and length 0"):
        group_rows(found, 0, "x", Grouping(by=1))
    with pytest.raises(errors.ParameterError, match="'x' holds no times"):
        group_rows(found, 0, "x", Grouping(by=2, length=1))
    with pytest.raises(errors.ParameterError, match="has 5 rows, expected 7"):
        group_rows(found, 0, "x", Grouping(by=BY_VALUE), RowChoice(3, 4))
    host = np.arange(5, dtype=np.uint64)
    with pytest.raises(errors.ParameterError, match=r"'x' \(rows\) lies in host memory"):
        group_rows(found, 0, "x", Grouping(), RowChoice(0, 5, host.ctypes.data, 7))
    out = ctypes.POINTER(Groups)()
    with pytest.raises(errors.UnsupportedError, match="'x' has no codes"):
        call("ms_gpu_count_codes", 0, chosen_column(found, 0, "x"), ctypes.byref(out), None)
    found.columns[0].num_rows = 2**31
    with pytest.raises(errors.UnsupportedError, match="at most 2147483647 are grouped"):
        group_rows(found, 0, "x", Grouping())


def test_lists_are_refused_by_name(device: Emulation | None) -> None:
    table = pa.table({"x": pa.array([[1.0], [2.0]])})
    with pytest.raises(errors.SchemaError, match="Column 'x' has type list"):
        gpu.DeviceTable(table)


@pytest.mark.parametrize(
    ("name", "rooms"),
    [
        ("plain", [1, 1000, 20_000, 33_000]),
        ("coded", [1, 50, 200, 1000]),
        ("flags", [1, 20]),
        ("many_coded", [1, 14_000, 30_000]),
    ],
)
def test_a_device_without_room_says_so_and_keeps_nothing(
    emulation: Emulation, name: str, rooms: list[int]
) -> None:
    table = pa.table(categories(2, 0.0, 2000)).select([name])
    reference = ms.profile(table)
    now = gpu.DeviceTable(table)
    before = emulation.used_bytes
    for room in rooms:
        with emulation.room(room), pytest.raises(errors.DeviceError, match="of memory left"):
            ms.detect_drift(reference, now)
        assert emulation.used_bytes == before


def test_a_kernel_that_fails_is_named(emulation: Emulation) -> None:
    table = pa.table({"x": ["a", "b"], "when": [datetime.datetime(2026, 1, 1)] * 2})
    reference, now = ms.profile(table), gpu.DeviceTable(table)
    with (
        emulation.failing_launch(sticky=True),
        pytest.raises(errors.DeviceError, match="illegal memory access"),
    ):
        ms.detect_drift(reference, now)
    assert len(ms.detect_drift(reference, now).columns) == 2
