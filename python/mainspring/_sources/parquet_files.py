"""A Parquet file, batch by batch; texts that it holds as dictionaries stay dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring._sources.part import rows_at_once
from mainspring._sources.source import projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = [
    "coded_columns",
    "open_parquet",
    "parquet_rows",
    "read_parquet_batches",
    "with_values",
]

# Bytes of a value, before compression, up to which a column chunk cannot be texts one by one: their
# lengths alone take four. Beyond it the writer has given its dictionary up, or it is not worth it.
_MOST_CODED_BYTES = 4
# As in csrc/host/table.hpp.
_READ_AS_DICTIONARY = b"mainspring.read_as_dictionary"


def parquet_rows(path: Path) -> int:
    """Return the number of rows, from the file's end."""
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)


def read_parquet_batches(
    path: Path, columns: Sequence[str] | None, *, plain: bool = False
) -> Iterator[Any]:
    """Give an empty table, then the rows as tables; ``plain``: no text as a dictionary."""
    import pyarrow as pa

    with open_parquet(path, plain=None if plain else ()) as file:
        names = projection(file.schema_arrow.names, columns)
        values = file.metadata.schema.to_arrow_schema()
        empty = file.schema_arrow.empty_table()
        yield with_values(empty if names is None else empty.select(names), values)
        count = len(empty.column_names) if names is None else len(names)
        for batch in file.iter_batches(rows_at_once(count), columns=names):
            yield with_values(pa.Table.from_batches([batch]), values)
            del batch


def with_values(table: Any, schema: Any) -> Any:
    """Give dictionaries of strings the strings' type in the file: large ones, or views.

    Where the file has no dictionary, the column says so: messages name the file's type.
    """
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        wanted = schema.field(schema.get_field_index(field.name)).type
        if wanted == field.type:
            continue
        column = table.column(index)
        if wanted != field.type.value_type:
            chunks = [
                pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary.cast(wanted))
                for chunk in column.chunks
            ]
            column = pa.chunked_array(chunks, pa.dictionary(field.type.index_type, wanted))
        marked = pa.field(field.name, column.type, metadata={_READ_AS_DICTIONARY: b""})
        table = table.set_column(index, marked, column)
    return table


def open_parquet(path: Path, plain: Sequence[str] | None = ()) -> Any:
    """Open a file to be read as it is decoded, not a row group at once.

    The columns of ``plain`` (None: all) are read as they are, others maybe as dictionaries.
    """
    import pyarrow.parquet

    # Without pre_buffer and with a buffer a column chunk is read as it is decoded.
    metadata = pyarrow.parquet.read_metadata(path)
    coded = [] if plain is None else [n for n in coded_columns(metadata) if n not in plain]
    return pyarrow.parquet.ParquetFile(
        path,
        metadata=metadata,
        read_dictionary=coded,
        pre_buffer=False,
        buffer_size=1 << 20,
    )


def coded_columns(metadata: Any) -> list[str]:
    """Return the columns of text that all row groups hold as codes of a dictionary.

    They are read as dictionaries: each text is looked up once a part, not once a row.
    """
    coded: list[str] = []
    for index in range(metadata.num_columns if metadata.num_row_groups else 0):
        column = metadata.schema.column(index)
        # A leaf of a list or struct has a path; names may hold dots, so its depth decides.
        flat = column.max_repetition_level == 0 and column.max_definition_level <= 1
        if not flat or column.physical_type != "BYTE_ARRAY" or column.path != column.name:
            continue
        if column.logical_type.type == "STRING" and all(
            _is_coded(metadata.row_group(group).column(index))
            for group in range(metadata.num_row_groups)
        ):
            coded.append(column.path)
    return coded


def _is_coded(chunk: Any) -> bool:
    if not chunk.has_dictionary_page:
        return False
    return bool(chunk.total_uncompressed_size <= _MOST_CODED_BYTES * chunk.num_values)
