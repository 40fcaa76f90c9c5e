"""Pickles, for steps that ask for them: they run code when they are read, so never by default."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from mainspring.errors import UnsupportedError
from mainspring.pipeline.type_name import type_name

__all__ = ["READERS", "write"]


def write(value: Any, folder: Path, step: str) -> dict[str, Any]:
    """Pickle a value.

    Parameters
    ----------
    value : object
        What the step returned.
    folder : Path
        Where files go.
    step : str
        The step's name, for errors.

    Returns
    -------
    dict
        For the manifest.

    Raises
    ------
    UnsupportedError
        When it cannot be pickled.
    """
    try:
        data = pickle.dumps(value, protocol=5)
    except Exception as error:
        kind = type_name(value)
        raise UnsupportedError(
            f"Step {step!r} returned a value of type {kind}, which cannot be pickled: {error}. "
            "Return a table, an array, plain values, or the path of a file that the step wrote.",
            expected="something that can be pickled",
            got=kind,
        ) from error
    (folder / "value.pickle").write_bytes(data)
    return {"kind": "pickle"}


def _read(_: dict[str, Any], folder: Path) -> Any:
    return pickle.loads((folder / "value.pickle").read_bytes())


READERS = {"pickle": _read}
