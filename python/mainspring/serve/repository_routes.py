"""The routes that change what is served: for callers who may administer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mainspring.serve.json_pages import headers_of, json_response, read_object
from mainspring.serve.replies import Refusal
from mainspring.serve.triton import NOT_HERE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mainspring.serve.server import Server

__all__ = ["repository_routes"]


class _RepositoryPages:
    """What changes the models of a server."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def index(self, request: Request) -> Response:
        """List what is served."""
        is_shown = self.server.access.chooser(headers_of(request), "predict")
        await read_object(request)
        return json_response(
            [
                {"name": model.name, "version": model.version, "state": "READY", "reason": ""}
                for model in self.server.models.loaded()
                if is_shown(model.name)
            ]
        )

    async def load(self, request: Request) -> Response:
        """Serve a model as the repository has it."""
        name = self._admin(request)
        wanted = (await read_object(request)).get("parameters") or {}
        if wanted:
            raise Refusal(400, "A model is loaded as the repository has it; send no parameters.")
        if self.server.repository is None:
            raise Refusal(400, "The server has no repository to load from; start it with one.")
        from starlette.concurrency import run_in_threadpool

        await run_in_threadpool(self.server.repository.load, name)
        return json_response({})

    async def unload(self, request: Request) -> Response:
        """Serve a model no more."""
        name = self._admin(request)
        await read_object(request)
        if self.server.repository is not None:
            self.server.repository.unload(name)
        self.server.models.remove(name)
        return json_response({})

    async def rollback(self, request: Request) -> Response:
        """Serve the version before."""
        model = self.server.models.roll_back(self._admin(request))
        return json_response({"name": model.name, "version": model.version})

    async def traffic(self, request: Request) -> Response:
        """Split a model's requests."""
        name = self._admin(request)
        wanted = await read_object(request)
        shares, shadow = wanted.get("shares", {}), wanted.get("shadow")
        if not isinstance(shares, dict) or not all(
            isinstance(share, (int, float)) and not isinstance(share, bool)
            for share in shares.values()
        ):
            raise Refusal(400, '"shares" is an object from versions to numbers.')
        self.server.set_traffic(name, shares, None if shadow is None else str(shadow))
        return json_response({"name": name, "shares": shares, "shadow": shadow})

    def _admin(self, request: Request) -> str:
        name: str = request.path_params["model"]
        self.server.access.require(headers_of(request), "admin", name)
        return name


def _absent(message: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        raise Refusal(404, message)

    return answer


def repository_routes(server: Server) -> list[BaseRoute]:
    """Make the routes that change models.

    Parameters
    ----------
    server : Server
        What they change.

    Returns
    -------
    list of BaseRoute
        Of Starlette.
    """
    from starlette.routing import Route

    pages = _RepositoryPages(server)
    model = "/v2/repository/models/{model}"
    return [
        Route("/v2/repository/index", pages.index, methods=["POST"]),
        Route(f"{model}/load", pages.load, methods=["POST"]),
        Route(f"{model}/unload", pages.unload, methods=["POST"]),
        Route(f"{model}/rollback", pages.rollback, methods=["POST"]),
        Route(f"{model}/traffic", pages.traffic, methods=["POST"]),
        *(
            Route(path, _absent(message), methods=["GET", "POST"])
            for path, message in NOT_HERE.items()
        ),
    ]
