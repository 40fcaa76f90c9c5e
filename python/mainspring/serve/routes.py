"""The routes around predictions: what is served, how it is, and how it is changed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mainspring.serve.event_routes import event_routes
from mainspring.serve.json_pages import headers_of, json_response
from mainspring.serve.label_routes import label_routes
from mainspring.serve.metrics import make_registry
from mainspring.serve.model_routes import model_routes
from mainspring.serve.replies import Refusal
from mainspring.serve.repository_routes import repository_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mainspring.serve.server import Server

__all__ = ["make_routes"]

Endpoint = Callable[["Request"], Awaitable["Response"]]


def make_routes(server: Server) -> list[BaseRoute]:
    """Make every route of a server.

    Parameters
    ----------
    server : Server
        What they tell about.

    Returns
    -------
    list of BaseRoute
        Predictions are in it for their methods alone: they are answered in front of it.
    """
    return [
        *_prediction_routes(server),
        *_health_routes(server),
        *model_routes(server),
        *repository_routes(server),
        *label_routes(server),
        *event_routes(server),
        *_scrape_routes(server),
    ]


def _prediction_routes(server: Server) -> list[BaseRoute]:
    from starlette.routing import Route

    async def predict(request: Request) -> Response:
        raise Refusal(404, "There is no prediction at this path. GET / lists the routes.")

    paths = [
        *server.routes.fixed,
        "/models/{model}/predict",
        "/v2/models/{model}/infer",
        "/v2/models/{model}/versions/{version}/infer",
        "/v1/models/{model}:predict",
        "/v1/models/{model}/versions/{version}:predict",
    ]
    return [Route(path, predict, methods=["POST"]) for path in paths]


def _health_routes(server: Server) -> list[BaseRoute]:
    from starlette.routing import Route

    def status(value: Callable[[], object], is_good: Callable[[], bool]) -> Endpoint:
        async def answer(request: Request) -> Response:
            return json_response(value(), 200 if is_good() else 503)

        return answer

    def always() -> bool:
        return True

    def ready() -> bool:
        return server.is_ready

    healthy = status(lambda: {"status": "ok" if ready() else "unavailable"}, ready)
    routes = [
        Route("/healthz", healthy),
        Route("/health", healthy),
        Route("/ping", healthy),
        Route("/v2/health/live", status(lambda: {"live": True}, always)),
        Route("/v2/health/ready", status(lambda: {"ready": ready()}, ready)),
    ]
    vertex = os.environ.get("AIP_HEALTH_ROUTE", "")
    if vertex.startswith("/"):
        routes.append(Route(vertex, healthy))
    return list(routes)


def _scrape_routes(server: Server) -> list[BaseRoute]:
    from prometheus_client import generate_latest
    from starlette.responses import Response
    from starlette.routing import Route

    registry = make_registry(server)

    async def metrics(request: Request) -> Response:
        server.access.require(headers_of(request), "metrics")
        return Response(
            generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    return [Route("/metrics", metrics)]
