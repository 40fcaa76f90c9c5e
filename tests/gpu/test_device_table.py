"""Tables copied to a device: every column that is read there, and memory that goes when it may."""

from __future__ import annotations

import gc

import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col, errors, gpu
from mainspring.gpu import device_table
from tests.gpu.emulation import Emulation

TABLE = pa.table(
    {
        "x": pa.chunked_array([[1.0, None, 3.0], [4.0], []]),
        "word": pa.chunked_array([["a", None, "b"], ["long " * 9], []]),
        "coded": pa.chunked_array(
            [pa.array(["a", "b", None]).dictionary_encode(), pa.array(["c"]).dictionary_encode()]
        ),
    }
)


def test_table_of_chunks_and_slices_has_the_values_of_the_host(device: object) -> None:
    prep = ms.Preprocessor(col("x").impute("mean"), col("word").ordinal(), col("coded").ordinal())
    prep.fit(TABLE)
    for table in (TABLE, TABLE.slice(1, 2), TABLE.slice(2), TABLE.slice(0, 0)):
        got = prep.transform(gpu.DeviceTable(table)).to_host()
        assert got.tolist() == prep.transform(table).tolist()


def test_table_says_what_it_is(device: object) -> None:
    table = gpu.DeviceTable(TABLE)
    assert (table.num_rows, table.device) == (4, "cuda:0")
    assert repr(table) == "DeviceTable(4 rows, ['x', 'word', 'coded'], device='cuda:0')"


def test_table_lets_go_of_memory_and_of_capsules(emulation: Emulation) -> None:
    gc.collect()  # what earlier tests have left
    before, kept = emulation.used_bytes, len(device_table._exported)
    table = gpu.DeviceTable(TABLE)
    capsules = table.__arrow_c_device_array__()
    del table
    gc.collect()
    assert emulation.used_bytes > before  # the capsule needs it
    del capsules
    gc.collect()
    assert emulation.used_bytes == before
    assert len(device_table._exported) == kept


def test_table_with_a_column_of_another_type_names_it(device: object) -> None:
    with pytest.raises(errors.SchemaError, match=r"Column 'l' has type list<.*leave it out"):
        gpu.DeviceTable(pa.table({"l": [[1], []]}))


def test_table_that_does_not_fit_says_how_much_and_loses_nothing(emulation: Emulation) -> None:
    gc.collect()
    before = emulation.used_bytes
    with (
        emulation.room(5000),
        pytest.raises(errors.DeviceError, match=r"no 78.1 KiB of memory left"),
    ):
        gpu.DeviceTable(pa.table({"a": [1.0] * 10, "b": [0.5] * 10}).take([0] * 10_000))
    gc.collect()
    assert emulation.used_bytes == before
