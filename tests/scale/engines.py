"""The engines that one conformance test runs over, each started with two worker processes.

``local`` is no engine: a list of partitions in this process, so that the shared core is tested
where none is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mainspring.scale.passes import StatePass
from mainspring.scale.row_work import RowWork
from mainspring.scale.verbs import Verbs

Parts = Sequence[pa.Table]


class Engine:
    """A started engine: its module's functions, and tables that go in and come back."""

    name: str
    verbs: Any

    def data(self, parts: Parts) -> Any:
        """Data with these partitions."""
        raise NotImplementedError

    def table(self, data: Any) -> pa.Table:
        """All rows of data of the engine, in any order."""
        raise NotImplementedError

    def as_read(self, parts: Parts) -> pa.Table:
        """All rows in one table, of the types that workers see."""
        return pa.concat_tables(parts)

    def opened(self, data: Any) -> Any:
        """The data as the core sees it."""
        return self.verbs._opened(data, None)

    def failing(self, parts: Parts, number: int, bad: pa.Table) -> Any:
        """Data of which a partition has other types than its schema says."""
        raise NotImplementedError

    @contextmanager
    def kept_settings(self) -> Iterator[None]:
        """Put back what a program sets in the engine."""
        yield


class LocalData:
    """Partitions of this process: the smallest thing that is a Cluster."""

    def __init__(self, parts: Parts, schema: pa.Schema | None) -> None:
        self._parts = parts
        self.schema = parts[0].schema if schema is None else schema

    def numbered(self) -> LocalData:
        return self

    def reduce(self, work: StatePass) -> bytes:
        pairs = range(0, len(self._parts), 2)  # what a task may read of a list of files
        states = [work.learn(number, *self._parts[number : number + 2]) for number in pairs]
        half = len(states) // 2
        return work.merge([work.merge(states[half:]), work.merge(states[:half])])

    def rows(self, work: RowWork) -> Any:
        return [work.table(part, number) for number, part in enumerate(self._parts)]


class LocalEngine(Engine):
    name = "local"
    verbs = Verbs(LocalData)

    def data(self, parts: Parts) -> Any:
        return list(parts)

    def table(self, data: Any) -> pa.Table:
        return pa.concat_tables(data)

    def failing(self, parts: Parts, number: int, bad: pa.Table) -> Any:
        return [bad if place == number else part for place, part in enumerate(parts)]


class DaskEngine(Engine):
    name = "dask"

    def __init__(self, stack: ExitStack) -> None:
        distributed = pytest.importorskip(
            "distributed", reason="Dask is not installed; run .ci/ecosystem dask"
        )
        from mainspring.scale import dask

        self.verbs = dask
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
            )
        )
        self.client = stack.enter_context(distributed.Client(cluster))

    def data(self, parts: Parts) -> Any:
        return self._frame([part.to_pandas() for part in parts], parts[0])

    def _frame(self, frames: list[Any], meta: pa.Table) -> Any:
        import dask.dataframe as dd

        return dd.from_map(lambda frame: frame, frames, meta=meta.slice(0, 0).to_pandas())

    def table(self, data: Any) -> pa.Table:
        return pa.Table.from_pandas(data.compute(), preserve_index=False)

    def as_read(self, parts: Parts) -> pa.Table:
        return pa.Table.from_pandas(pa.concat_tables(parts).to_pandas(), preserve_index=False)

    def failing(self, parts: Parts, number: int, bad: pa.Table) -> Any:
        chosen = [bad if place == number else part for place, part in enumerate(parts)]
        return self._frame([part.to_pandas() for part in chosen], parts[0])


class RayEngine(Engine):
    name = "ray"

    def __init__(self, stack: ExitStack) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        ray = pytest.importorskip("ray", reason="Ray is not installed; run .ci/ecosystem ray")
        pytest.importorskip("ray.data", reason="Ray is not installed; run .ci/ecosystem ray")
        from mainspring.scale import ray as verbs

        self.verbs = verbs
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=200 << 20,
            logging_level="error",
            log_to_driver=False,
        )
        stack.callback(ray.shutdown)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False

    def data(self, parts: Parts) -> Any:
        import ray.data

        return ray.data.from_arrow(list(parts))

    def table(self, data: Any) -> pa.Table:
        import ray

        tables = [table for table in ray.get(data.to_arrow_refs()) if table.num_rows]
        return pa.concat_tables(tables)


_SPARK_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2"}


class SparkEngine(Engine):
    name = "spark"

    def __init__(self, stack: ExitStack, *, connect: bool, master: str = "local[2]") -> None:
        pytest.importorskip("pyspark", reason="Spark is not installed; run .ci/ecosystem spark")
        from pyspark.sql import SparkSession

        from mainspring.scale import spark

        self.verbs = spark
        os.environ["PYSPARK_PYTHON"] = sys.executable
        # A JVM that lives for a minute: half the CPU time without its second compiler.
        os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        builder = SparkSession.builder
        if connect:  # a server in a JVM of this process, which everything goes through
            builder = builder.remote(master)
        else:
            builder = builder.master(master).config("spark.ui.enabled", "false")
        self.session = builder.getOrCreate()
        for name, value in _SPARK_SETTINGS.items():
            self.session.conf.set(name, value)
        stack.callback(self.session.stop)

    @contextmanager
    def kept_settings(self) -> Iterator[None]:
        try:
            yield
        finally:
            for name, value in _SPARK_SETTINGS.items():
                self.session.conf.set(name, value)

    def data(self, parts: Parts) -> Any:
        # One row of IPC bytes for each partition, unpacked there: also empty partitions stay.
        from pyspark.sql.pandas.types import from_arrow_schema

        rows = [(number, _ipc(part)) for number, part in enumerate(parts)]
        packed = self.session.createDataFrame(rows, "number int, bytes binary")
        spread = packed.repartitionByRange(len(parts), "number").sortWithinPartitions("number")
        return spread.mapInArrow(_unpacked, from_arrow_schema(parts[0].schema))

    def table(self, data: Any) -> pa.Table:
        return data.toArrow()


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow.ipc

    for batch in batches:
        for one in batch.column("bytes"):
            with pyarrow.ipc.open_stream(one.as_py()) as reader:
                yield from reader


@contextmanager
def importable_in_workers() -> Iterator[None]:
    """These tests, by their names, in processes that inherit the environment."""
    before = os.environ.get("PYTHONPATH")
    root = str(Path(__file__).resolve().parents[2])
    os.environ["PYTHONPATH"] = root if before is None else f"{root}{os.pathsep}{before}"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


@contextmanager
def started(name: str) -> Iterator[Engine]:
    with importable_in_workers(), ExitStack() as stack:
        if name == "local":
            yield LocalEngine()
        elif name == "dask":
            yield DaskEngine(stack)
        elif name == "ray":
            yield RayEngine(stack)
        else:
            yield SparkEngine(stack, connect=name == "spark-connect")


def write_parts(parts: Parts, folder: Path) -> list[str]:
    """Write each partition into a Parquet file."""
    import pyarrow.parquet as pq

    paths = []
    for number, part in enumerate(parts):
        path = folder / f"part-{number}.parquet"
        pq.write_table(part, path)
        paths.append(str(path))
    return paths
