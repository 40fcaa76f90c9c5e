"""The routes that tell about models, in every protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mainspring.serve.docs_page import docs_response
from mainspring.serve.json_pages import headers_of, json_response
from mainspring.serve.openapi import openapi
from mainspring.serve.page import page_response
from mainspring.serve.triton import EXTENSIONS, model_config, model_stats

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.server import Server

__all__ = ["model_routes"]


class _ModelPages:
    """What there is to know about a server and its models."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def about(self, request: Request) -> Response:
        """Name the server."""
        import mainspring

        return json_response(
            {"name": "mainspring", "version": mainspring.__version__, "extensions": EXTENSIONS}
        )

    async def version(self, request: Request) -> Response:
        """Give the version alone, as MLflow does."""
        from starlette.responses import PlainTextResponse

        import mainspring

        return PlainTextResponse(mainspring.__version__)

    async def index(self, request: Request) -> Response:
        """List what is served; for browsers, as a page that asks for the list itself."""
        if "text/html" in request.headers.get("accept", ""):
            return page_response()
        is_shown = self.server.access.chooser(headers_of(request), "predict")
        return json_response(_index(self.server, is_shown))

    async def docs(self, request: Request) -> Response:
        """Show the routes in a browser; the page asks for the description itself."""
        return docs_response()

    async def openapi(self, request: Request) -> Response:
        """Describe the server in OpenAPI."""
        is_shown = self.server.access.chooser(headers_of(request), "predict")
        return json_response(openapi(self.server, is_shown))

    async def metadata(self, request: Request) -> Response:
        """Describe a model."""
        model = self._found(request)
        answer = model.metadata()
        slot = self.server.models.slots.get(model.name)
        if slot is not None:
            answer["versions"] = list(slot.versions)
        return json_response(answer)

    async def ready(self, request: Request) -> Response:
        """Say that a model is ready."""
        return json_response({"name": self._found(request).name, "ready": True})

    async def config(self, request: Request) -> Response:
        """Describe a model as Triton does."""
        return json_response(model_config(self._found(request), self.server.options.max_rows))

    async def stats(self, request: Request) -> Response:
        """Count requests as Triton does."""
        if "model" in request.path_params:
            models = [self._found(request)]
        else:
            is_shown = self.server.access.chooser(headers_of(request), "predict")
            models = [model for model in self.server.models.loaded() if is_shown(model.name)]
        return json_response({"model_stats": [model_stats(model) for model in models]})

    async def status_v1(self, request: Request) -> Response:
        """Describe a model's state as TensorFlow Serving does."""
        model = self._found(request)
        state = {
            "version": model.version,
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
        return json_response({"name": model.name, "ready": True, "model_version_status": [state]})

    async def metadata_v1(self, request: Request) -> Response:
        """Describe a model as TensorFlow Serving does."""
        model = self._found(request)
        spec = {"name": model.name, "signature_name": "", "version": model.version}
        return json_response({"model_spec": spec, "metadata": model.metadata()})

    def _found(self, request: Request) -> HostedModel:
        name = request.path_params["model"]
        self.server.access.require(headers_of(request), "predict", name)
        return self.server.models.find(name, request.path_params.get("version"))


def model_routes(server: Server) -> list[BaseRoute]:
    """Make the routes that tell about models.

    Parameters
    ----------
    server : Server
        What they tell about.

    Returns
    -------
    list of BaseRoute
        Of Starlette.
    """
    from starlette.routing import Route

    pages = _ModelPages(server)
    versions = "/v2/models/{model}/versions/{version}"
    return [
        Route("/", pages.index),
        Route("/version", pages.version),
        Route("/openapi.json", pages.openapi),
        Route("/docs", pages.docs),
        Route("/v2", pages.about),
        Route("/v2/models/stats", pages.stats),
        *(
            Route(base + tail, endpoint)
            for base in ("/v2/models/{model}", versions)
            for tail, endpoint in (
                ("", pages.metadata),
                ("/ready", pages.ready),
                ("/config", pages.config),
                ("/stats", pages.stats),
            )
        ),
        *(
            Route(base + tail, endpoint)
            for base in ("/v1/models/{model}", "/v1/models/{model}/versions/{version}")
            for tail, endpoint in (("", pages.status_v1), ("/metadata", pages.metadata_v1))
        ),
    ]


def _index(server: Server, is_shown: Callable[[str], bool]) -> dict[str, Any]:
    import mainspring

    return {
        "server": "mainspring",
        "version": mainspring.__version__,
        "models": [
            {
                "name": model.name,
                "version": model.version,
                "predict": f"/models/{quote(model.name)}/predict",
                "infer": f"/v2/models/{quote(model.name)}/infer",
                "metadata": f"/v2/models/{quote(model.name)}",
                "outputs": model.outputs,
                "example": model.example_row(),
            }
            for model in server.models
            if is_shown(model.name)
        ],
        "routes": [
            "/predict",
            "/invocations",
            "/healthz",
            "/ping",
            "/metrics",
            "/openapi.json",
            "/docs",
            "/v2",
            "/v2/health/live",
            "/v2/health/ready",
            "/v2/repository/index",
        ],
    }
