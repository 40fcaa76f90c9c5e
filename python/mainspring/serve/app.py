"""The app: every route of the server, over the models that it is made with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mainspring import errors
from mainspring.serve.endpoints import InferEndpoint, PredictEndpoint, find_model
from mainspring.serve.hosted_model import HostedModel, open_models
from mainspring.serve.metrics import make_registry
from mainspring.serve.replies import BodyReader, Refusal, error_body

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

__all__ = ["MAX_BODY_BYTES", "MAX_ROWS", "create_app"]

MAX_BODY_BYTES = 16 << 20
MAX_ROWS = 100_000


def create_app(
    models: object, *, max_body_bytes: int = MAX_BODY_BYTES, max_rows: int = MAX_ROWS
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

    Returns
    -------
    starlette.applications.Starlette
        With ``/predict``, ``/models/NAME/predict``, the Open Inference Protocol under ``/v2``,
        ``/healthz``, ``/metrics`` and a list of all this at ``/``.

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
        from prometheus_client import generate_latest
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
    except ImportError as error:
        raise errors.MissingExtraError(
            "mainspring.serve needs starlette and prometheus-client, which are not installed. Run: "
            "pip install 'mainspring[serve]'",
            hint="pip install 'mainspring[serve]'",
        ) from error
    for name, limit in (("max_body_bytes", max_body_bytes), ("max_rows", max_rows)):
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit < 2**31:
            raise errors.ParameterError(
                f"create_app: {name} must be an integer from 1 to 2^31 - 1, got {limit!r}.",
                expected="an integer from 1 to 2^31 - 1",
                got=repr(limit),
            )
    hosted = open_models(models, max_rows)
    refused: Counter[int] = Counter()
    registry = make_registry(hosted, refused)
    routes = _routes(hosted, BodyReader(max_body_bytes, refused), lambda: generate_latest(registry))

    def refuse(request: Request, error: Exception) -> Response:
        status = _status_of(error)
        refused[status] += 1
        return _error(status, _message_of(error, request), getattr(error, "headers", None))

    app = Starlette(routes=routes, exception_handlers={HTTPException: refuse, Refusal: refuse})
    app.state.models = hosted
    return app


def _status_of(error: Exception) -> int:
    status = error.status if isinstance(error, Refusal) else getattr(error, "status_code", 500)
    return int(status)


def _message_of(error: Exception, request: Request) -> str:
    if isinstance(error, Refusal):
        return error.message
    status = _status_of(error)
    if status == 404:
        return "There is nothing at this path. GET / lists the routes."
    if status == 405:
        allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
        return f"{request.method} is not taken here; use {allowed}."
    return str(getattr(error, "detail", error))


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import Response

    return Response(error_body(message), status, headers, media_type="application/json")


def _json(value: object) -> Response:
    from starlette.responses import Response

    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json")


def _routes(
    models: Mapping[str, HostedModel], reader: BodyReader, scrape: Callable[[], bytes]
) -> list[BaseRoute]:
    from starlette.responses import Response
    from starlette.routing import Route

    import mainspring

    async def index(request: Request) -> Response:
        return _json(_index(models))

    async def health(request: Request) -> Response:
        return _json({"status": "ok"})

    async def live(request: Request) -> Response:
        return _json({"live": True})

    async def ready(request: Request) -> Response:
        return _json({"ready": True})

    async def server(request: Request) -> Response:
        return _json({"name": "mainspring", "version": mainspring.__version__, "extensions": []})

    async def model(request: Request) -> Response:
        return _json(find_model(models, request.scope).metadata())

    async def model_ready(request: Request) -> Response:
        return _json({"name": find_model(models, request.scope).name, "ready": True})

    async def metrics(request: Request) -> Response:
        return Response(scrape(), media_type="text/plain; version=0.0.4; charset=utf-8")

    predict = PredictEndpoint(models, reader)
    infer = InferEndpoint(models, reader)
    by_name = [
        route
        for base in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}")
        for route in (
            Route(base, model),
            Route(f"{base}/ready", model_ready),
            Route(f"{base}/infer", infer, methods=["POST"]),
        )
    ]
    return [
        Route("/predict", predict, methods=["POST"]),
        Route("/models/{model}/predict", predict, methods=["POST"]),
        *by_name,
        Route("/", index),
        Route("/healthz", health),
        Route("/v2", server),
        Route("/v2/health/live", live),
        Route("/v2/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _index(models: Mapping[str, HostedModel]) -> dict[str, Any]:
    import mainspring

    return {
        "server": "mainspring",
        "version": mainspring.__version__,
        "models": [
            {
                "name": name,
                "predict": f"/models/{quote(name)}/predict",
                "infer": f"/v2/models/{quote(name)}/infer",
                "metadata": f"/v2/models/{quote(name)}",
                "outputs": model.outputs,
                "example": model.example_row(),
            }
            for name, model in models.items()
        ],
        "routes": [
            "/predict",
            "/healthz",
            "/metrics",
            "/v2",
            "/v2/health/live",
            "/v2/health/ready",
        ],
    }
