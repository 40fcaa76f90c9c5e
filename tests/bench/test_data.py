"""The tables of the benchmarks: shapes, missing values, distributions, the same for a seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.data import ftbench
from bench.data.clicks import CATEGORIES, NUMBERS, SIZES, clicks
from bench.data.sensors import NUMBERS as SENSORS
from bench.data.sensors import SHIFTED, TEXTS, sensors
from bench.data.zipf import long_tokens, short_tokens, zipf_codes

ROWS = 5_000


def test_clicks_have_the_columns_of_the_data_set() -> None:
    table = clicks(ROWS)
    assert table.column_names == ["label", "ts", *NUMBERS, *CATEGORIES]
    assert table.num_rows == ROWS
    assert {table.schema.field(name).type for name in NUMBERS} == {pa.float64(), pa.int64()}
    assert {table.schema.field(name).type for name in CATEGORIES} == {pa.string()}
    assert table.schema.field("ts").type == pa.timestamp("us")


def test_clicks_miss_a_tenth_of_the_numbers_and_a_twentieth_of_the_categories() -> None:
    table = clicks(ROWS)
    numbers = [table[name].null_count / ROWS for name in NUMBERS]
    categories = [table[name].null_count / ROWS for name in CATEGORIES]
    assert np.allclose(numbers, 0.10, atol=0.02)
    assert np.allclose(categories, 0.05, atol=0.015)
    assert table["label"].null_count == table["ts"].null_count == 0


def test_clicks_have_heavy_tails_and_rare_positives() -> None:
    table = clicks(ROWS)
    for name in NUMBERS:
        values = table[name].drop_null().to_numpy()
        assert values.min() >= 0
        assert values.mean() > 1.2 * np.median(values)
    assert 0.15 < table["label"].to_numpy().mean() < 0.35


def test_clicks_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert clicks(200, seed=3).equals(clicks(200, seed=3))
    assert not clicks(200, seed=3).equals(clicks(200, seed=4))


@pytest.mark.parametrize("options", [{"tokens": "long"}, {"dictionary": True}])
def test_forms_of_clicks_hold_the_same_rows(options: dict[str, object]) -> None:
    plain, other = clicks(500), clicks(500, **options)  # type: ignore[arg-type]
    for name in ("label", "ts", *NUMBERS):
        assert plain[name].equals(other[name])
    for name in CATEGORIES:
        codes = [table[name].cast(pa.string()).to_pylist() for table in (plain, other)]
        pairs = set(zip(*codes, strict=True))
        assert len(pairs) == len(set(codes[0])) == len(set(codes[1]))


def test_dictionaries_are_left_encoded() -> None:
    table = clicks(100, dictionary=True)
    assert table.schema.field("C1").type == pa.dictionary(pa.int32(), pa.string())


def test_categories_are_as_unequal_as_zipf_says() -> None:
    counts = np.bincount(zipf_codes(np.random.default_rng(0), 200_000, 1_000, 1.1), minlength=1_000)
    weights = 1.0 / np.arange(1, 1_001) ** 1.1
    expected = 200_000 * weights / weights.sum()
    assert np.abs(counts - expected)[:20].max() < 5 * np.sqrt(expected[0])
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi2 - 999) < 5 * np.sqrt(2 * 999)


@pytest.mark.parametrize("size", [1, 10, max(SIZES)])
def test_tokens_are_distinct_and_as_long_as_said(size: int) -> None:
    short, long = short_tokens(size, 3), long_tokens(size, 3)
    for tokens in (short, long):
        tokens.validate(full=True)
        assert len(pc.unique(tokens)) == size
    assert set(pc.binary_length(short).to_pylist()) == {8}
    lengths = pc.binary_length(long).to_numpy()
    assert 4 <= lengths.min() <= lengths.max() <= 40
    if size > 1_000:
        assert (lengths.min(), lengths.max()) == (4, 40)
        assert 15 < lengths.mean() < 17
        assert long.slice(0, 3).equals(long_tokens(size, 3).slice(0, 3))


def test_sensors_have_forty_columns_of_which_eight_move() -> None:
    before, now = sensors(ROWS, seed=1, moved=False), sensors(ROWS, seed=2, moved=True)
    assert before.num_columns == 40
    assert before.schema == now.schema
    assert len(SHIFTED) == 8
    assert set(before.column_names) >= SHIFTED
    for name in SENSORS:
        missing = before[name].null_count / ROWS
        assert missing == pytest.approx(
            0.05 if name in ("num07", "num13", "num19") else 0, abs=0.02
        )
    assert [pc.count_distinct(before[name]).as_py() for name in TEXTS[:4]] == [2, 3, 5, 8]
    assert pc.mean(before["b0"]).as_py() == pytest.approx(0.3, abs=0.03)
    assert pc.mean(now["b0"]).as_py() == pytest.approx(0.4, abs=0.03)
    assert sensors(50, seed=1, moved=True).equals(sensors(50, seed=1, moved=True))


def test_sensors_that_do_not_move_are_drawn_from_the_same_distribution() -> None:
    before, now = sensors(ROWS, seed=1, moved=False), sensors(ROWS, seed=1, moved=True)
    assert before["num06"].equals(now["num06"])
    assert not before["num00"].equals(now["num00"])


@pytest.mark.parametrize(
    "case", [*ftbench.CASES, *ftbench.SPARSE_CASES], ids=lambda case: case.name
)
def test_use_cases_have_the_columns_that_they_say(case: ftbench.Case) -> None:
    small = dataclasses.replace(case, rows=2_000)
    table = ftbench.table(small, seed=1)
    names = [*case.binned_names, *case.plain_names, *case.category_names]
    assert (table.column_names, table.num_rows) == (names, 2_000)
    assert sum(table[name].null_count for name in names) == 0
    for name, size in zip(case.category_names, case.categories, strict=True):
        assert set(pc.binary_length(table[name]).to_pylist()) == {case.length}
        assert pc.count_distinct(table[name]).as_py() <= size
    assert table.equals(ftbench.table(small, seed=1))
    assert not table.equals(ftbench.table(small, seed=2))


def test_random_strings_are_distinct_where_they_are_long() -> None:
    strings = ftbench.random_strings(np.random.default_rng(0), 5_000, 25)
    strings.validate(full=True)
    assert len(pc.unique(strings)) == 5_000
