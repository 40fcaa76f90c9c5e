"""A model with its names, as the routes know it: opened, described, ready."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from mainspring import _engine, errors, runtime
from mainspring.serve.label_quality import LabelQuality

__all__ = ["HostedModel", "check_name", "open_models"]

FIRST_VERSION = "1"

# What a request may take on the event loop: above, a thread costs little beside it.
_INLINE_SECONDS = 200e-6
_INLINE_BYTES = (2048, 1 << 16)

# What an input takes, by the Arrow type that its column had while fitting.
_DATATYPES = {
    "bool": "BOOL",
    "float16": "FP32",
    "float32": "FP32",
    "float64": "FP64",
    **{f"int{bits}": f"INT{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UINT{bits}" for bits in (8, 16, 32, 64)},
}
_BY_KIND = {"float": "FP64", "integer": "INT64", "bytes": "BYTES", "timestamp": "INT64"}
_EXAMPLES = {"float": 1.5, "integer": 1, "bytes": "text", "timestamp": "2013-01-31T14:30:00Z"}

_LABELS = {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}


class HostedModel:
    """One model of a server.

    Parameters
    ----------
    predictor : RuntimePredictor
        What predicts; its bundle is shared, not copied.
    name : str
        What clients call it.
    max_rows : int
        A request with more rows is refused.
    version : str, default "1"
        Which version of the model it is.
    keep_predictions : int, default 0
        How many predictions wait for their labels.

    Raises
    ------
    UnsupportedError
        When the model takes the codes of pandas categories, which no client can know.
    """

    def __init__(
        self,
        predictor: runtime.RuntimePredictor,
        name: str,
        max_rows: int,
        version: str = FIRST_VERSION,
        keep_predictions: int = 0,
    ) -> None:
        predictor.require_names()
        bundle = predictor.bundle
        self.name = name
        self.version = version
        self.outputs: list[str] = list(predictor.output_names)
        self.num_classes = int(bundle.num_classes)
        labels = bundle.labels
        self.labels: list[Any] | None = labels or None
        self.output_datatype = _LABELS[type(labels[0])] if labels else "FP64"
        # Two inputs may read one column, as a number and as an id.
        self.columns = {column["name"]: column for column in reversed(bundle.inputs)}
        self.bundle = bundle
        self.native = _engine.ServedModel(bundle, name, version, self.outputs, max_rows)
        if keep_predictions:
            self.native.keep_predictions(keep_predictions)
        self.quality = LabelQuality(self)
        self.counted_columns: list[dict[str, Any]] = self.native.columns
        self.inline_bytes = self._warm_up()

    def _warm_up(self) -> int:
        """Predict a row a few times; return the length of a body that is answered inline."""
        body = json.dumps(self.example_row()).encode()
        fastest = 1.0
        for _ in range(3):
            started = time.perf_counter()
            self.bundle.predict_json(body, "predict")
            fastest = min(fastest, time.perf_counter() - started)
        least, most = _INLINE_BYTES
        return max(least, min(most, int(len(body) * _INLINE_SECONDS / fastest)))

    def metadata(self) -> dict[str, Any]:
        """Describe the model as the Open Inference Protocol does.

        Returns
        -------
        dict
            ``name``, ``versions``, ``platform``, ``inputs`` and ``outputs``.
        """
        inputs = [
            {
                "name": name,
                "datatype": _datatype_of(column),
                "shape": _shape_of(column),
                **_unit_of(column),
            }
            for name, column in reversed(self.columns.items())
        ]
        outputs = [
            {"name": name, "datatype": self.output_datatype, "shape": [-1]} for name in self.outputs
        ]
        return {
            "name": self.name,
            "versions": [self.version],
            "platform": "mainspring",
            "inputs": inputs,
            "outputs": outputs,
        }

    def example_row(self) -> dict[str, Any]:
        """Make up a row that the model takes, to show how one is written.

        Returns
        -------
        dict
            A value for each column.
        """
        row = {}
        for name, column in reversed(self.columns.items()):
            kind, type_ = _element(column["kind"]), _element(column["type"])
            value = _EXAMPLES[kind]
            if "binary" in type_:
                value = "dGV4dA=="
            if type_ == "bool":
                value = True
            row[name] = [value, value] if _is_list(column) else value
        return row


def _is_list(column: Mapping[str, Any]) -> bool:
    return str(column["kind"]).startswith("list<")


def _element(name: str) -> str:
    """Return what the elements of a list are, and any other kind or type as it is."""
    return name.removeprefix("list<").removesuffix(">") if name.startswith("list<") else name


def _shape_of(column: Mapping[str, Any]) -> list[int]:
    return [-1, -1] if _is_list(column) else [-1]


def _unit_of(column: Mapping[str, Any]) -> dict[str, Any]:
    """Say what integers of a time count, since 1970 in UTC: nobody could know otherwise."""
    if _element(column["kind"]) != "timestamp":
        return {}
    return {"parameters": {"unit": column["unit"]}}


def _datatype_of(column: Mapping[str, Any]) -> str:
    kind = _element(column["kind"])
    if kind in ("bytes", "timestamp"):
        return _BY_KIND[kind]
    return _DATATYPES.get(_element(column["type"]), _BY_KIND[kind])


def open_models(models: object, max_rows: int, keep_predictions: int = 0) -> list[HostedModel]:
    """Open every model and give each its name.

    Parameters
    ----------
    models : path, Predictor, RuntimePredictor, sequence of these, or mapping from names to these
        Without a mapping each has the name that is saved in it.
    max_rows : int
        A request with more rows is refused.
    keep_predictions : int, default 0
        How many predictions of each wait for their labels.

    Returns
    -------
    list of HostedModel
        In the given order.

    Raises
    ------
    ParameterError
        When two have one name, or a name cannot stand in a URL.
    FileError, BundleError, UnsupportedError
        When a file cannot be read, or holds no model.
    """
    hosted: dict[str, HostedModel] = {}
    for chosen, source in _pairs(models):
        predictor = _opened(source)
        name = predictor.name if chosen is None else chosen
        check_name(name, hosted)
        hosted[name] = HostedModel(predictor, name, max_rows, keep_predictions=keep_predictions)
    return list(hosted.values())


def _pairs(models: object) -> Iterable[tuple[str | None, object]]:
    if isinstance(models, Mapping):
        return list(models.items())
    if isinstance(models, (list, tuple)):
        return [(None, source) for source in models]
    return [(None, models)]


def _opened(source: object) -> runtime.RuntimePredictor:
    if isinstance(source, (str, os.PathLike)):
        return runtime.load(source)
    if isinstance(source, runtime.RuntimePredictor):
        return source
    bundle = getattr(source, "bundle", None)
    if isinstance(bundle, _engine.Bundle):
        return runtime.RuntimePredictor(bundle, "predictor")
    got = type(source).__name__
    raise errors.ParameterError(
        f"A model to serve is a {got}; expected the path of a .spring file or a Predictor.",
        expected="a path or a Predictor",
        got=got,
    )


def check_name(name: object, taken: Mapping[str, object]) -> str:
    """Check what a model is called.

    Parameters
    ----------
    name : object
        What was asked for.
    taken : mapping
        Names there are.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ParameterError
        When it cannot stand in a URL, or is taken.
    """
    if not isinstance(name, str) or not name or "/" in name or not name.isprintable():
        raise errors.ParameterError(
            f"A model is called {name!r}; expected a text without '/' that can stand in a URL. "
            "Pass a dict from names to models.",
            expected="a text without '/'",
            got=repr(name),
        )
    if name in taken:
        raise errors.ParameterError(
            f"Two models are called {name!r}; expected different names. Pass a dict from names to "
            "models.",
            expected="different names",
            got=name,
        )
    return name
