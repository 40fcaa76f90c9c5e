"""Dask: data frames, bags, and lists of files, on a distributed cluster or in this process.

``data`` is a ``dask.dataframe.DataFrame``, a ``dask.bag.Bag`` of dicts, tables or paths, or a list
of paths of Parquet, Arrow or CSV files, each a partition; a pass learns from runs of them. Features
and predictions come as a ``dask.dataframe.DataFrame``, with the index of the one that came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from mainspring import errors
from mainspring._sources import is_source
from mainspring.scale.cluster import missing_engine, not_data
from mainspring.scale.file_runs import runs_of_files
from mainspring.scale.partitions import MERGED_AT_ONCE, schema_of
from mainspring.scale.passes import StatePass
from mainspring.scale.row_work import RowWork
from mainspring.scale.verbs import Verbs

__all__ = ["drift", "fit", "fit_transform", "predict", "profile", "transform"]

_EXPECTED = "a Dask DataFrame, a Dask Bag or a list of paths"
# What a graph carries itself; Dask warns of graphs beyond 10 MB.
_MOST_INLINE_BYTES = 1 << 20


class _DaskData:
    """Partitions that are tasks of a graph."""

    def __init__(self, data: Any, schema: pa.Schema | None) -> None:
        self._data = data
        if is_source(data):
            self._parts = [data] if isinstance(data, str) else list(data)
            self.schema = schema_of(self._parts[0]) if schema is None else schema
        elif hasattr(data, "_meta") and hasattr(data, "to_delayed"):
            self.schema = _schema_of_frame(data._meta) if schema is None else schema
        elif hasattr(data, "to_delayed") and hasattr(data, "npartitions"):
            self.schema = _schema_of_bag(data) if schema is None else schema
        else:
            raise not_data(data, _EXPECTED)

    def numbered(self) -> _DaskData:
        return self

    def _partitions(self, columns: Sequence[str] | None) -> list[Any]:
        if is_source(self._data):
            return self._parts
        data = self._data
        if hasattr(data, "columns") and columns and set(columns) <= set(data.columns):
            data = data[list(columns)]
        return list(data.to_delayed())

    def _runs(self, columns: Sequence[str] | None) -> list[tuple[int, list[Any]]]:
        """Return what each task reads: the number of its first partition, and the partitions."""
        if is_source(self._data):
            runs = runs_of_files(self._parts, _num_threads())
            return [(run.start, self._parts[run.start : run.stop]) for run in runs]
        # Not more of them at a time: a task holds all that it is given.
        return [(number, [part]) for number, part in enumerate(self._partitions(columns))]

    def reduce(self, work: StatePass) -> bytes:
        import dask

        learn, merge = dask.delayed(_learn, pure=False), dask.delayed(_merge, pure=False)
        held = _held(work)
        states = [learn(held, number, *parts) for number, parts in self._runs(work.columns)]
        while len(states) > 1:
            groups = range(0, len(states), MERGED_AT_ONCE)
            states = [merge(held, states[i : i + MERGED_AT_ONCE]) for i in groups]
        return bytes(states[0].compute()) if states else work.merge([])

    def rows(self, work: RowWork) -> Any:
        import dask
        import dask.dataframe

        run = dask.delayed(_run, pure=False)
        held = _held(work)
        parts = self._partitions(work.columns)
        frames = [run(held, i, part) for i, part in enumerate(parts)]
        meta = work.schema.empty_table().to_pandas()
        divisions = None
        if hasattr(self._data, "_meta"):
            meta.index = self._data._meta.index[:0]
            divisions = self._data.divisions if self._data.known_divisions else None
        return dask.dataframe.from_delayed(
            frames, meta=meta, divisions=divisions, verify_meta=False
        )


def _schema_of_frame(meta: Any) -> pa.Schema:
    """Return the types of a frame; columns of objects are texts, as Dask itself takes them."""
    schema = pa.Schema.from_pandas(meta, preserve_index=False)
    return pa.schema([f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in schema])


def _schema_of_bag(bag: Any) -> pa.Schema:
    for part in bag.to_delayed():  # one after another, until there are rows
        items = part.compute()
        found = schema_of(list(items)[:1000])
        if found is not None:
            return found
    raise errors.DataError("The bag has no rows, expected at least one, or a schema.")


class _Literal:
    """Work that stands in each task itself.

    As a node of its own it would lie on the worker that came to it first, and the others wait for
    it until that one has learned from its share.
    """

    def __init__(self, work: Any) -> None:
        self.work = work


def _held(work: Any) -> Any:
    """Return the work for each task, or where it is large on every worker already."""
    size = len(getattr(work, "base", b"")) + len(getattr(work, "image", b""))
    if size > _MOST_INLINE_BYTES:
        client = _client()
        if client is not None:
            # On all workers, so that one that dies does not take it with it.
            return client.scatter(work, broadcast=True, hash=False)
    return _Literal(work)


def _client() -> Any:
    try:
        from distributed import default_client
    except ImportError:
        return None
    try:
        return default_client()
    except ValueError:
        return None


def _num_threads() -> int:
    """Return how many tasks run at once; 0 where there are no workers yet."""
    client = _client()
    if client is None:
        from dask.system import CPU_COUNT

        return int(CPU_COUNT)
    return sum(client.nthreads().values())


def _work_of(held: Any) -> Any:
    return held.work if isinstance(held, _Literal) else held


def _learn(held: Any, number: int, *partitions: Any) -> bytes:
    return bytes(_work_of(held).learn(number, *partitions))


def _merge(held: Any, states: list[bytes]) -> bytes:
    return bytes(_work_of(held).merge(states))


def _run(held: Any, number: int, partition: Any) -> Any:
    frame = _work_of(held).table(partition, number).to_pandas()
    if hasattr(partition, "index") and hasattr(partition, "columns"):
        frame.index = partition.index
    return frame


def _opened(data: Any, schema: pa.Schema | None) -> _DaskData:
    try:
        import dask
    except ImportError as error:
        raise missing_engine("dask") from error
    del dask
    return _DaskData(data, schema)


_verbs = Verbs(_opened)
drift = _verbs.drift
fit = _verbs.fit
fit_transform = _verbs.fit_transform
predict = _verbs.predict
profile = _verbs.profile
transform = _verbs.transform
