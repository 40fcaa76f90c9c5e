"""Features computed by the GPU's kernels have the bits of the CPU's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col, gpu

NUM_ROWS = 1000  # seven blocks of 128 rows and a part of one
LONG = "a text of more than thirty-one bytes, which lies outside of its entry"


def named(made: list[Any]) -> list[Any]:
    return [each.alias(f"feature_{number}") for number, each in enumerate(made)]


def numbers() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(7)
    x = rng.normal(size=NUM_ROWS) * 10.0 ** rng.integers(-300, 300, NUM_ROWS)
    x[:6] = [np.nan, np.inf, -np.inf, -0.0, 5e-324, -1.0]
    y = rng.gamma(2.0, 3.0, NUM_ROWS)
    y[::11] = np.nan
    keys = rng.integers(-5, 60, NUM_ROWS)
    return {
        "x": x,
        "y": y,
        "f": y.astype(np.float32),
        "i": keys,
        "small": keys.astype(np.int8),
        "u": keys.astype(np.uint64),
        "flag": keys > 20,
        "target": (y > 5).astype(np.float64),
    }


NUMBERS = [
    col("x"),
    col("x").clip(-1e3, 1e3).standardize(),
    col("y").impute("median").log1p().standardize(),
    col("y").missing_flag(),
    col("f").min_max(),
    col("x").bucketize([-1e100, -1.0, 0.0, 1.0, 1e100]),
    col("y").quantile_bucketize(16),
    col("i").ordinal(min_count=2),
    col("i").one_hot(),
    col("small").hash(64),
    col("u").ordinal(),
    col("flag").ordinal(),
    col("i", "flag").cross(128),
    col("i").target_mean(),
    col("y").ordinal(),
    col("x") + col("y"),
    col("x") * col("x"),
    col("y").quantile_transform(),
    col("i").null_if([3, 4]).ordinal(),
    col("y").map_values({1.0: 2.0}),
    col("y") / 3.0,
    col("y").yeo_johnson(),
    col("x").clip(-50.0, 50.0).yeo_johnson(),
    col("y").box_cox(),
    col("y").quantile_transform(output="normal"),
    2.0 - col("f"),
]

TEXTS = [
    col("short").ordinal(),
    col("short").one_hot(),
    col("short").target_mean(),
    col("text").ordinal(),
    col("text").hash(1000),
    col("text").null_if(["ab", LONG]).ordinal(),
    col("text").missing_flag(),
    col("text", "short").cross(64),
    col("coded").ordinal(),
    col("coded").hash(50),
    col("large").impute("most_frequent").ordinal(),
    col("binary").ordinal(),
    col("yes").ordinal(),
    col("n").impute("mean"),
    col("n").ordinal(),
]


def texts() -> pa.RecordBatch:
    rng = np.random.default_rng(3)
    words = [
        "",
        "a",
        "ab",
        "Köln",
        "a zero\0 inside",
        "x" * 8,
        "y" * 16,
        "z" * 31,
        LONG,
        LONG + "!",
    ]
    picked = [words[i] for i in rng.integers(0, len(words), NUM_ROWS)]
    picked = [None if i % 13 == 5 else text for i, text in enumerate(picked)]
    short = [None if text is None else text[:2].strip("\0") for text in picked]
    n = pa.array(rng.integers(0, 9, NUM_ROWS), pa.int32(), mask=rng.random(NUM_ROWS) < 0.1)
    return pa.record_batch(
        {
            "short": short,
            "text": picked,
            "coded": pa.array(picked).dictionary_encode(),
            "large": pa.array(picked, pa.large_utf8()),
            "binary": pa.array([None if t is None else t.encode() for t in picked], pa.binary()),
            "yes": pa.array([None if t is None else len(t) > 4 for t in picked]),
            "n": n,
            "target": pa.array(rng.random(NUM_ROWS) > 0.5).cast(pa.int8()),
        }
    )


TIMES = {
    "day": pa.array([0, None, -719468, 2932896, 11016, 364], pa.date32()),
    "milli": pa.array([0, 86399999, None, -1, 951782400000, 2**62], pa.timestamp("ms")),
    "nano": pa.array([0, 2**63 - 1, -(2**63) + 1, None, 1, 10**18 + 123456789], pa.timestamp("ns")),
    "second": pa.array([0, None, 2**55, -(2**55), 2**40, 68169600], pa.timestamp("s")),
    "micro": pa.array([0, -1, 1, None, 10**15 + 7, 2**60], pa.timestamp("us")),
}


def times() -> pa.RecordBatch:
    rng = np.random.default_rng(11)
    rows = pa.array(np.concatenate([np.arange(6), rng.integers(0, 6, 300)]))
    return pa.record_batch({name: values.take(rows) for name, values in TIMES.items()})


PARTS = [
    "year", "quarter", "month", "day", "weekday", "day_of_year", "hour", "minute", "second", "week",
    "iso_year", "days_in_month", "is_month_start", "is_month_end", "is_quarter_start",
    "is_quarter_end", "is_year_start", "is_year_end", "is_leap_year", "microsecond",
]  # fmt: skip


@pytest.mark.parametrize("name", list(TIMES))
def test_parts_of_times_have_the_bits_of_the_cpu(device: object, name: str) -> None:
    batch = times()
    of_clocks = ("hour", "minute", "second", "microsecond")
    parts = [part for part in PARTS if name != "day" or part not in of_clocks]
    made = [col(name).datetime(part) for part in parts]
    made += [
        col(name).datetime("month", cyclical=True),
        col(name).ordinal(),
        col(name).missing_flag(),
    ]
    prep = ms.Preprocessor(*named(made)).fit(batch.slice(0, 200))
    got = prep.transform(gpu.DeviceTable(batch)).to_host()
    np.testing.assert_array_equal(bits(got), bits(prep.transform(batch)))


def test_times_in_another_unit_than_fitted_have_the_bits_of_the_cpu(device: object) -> None:
    made = [col("t").datetime("weekday"), col("t").datetime("year"), col("t").ordinal()]
    for fitted in ("day", "second", "nano"):
        prep = ms.Preprocessor(*named(made)).fit(pa.table({"t": times()[fitted]}))
        for given in TIMES:
            batch = pa.record_batch({"t": times()[given]})
            got = prep.transform(gpu.DeviceTable(batch)).to_host()
            np.testing.assert_array_equal(bits(got), bits(prep.transform(batch)))


HOLIDAYS = ["1999-12-24", "2000-02-29", "2000-03-01", "1970-01-01"]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kathmandu", "UTC", "America/New_York"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_with_a_zone_have_the_bits_of_the_cpu(device: object, zone: str, unit: str) -> None:
    rng = np.random.default_rng(4)
    seconds = rng.integers(-2_000_000_000, 4_000_000_000, 400)
    seconds[:40] = 954_032_400 + np.arange(-20, 20)  # where summer begins in Paris
    ticks = seconds * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    kind = pa.timestamp(unit, zone)
    times = pa.array(ticks, kind, mask=rng.random(400) < 0.1)
    extreme = pa.array([2**63 - 1, -(2**63), 0, None], kind)
    batch = pa.record_batch({"t": pa.concat_arrays([times, extreme])})
    made = [col("t").datetime(part) for part in PARTS]
    prep = ms.Preprocessor(*named([*made, col("t").ordinal()])).fit(batch.slice(0, 300))
    got = prep.transform(gpu.DeviceTable(batch)).to_host()
    np.testing.assert_array_equal(bits(got), bits(prep.transform(batch)))


def test_holidays_and_business_days_have_the_bits_of_the_cpu(device: object) -> None:
    rng = np.random.default_rng(5)
    days = pa.array(rng.integers(-400, 11_500, 500), pa.int32()).cast(pa.date32())
    near = pa.array(rng.integers(10_900, 11_100, 500), pa.int32()).cast(pa.date32())
    later = pa.array(
        rng.integers(-(10**9), 10**9, 500), pa.timestamp("s"), mask=rng.random(500) < 0.1
    )
    batch = pa.record_batch({"day": days, "near": near, "later": later})
    parts = ("is_holiday", "days_to_holiday", "days_since_holiday")
    made = [
        *(col(name).holidays(HOLIDAYS, part) for name in batch.schema.names for part in parts),
        *(col(name).is_business_day("1011001") for name in batch.schema.names),
        *(col(name).is_business_day(holidays=HOLIDAYS[:3]) for name in batch.schema.names),
        col("day").business_days("near", holidays=HOLIDAYS[:3]),
        col("near").business_days("later"),
    ]
    prep = ms.Preprocessor(*named(made)).fit(batch)
    got = prep.transform(gpu.DeviceTable(batch)).to_host()
    np.testing.assert_array_equal(bits(got), bits(prep.transform(batch)))


def test_time_between_two_has_the_bits_of_the_cpu(device: object) -> None:
    batch = times()
    made = [
        col("second").elapsed("milli", unit="days"),
        col("nano").elapsed("micro"),
        col("day").elapsed("nano", unit="hours"),
        col("milli").elapsed(moment="2001-02-03T04:05:06", unit="weeks"),
    ]
    prep = ms.Preprocessor(*named(made)).fit(batch)
    got = prep.transform(gpu.DeviceTable(batch)).to_host()
    np.testing.assert_array_equal(bits(got), bits(prep.transform(batch)))


def bits(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(values).view(np.uint32)


def on_device(data: dict[str, np.ndarray[Any, Any]]) -> dict[str, object]:
    return {name: gpu.to_device(values) for name, values in data.items()}


@pytest.fixture(scope="module")
def fitted() -> ms.Preprocessor:
    return ms.Preprocessor(*named(NUMBERS)).fit(pa.table(numbers()), target="target")


@pytest.fixture(scope="module")
def fitted_texts() -> ms.Preprocessor:
    return ms.Preprocessor(*named(TEXTS)).fit(texts().slice(0, 700), target="target")


def test_transform_of_arrays_has_the_bits_of_the_cpu(
    device: object, fitted: ms.Preprocessor
) -> None:
    data = numbers()
    expected = fitted.transform(pa.table(data))
    got = fitted.transform(on_device(data))
    assert isinstance(got, gpu.DeviceArray)
    assert got.shape == expected.shape
    np.testing.assert_array_equal(bits(got.to_host()), bits(expected))


@pytest.mark.parametrize(("first", "count"), [(0, NUM_ROWS), (3, 500), (699, 301), (5, 1), (0, 0)])
def test_transform_of_arrow_device_data_has_the_bits_of_the_cpu(
    device: object, fitted_texts: ms.Preprocessor, first: int, count: int
) -> None:
    batch = texts().slice(first, count)
    expected = fitted_texts.transform(batch)
    got = fitted_texts.transform(gpu.DeviceTable(batch))
    np.testing.assert_array_equal(bits(got.to_host()), bits(expected))


@pytest.mark.parametrize("count", [1, 127, 128, 129, 256])
def test_transform_of_any_number_of_rows_has_the_bits_of_the_cpu(
    device: object, fitted: ms.Preprocessor, count: int
) -> None:
    data = {name: values[:count] for name, values in numbers().items()}
    got = fitted.transform(on_device(data)).to_host()
    np.testing.assert_array_equal(bits(got), bits(fitted.transform(pa.table(data))))


def test_transform_into_a_wider_matrix_leaves_the_rest_alone(device: object) -> None:
    data = numbers()
    prep = ms.Preprocessor(col("x"), col("i").ordinal()).fit(pa.table(data))
    whole = gpu.to_device(np.full((NUM_ROWS, 5), 7.0, np.float32))
    out = Strided(whole, (NUM_ROWS, 2))
    assert prep.transform(on_device(data), out=out) is out
    got = whole.to_host()
    np.testing.assert_array_equal(bits(got[:, :2]), bits(prep.transform(pa.table(data))))
    assert (got[:, 2:] == 7.0).all()


class Strided:
    """The first columns of a device matrix."""

    def __init__(self, whole: gpu.DeviceArray, shape: tuple[int, int]) -> None:
        self.whole = whole
        self.shape = shape

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        strides = (self.whole.shape[1] * 4, 4)
        return {**self.whole.__cuda_array_interface__, "shape": self.shape, "strides": strides}
