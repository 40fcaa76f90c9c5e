"""What the oracles of transforms share: columns are plain lists, a missing value is None or NaN.

Every oracle has ``features(train, rows, ...)``: what the operator makes of the columns ``rows``
after it was fitted on the columns ``train``.
"""

from __future__ import annotations

from typing import Any

Column = list[Any]


def is_missing(value: Any) -> bool:
    return value is None or value != value
