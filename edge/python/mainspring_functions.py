"""Answer events of AWS Lambda, Google Cloud Functions and Azure Functions with a bundle.

Handwritten for the plain events of each platform: no web framework, so that a cold start pays for
the model alone. A body is a row ``{...}``, a list of rows, or ``{"rows": [...]}``; ``"kind"``
beside ``rows`` is ``predict``, ``proba`` or ``raw``. A GET says what the model is.
"""

from __future__ import annotations

import json

import mainspring_edge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["AsgiApp", "LambdaHandler", "respond"]

JSON = {"content-type": "application/json"}
KINDS = ("predict", "proba", "raw")


def respond(
    predictor: mainspring_edge.Predictor, method: str, body: bytes | str
) -> tuple[int, str]:
    """Return the HTTP status and the JSON that answer a request."""
    if method in ("GET", "HEAD"):
        about = {"name": predictor.name, "inputs": predictor.input_names}
        return 200, json.dumps({**about, "labels": predictor.labels})
    if method != "POST":
        return 405, _wrong(f"The method is {method}, expected GET or POST.")
    try:
        asked = json.loads(body)
    except (ValueError, TypeError, RecursionError) as error:
        return 400, _wrong(f"The body is no JSON: {error}.")
    try:
        return 200, json.dumps(predict(predictor, asked))
    except mainspring_edge.MainspringError as error:
        return 400, _wrong(str(error), error.column, error.row)


def predict(predictor: mainspring_edge.Predictor, asked: Any) -> dict[str, Any]:
    """Return the predictions for a row, a list of rows, or rows with a kind of output."""
    kind, rows = "predict", asked
    if isinstance(asked, dict) and isinstance(asked.get("rows"), list):
        rows, kind = asked["rows"], asked.get("kind", "predict")
        for name in asked:
            if name not in ("rows", "kind"):
                text = f"Found {name!r} beside 'rows', expected 'kind'."
                raise mainspring_edge.MainspringError(text)
    elif isinstance(asked, dict):
        rows = [asked]
    if kind not in KINDS:
        found = ", ".join(KINDS)
        raise mainspring_edge.MainspringError(f"The kind is {kind!r}, expected one of {found}.")
    if not isinstance(rows, list):
        raise mainspring_edge.MainspringError("Expected a row, a list of rows or {'rows': [...]}.")
    for at, row in enumerate(rows):
        if not isinstance(row, dict):
            text = f"Row {at} is {row!r}, expected an object with a value for each column."
            raise mainspring_edge.MainspringError(text, row=at)
    call = {"predict": predictor.predict, "proba": predictor.predict_proba}
    return {"predictions": _finite(call.get(kind, predictor.predict_raw)(rows))}


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, list):
        return [_finite(element) for element in value]
    return None if isinstance(value, float) and value - value != 0 else value


class LambdaHandler:
    """What AWS Lambda calls: direct events, API Gateway 1 and 2, function URLs and ALB."""

    def __init__(self, predictor: mainspring_edge.Predictor) -> None:
        self._predictor = predictor

    def __call__(self, event: Any, context: object = None) -> Any:
        """Answer an event in the form in which it came; a direct one raises what is wrong."""
        method = _method_of(event)
        if method is None:
            if isinstance(event, dict) and ("Records" in event or "input" in event):
                from mainspring_batches import answer_batches, is_batches

                if is_batches(event):
                    return answer_batches(self._predictor, event)
            return predict(self._predictor, event)
        body = event.get("body") or ""
        if event.get("isBase64Encoded"):
            import binascii

            try:
                body = binascii.a2b_base64(body)
            except (ValueError, TypeError):
                return _reply(event, 400, _wrong("The body is no base64."))
        return _reply(event, *respond(self._predictor, method, body))


class AsgiApp:
    """The same as an ASGI application: for Mangum, Azure's AsgiMiddleware, or any server."""

    def __init__(self, predictor: mainspring_edge.Predictor) -> None:
        self._predictor = predictor

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request on any path; other kinds of connections are refused by the server."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not served, expected http.")
        pieces, more = [], True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        status, text = respond(self._predictor, scope["method"], b"".join(pieces))
        headers = [(name.encode(), value.encode()) for name, value in JSON.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


def _method_of(event: Any) -> str | None:
    """The method of an HTTP event; None: a direct invocation."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        return None
    http = event["requestContext"].get("http")
    method = http.get("method") if isinstance(http, dict) else event.get("httpMethod")
    return method if isinstance(method, str) else None


def _reply(event: dict[str, Any], status: int, text: str) -> dict[str, Any]:
    reply = {"statusCode": status, "headers": JSON, "body": text, "isBase64Encoded": False}
    if "elb" in event["requestContext"]:
        reasons = {200: "OK", 400: "Bad Request", 405: "Method Not Allowed"}
        reply["statusDescription"] = f"{status} {reasons[status]}"
        if "multiValueHeaders" in event:
            del reply["headers"]
            reply["multiValueHeaders"] = {name: [value] for name, value in JSON.items()}
    return reply


def _wrong(text: str, column: str | None = None, row: int | None = None) -> str:
    return json.dumps({"error": text, "column": column, "row": row})
