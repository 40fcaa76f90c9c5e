"""Windows of data on a GPU: rows put in order there, and the report of the CPU, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors, gpu
from mainspring.drift import device_windows
from mainspring.gpu.groups import RowGroups
from mainspring.gpu.library import Grouping
from tests.gpu.emulation import Emulation

NUM_ROWS = 6000
START = np.datetime64("2025-11-03T05:00:00", "s")


def table(seed: int, shift: float, num_rows: int = NUM_ROWS) -> pa.Table:
    rng = np.random.default_rng(seed)
    seconds = rng.integers(-40 * 86_400, 40 * 86_400, num_rows) + START.astype(np.int64)
    missing = rng.random(num_rows) < 0.02
    words = np.array(["north", "south", "", "zürich"], object)[rng.integers(0, 4, num_rows)]
    numbers = rng.normal(size=num_rows) + shift * (seconds > START.astype(np.int64))
    floats = rng.choice([-0.0, 0.0, 1.5, np.nan, np.inf], num_rows)
    return pa.table(
        {
            "x": pa.array(numbers, mask=missing),
            "word": pa.array(words, pa.string(), mask=rng.random(num_rows) < 0.1),
            "flag": pa.array(rng.random(num_rows) < 0.4 + shift / 4, mask=missing),
            "when": pa.array(seconds * 10**6 + 999_999, pa.timestamp("us"), mask=missing),
            "coarse": pa.array(seconds, pa.timestamp("s", "UTC")),
            "day": pa.array((seconds // 86_400).astype(np.int32), pa.date32(), mask=missing),
            "coded": pa.array(words, pa.string(), mask=missing).dictionary_encode(),
            "said": pa.array(np.where(words == "", "missing", words), pa.string(), mask=missing),
            "int": pa.array(rng.integers(-3, 3, num_rows), mask=missing),
            "wide": pa.array(rng.integers(0, 3, num_rows).astype(np.uint64) + 2**63),
            "double": pa.array(floats, from_pandas=False),
            "float": pa.array(floats.astype(np.float32), from_pandas=False),
        }
    )


def as_bits(report: Any) -> list[Any]:
    """All that a report says of its columns, of each window, and its alerts."""
    return [
        *(repr(column) for column in report.columns),
        *((each.name, each.num_rows, repr(each.columns)) for each in report.windows),
        repr(report.alerts),
        report.new_columns,
        report.skipped,
    ]


CUTS: list[dict[str, Any]] = [
    {"window_rows": 1},
    {"window_rows": 777},
    {"window_rows": NUM_ROWS},
    {"window_rows": 10**9},
    *({"window_column": "when", "window_period": each} for each in ("9h", "1d", "2w", "1mo")),
    {"window_column": "coarse", "window_period": "7mo"},
    {"window_column": "day", "window_period": "3d"},
    {"window_column": "day", "window_period": "12mo"},
    *(
        {"window_column": each}
        for each in ("word", "coded", "said", "flag", "int", "wide", "double", "float", "day")
    ),
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: "-".join(map(str, cut.values())))
def test_windows_are_those_of_the_cpu(device: Emulation | None, cut: dict[str, Any]) -> None:
    few = cut.get("window_rows") == 1
    reference = ms.profile(table(1, 0.0))
    now = table(2, 1.0, 40 if few else NUM_ROWS)
    before = 0 if device is None else device.used_bytes
    got = ms.detect_drift(reference, gpu.DeviceTable(now), **cut)
    expected = ms.detect_drift(reference, now, **cut)
    assert len(expected.windows) > 0
    assert as_bits(got) == as_bits(expected)
    if device is not None:
        assert device.used_bytes == before


def test_only_columns_asked_for_are_read(device: Emulation | None) -> None:
    reference, now = ms.profile(table(1, 0.0)), table(2, 1.0)
    cut = {"window_column": "when", "window_period": "2w"}
    got = ms.detect_drift(reference, gpu.DeviceTable(now), columns=["x", "word"], **cut)
    expected = ms.detect_drift(reference, now, columns=["x", "word"], **cut)
    assert as_bits(got) == as_bits(expected)
    assert [alert.column for alert in got.alerts] == ["x"]


def test_device_arrays_have_windows_too(device: Emulation | None) -> None:
    rng = np.random.default_rng(1)
    host = {
        "x": rng.normal(size=900),
        "part": np.repeat(np.arange(3), 300),
        "f": rng.random(900) < 0.5,
    }
    reference = ms.profile(pa.table(host))
    there = {name: gpu.to_device(values) for name, values in host.items()}
    for cut in ({"window_column": "part"}, {"window_column": "f"}, {"window_rows": 250}):
        got = ms.detect_drift(reference, there, **cut)
        assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table(host), **cut))


def test_both_sides_may_lie_on_a_gpu(device: Emulation | None) -> None:
    before, now = table(1, 0.0), table(2, 1.0)
    cut = {"window_column": "coded"}
    got = ms.detect_drift(gpu.DeviceTable(before), gpu.DeviceTable(now), **cut)
    assert as_bits(got) == as_bits(ms.detect_drift(before, now, **cut))


def test_no_rows_have_no_windows(device: Emulation | None) -> None:
    reference, none = ms.profile(table(1, 0.0)), table(2, 0.0, 0)
    for cut in ({"window_rows": 10}, {"window_column": "word"}):
        got = ms.detect_drift(reference, gpu.DeviceTable(none), **cut)
        assert as_bits(got) == as_bits(ms.detect_drift(reference, none, **cut))
        assert got.windows == []
        assert not any(column.broken for column in got.columns)


def test_what_is_wrong_is_said_as_on_the_cpu(device: Emulation | None) -> None:
    now = pa.table({"x": np.arange(20_001.0), "word": ["a"] * 20_001})
    reference = ms.profile(now)
    there = gpu.DeviceTable(now)
    for cut in (
        {"window_column": "none"},
        {"window_column": "x", "window_period": "1d"},
        {"window_column": "word", "window_period": "1mo"},
        {"window_column": "x"},
        {"window_rows": 2},
    ):
        with pytest.raises(errors.MainspringError) as expected:
            ms.detect_drift(reference, now, **cut)
        with pytest.raises(type(expected.value)) as got:
            ms.detect_drift(reference, there, **cut)
        assert str(got.value) == str(expected.value)
    with pytest.raises(errors.ParameterError, match="reference lies on a GPU and current does not"):
        ms.detect_drift(there, now, window_rows=1000)
    with pytest.raises(errors.ParameterError, match="No column of the data on the GPU"):
        ms.detect_drift(reference, {"y": gpu.to_device(np.zeros(3))}, window_rows=2)


def test_rows_are_put_in_order_anew_where_values_share_bits(
    device: Emulation | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, now = ms.profile(table(1, 0.0)), table(2, 1.0)
    seeds: list[int] = []

    def parted(found: Any, number: int, name: str, grouping: Grouping) -> RowGroups:
        groups = group_rows(found, number, name, grouping)
        seeds.append(grouping.seed)
        if len(seeds) < 3:
            groups.values[1:] = groups.values[0]
        return groups

    group_rows = device_windows.group_rows
    monkeypatch.setattr(device_windows, "group_rows", parted)
    got = ms.detect_drift(reference, gpu.DeviceTable(now), window_column="int")
    assert as_bits(got) == as_bits(ms.detect_drift(reference, now, window_column="int"))
    assert seeds == [0, 1, 2]
    monkeypatch.setattr(device_windows, "_SEEDS", 1)
    seeds.clear()
    with pytest.raises(errors.DataError, match="share the bits of their hashes"):
        ms.detect_drift(reference, gpu.DeviceTable(now), window_column="int")
