"""A pyarrow.dataset.Dataset, fragment by fragment with its own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._sources.part import Batch, rows_at_once
from mainspring._sources.source import Source, projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DatasetSource"]


class DatasetSource(Source):
    """The rows of a dataset in the order of its fragments.

    Columns come in the dataset's schema: it casts what its files hold, and fills columns that a
    file lacks with nulls, as the dataset's maker has asked.
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give the rows of one fragment after the other."""
        dataset = self._dataset
        names = projection(dataset.schema.names, columns)
        empty = dataset.schema.empty_table()
        yield Batch("the dataset", empty if names is None else empty.select(names))
        options: dict[str, Any] = {
            "columns": names,
            "batch_size": rows_at_once(len(names or dataset.schema.names)),
            "batch_readahead": 2,  # more would only fill memory
            "fragment_readahead": 1,
        }
        for where, scanned, schema in self._scanned():
            yield from _batches(where, scanned, {**options, **schema})

    def _scanned(self) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        try:
            fragments = list(self._dataset.get_fragments())
        except ValueError:  # a dataset with a filter gives none
            yield "the dataset", self._dataset, {}
            return
        for number, fragment in enumerate(fragments):
            where = getattr(fragment, "path", None) or f"fragment {number}"
            yield where, fragment, {"schema": self._dataset.schema}


def _batches(where: str, scanned: Any, options: dict[str, Any]) -> Iterator[Batch]:
    import pyarrow as pa

    try:
        for batch in scanned.scanner(**options, **_read_slowly(scanned)).to_batches():
            yield Batch(where, pa.Table.from_batches([batch]))
            del batch
    except (pa.ArrowException, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise errors.DataError(f"{where} cannot be read: {reason}") from error


def _read_slowly(scanned: Any) -> dict[str, Any]:
    """Return options that let Parquet be read as it is decoded, not a row group at once."""
    import pyarrow.dataset as ds

    form = getattr(scanned, "format", None)
    if not hasattr(ds, "ParquetFileFormat") or not isinstance(form, ds.ParquetFileFormat):
        return {}
    options = ds.ParquetFragmentScanOptions(use_buffered_stream=True, pre_buffer=False)
    return {"fragment_scan_options": options}
