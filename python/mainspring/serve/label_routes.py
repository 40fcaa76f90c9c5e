"""The route that labels are posted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.serve.json_pages import body_of, headers_of, json_response, parse_json
from mainspring.serve.label_quality import MAX_CLASSES
from mainspring.serve.replies import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.server import Server

__all__ = ["label_routes"]

_MEMBERS = ({"labels", "predictions"}, {"labels", "ids"})


def label_routes(server: Server) -> list[BaseRoute]:
    """Make the routes of labels.

    Parameters
    ----------
    server : Server
        Whose predictions they are for.

    Returns
    -------
    list of BaseRoute
        Of Starlette.
    """
    from starlette.routing import Route

    async def take(request: Request) -> Response:
        name = request.path_params["model"]
        version = request.path_params.get("version")
        server.access.require(headers_of(request), "predict", name)
        asked = server.models.find(name, version)
        body = await _read(request, server.options.max_body_bytes)
        if asked.num_classes > MAX_CLASSES:
            raise Refusal(400, f"Quality is measured of at most {MAX_CLASSES} classes.")
        if "ids" not in body:
            return json_response(_with_predictions(asked, body))
        if not server.options.keep_predictions:
            raise Refusal(
                400,
                "This server keeps no predictions. Start it with --keep-predictions, or send "
                '"predictions" beside the labels.',
            )
        # The newest first: most labels are for what is served now.
        versions = server.models.slots[asked.name].versions
        models = [asked] if version is not None else list(versions.values())[::-1]
        return json_response(_with_ids(models, body))

    return [
        Route("/v2/models/{model}/labels", take, methods=["POST"]),
        Route("/v2/models/{model}/versions/{version}/labels", take, methods=["POST"]),
    ]


async def _read(request: Request, max_bytes: int) -> dict[str, list[Any]]:
    body = parse_json(await body_of(request, max_bytes))
    if not isinstance(body, dict) or set(body) not in _MEMBERS:
        raise Refusal(
            400, 'The body is not {"labels": [...], "ids": [...]}, or "predictions" for "ids".'
        )
    lists = list(body.values())
    if not all(isinstance(one, list) for one in lists) or len(lists[0]) != len(lists[1]):
        raise Refusal(400, "The two members are not lists of one length.")
    return body


def _with_predictions(model: HostedModel, body: dict[str, list[Any]]) -> dict[str, int]:
    quality = model.quality
    labels = [quality.read_label(label) for label in body["labels"]]
    predictions = [quality.read_prediction(one) for one in body["predictions"]]
    quality.add(labels, predictions, 0)
    return {"joined": len(labels), "unmatched": 0}


def _with_ids(models: list[HostedModel], body: dict[str, list[Any]]) -> dict[str, int]:
    # All labels are read before any prediction is taken: a wrong one changes nothing.
    labels = [models[0].quality.read_label(label) for label in body["labels"]]
    rows: dict[HostedModel, list[tuple[float, float]]] = {model: [] for model in models}
    unmatched = 0
    for label, place in zip(labels, body["ids"], strict=True):
        for model in models:
            found = model.quality.find(place)
            if found is not None:
                rows[model].append((label, found))
                break
        else:
            unmatched += 1
    for number, model in enumerate(models):
        found_labels = [label for label, _ in rows[model]]
        predictions = [prediction for _, prediction in rows[model]]
        model.quality.add(found_labels, predictions, unmatched if number == 0 else 0)
    return {"joined": len(labels) - unmatched, "unmatched": unmatched}
