"""Run an app under uvicorn until the process is asked to stop."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from mainspring import errors

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["listen", "run"]


def listen(host: str, port: int) -> socket.socket:
    """Open the socket that a server will listen on, before anything is loaded.

    Parameters
    ----------
    host : str
        Address or name.
    port : int
        0 for any that is free.

    Returns
    -------
    socket.socket
        Bound.

    Raises
    ------
    ParameterError
        When the address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(2048)
    except (OSError, OverflowError) as error:
        opened.close()
        reason = (getattr(error, "strerror", None) or str(error)).lower().rstrip(".")
        raise errors.ParameterError(
            f"Cannot listen on {host} port {port}: {reason}. Choose another with --port or --host.",
            got=f"{host}:{port}",
        ) from error
    opened.set_inheritable(True)
    return opened


def run(app: Starlette, opened: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then answer what has begun and return.

    Parameters
    ----------
    app : Starlette
        What :func:`mainspring.serve.create_app` made.
    opened : socket.socket
        What :func:`listen` opened; closed at the end.

    Raises
    ------
    MissingExtraError
        When uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise errors.MissingExtraError(
            "mainspring serve needs uvicorn, which is not installed. Run: "
            "pip install 'mainspring[serve]'",
            hint="pip install 'mainspring[serve]'",
        ) from error

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=30,
    )
    server = uvicorn.Server(config)
    # uvicorn would raise the signal once more after it has stopped.
    server.capture_signals = lambda: _stopped_by_signals(server.handle_exit)
    with opened:
        server.run(sockets=[opened])


@contextmanager
def _stopped_by_signals(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
