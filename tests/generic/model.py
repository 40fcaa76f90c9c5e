"""What the generic suite knows of a model: where it comes from, and rows for it.

An oracle (tests/reference/KIND.py) has ``raw_scores(text, rows)``, the strategy ``MODELS`` of drawn
models, and ``FIXED``, recipes that ``drawn(recipe)`` makes models of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class DrawnModel:
    """A model of a source library, its text, and a matrix of features."""

    source: Any
    text: str
    rows: np.ndarray
