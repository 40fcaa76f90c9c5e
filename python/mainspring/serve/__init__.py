"""Serve models over HTTP: an ASGI app whose every prediction is one native call on bytes.

Needs the extra ``serve``. docs/serving.md shows the routes and what they answer.
"""

from __future__ import annotations

from mainspring.serve.access import Access
from mainspring.serve.app import create_app

__all__ = ["Access", "create_app"]
