"""What runs over partitions and gives rows: features or predictions, batch by batch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from mainspring import errors
from mainspring._sources import Part
from mainspring.predictor import Predictor
from mainspring.scale.partitions import located, parts_of
from mainspring.scale.passes import check_rows, first_row_of
from mainspring.scale.worker import Worker, opened_once
from mainspring.transforms import Preprocessor
from mainspring.transforms.sharded_fit import TrainingPlan

__all__ = ["RowWork", "predictions", "training_features", "transformed"]

#: What is opened once a process, and what that makes of a part.
Compute = Callable[[Any, Part], pa.RecordBatch]


@dataclass(frozen=True)
class RowWork:
    """Rows in, as many rows out.

    ``image`` is what ``open_image`` opens, once in each process; ``compute`` makes a batch of a
    part with what was opened. Columns of ``keep`` stand before the new ones.
    """

    worker: Worker
    image: bytes
    open_image: Callable[[bytes], Any]
    compute: Compute
    columns: list[str] | None
    input_schema: pa.Schema
    keep: tuple[str, ...]
    first_rows: Sequence[int] | None = None

    @cached_property
    def key(self) -> str:
        """What the opened image is known as; it travels with the work."""
        return hashlib.sha256(self.image).hexdigest()

    @cached_property
    def schema(self) -> pa.Schema:
        """Of the rows that come out."""
        empty = Part("the schema", self.input_schema.empty_table(), 0)
        return self._batch(self.open_image(self.image), empty).schema

    def run(self, partition: Any, number: int | None = None) -> Iterator[pa.RecordBatch]:
        """Give the rows of a partition; none where it has none."""
        self.worker.settle()
        opened = opened_once(self.key, lambda: self.open_image(self.image))
        num_rows = 0
        for part in parts_of(partition, number, self.columns, self.input_schema):
            first_row = part.first_row
            if self.first_rows is not None and number is not None:
                first_row += first_row_of(self.first_rows, number)
            with located(part.where):
                yield self._batch(opened, Part(part.where, part.table, first_row))
            num_rows += part.table.num_rows
        if self.first_rows is not None and number is not None:
            check_rows(self.first_rows, number, num_rows)

    def table(self, partition: Any, number: int | None = None) -> pa.Table:
        """Return the rows of a partition as one table."""
        return pa.Table.from_batches(self.run(partition, number), self.schema)

    def _batch(self, opened: Any, part: Part) -> pa.RecordBatch:
        made = self.compute(opened, part)
        if not self.keep:
            return made
        kept = part.table.select(list(self.keep)).combine_chunks()
        arrays = [_whole(kept.column(name)) for name in self.keep]
        names = [*self.keep, *made.schema.names]
        return pa.RecordBatch.from_arrays([*arrays, *made.columns], names=names)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)


def _checked_keep(keep: Sequence[str], schema: pa.Schema) -> tuple[str, ...]:
    names = tuple([keep] if isinstance(keep, str) else keep)
    for name in names:
        if name not in schema.names:
            raise errors.SchemaError(
                f"keep: the data has no column '{name}'.", column=name, expected=f"'{name}'"
            )
    return names


def _all_columns(columns: Sequence[str], keep: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*columns, *keep]))


def transformed(
    transformer: Preprocessor | Predictor, schema: pa.Schema, keep: Sequence[str]
) -> RowWork:
    """Compute features, of a preprocessor or of a predictor's."""
    names = _checked_keep(keep, schema)
    worker = Worker.here()
    if isinstance(transformer, Predictor):
        columns = _all_columns(transformer.input_names, names)
        image, opener = transformer.to_bytes(), Predictor.from_bytes
        return RowWork(worker, image, opener, _predictor_features, columns, schema, names)
    columns = _all_columns(transformer.bundle.input_names, names)
    image = transformer.bundle.to_bytes()
    return RowWork(worker, image, _open_plan, _features, columns, schema, names)


def predictions(predictor: Predictor, kind: str, schema: pa.Schema, keep: Sequence[str]) -> RowWork:
    """Predict."""
    names = _checked_keep(keep, schema)
    columns = _all_columns(predictor.input_names, names)
    return RowWork(
        Worker.here(),
        predictor.to_bytes(),
        Predictor.from_bytes,
        _PREDICTORS[kind],
        columns,
        schema,
        names,
    )


def training_features(
    base: bytes,
    columns: list[str],
    first_rows: Sequence[int],
    schema: pa.Schema,
    keep: Sequence[str],
) -> RowWork:
    """Compute the features of the rows of a fit, each without its own target."""
    names = _checked_keep(keep, schema)
    return RowWork(
        Worker.here(),
        base,
        TrainingPlan,
        _training_features,
        _all_columns(columns, names),
        schema,
        names,
        first_rows,
    )


def _open_plan(image: bytes) -> Preprocessor:
    return Preprocessor._from_plan(image, "a preprocessor on a worker")


def _features(preprocessor: Preprocessor, part: Part) -> pa.RecordBatch:
    return preprocessor.transform(part.table, output="arrow")


def _predictor_features(predictor: Predictor, part: Part) -> pa.RecordBatch:
    return predictor.transform_batches(iter([part.table])).read_next_batch()


def _training_features(plan: TrainingPlan, part: Part) -> pa.RecordBatch:
    return plan.transform(part.table, part.first_row)


def _predict(predictor: Predictor, part: Part) -> pa.RecordBatch:
    return pa.record_batch(predictor.predict_arrow(part.table))


def _predict_proba(predictor: Predictor, part: Part) -> pa.RecordBatch:
    return pa.record_batch(predictor.predict_arrow(part.table, "proba"))


def _predict_raw(predictor: Predictor, part: Part) -> pa.RecordBatch:
    return pa.record_batch(predictor.predict_arrow(part.table, "raw"))


_PREDICTORS: dict[str, Compute] = {
    "predict": _predict,
    "proba": _predict_proba,
    "raw": _predict_raw,
}
