"""Model files and their contents: the first bytes say which library wrote them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring import _engine, errors
from mainspring.models import from_catboost

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]

_CATBOOST = re.compile(
    rb'\s*\{\s*"(ctr_data|features_info|model_info|oblivious_trees|scale_and_bias|trees)"'
)
# The version of the representation, which every writer of ONNX puts first.
_ONNX = b"\x08"
# What a .keras file is.
_ZIP = b"PK\x03\x04"
_BUNDLE_MAGIC = b"\x8fSPRING\n"
# What people pass by mistake, told by its first bytes.
_OTHERS = {
    b"PAR1": ("a Parquet file", "Pass the model; the table is read by what asks for one."),
    b"ARROW1": ("an Arrow file", "Pass the model; the table is read by what asks for one."),
    b"\x80\x04": ("a pickle, which is never read", "Pass the object, or what its library saves."),
    b"\x80\x05": ("a pickle, which is never read", "Pass the object, or what its library saves."),
    b"\x1f\x8b": ("compressed with gzip", "Decompress it first."),
}


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for text, bytes and paths.
    """
    return isinstance(model, str | bytes | bytearray | os.PathLike)


def read(model: str | bytes | bytearray | os.PathLike[str]) -> ModelImage:
    """Read a model file, or what is in one.

    Parameters
    ----------
    model : str, bytes, bytearray or os.PathLike
        The path of a file that LightGBM's ``Booster.save_model``, XGBoost's (UBJSON or JSON) or
        CatBoost's (JSON; cbm where catboost is installed) wrote, of an ONNX or
        ``.keras`` file, or the contents of such a file.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    if isinstance(model, str) and model.startswith(("tree\n", "tree\r\n", "{")):
        return _read_contents(model.encode(errors="surrogateescape"), "The model's text")
    if isinstance(model, bytes | bytearray):
        return _read_contents(bytes(model), "The model's text")
    path = os.fspath(model)
    if "\n" in path:
        raise errors.DataError(
            "The model is a text of several lines that does not begin with the line 'tree'; "
            "expected the text of a LightGBM model or the path of one.",
            expected="a text that begins with 'tree'",
            hint="Pass what Booster.model_to_string() returned.",
        )
    return _read_contents(_engine.read_file(path), f"Model file {Path(path).name!r}")


def _read_contents(contents: bytes, subject: str) -> ModelImage:
    if contents.startswith(_BUNDLE_MAGIC):
        raise errors.UnsupportedError(
            f"{subject} is a bundle, not a model; expected LightGBM's text, or XGBoost's or "
            "CatBoost's document. Open it with mainspring.load().",
            expected="a model of another library",
            got="a bundle",
            hint="mainspring.load(path)",
        )
    for start, (what, fix) in _OTHERS.items():
        if contents.startswith(start):
            raise errors.DataError(
                f"{subject} is {what}, expected a model of LightGBM, XGBoost, CatBoost, ONNX or "
                f"Keras. {fix}",
                expected="a model file",
                got=what,
                hint=fix,
            )
    if contents.startswith(b"CBM1"):
        return from_catboost.read(from_catboost.open_binary(contents, subject))
    if _CATBOOST.match(contents):
        return _engine.read_catboost(contents, subject)
    if contents.startswith(_ZIP):
        from mainspring.models import from_keras  # needs NumPy

        return from_keras.read_contents(contents, subject)
    if contents.startswith(_ONNX):
        return _engine.read_onnx(contents, subject)
    if contents.startswith(b"{"):
        return _engine.read_xgboost(contents, subject)
    return _engine.read_lightgbm(contents, subject)
