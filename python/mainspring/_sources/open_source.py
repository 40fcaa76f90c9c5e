"""Which data is read in parts, and how."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._sources.read_once import GeneratorSource, ReaderSource
from mainspring._sources.spool import SpooledSource

if TYPE_CHECKING:
    from mainspring._sources.source import Source

__all__ = ["is_source", "open_source"]


def is_source(data: object) -> bool:
    """Say whether data is read in parts; what lies in memory as a whole is not."""
    if isinstance(data, (str, os.PathLike)):
        return True
    if isinstance(data, (list, tuple)):
        return bool(data) and all(isinstance(path, (str, os.PathLike)) for path in data)
    return isinstance(data, Iterator) or _is_dataset(data)


def open_source(data: Any, *, passes: int, spool: bool, what: str = "fit") -> Source:
    """Make a source of data for which :func:`is_source` holds.

    Parameters
    ----------
    data : object
        A path of a file or folder, a list of paths, a dataset, a reader or an iterator.
    passes : int
        How often it will be read.
    spool : bool
        Whether what can be read only once may be kept in a temporary file.
    what : str, default "fit"
        Who reads it, for error messages.

    Raises
    ------
    ParameterError
        When the data can be read once, is needed more often, and may not be kept.
    FileError, DataError
        When a file is not there, or not what its ending says.
    """
    require_pyarrow()
    source = _source_of(data)
    if not source.once or passes == 1:
        return source
    if spool:
        return SpooledSource(source)
    got = type(data).__name__
    raise errors.ParameterError(
        f"{what} reads the data {passes} times, but a {got} can be read only once. Pass spool=True "
        "to keep it in a temporary file meanwhile, or a folder or dataset.",
        expected="data that can be read again",
        got=got,
        hint="spool=True",
    )


def require_pyarrow() -> None:
    """Check that pyarrow is there, which reads all sources."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise errors.MissingExtraError(
            "Files, datasets and generators are read through pyarrow, which is not installed. "
            "Run: pip install pyarrow",
            hint="pip install pyarrow",
        ) from error
    del pa


def _source_of(data: Any) -> Source:
    from mainspring._sources.dataset import DatasetSource
    from mainspring._sources.files import FilesSource, files_of

    if isinstance(data, (list, tuple)):
        return FilesSource([file for path in data for file in files_of(_named(path))])
    if isinstance(data, (str, os.PathLike)):
        path = _named(data)
        files = files_of(path)
        if any("=" in folder for file in files for folder in file.relative_to(path).parts[:-1]):
            return DatasetSource(_hive(path, files))
        return FilesSource(files)
    if _is_dataset(data):
        return DatasetSource(data)
    if hasattr(data, "__arrow_c_stream__"):
        return ReaderSource(data)
    return GeneratorSource(data)


def _named(path: str | os.PathLike[str]) -> Path:
    if not os.fspath(path):  # it would mean the folder that one is in
        raise errors.FileError("'' cannot be read: the path is empty.")
    return Path(path)


def _hive(path: Path, files: list[Path]) -> Any:
    """Return a folder whose folders are called column=value as a dataset with these columns."""
    import pyarrow.dataset as ds

    from mainspring._sources.files import kind_of

    form = kind_of(files[0]).replace("arrow", "ipc")
    partitioning = ds.partitioning(flavor="hive")
    return ds.dataset(
        [str(file) for file in files],
        format=form,
        partitioning=partitioning,
        partition_base_dir=str(path),
    )


def _is_dataset(data: object) -> bool:
    dataset = sys.modules.get("pyarrow.dataset")  # who has made one has imported it
    return dataset is not None and isinstance(data, dataset.Dataset)
