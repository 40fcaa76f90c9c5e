"""Serve models over HTTP: an ASGI app whose every prediction is one native call on bytes.

Needs the extra ``serve``. docs/serving.md shows the routes and what they answer.
"""

from __future__ import annotations

from mainspring.serve.access import Access
from mainspring.serve.app import create_app
from mainspring.serve.batching import BatchOptions
from mainspring.serve.histories import HistoryOptions
from mainspring.serve.payload_log import PayloadLogOptions

__all__ = ["Access", "BatchOptions", "HistoryOptions", "PayloadLogOptions", "create_app"]
