"""Dask alone: bags and files, a worker that is killed, graphs and states that are large."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from mainspring.errors import DataError, ParameterError, SchemaError
from tests.scale.engines import DaskEngine, importable_in_workers, write_parts
from tests.scale.sample import one_pass, partitions, sample_predictor, sample_table, two_passes

dask = pytest.importorskip("dask", reason="Dask is not installed; run .ci/ecosystem dask")
pytest.importorskip("dask.dataframe", reason="Dask is not installed; run .ci/ecosystem dask")
pytest.importorskip("dask.bag", reason="Dask is not installed; run .ci/ecosystem dask")
pytest.importorskip("distributed", reason="Dask is not installed; run .ci/ecosystem dask")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

TABLE = sample_table()
PARTS = partitions(TABLE)


@pytest.fixture(scope="module")
def engine() -> Iterator[DaskEngine]:
    with importable_in_workers(), ExitStack() as stack:
        yield DaskEngine(stack)


def test_fit_when_a_worker_is_killed_has_the_same_bits(engine: DaskEngine, tmp_path: Path) -> None:
    """The third partition waits, the first time it is read, until its process is killed."""
    gate, reached, seen = (tmp_path / name for name in ("gate", "reached", "seen"))
    os.mkfifo(gate)
    os.mkfifo(reached)
    pids: list[int] = []

    def read(number: int) -> Any:
        if number == 3 and not seen.exists():
            seen.touch()
            reached.write_text(str(os.getpid()))
            gate.read_text()  # nobody ever writes into it
        return frames[number]

    def kill() -> None:
        pids.append(int(reached.read_text()))
        os.kill(pids[0], signal.SIGKILL)

    frames = [part.to_pandas() for part in PARTS]
    workers = {w["pid"] for w in engine.client.run(lambda: {"pid": os.getpid()}).values()}
    killer = threading.Thread(target=kill)
    killer.start()
    data = dask.dataframe.from_map(read, range(5), meta=TABLE.slice(0, 0).to_pandas())
    prep = engine.verbs.fit(two_passes(), data, target="y")
    killer.join()
    assert pids[0] in workers
    assert pids[0] != os.getpid()
    expected = two_passes().fit(engine.as_read(PARTS), target="y")
    assert prep.bundle.to_bytes() == expected.bundle.to_bytes()
    assert prep.profile.to_bytes() == expected.profile.to_bytes()
    engine.client.wait_for_workers(2)


def test_files_and_bags_when_fitted_have_the_bits_of_one_process(
    engine: DaskEngine, tmp_path: Path
) -> None:
    paths = write_parts(PARTS, tmp_path)
    expected = one_pass().fit(paths, target="y")
    bag_of_files = dask.bag.from_sequence(paths, npartitions=2)
    bag_of_tables = dask.bag.from_sequence(PARTS, npartitions=3)
    for data in (paths, [Path(path) for path in paths], bag_of_files, bag_of_tables):
        prep = engine.verbs.fit(one_pass(), data, target="y")
        assert prep.bundle.to_bytes() == expected.bundle.to_bytes()
        features = engine.verbs.transform(prep, data).compute().to_numpy(np.float32)
        np.testing.assert_array_equal(features, expected.transform(TABLE))
    # Of files a task reads as many as leave one for each worker's thread.
    runs = engine.opened(paths)._runs(None)
    assert [number for number, _ in runs] == [0, 3]
    assert [path for _, some in runs for path in some] == paths
    trained = engine.verbs.fit_transform(one_pass(), paths, target="y").compute()
    expected_rows = one_pass().fit_transform(TABLE, target="y")
    np.testing.assert_array_equal(trained.to_numpy(np.float32), expected_rows)
    rows = TABLE.select(["x", "city", "y"]).to_pylist()[:700]
    bag_of_dicts = dask.bag.from_sequence(rows, npartitions=4)
    prep = Preprocessor(col("x").standardize(), col("city").target_mean())
    engine.verbs.fit(prep, bag_of_dicts, target="y")
    one = Preprocessor(col("x").standardize(), col("city").target_mean()).fit(rows, target="y")
    assert prep.bundle.to_bytes() == one.bundle.to_bytes()
    assert engine.verbs.profile(bag_of_dicts) == ms.profile(rows)


def test_bag_when_it_is_empty_asks_for_a_schema(engine: DaskEngine) -> None:
    empty = dask.bag.from_sequence([{"x": 1.0}], npartitions=1).filter(lambda row: False)
    with pytest.raises(DataError, match="no rows, expected at least one, or a schema"):
        engine.verbs.profile(empty)
    schema = pa.schema({"x": pa.float64()})
    assert engine.verbs.profile(empty, schema=schema).num_rows == 0


def test_data_when_it_is_none_of_dasks_says_what_is_taken(engine: DaskEngine) -> None:
    with pytest.raises(ParameterError, match=r"a Dask DataFrame.*got Table"):
        engine.verbs.fit(one_pass(), TABLE, target="y")


def test_objects_when_they_are_texts_are_read_and_when_not_need_a_schema(
    engine: DaskEngine,
) -> None:
    with dask.config.set({"dataframe.convert-string": False}):
        frames = [part.to_pandas().astype({"city": object}) for part in PARTS]
        data = dask.dataframe.from_map(
            lambda frame: frame, frames, meta=frames[0].iloc[:0].astype({"city": object})
        )
        prep = engine.verbs.fit(one_pass(), data, target="y")
        expected = one_pass().fit(engine.as_read(PARTS), target="y")
        np.testing.assert_array_equal(prep.transform(TABLE), expected.transform(TABLE))
        numbers = data.assign(n=data["n"].astype(object))
        with pytest.raises(SchemaError, match=r"Column 'n' has type .*string"):
            engine.verbs.fit(one_pass(), numbers, target="y")
        prep = engine.verbs.fit(one_pass(), numbers, target="y", schema=TABLE.schema)
        np.testing.assert_array_equal(prep.transform(TABLE), expected.transform(TABLE))


def test_frames_when_they_have_an_index_keep_it(engine: DaskEngine) -> None:
    frame = TABLE.to_pandas().set_index(np.arange(TABLE.num_rows) * 10)
    data = dask.dataframe.from_pandas(frame, npartitions=4)
    prep = one_pass().fit(TABLE, target="y")
    found = engine.verbs.predict(sample_predictor(prep), data)
    assert found.divisions == data.divisions
    assert (found.compute().index == frame.index).all()


@dataclass(frozen=True)
class LargeStates:
    """States of 4 MB each; a merge holds two."""

    columns: list[str] | None = None

    def learn(self, number: int, *partitions: Any) -> bytes:
        return bytes(4 << 20)

    def merge(self, states: Iterable[bytes]) -> bytes:
        count = sum(1 for state in states if len(state) == 4 << 20)
        assert count <= 16
        return bytes(4 << 20)


def test_driver_when_states_are_large_holds_one_of_them(engine: DaskEngine) -> None:
    import psutil

    cluster = engine.verbs._opened(engine.data([TABLE.slice(i, 1) for i in range(40)]), None)
    process = psutil.Process()
    assert len(cluster.reduce(LargeStates())) == 4 << 20  # buffers of connections are made
    before = process.memory_info().rss
    assert len(cluster.reduce(LargeStates())) == 4 << 20
    assert process.memory_info().rss - before < 60 << 20  # all of them: 160 MB


def test_work_when_it_is_large_makes_no_large_graph(engine: DaskEngine) -> None:
    values = np.random.default_rng(0).random(400_000)
    table = pa.table({"v": values, "w": values[::-1].copy()})
    make = lambda: Preprocessor(  # noqa: E731 - the second pass begins with 12 MB
        col("v", "w").robust_scale().standardize(), profile=False
    )
    data = engine.data([table.slice(i, 100_000) for i in range(0, 400_000, 100_000)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prep = engine.verbs.fit(make(), data)
    assert prep.num_rounds == 2
    assert prep.bundle.to_bytes() == make().fit(table).bundle.to_bytes()


def test_fit_when_there_is_no_cluster_runs_here() -> None:
    from mainspring.scale import dask as verbs

    data = dask.dataframe.from_pandas(TABLE.to_pandas(), npartitions=3)
    with dask.config.set(scheduler="synchronous"):
        prep = verbs.fit(one_pass(), data, target="y")
    read = pa.Table.from_pandas(TABLE.to_pandas(), preserve_index=False)
    assert prep.bundle.to_bytes() == one_pass().fit(read, target="y").bundle.to_bytes()
