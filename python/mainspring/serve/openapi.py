"""The server in OpenAPI 3.1: a path for each model, its columns, a row that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.server import Server

__all__ = ["openapi"]

_REFUSALS = {
    "400": "The body is not JSON, lacks a column, or holds a value that its column does not take.",
    "404": "There is no such model.",
    "413": "The body is longer, or has more rows, than is allowed.",
    "415": "The content type or encoding is none that is read here.",
    "429": "Too much waits, or this key has sent too much.",
    "503": "There was no memory for this request, or the server is stopping.",
}


def openapi(server: Server) -> dict[str, Any]:
    """Describe a server.

    Parameters
    ----------
    server : Server
        With its models.

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
    for model in server.models:
        document["paths"][f"/models/{quote(model.name)}/predict"] = {"post": _predict(model)}
    return document


def _predict(model: HostedModel) -> dict[str, Any]:
    row = _row(model)
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    score: dict[str, Any] = {"type": ["number", "string", "boolean", "null"]}
    if len(model.outputs) > 1:
        score = {"type": "array", "items": score}
    return {
        "operationId": f"predict {model.name}",
        "summary": f"Predict rows with {model.name}, version {model.version}.",
        "parameters": [
            {
                "name": "output",
                "in": "query",
                "schema": {"type": "string", "enum": ["predict", "proba", "raw"]},
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
            **{
                status: {"description": text, "content": refusal}
                for status, text in _REFUSALS.items()
            },
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
    return {"type": ["number", "null"]}
