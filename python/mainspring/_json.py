"""Plain values as valid JSON, whatever numbers are among them."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["to_json"]


def to_json(value: Any, indent: int | None = None) -> str:
    """Write plain values as JSON.

    Parameters
    ----------
    value : object
        Dicts, lists, texts, numbers and None.
    indent : int, optional
        Spaces of indentation; one line without.

    Returns
    -------
    str
        NaN is null, infinities are the texts "Infinity" and "-Infinity".

    Examples
    --------
    >>> to_json({"value": float("nan"), "limits": (float("inf"), 1)})
    '{"value": null, "limits": ["Infinity", 1]}'
    """
    return json.dumps(_plain(value), indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
