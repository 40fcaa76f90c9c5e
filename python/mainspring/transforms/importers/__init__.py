"""Fitted transformers of other libraries, made into plans of the engine.

One file for each family of transformers; ``streams`` is what they read and give.
"""

from __future__ import annotations

from mainspring.transforms.importers.from_sklearn import from_sklearn

__all__ = ["from_sklearn"]
