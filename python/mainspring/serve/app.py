"""The app: every route of the server, over the models that it is made with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring import errors
from mainspring.serve.access import Access, read_keys
from mainspring.serve.batching import BatchOptions
from mainspring.serve.endpoints import PredictMiddleware
from mainspring.serve.histories import HistoryOptions
from mainspring.serve.payload_log import PayloadLogOptions
from mainspring.serve.replies import Refusal, error_body
from mainspring.serve.server import MAX_BODY_BYTES, MAX_ROWS, Server, ServerOptions

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["create_app", "make_app"]


def create_app(  # noqa: PLR0913  each is an option of its own, by name
    models: object = (),
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    max_rows: int = MAX_ROWS,
    repository: str | Path | None = None,
    access: Access | str | Path | None = None,
    rate_limit: float | None = None,
    max_waiting: int = 256,
    batching: BatchOptions | None = None,
    keep_predictions: int = 0,
    payload_log: PayloadLogOptions | None = None,
    history: HistoryOptions | None = None,
) -> Starlette:
    """Make an ASGI app that serves models.

    Runs under any ASGI server and can be mounted in another app. Predictions are native calls that
    need no interpreter; what a client sends wrong is answered with a 4xx that says where.

    Parameters
    ----------
    models : path, Predictor, sequence of these, or mapping from names to these
        Paths of ``.spring`` files, or predictors that are loaded. Without a mapping each model has
        the name that is saved in it.
    max_body_bytes : int, default 16 MiB
        A longer body is answered with 413 before it is read.
    max_rows : int, default 100_000
        A request with more rows is answered with 413.
    repository : path, optional
        A folder of models that is looked at again and again: see docs/serving.md.
    access : Access or path, optional
        Who may do what; a path is that of a file of API keys. Default: everybody may predict.
    rate_limit : float, optional
        Requests a second that one key may send.
    max_waiting : int, default 256
        Long requests that may wait for a thread; one more is answered with 429.
    batching : BatchOptions, optional
        Predict rows of several requests together; default: each alone.
    keep_predictions : int, default 0
        How many predictions of each model wait for labels that name their request.
    payload_log : PayloadLogOptions, optional
        Keep a sample of requests and answers as Arrow streams; default: none.
    history : HistoryOptions, optional
        Take events, and put features about the past into predictions; default: rows bring them.

    Returns
    -------
    starlette.applications.Starlette
        With ``/predict``, ``/models/NAME/predict``, ``/invocations``, the Open Inference Protocol
        under ``/v2``, that of TensorFlow Serving under ``/v1``, ``/healthz``, ``/metrics`` and a
        list of all this at ``/``. ``app.state.server`` is the server itself.

    Raises
    ------
    MissingExtraError
        When the extra ``serve`` is not installed.
    ParameterError
        When there is no model, a name is taken twice or cannot stand in a URL, or a limit is not
        positive.
    FileError, BundleError, UnsupportedError
        When a file cannot be read, or holds no model that rows can be sent to.

    Notes
    -----
    Every answer of a prediction has the bits that ``Predictor.predict`` gives.

    Examples
    --------
    >>> import lightgbm, numpy as np, mainspring as ms
    >>> from mainspring.serve import create_app
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, label=X[:, 0]), 5)
    >>> app = create_app({"first": ms.Predictor(booster)})
    """
    try:
        import prometheus_client  # noqa: F401
        import starlette.applications  # noqa: F401
    except ImportError as error:
        raise errors.MissingExtraError(
            "mainspring.serve needs starlette and prometheus-client, which are not installed. Run: "
            "pip install 'mainspring[serve]'",
            hint="pip install 'mainspring[serve]'",
        ) from error
    if isinstance(access, (str, Path)):
        access = Access(read_keys(access))
    server = Server(
        models,
        ServerOptions(
            max_body_bytes,
            max_rows,
            repository,
            access,
            max_waiting,
            rate_limit,
            batching,
            keep_predictions,
            payload_log,
            history,
        ),
    )
    return make_app(server)


def make_app(server: Server) -> Starlette:
    """Make the ASGI app of a server.

    Parameters
    ----------
    server : Server
        With its models.

    Returns
    -------
    starlette.applications.Starlette
        As :func:`create_app` returns it.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware

    from mainspring.serve.routes import make_routes

    def refuse(request: Request, error: Exception) -> Response:
        status = _status_of(error)
        server.count_refusal(status)
        return _error(status, _message_of(error, request), _headers_of(error))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        server.start()
        yield
        server.stop()

    app = Starlette(
        routes=make_routes(server),
        middleware=[Middleware(PredictMiddleware, server=server)],
        exception_handlers={HTTPException: refuse, Refusal: refuse, 500: refuse},
        lifespan=lifespan,
    )
    app.state.server = server
    return app


def _status_of(error: Exception) -> int:
    status = error.status if isinstance(error, Refusal) else getattr(error, "status_code", 500)
    return int(status)


def _headers_of(error: Exception) -> Mapping[str, str] | None:
    if isinstance(error, Refusal):
        return {name.decode(): value.decode() for name, value in error.headers}
    return getattr(error, "headers", None)


def _message_of(error: Exception, request: Request) -> str:
    if isinstance(error, Refusal):
        return error.message
    status = _status_of(error)
    if status == 404:
        return "There is nothing at this path. GET / lists the routes."
    if status == 405:
        allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
        return f"{request.method} is not taken here; use {allowed}."
    if status == 500:
        return "The server made a mistake, which is in its log."
    return str(getattr(error, "detail", error))


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import Response

    return Response(error_body(message), status, headers, media_type="application/json")
