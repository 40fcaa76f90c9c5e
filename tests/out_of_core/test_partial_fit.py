"""partial_fit over everything that comes in parts: the bits of one fit, or nothing."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from tests.out_of_core.sample import every_source, one_pass, sample_table, slices, two_passes

TABLE = sample_table()


def test_partial_fit_when_data_comes_in_parts_learns_the_bits_of_a_fit(tmp_path: Path) -> None:
    whole = one_pass().fit(pa.concat_tables([TABLE.slice(0, 500), TABLE]), target="y")
    for name, data in every_source(TABLE, tmp_path).items():
        prep = one_pass().partial_fit(TABLE.slice(0, 500), target="y")
        assert prep.partial_fit(data, target="y") is prep
        assert prep.bundle.to_bytes() == whole.bundle.to_bytes(), name
        assert prep._fitter.state_bytes() == whole._fitter.state_bytes(), name


def test_partial_fit_when_it_is_the_first_begins_a_fit() -> None:
    y = TABLE["y"].to_numpy()
    prep = one_pass().partial_fit(slices(TABLE, [700, 1]), y)
    assert prep.state_bytes() == one_pass().fit(TABLE, y).state_bytes()
    other = one_pass().partial_fit(TABLE.to_reader(100), y)
    both = prep.merge(other)._fitter.state_bytes()
    assert other.merge(one_pass().fit(TABLE, y))._fitter.state_bytes() == both
    assert pickle.loads(pickle.dumps(prep)).state_bytes() == prep.state_bytes()


def test_partial_fit_when_there_are_no_rows_learns_nothing() -> None:
    prep = one_pass().fit(TABLE, target="y")
    before = prep.state_bytes()
    for data in (iter([]), iter([TABLE.slice(0, 0)]), TABLE.slice(0, 0).to_reader()):
        assert prep.partial_fit(data, target="y").state_bytes() == before
    prep.partial_fit(TABLE.slice(0, 10), target="y")  # nothing is under way


def test_partial_fit_when_reading_fails_midway_stays_as_it_was() -> None:
    def fails() -> Iterator[pa.Table]:
        yield TABLE.slice(0, 100)
        yield pa.table({name: TABLE[name].slice(0, 70_000) for name in TABLE.column_names})
        raise OSError("the disk is gone")

    prep = one_pass().fit(TABLE.slice(0, 1000), target="y")
    before = prep.state_bytes()
    with pytest.raises(OSError, match="gone"):
        prep.partial_fit(fails(), target="y")
    assert prep.state_bytes() == before
    odd = TABLE.set_column(1, "n", pa.array(["text"] * TABLE.num_rows))
    with pytest.raises(SchemaError, match=r"batch 1: Column 'n'"):
        prep.partial_fit(iter([TABLE, odd]), target="y")
    for count in (2999, 3001):
        with pytest.raises(ParameterError, match=f"The target has {count} values"):
            prep.partial_fit(TABLE.to_reader(100), np.zeros(count))
    missing = TABLE.set_column(TABLE.column_names.index("y"), "y", pa.nulls(3000, pa.int64()))
    with pytest.raises(DataError, match="missing value at row 3000"):
        prep.partial_fit(iter([TABLE, missing]), target="y")
    assert prep.state_bytes() == before
    prep.partial_fit(TABLE.slice(1000).to_reader(), target="y")
    assert prep.bundle.to_bytes() == one_pass().fit(TABLE, target="y").bundle.to_bytes()


def test_partial_fit_when_two_passes_are_needed_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"partial_fit needs expressions.*target_mean"):
        two_passes().partial_fit(TABLE.to_reader(), target="y")


def test_partial_fit_when_an_infinity_comes_later_says_its_row() -> None:
    prep = Preprocessor(col("x").standardize(), profile=False)
    prep.partial_fit(pa.table({"x": [1.0, 2.0]}))
    prep.partial_fit(iter([pa.table({"x": [1.0]}), pa.table({"x": [2.0, np.inf]})]))
    with pytest.raises(DataError, match="row 4"):
        _ = prep.bundle
