"""The routes that predict, as plain ASGI callables: requests and responses cost more than a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mainspring.serve.replies import (
    BodyReader,
    Receive,
    Refusal,
    Scope,
    Send,
    error_body,
    send_reply,
)

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel

__all__ = ["InferEndpoint", "ModelEndpoint", "PredictEndpoint", "find_model"]

# A longer body leaves the event loop: other requests go on meanwhile.
INLINE_BYTES = 1 << 15
KINDS = ("predict", "proba", "raw")


def find_model(models: Mapping[str, HostedModel], scope: Scope) -> HostedModel:
    """Find the model that a path names, or the only one when it names none.

    Parameters
    ----------
    models : mapping of str to HostedModel
        All there are.
    scope : mapping
        ASGI's, with the parameters of the path.

    Returns
    -------
    HostedModel
        The one that is meant.

    Raises
    ------
    Refusal
        404 when there is none of that name or version.
    """
    wanted = scope["path_params"]
    name = wanted.get("model")
    if name is None:
        if len(models) == 1:
            return next(iter(models.values()))
        raise Refusal(
            404, "This server has several models; use /models/NAME/predict. GET / lists them."
        )
    model = models.get(name)
    if model is None:
        raise Refusal(404, f"There is no model {_cut(name)!r}. GET / lists them.")
    version = wanted.get("version", model.version)
    if version != model.version:
        raise Refusal(
            404, f"Model {name!r} has no version {_cut(version)!r}, only {model.version!r}."
        )
    return model


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "..."


class ModelEndpoint:
    """Finds the model, reads the body, answers with what the engine says.

    Parameters
    ----------
    models : mapping of str to HostedModel
        All there are.
    reader : BodyReader
        Reads bodies and counts refusals.
    """

    def __init__(self, models: Mapping[str, HostedModel], reader: BodyReader) -> None:
        self.models = models
        self.reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope : mapping
            ASGI's, of an HTTP request.
        receive : callable
            ASGI's.
        send : callable
            ASGI's.
        """
        try:
            model = find_model(self.models, scope)
            answer = self.answer(model, scope)
            body = await self.reader.read(scope, receive)
        except Refusal as refusal:
            self.reader.refused[refusal.status] += 1
            await send_reply(send, refusal.status, error_body(refusal.message))
            return
        if len(body) <= INLINE_BYTES:
            status, content = answer(body)
        else:
            from starlette.concurrency import run_in_threadpool

            status, content = await run_in_threadpool(answer, body)
        await send_reply(send, status, content)

    def answer(self, model: HostedModel, scope: Scope) -> Callable[[bytes], tuple[int, bytes]]:
        """Choose the native call.

        Parameters
        ----------
        model : HostedModel
            The model that is asked.
        scope : mapping
            ASGI's, of an HTTP request.

        Returns
        -------
        callable
            From a body to a status and a body.
        """
        raise NotImplementedError


class InferEndpoint(ModelEndpoint):
    """The Open Inference Protocol's ``infer``."""

    def answer(self, model: HostedModel, scope: Scope) -> Callable[[bytes], tuple[int, bytes]]:
        """Choose the native call.

        Parameters
        ----------
        model : HostedModel
            The model that is asked.
        scope : mapping
            ASGI's, of an HTTP request.

        Returns
        -------
        callable
            From a body to a status and a body.
        """
        return model.native.infer


class PredictEndpoint(ModelEndpoint):
    """JSON rows or columns; ``?output=predict``, ``proba`` or ``raw``."""

    def answer(self, model: HostedModel, scope: Scope) -> Callable[[bytes], tuple[int, bytes]]:
        """Choose the native call.

        Parameters
        ----------
        model : HostedModel
            The model that is asked.
        scope : mapping
            ASGI's, of an HTTP request.

        Returns
        -------
        callable
            From a body to a status and a body.

        Raises
        ------
        Refusal
            400 for a query that is not known.
        """
        query = scope["query_string"]
        kind = _kind_of(query.decode("latin-1")) if query else "predict"
        return lambda body: model.native.predict(body, kind)


def _kind_of(query: str) -> str:
    from urllib.parse import parse_qsl

    kind = "predict"
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "output" or value not in KINDS:
            raise Refusal(
                400,
                f"The query says {_cut(name)}={_cut(value)}; expected output=predict, output=proba "
                "or output=raw.",
            )
        kind = value
    return kind
