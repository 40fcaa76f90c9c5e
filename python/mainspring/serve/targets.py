"""Which model, protocol and kind of output an address means: the routes that predict."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from mainspring.models.output_kinds import KINDS
from mainspring.serve.replies import Refusal

__all__ = ["PredictRoutes", "Target"]

# Fixed paths that mean the only model.
_FIXED = {"/predict": "rows", "/invocations": "invocations"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a request asks for.

    Attributes
    ----------
    protocol : str
        ``rows``, ``infer``, ``v1`` or ``invocations``.
    model : str or None
        Name of a model; None: the only one.
    version : str or None
        One of its versions; None: the one that is served.
    kind : str
        ``predict``, ``proba`` or ``raw``.
    """

    protocol: str
    model: str | None
    version: str | None
    kind: str


class PredictRoutes:
    """The paths of predictions.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Where Vertex AI says its own path (``AIP_PREDICT_ROUTE``); default: that of the process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        self._fixed = dict(_FIXED)
        vertex = environment.get("AIP_PREDICT_ROUTE", "")
        if vertex.startswith("/"):
            self._fixed[vertex] = "v1"

    @property
    def fixed(self) -> list[str]:
        """Paths that name no model."""
        return list(self._fixed)

    def find(self, path: str, query: str) -> Target | None:
        """Read an address.

        Parameters
        ----------
        path : str
            Decoded; a slash that was written %2F parts it as any other does.
        query : str
            What stands behind the question mark.

        Returns
        -------
        Target or None
            None when no prediction is at this path.

        Raises
        ------
        Refusal
            400 for a query that is not known.
        """
        found = self._parse(path)
        if found is None:
            return None
        protocol, model, version = found
        kind = _kind_of(query) if query and protocol != "infer" else "predict"
        return Target(protocol, model, version, kind)

    def _parse(self, path: str) -> tuple[str, str | None, str | None] | None:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, None, None
        match path.split("/"):
            case ["", "models", model, "predict"]:
                return "rows", model, None
            case ["", "v2", "models", model, "infer"]:
                return "infer", model, None
            case ["", "v2", "models", model, "versions", version, "infer"]:
                return "infer", model, version
            case ["", "v1", "models", last]:
                model, colon, verb = last.rpartition(":")
                return ("v1", model, None) if colon and verb == "predict" else None
            case ["", "v1", "models", model, "versions", last]:
                version, colon, verb = last.rpartition(":")
                return ("v1", model, version) if colon and verb == "predict" else None
        return None


def _kind_of(query: str) -> str:
    kind = "predict"
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name != "kind" or value not in KINDS:
            raise Refusal(
                400,
                f"The query says {name[:60]}={value[:60]}; expected kind=predict, kind=proba or "
                "kind=raw.",
            )
        kind = value
    return kind
