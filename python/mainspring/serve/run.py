"""Run an app under uvicorn until the process is asked to stop."""

from __future__ import annotations

import gc
import json
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from mainspring import _engine, errors

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from mainspring.serve.server import AccessRecord, Server

__all__ = ["RunOptions", "listen", "run"]

BACKLOG = 2048
# Bodies of a thousand rows are shorter: getting memory anew costs a long one a few percent.
LARGE_BLOCK_BYTES = 1 << 20


def listen(host: str, port: int, is_shared: bool = False) -> socket.socket:
    """Open the socket that a server will listen on, before anything is loaded.

    Parameters
    ----------
    host : str
        Address or name.
    port : int
        0 for any that is free.
    is_shared : bool, default False
        Several sockets of one port: the system gives each its share of the connections.

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
    if is_shared:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        opened.bind((host, port))
        opened.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        opened.close()
        reason = (getattr(error, "strerror", None) or str(error)).lower().rstrip(".")
        raise errors.ParameterError(
            f"Cannot listen on {host} port {port}: {reason}. Choose another with --port or --host.",
            got=f"{host}:{port}",
        ) from error
    opened.set_inheritable(True)
    return opened


@dataclass(frozen=True)
class RunOptions:
    """How an app is served.

    Attributes
    ----------
    tls_certificate, tls_key : str, optional
        PEM files; with the first the server speaks TLS.
    tls_client_authority : str, optional
        PEM file of who signs the certificates that clients must have.
    request_seconds : float
        What a request may take to come; the next one of a connection, too, before that is closed.
    drain_seconds : float
        How long requests that have begun may take once the server is to stop.
    access_log : bool
        Write a line of JSON for each prediction.
    hot_path : bool
        Answer predictions inside uvicorn's protocol, where that can be done.
    """

    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_client_authority: str | None = None
    request_seconds: float = 30.0
    drain_seconds: float = 30.0
    access_log: bool = False
    hot_path: bool = True

    def check(self) -> None:
        """Check the files of TLS, before anybody is told that there is a server.

        Raises
        ------
        ParameterError
            When one is missing, or is not what it should be.
        """
        if self.tls_certificate is None:
            if self.tls_key or self.tls_client_authority:
                raise errors.ParameterError("A TLS key or client authority needs a certificate.")
            return
        for path in (self.tls_certificate, self.tls_key, self.tls_client_authority):
            if path is not None:
                _check_readable(path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.tls_certificate, self.tls_key, _no_password)
            if self.tls_client_authority is not None:
                context.load_verify_locations(self.tls_client_authority)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise errors.ParameterError(
                f"The TLS files are not PEM of a certificate and its key: {error}.",
                got=self.tls_certificate,
            ) from error


def _check_readable(path: str) -> None:
    try:
        with open(path, "rb"):  # noqa: PTH123  a path as it was given
            pass
    except OSError as error:
        raise errors.ParameterError(
            f"The TLS file {path} cannot be read: {error.strerror}.", got=path
        ) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted; give one without a password")


def run(app: Starlette, opened: socket.socket, options: RunOptions | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then answer what has begun and return.

    Parameters
    ----------
    app : Starlette
        What :func:`mainspring.serve.create_app` made.
    opened : socket.socket
        What :func:`listen` opened; closed at the end.
    options : RunOptions, optional
        TLS and the like.

    Raises
    ------
    MissingExtraError
        When uvicorn is not installed.
    ParameterError
        When a certificate cannot be read.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise errors.MissingExtraError(
            "mainspring serve needs uvicorn, which is not installed. Run: "
            "pip install 'mainspring[serve]'",
            hint="pip install 'mainspring[serve]'",
        ) from error
    from mainspring.serve.hot_path import hot_protocol

    options = options or RunOptions()
    server: Server = app.state.server
    server.handler.renew_ids()
    if options.access_log:
        server.on_request = _write_access_line
    protocol = hot_protocol(server, options.request_seconds) if options.hot_path else None
    config = uvicorn.Config(
        app,
        http=protocol or "auto",
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
        headers=[("x-content-type-options", "nosniff")],
        backlog=BACKLOG,
        # A float does: it is given to the loop's call_later.
        timeout_keep_alive=options.request_seconds,
        timeout_graceful_shutdown=max(1, round(options.drain_seconds)),
        ssl_certfile=options.tls_certificate,
        ssl_keyfile=options.tls_key,
        ssl_ca_certs=options.tls_client_authority,
        ssl_cert_reqs=ssl.CERT_REQUIRED if options.tls_client_authority else ssl.CERT_NONE,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise errors.ParameterError(f"The TLS certificate cannot be read: {error}.") from error
    runner = uvicorn.Server(config)

    def stop(number: int, frame: FrameType | None) -> None:
        server.load.is_draining = True
        runner.handle_exit(number, frame)

    # uvicorn would raise the signal once more after it has stopped.
    runner.capture_signals = lambda: _stopped_by_signals(stop)
    # One long request must not leave its memory behind.
    _engine.return_large_blocks(LARGE_BLOCK_BYTES)
    # What is there now stays: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    with opened:
        runner.run(sockets=[opened])
    gc.unfreeze()


def _write_access_line(record: AccessRecord) -> None:
    sys.stdout.write(json.dumps(record.fields(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


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
