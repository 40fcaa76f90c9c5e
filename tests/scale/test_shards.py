"""Passes of a fit as shards: any grouping, any bytes, any misuse; no engine is needed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring import Preprocessor, _arrow, _engine, col
from mainspring._sources import Part
from mainspring.errors import (
    BundleCorruptError,
    DataError,
    MainspringError,
    NotFittedError,
    ParameterError,
    SchemaError,
)
from mainspring.scale.partitions import parts_of, schema_of
from mainspring.scale.passes import CountPass
from mainspring.scale.verbs import Verbs
from mainspring.scale.worker import Worker
from mainspring.transforms.sharded_fit import ShardedFit, learn_shard, merge_shards
from tests.scale.engines import LocalData, LocalEngine
from tests.scale.sample import one_pass, sample_table, two_passes

TABLE = sample_table().slice(0, 800)
RULES = {rule["name"]: rule for rule in _engine.operators()}
BY_TARGET = sorted(name for name, rule in RULES.items() if rule["uses_target"])


def begun(prep: Preprocessor, target: str | None = "y") -> _engine.Fitter:
    """A fit whose first pass can begin, outside of the preprocessor."""
    fit = ShardedFit(prep, target)
    fit.begin(TABLE.slice(0, 0))
    return prep._fitter


def rows(table: pa.Table) -> Iterator[Part]:
    yield Part("rows", table, 0)


def shard(base: bytes, start: int, stop: int) -> bytes:
    # Two shares, the later rows first: they have their numbers from where they begin.
    middle = (start + stop) // 2
    made, counts = learn_shard(
        base,
        [(at, rows(TABLE.slice(at, end - at))) for at, end in ((middle, stop), (start, middle))],
        target="y",
        profiled=["x"],
        schema=TABLE.schema,
        place=lambda part: nullcontext(),
    )
    assert counts == [stop - middle, middle - start]
    return made


@settings(max_examples=20)
@given(
    cuts=st.lists(st.integers(0, 800), max_size=6),
    seed=st.integers(0, 1000),
    make=st.sampled_from([one_pass, two_passes]),
)
def test_shards_in_any_order_and_grouping_have_the_bits_of_one_fit(
    cuts: list[int], seed: int, make: Any
) -> None:
    ends = sorted({0, 800, *cuts})
    prep = make()
    order = random.Random(seed)
    with ShardedFit(prep, "y") as fit:
        fit.begin(TABLE)
        for _ in range(fit.num_passes):
            base, profiled = fit.base(), ["x"] if fit.profiled else None
            states = [shard(base, a, b) for a, b in pairwise(ends)]
            while len(states) > 1:
                order.shuffle(states)
                states.append(merge_shards(base, [states.pop(), states.pop()], ["x"], TABLE.schema))
            assert profiled in (["x"], None)
            fit.end_pass(states[0])
        fit.finish()
    assert prep.bundle.to_bytes() == make().fit(TABLE, target="y").bundle.to_bytes()


@pytest.mark.parametrize("name", BY_TARGET)
def test_fit_transform_of_every_encoder_by_a_target_is_that_of_one_process_or_refused(
    name: str,
) -> None:
    flags = np.asarray(TABLE["y"].to_numpy() > 3, dtype=float)
    table = TABLE.set_column(TABLE.column_names.index("y"), "y", pa.array(flags))
    parts = [table.slice(0, 300), table.slice(300, 0), table.slice(300)]
    verbs = LocalEngine().verbs
    make = lambda: Preprocessor(getattr(col("city"), name)(), profile=False)  # noqa: E731
    expected = make().fit_transform(table, target="y", output="arrow")
    if name in ("leave_one_out", "ordered_target"):
        with pytest.raises(ParameterError, match=rf"{name}\("):
            verbs.fit_transform(make(), parts, target="y")
        return
    found = verbs.fit_transform(make(), parts, target="y")
    assert pa.concat_tables(found).combine_chunks().to_batches()[0].equals(expected)


def test_shard_bytes_when_changed_anywhere_are_refused_or_read() -> None:
    fitter = begun(one_pass())
    base = bytes(fitter.fit_bytes())
    worker = _engine.Fitter.resume_fit(base, 0)
    worker.fit_part(_arrow.as_table(TABLE), TABLE["y"].to_numpy())
    whole = bytes(worker.shard_bytes())
    chance = random.Random(5)
    refused = 0
    for data, read in (
        (base, lambda changed: _engine.Fitter.resume_fit(changed, 0)),
        (whole, lambda changed: _engine.Fitter.resume_fit(base, 0).add_shard(changed)),
    ):
        for length in [*range(0, 60), *(chance.randrange(len(data)) for _ in range(60))]:
            with pytest.raises(BundleCorruptError):
                read(data[:length])
        for _ in range(400):
            changed = bytearray(data)
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            try:
                read(bytes(changed))
            except MainspringError:
                refused += 1
        with pytest.raises(BundleCorruptError):
            read(data + b"\0")
    assert refused > 100


def test_shards_when_calls_come_in_a_wrong_order_say_what_to_call() -> None:
    table, y = _arrow.as_table(TABLE), TABLE["y"].to_numpy()
    fitter = two_passes()._fitter
    with pytest.raises(ParameterError, match="No fit is under way"):
        fitter.bind_fit(table)
    with pytest.raises(ParameterError, match="before its first pass"):
        fitter.fit_bytes()
    fitter.begin_fit(False)
    with pytest.raises(ParameterError, match="bind_fit"):
        fitter.shard_bytes()
    fitter.bind_fit(table)
    base = bytes(fitter.fit_bytes())
    first = _engine.Fitter.resume_fit(base, 0)
    first.fit_part(table, y)
    with pytest.raises(ParameterError, match="between passes"):
        first.fit_bytes()
    fitter.add_shard(first.shard_bytes())
    with pytest.raises(ParameterError, match="Shards were added"):
        fitter.fit_part(table, y)


def test_shard_of_another_pass_is_refused() -> None:
    table, y = _arrow.as_table(TABLE), TABLE["y"].to_numpy()
    fitter = begun(two_passes())
    worker = _engine.Fitter.resume_fit(fitter.fit_bytes(), 0)
    worker.fit_part(table, y)
    state = worker.shard_bytes()
    fitter.add_shard(state)
    fitter.end_pass()
    with pytest.raises(ParameterError, match="of pass 0 of a fit, expected pass 1"):
        fitter.add_shard(state)
    with pytest.raises(SchemaError, match="'x'"):
        fitter.bind_fit(_arrow.as_table(TABLE.set_column(1, "x", TABLE["city"])))


def test_fit_bytes_after_the_last_pass_take_no_more() -> None:
    fitter = begun(one_pass())
    worker = _engine.Fitter.resume_fit(fitter.fit_bytes(), 0)
    worker.fit_part(_arrow.as_table(TABLE), TABLE["y"].to_numpy())
    fitter.add_shard(worker.shard_bytes())
    fitter.end_pass()
    done = _engine.Fitter.resume_fit(fitter.fit_bytes(), 0)
    with pytest.raises(ParameterError, match="All passes have ended"):
        done.shard_bytes()
    done.finish_fit()
    fitter.finish_fit()
    assert done.compile() == fitter.compile()


def test_a_fit_that_was_left_changes_nothing() -> None:
    prep = one_pass()
    with ShardedFit(prep, "y") as fit:
        fit.begin(TABLE)
    with pytest.raises(NotFittedError):
        prep.transform(TABLE)


def test_parts_of_any_form_of_a_partition_have_its_rows(tmp_path: Any) -> None:
    import pyarrow.parquet as pq

    some = TABLE.select(["x", "city"]).slice(0, 100)
    path = tmp_path / "some.parquet"
    pq.write_table(some, path)
    forms = {
        "table": some,
        "batch": some.to_batches()[0],
        "stream": some.to_reader(10),
        "path": str(path),
        "paths": [path],
        "tables": [some.slice(0, 30), some.slice(30)],
        "dicts": some.to_pylist(),
    }
    pandas = pytest.importorskip("pandas")
    forms["pandas"] = some.to_pandas()
    forms["objects"] = pandas.DataFrame(
        {"x": some["x"].to_pandas().astype(object), "city": some["city"].to_pandas().astype(object)}
    )
    for name, form in forms.items():
        read = pa.concat_tables(
            [part.table.cast(some.schema) for part in parts_of(form, 4, ["x", "city"], None)]
        )
        assert read.to_pylist() == some.to_pylist(), name
    assert list(parts_of([], 0, None, None)) == []
    assert schema_of([]) is None
    assert schema_of(forms["dicts"]).names == ["x", "city"]


def test_parts_of_what_cannot_be_read_name_partition_and_column() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1, "two", 3.0], "y": [1.0, 2.0, 3.0]}, dtype=object)
    with pytest.raises(DataError, match=r"^partition 7: Column 'x', row 1: .*got str") as caught:
        list(parts_of(frame, 7, ["x"], None))
    assert caught.value.column == "x"
    assert [part.table.num_rows for part in parts_of(frame, 7, ["y"], None)] == [3]
    with pytest.raises(DataError, match=r"^partition 2: Column 'x'"):
        list(parts_of([{"x": 1}, {"x": "two"}], 2, None, None))
    with pytest.raises(ParameterError, match=r"^partition 3: expected tables, paths or dicts, got"):
        list(parts_of(3, 3, None, None))
    with pytest.raises(MainspringError, match=r"^a batch: "):
        list(parts_of("not-there.parquet", None, None, None))


def test_counts_of_partitions_give_the_numbers_of_first_rows() -> None:
    count = CountPass(Worker.here(), None, TABLE.schema)
    states = [count.learn(0, TABLE.slice(0, 3)), count.learn(2, TABLE.slice(0, 4))]
    merged = count.merge([count.merge(states), count.merge([])])
    assert CountPass.first_rows(merged) == [0, 3, 3, 7]


def test_fit_transform_when_the_data_is_cut_in_another_way_says_so() -> None:
    class Changing(LocalData):
        def reduce(self, work: Any) -> bytes:
            state = super().reduce(work)
            self._parts = [TABLE.slice(0, 99), *list(self._parts)[1:]]
            return state

    with pytest.raises(DataError, match="partition 0: it has 99 rows, expected the 100"):
        Verbs(Changing).fit_transform(
            Preprocessor(col("city").target_mean()), [TABLE.slice(0, 100), TABLE], target="y"
        )
