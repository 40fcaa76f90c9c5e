"""ONNX models in memory; files and bytes are from_file's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing onnx.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for an ``onnx.ModelProto``.
    """
    kind = type(model)
    return kind.__name__ == "ModelProto" and kind.__module__.partition(".")[0] == "onnx"


def read(model: Any) -> ModelImage:
    """Read an ONNX model.

    Parameters
    ----------
    model : onnx.ModelProto
        With its weights, not in a file beside it.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    return _engine.read_onnx(model.SerializeToString(), "The ONNX model")
