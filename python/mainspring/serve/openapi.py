"""The server in OpenAPI 3.1: a path for each model, its columns, a row that it takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mainspring.models.output_kinds import KINDS

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.server import Server

__all__ = ["openapi"]

_REFUSALS = {
    "400": "The body is not JSON, lacks a column, or holds a value that its column does not take.",
    "404": "There is no such model.",
    "408": "The request took longer to come than is allowed.",
    "413": "The body is longer, or has more rows, than is allowed.",
    "415": "The content type or encoding is none that is read here.",
    "429": "Too much waits, or this key has sent too much.",
    "503": "There was no memory for this request, or the server is stopping.",
}
_KEY_REFUSALS = {
    "401": "The key is missing or not known.",
    "403": "The key does not allow this.",
}
_ANY_OBJECT = {"application/json": {"schema": {"type": "object"}}}


def openapi(server: Server, is_shown: Callable[[str], bool]) -> dict[str, Any]:
    """Describe a server.

    Parameters
    ----------
    server : Server
        With its models.
    is_shown : callable
        From a model's name to whether it is described.

    Returns
    -------
    dict
        An OpenAPI document.
    """
    import mainspring

    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "mainspring", "version": mainspring.__version__},
        "paths": {},
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "properties": {"error": {"type": "string"}},
                    "required": ["error"],
                }
            }
        },
    }
    if server.access.is_on:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    paths = document["paths"]
    for model in server.models:
        if not is_shown(model.name):
            continue
        name = quote(model.name)
        paths[f"/models/{name}/predict"] = {"post": _predict(model)}
        if not any(str(column["kind"]).startswith("list<") for column in model.columns.values()):
            paths[f"/v2/models/{name}/infer"] = {"post": _infer(model)}
        paths[f"/v2/models/{name}"] = {"get": _get(f"Describe {model.name}.", f"metadata {name}")}
        paths[f"/v2/models/{name}/labels"] = {"post": _labels(model)}
        _add_events(server, model, paths)
    paths["/v2"] = {"get": _get("Name the server.", "server")}
    paths["/v2/health/live"] = {"get": _get("Whether the process is there.", "live")}
    ready = _get("Whether a model is there and the server is not stopping.", "ready")
    ready["responses"]["503"] = {"description": "It is not ready.", "content": _ANY_OBJECT}
    paths["/v2/health/ready"] = {"get": ready}
    if server.access.is_on:
        for operations in paths.values():
            for operation in operations.values():
                operation["responses"].update(_refusals(_KEY_REFUSALS))
    return document


def _refusals(texts: Mapping[str, str]) -> dict[str, Any]:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": text, "content": refusal} for status, text in texts.items()}


def _get(summary: str, operation: str) -> dict[str, Any]:
    answer = {"description": "An object.", "content": _ANY_OBJECT}
    return {"operationId": operation, "summary": summary, "responses": {"200": answer}}


def _infer(model: HostedModel) -> dict[str, Any]:
    """One tensor for each column, as the Open Inference Protocol has it."""
    metadata = model.metadata()
    row = model.example_row()
    example = {
        "inputs": [
            {
                "name": one["name"],
                "datatype": one["datatype"],
                "shape": [1],
                "data": [row[one["name"]]],
            }
            for one in metadata["inputs"]
        ]
    }
    for tensor in example["inputs"]:
        if tensor["datatype"] == "INT64" and isinstance(tensor["data"][0], str):
            tensor["datatype"] = "BYTES"  # a time, as text
    tensor_schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "datatype": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "data": {"type": "array"},
        },
        "required": ["name", "datatype", "shape"],
    }
    body = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "inputs": {"type": "array", "items": tensor_schema},
            "outputs": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["inputs"],
    }
    answer = {"description": "Tensors of predictions.", "content": _ANY_OBJECT}
    return {
        "operationId": f"infer {model.name}",
        "summary": f"Predict tensors with {model.name} (Open Inference Protocol 2).",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "example": example}},
        },
        "responses": {"200": answer, **_refusals(_REFUSALS)},
    }


def _labels(model: HostedModel) -> dict[str, Any]:
    if model.labels is not None:
        label, prediction = model.labels[0], model.labels[0]
    else:
        label, prediction = 1, ([1.0] + [0.0] * (len(model.outputs) - 1))
        prediction = prediction[0] if len(model.outputs) == 1 else prediction
    members = {name: {"type": "array"} for name in ("labels", "predictions", "ids")}
    answer = {"description": "How many were joined.", "content": _ANY_OBJECT}
    example = {"labels": [label], "predictions": [prediction]}
    return {
        "operationId": f"labels {model.name}",
        "summary": f"Say what came true of what {model.name} predicted.",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object", "properties": members, "required": ["labels"]},
                    "example": example,
                }
            },
        },
        "responses": {"200": answer, **_refusals(_REFUSALS)},
    }


def _add_events(server: Server, model: HostedModel, paths: dict[str, Any]) -> None:
    """Events of the past go in, and features of them are left out of rows."""
    history = None if server.handler.histories is None else server.handler.histories.of(model)
    if history is None:
        return
    name = quote(model.name)
    paths[f"/v2/models/{name}/events"] = {
        "get": _get(f"What is known of the past for {model.name}.", f"history {name}")
    }
    content = paths[f"/models/{name}/predict"]["post"]["requestBody"]["content"]
    body = content["application/json"]
    for source, state in history.states.items():
        columns: dict[str, Any] = {column: {} for column in state.plan.event_columns}
        for column in state.plan.event_times:
            columns[column] = {"type": ["string", "integer", "null"], "format": "date-time"}
        event = {"type": "object", "properties": columns}
        answer = {"description": "How many were taken, and left out.", "content": _ANY_OBJECT}
        paths[f"/v2/models/{name}/events/{quote(source)}"] = {
            "post": {
                "operationId": f"events {model.name} {source}",
                "summary": f"Take events of {source}, for features of {model.name}.",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"anyOf": [event, {"type": "array", "items": event}]}
                        }
                    },
                },
                "responses": {"200": answer, **_refusals(_REFUSALS)},
            }
        }
        row = body["schema"]["anyOf"][0]
        row["required"] = [one for one in row["required"] if one not in state.feature_names]
        for key in (state.plan.at, *state.plan.keys):
            row["properties"].setdefault(key, {})


def _predict(model: HostedModel) -> dict[str, Any]:
    row = _row(model)
    score: dict[str, Any] = {"type": ["number", "string", "boolean", "null"]}
    if len(model.outputs) > 1:
        score = {"type": "array", "items": score}
    elif model.num_classes:  # of kind=proba a list for each row
        score = {"type": [*score["type"], "array"], "items": {"type": ["number", "null"]}}
    return {
        "operationId": f"predict {model.name}",
        "summary": f"Predict rows with {model.name}, version {model.version}.",
        "parameters": [
            {
                "name": "kind",
                "in": "query",
                "schema": {"type": "string", "enum": list(KINDS)},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [row, {"type": "array", "items": row}]},
                    "example": model.example_row(),
                }
            },
        },
        "responses": {
            "200": {
                "description": "Predictions, one for each row.",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "outputs": {"type": "array", "items": {"type": "string"}},
                                "predictions": {"type": "array", "items": score},
                            },
                            "required": ["outputs", "predictions"],
                        }
                    }
                },
            },
            **_refusals(_REFUSALS),
        },
    }


def _row(model: HostedModel) -> dict[str, Any]:
    columns = {name: _column(column) for name, column in reversed(model.columns.items())}
    return {"type": "object", "properties": columns, "required": list(columns)}


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    """Say what JSON a column takes; docs/serving.md has it in words."""
    kind, fitted = str(column["kind"]), str(column["type"])
    if kind.startswith("list<"):
        inner = {"kind": kind[5:-1], "type": fitted.removeprefix("list<").removesuffix(">")}
        return {"type": ["array", "null"], "items": _column(inner)}
    if fitted == "bool":
        return {"type": ["boolean", "number", "null"]}
    if fitted.startswith("decimal"):
        return {"type": ["number", "string", "null"]}
    if kind == "timestamp":
        return {"type": ["string", "integer", "null"], "format": "date-time"}
    if kind == "bytes":
        described: dict[str, Any] = {"type": ["string", "null"]}
        if "binary" in fitted:
            described["contentEncoding"] = "base64"
        return described
    if kind == "integer":
        return {"type": ["integer", "null"], "minimum": -(2**63), "maximum": 2**63 - 1}
    most = sys.float_info.max
    return {"type": ["number", "null"], "minimum": -most, "maximum": most}
