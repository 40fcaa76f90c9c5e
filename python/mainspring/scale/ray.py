"""Ray: Datasets, block by block.

``data`` is a ``ray.data.Dataset``; features and predictions come as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from mainspring.scale.cluster import missing_engine, not_data
from mainspring.scale.partitions import MERGED_AT_ONCE
from mainspring.scale.passes import StatePass
from mainspring.scale.row_work import RowWork
from mainspring.scale.verbs import Verbs

__all__ = ["drift", "fit", "fit_transform", "predict", "profile", "transform"]

# Blocks of which the states have not been merged: what bounds memory where blocks come faster.
_MOST_WAITING = 1024


class _RayData:
    """Blocks in the object store; states stay there too, this process holds references."""

    def __init__(self, data: Any, schema: pa.Schema | None, *, fixed: bool = False) -> None:
        if not hasattr(data, "iter_internal_ref_bundles"):
            raise not_data(data, "a Ray Dataset")
        self._data = data
        self._fixed = fixed  # blocks are used as they are: another operator would cut them anew
        self.schema = _schema_of(data) if schema is None else schema

    def numbered(self) -> _RayData:
        import ray.data

        context = ray.data.DataContext.get_current()
        before = context.execution_options.preserve_order
        context.execution_options.preserve_order = True
        try:
            return _RayData(self._data.materialize(), self.schema, fixed=True)
        finally:
            context.execution_options.preserve_order = before

    def _selected(self, columns: list[str] | None) -> Any:
        known = columns is not None and set(columns) <= set(self.schema.names)
        return self._data.select_columns(columns) if known and not self._fixed else self._data

    def reduce(self, work: StatePass) -> bytes:
        import ray

        learn, merge = ray.remote(_learn), ray.remote(_merge)
        held = ray.put(work)
        states: list[Any] = []
        for number, block in enumerate(_blocks(self._selected(work.columns))):
            states.append(learn.remote(held, number, block))
            if len(states) == _MOST_WAITING:
                states = [merge.remote(held, *states)]
                ray.wait(states)
        while len(states) > 1:
            groups = range(0, len(states), MERGED_AT_ONCE)
            states = [merge.remote(held, *states[i : i + MERGED_AT_ONCE]) for i in groups]
        return bytes(ray.get(states[0])) if states else work.merge([])

    def rows(self, work: RowWork) -> Any:
        import ray
        import ray.data

        if work.first_rows is not None:
            run, held = ray.remote(_run), ray.put(work)
            blocks = _blocks(self._data)
            return ray.data.from_arrow_refs(
                [run.remote(held, number, block) for number, block in enumerate(blocks)]
            )
        return self._selected(work.columns).map_batches(
            _batch_of, fn_args=(ray.put(work),), batch_format="pyarrow", batch_size=None
        )


def _blocks(data: Any) -> Iterator[Any]:
    for bundle in data.iter_internal_ref_bundles():
        yield from bundle.block_refs


def _schema_of(data: Any) -> pa.Schema:
    schema = data.schema()
    if schema is None:
        return pa.schema([])
    if isinstance(schema.base_schema, pa.Schema):
        return schema.base_schema
    return pa.schema(list(zip(schema.names, schema.types, strict=True)))


def _learn(work: StatePass, number: int, block: Any) -> bytes:
    return work.learn(number, block)


def _merge(work: StatePass, *states: bytes) -> bytes:
    return work.merge(states)


def _run(work: RowWork, number: int, block: Any) -> pa.Table:
    return work.table(block, number)


def _batch_of(batch: pa.Table, held: Any) -> pa.Table:
    import ray

    return ray.get(held).table(batch)


def _opened(data: Any, schema: pa.Schema | None) -> _RayData:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise missing_engine("ray") from error
    del ray
    return _RayData(data, schema)


_verbs = Verbs(_opened)
drift = _verbs.drift
fit = _verbs.fit
fit_transform = _verbs.fit_transform
predict = _verbs.predict
profile = _verbs.profile
transform = _verbs.transform
