"""Drift of columns on a GPU: the report of the CPU, from counts and runs that come to the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors, gpu
from tests.gpu.emulation import Emulation

NUM_ROWS = 70_000  # counted on edges
SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 5e-324, 0.0, 1e308, -1e308]


def columns(seed: int, shift: float, num_rows: int = NUM_ROWS) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    wide = rng.normal(size=num_rows) * 10.0 ** rng.integers(-20, 20, num_rows)
    wide[: len(SPECIAL)] = SPECIAL[:num_rows]
    wide[20::97] = np.nan
    return {
        "wide": wide,
        "normal": rng.normal(shift, 1.0, num_rows),
        "narrow": rng.gamma(2.0, 3.0 + shift, num_rows).astype(np.float32),
        "few": rng.integers(0, 40, num_rows).astype(np.int16),  # on points
        "many": rng.integers(-3000, 3000, num_rows),  # all known: sorted
        "large": rng.integers(0, 1 << 63, num_rows).astype(np.uint64) * np.uint64(2),
        "same": np.full(num_rows, 3.5),
        "empty": np.full(num_rows, np.nan),
    }


def on_device(host: dict[str, np.ndarray[Any, Any]]) -> dict[str, gpu.DeviceArray]:
    return {name: gpu.to_device(values) for name, values in host.items()}


def as_bits(report: Any) -> list[str]:
    """All that a report says of its columns; repr of a float is its bits."""
    return [repr(column) for column in report.columns]


def test_report_is_that_of_the_cpu_where_rows_are_counted(device: Emulation | None) -> None:
    reference = ms.profile(pa.table(columns(1, 0.0)))
    now = columns(2, 0.3)
    before = 0 if device is None else device.used_bytes
    got = ms.detect_drift(reference, on_device(now))
    expected = ms.detect_drift(reference, pa.table(now))
    assert as_bits(got) == as_bits(expected)
    assert (got.num_rows, got.reference_rows) == (NUM_ROWS, NUM_ROWS)
    assert got.drifted == expected.drifted
    assert "normal" in got.drifted
    if device is not None:
        assert device.used_bytes == before


def test_report_is_that_of_the_cpu_where_everything_is_listed(device: Emulation | None) -> None:
    reference = ms.profile(pa.table({"few": np.arange(1000) % 7}))
    now = {"few": np.random.default_rng(3).normal(size=NUM_ROWS)}  # not one of them is a point
    got = ms.detect_drift(reference, on_device(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table(now)))


@pytest.mark.parametrize("num_rows", [1, 999, 16_000])
def test_report_of_few_rows_is_that_of_the_cpu(device: Emulation | None, num_rows: int) -> None:
    reference = ms.profile(pa.table(columns(1, 0.0)))
    now = columns(2, 0.1, num_rows)
    got = ms.detect_drift(reference, on_device(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table(now)))


def test_two_tables_on_a_gpu_are_compared_exactly(device: Emulation | None) -> None:
    before, now = columns(1, 0.0), columns(2, 0.02)
    got = ms.detect_drift(on_device(before), on_device(now))
    expected = ms.detect_drift(pa.table(before), pa.table(now), exact=True)
    assert as_bits(got) == as_bits(expected)
    assert all(column.exact for column in got.columns)


def test_asked_statistics_are_those_of_sorted_numbers(device: Emulation | None) -> None:
    reference = ms.profile(pa.table({"few": columns(1, 0.0)["few"]}))
    now = {"few": columns(2, 0.0)["few"]}
    got = ms.detect_drift(reference, on_device(now), statistics="all")
    assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table(now), statistics="all"))


def test_nulls_and_dictionaries_of_a_device_table(device: Emulation | None) -> None:
    rng = np.random.default_rng(5)
    values = pa.array(rng.normal(size=NUM_ROWS), mask=rng.random(NUM_ROWS) < 0.2)
    table = pa.table({"x": values, "d": pa.array(rng.integers(0, 9, NUM_ROWS)).dictionary_encode()})
    reference = ms.profile(pa.table({"x": rng.normal(size=5000), "d": rng.integers(0, 9, 5000)}))
    got = ms.detect_drift(reference, gpu.DeviceTable(table))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, table))
    assert got.column("x").value("missing_rate") == pytest.approx(0.2, abs=0.01)


def test_columns_that_differ_are_findings_as_on_the_cpu(device: Emulation | None) -> None:
    host = pa.table({"gone": [1.0, 2.0] * 300, "word": ["a", "b"] * 300, "x": [1.0, 2.0] * 300})
    now = {"word": np.arange(600.0), "x": np.arange(600.0), "new": np.arange(600.0)}
    reference = ms.profile(host)
    got = ms.detect_drift(reference, on_device(now))
    expected = ms.detect_drift(reference, pa.table(now))
    assert as_bits(got) == as_bits(expected)
    assert got.new_columns == expected.new_columns == ["new"]
    assert got.column("gone").broken
    with pytest.raises(errors.SchemaError, match="none"):
        ms.detect_drift(reference, on_device(now), columns=["none"])


def test_what_does_not_go_together_is_refused(device: Emulation | None) -> None:
    reference = ms.profile(pa.table({"x": [1.0, 2.0]}))
    numbers = on_device({"x": np.arange(4.0)})
    with pytest.raises(errors.ParameterError, match="reference lies on a GPU and current does not"):
        ms.detect_drift(numbers, pa.table({"x": [1.0]}))
    with pytest.raises(errors.ParameterError, match="exact=True needs both samples on the GPU"):
        ms.detect_drift(reference, numbers, exact=True)
    with pytest.raises(errors.ParameterError, match="exact=True goes without windows"):
        ms.detect_drift(reference, numbers, exact=True, window_rows=2)
    with pytest.raises(errors.ParameterError, match="No column of the data on the GPU"):
        ms.detect_drift(reference, on_device({"y": np.arange(4.0)}))


def test_no_rows(device: Emulation | None) -> None:
    reference = ms.profile(pa.table({"x": [1.0, 2.0]}))
    now = {"x": np.zeros(0)}
    got = ms.detect_drift(reference, on_device(now))
    assert as_bits(got) == as_bits(ms.detect_drift(reference, pa.table(now)))


@pytest.mark.parametrize("num_rows", [1000, NUM_ROWS])
def test_a_device_without_room_says_so_and_keeps_nothing(
    emulation: Emulation, num_rows: int
) -> None:
    reference = ms.profile(pa.table({"x": np.random.default_rng(1).normal(size=NUM_ROWS)}))
    now = on_device({"x": np.random.default_rng(2).normal(size=num_rows)})
    before = emulation.used_bytes
    for room in (100, 5_000, 12_000, 20_000):
        with emulation.room(room), pytest.raises(errors.DeviceError, match="of memory left"):
            ms.detect_drift(reference, now)
        assert emulation.used_bytes == before


def test_a_kernel_that_fails_is_named(emulation: Emulation) -> None:
    reference = ms.profile(pa.table({"x": [1.0, 2.0]}))
    now = on_device({"x": np.arange(100.0)})
    with (
        emulation.failing_launch(sticky=True),
        pytest.raises(errors.DeviceError, match="illegal memory access"),
    ):
        ms.detect_drift(reference, now)
    assert len(ms.detect_drift(reference, now).columns) == 1
