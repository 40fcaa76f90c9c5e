"""How results are written and read: each type in its own open form, pickles only when asked for.

A format is a function that takes a value it knows and returns what the manifest says of it, and a
function that reads it back. The first that knows a value takes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mainspring.errors import DataError, FileError, UnsupportedError
from mainspring.pipeline.formats import arrays, bundles, files, models, pickles, tables, values
from mainspring.pipeline.type_name import type_name

__all__ = ["read", "write"]

_Writer = Callable[[Any, Path], "dict[str, Any] | None"]
_WRITERS: tuple[_Writer, ...] = (
    values.write,
    arrays.write,
    bundles.write,
    models.write,
    tables.write,
)
_READERS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    **values.READERS,
    **arrays.READERS,
    **bundles.READERS,
    **models.READERS,
    **tables.READERS,
    **files.READERS,
    **pickles.READERS,
}


def write(folder: Path, value: Any, step: str, form: str, scratch: Path) -> dict[str, Any]:
    """Write a result into a folder.

    Parameters
    ----------
    folder : Path
        An empty folder, but for the scratch folder.
    value : object
        What the step returned.
    step : str
        The step's name, for errors.
    form : {"auto", "pickle"}
        Whether what has no form of its own may be pickled.
    scratch : Path
        Files and folders in it are moved, others copied.

    Returns
    -------
    dict
        ``kind`` and what its reader needs: plain values.

    Raises
    ------
    UnsupportedError
        When there is no form for it.
    FileError
        When the disk is full or may not be written to.
    """
    try:
        return _write(folder, value, step, form, scratch)
    except FileError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0]
        raise FileError(
            f"Step {step!r}: its result cannot be written: {reason}. Nothing of it is kept; what "
            "earlier steps made is.",
            got=reason,
        ) from error


def read(folder: Path, result: dict[str, Any]) -> Any:
    """Read a result.

    Parameters
    ----------
    folder : Path
        The result's folder.
    result : dict
        What :func:`write` returned.

    Returns
    -------
    object
        A new object.
    """
    if result["kind"] == "parts":
        items = [read(folder / str(i), item) for i, item in enumerate(result["items"])]
        if result["type"] == "dict":
            return dict(zip(result["names"], items, strict=True))
        return tuple(items) if result["type"] == "tuple" else items
    if result["kind"] not in _READERS:
        raise DataError(
            f"A result of kind {result['kind']!r} was written by another version of mainspring.",
            expected=", ".join(sorted(_READERS)),
            got=str(result["kind"]),
        )
    return _READERS[result["kind"]](result, folder)


def _write(folder: Path, value: Any, step: str, form: str, scratch: Path) -> dict[str, Any]:
    if isinstance(value, os.PathLike):
        return files.write(Path(value), folder, step, scratch)
    for writer in _WRITERS:
        result = writer(value, folder)
        if result is not None:
            return result
    if type(value) in (dict, list, tuple) and all(isinstance(n, str) for n in _names(value)):
        items = value.values() if isinstance(value, dict) else value
        parts = []
        for number, item in enumerate(items):
            part = folder / str(number)
            part.mkdir()
            parts.append(_write(part, item, step, form, scratch))
            if not any(part.iterdir()):
                part.rmdir()
        return {
            "kind": "parts",
            "type": type(value).__name__,
            "names": _names(value),
            "items": parts,
        }
    if form == "pickle":
        return pickles.write(value, folder, step)
    kind = type_name(value)
    raise UnsupportedError(
        f"Step {step!r} returned a value of type {kind}, which has no form in the store. "
        f"{_way_out(value)}, or allow a pickle for this step: store='pickle'.",
        expected="tables, arrays, plain values, paths, and objects of mainspring",
        got=kind,
        hint="store='pickle'",
    )


def _names(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _way_out(value: Any) -> str:
    if hasattr(value, "to_dict"):
        return "Return its to_dict()"
    if hasattr(value, "predict"):
        return "Return mainspring.Predictor(model, preprocessor)"
    if isinstance(value, dict):
        return "Give it keys that are texts"
    return "Return a table, an array, plain values, or the path of a file that the step wrote"
