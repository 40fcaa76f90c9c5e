"""The classes of uvicorn that the hot path is built on, where they are as they were.

uvicorn's protocol is no public interface, so what is used of it is looked for first.
"""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["known_uvicorn"]

# What is used of uvicorn's class and its instances.
_METHODS = (
    "connection_lost",
    "data_received",
    "on_body",
    "on_headers_complete",
    "on_message_begin",
    "on_message_complete",
    "on_response_complete",
    "shutdown",
    "_unset_keepalive_if_required",
    "timeout_keep_alive_handler",
)
_ATTRIBUTES = (
    "self.cycle",
    "self.expect_100_continue",
    "self.flow",
    "self.headers",
    "self.limit_concurrency",
    "self.loop",
    "self.parser",
    "self.pipeline",
    "self.server_state.default_headers",
    "self.server_state.total_requests",
    "self.tasks",
    "self.timeout_keep_alive",
    "self.timeout_keep_alive_task",
    "self.transport",
    "self.url",
)


def known_uvicorn() -> tuple[type, type] | None:
    """Find uvicorn's protocol over httptools, and make the flow control of its connections.

    Returns
    -------
    tuple of (type, type) or None
        None where they are not there, or are not what is known of them.
    """
    try:
        from uvicorn.protocols.http.flow_control import FlowControl
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        return None
    if not _is_known(HttpToolsProtocol) or not callable(
        getattr(FlowControl, "resume_reading", None)
    ):
        return None

    class PipelineFlow(FlowControl):  # type: ignore[misc]
        """Reads no more from a client while requests of it wait for those before them.

        uvicorn's own reads on behind each answer: a client that sends requests and reads no answers
        would fill the server's memory. Behind a request that waits, the one that is being answered
        has all of its body.
        """

        def __init__(self, transport: Any, pipeline: Any) -> None:
            super().__init__(transport)
            self._pipeline = pipeline

        def resume_reading(self) -> None:
            if not self._pipeline:
                super().resume_reading()

    return HttpToolsProtocol, PipelineFlow


def _is_known(protocol: type) -> bool:
    if not all(callable(getattr(protocol, name, None)) for name in _METHODS):
        return False
    try:
        source = inspect.getsource(protocol)
    except (OSError, TypeError):
        return False
    return all(name in source for name in _ATTRIBUTES)
