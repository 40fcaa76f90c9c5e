"""Spark: data frames, classic or over Spark Connect, through mapInArrow alone.

``data`` is a ``pyspark.sql.DataFrame`` of either kind; features and predictions come as one. The
workers need mainspring and pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from mainspring.scale.cluster import missing_engine, not_data
from mainspring.scale.partitions import MERGED_AT_ONCE
from mainspring.scale.passes import StatePass
from mainspring.scale.row_work import RowWork
from mainspring.scale.verbs import Verbs

__all__ = ["drift", "fit", "fit_transform", "predict", "profile", "transform"]

_STATE = "state binary"


class _SparkData:
    """A data frame; how many partitions it has, Spark Connect does not say."""

    def __init__(self, frame: Any, schema: pa.Schema | None) -> None:
        if not hasattr(frame, "mapInArrow"):
            raise not_data(frame, "a Spark DataFrame")
        self._frame = frame
        if schema is None:
            zone = frame.sparkSession.conf.get("spark.sql.session.timeZone")
            schema = _in_zone(frame.limit(0).toArrow().schema, zone)
        self.schema = schema

    def numbered(self) -> _SparkData:
        return self

    def _selected(self, columns: list[str] | None) -> Any:
        names = self._frame.columns
        if columns is None or not set(columns) <= set(names):
            return self._frame
        return self._frame.select(*("`" + name.replace("`", "``") + "`" for name in columns))

    def reduce(self, work: StatePass) -> bytes:
        states = self._selected(work.columns).mapInArrow(_learns(work), _STATE)
        shuffled = int(self._frame.sparkSession.conf.get("spark.sql.shuffle.partitions"))
        # Two levels: a shuffle of one row for each partition.
        for width in (min(MERGED_AT_ONCE, shuffled), 1):
            states = states.repartition(width).mapInArrow(_merges(work), _STATE)
        found = states.collect()
        return bytes(found[0].state) if found else work.merge([])

    def rows(self, work: RowWork) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        return self._selected(work.columns).mapInArrow(_runs(work), from_arrow_schema(work.schema))


def _in_zone(schema: pa.Schema, zone: str) -> pa.Schema:
    """Return the schema with the zone that timestamps come with."""
    fields = [
        field.with_type(pa.timestamp(field.type.unit, zone))
        if pa.types.is_timestamp(field.type) and field.type.tz is not None
        else field
        for field in schema
    ]
    return pa.schema(fields)


def _learns(work: StatePass) -> Callable[[Any], Iterator[pa.RecordBatch]]:
    def learn(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield _state_batch(work.learn(_number(), batches))

    return learn


def _merges(work: StatePass) -> Callable[[Any], Iterator[pa.RecordBatch]]:
    def merge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield _state_batch(work.merge(_states(batches)))

    return merge


def _runs(work: RowWork) -> Callable[[Any], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return work.run(batches, _number())

    return run


def _states(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    for batch in batches:
        for state in batch.column(0):
            yield state.as_py()


def _state_batch(state: bytes) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([state], pa.binary())], names=["state"])


def _number() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    return 0 if context is None else int(context.partitionId())


def _opened(data: Any, schema: pa.Schema | None) -> _SparkData:
    try:
        import pyspark
    except ImportError as error:
        raise missing_engine("spark") from error
    del pyspark
    return _SparkData(data, schema)


_verbs = Verbs(_opened)
drift = _verbs.drift
fit = _verbs.fit
fit_transform = _verbs.fit_transform
predict = _verbs.predict
profile = _verbs.profile
transform = _verbs.transform
