"""torch modules whose layers branch, meet again or look ids up, read from the graph of their calls.

torch.fx says which modules and functions a module calls; what is not known here is refused by name.
"""

from __future__ import annotations

import importlib
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.models.layers import default_names
from mainspring.models.torch_modules import batch_norm, layer_norm, numbers, refused
from mainspring.models.torch_values import (
    GraphValues,
    Input,
    Value,
    WidthFoundError,
    argument,
    is_node,
)

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read_graph"]

_MODULE_FUNCTIONS = {"ReLU": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "SiLU": "silu"}
_FUNCTIONS = {"relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu"}
_SLOPES = {"LeakyReLU": ("leaky_relu", "negative_slope"), "ELU": ("elu", "alpha")}
_SLOPE_NAMES = {"leaky_relu": ("negative_slope", 0.01), "elu": ("alpha", 1.0)}
_NOTHING = frozenset(("AlphaDropout", "Dropout", "Dropout1d", "Identity"))
_NO_FUNCTIONS = frozenset(("dropout", "contiguous", "float", "clone", "detach"))
_PAIRS = {"add": "add", "mul": "multiply", "iadd": "add", "imul": "multiply"}
# Classes that say of themselves what they compute, by an attribute `mainspring_layer`.
_PROMISES = ("cross", "dot", "embedding", "factorization", "norm")


def read_graph(model: Any) -> ModelImage:
    """Read a module of one or two inputs, rows of features.

    Parameters
    ----------
    model : torch.nn.Module
        Traced by torch.fx, and read as in eval mode. Its parameters are float32.

    Returns
    -------
    ModelImage
        The features of a first input stand before those of a second. A Sigmoid or Softmax at the
        end becomes the link.
    """
    widths: dict[str, int] = {}
    try:
        return _Reader(model, widths).image()
    except WidthFoundError as found:  # and once more, knowing it
        widths[found.name] = found.width
    return _Reader(model, widths).image()


class _Reader(GraphValues):
    def __init__(self, model: Any, widths: dict[str, int]) -> None:
        super().__init__(model, widths)
        self.link = "identity"
        for module in model.modules():
            if module._forward_hooks or module._forward_pre_hooks:
                raise refused(
                    type(module).__name__,
                    "it has forward hooks, which may do anything",
                    "Remove them.",
                )
        fx = importlib.import_module("torch.fx")

        class Tracer(fx.Tracer):  # type: ignore[misc, name-defined]
            def is_leaf_module(self, module: Any, name: str) -> bool:
                return hasattr(type(module), "mainspring_layer") or super().is_leaf_module(
                    module, name
                )

        try:
            graph = Tracer().trace(model)
        except Exception as error:
            raise refused(
                self.name,
                f"torch.fx cannot follow its forward ({error})",
                "Write it without branches or loops that depend on data.",
            ) from error
        for node in graph.nodes:
            if node.op == "output":
                self.last = self._value(node.args[0], self.name)
            else:
                self.values[node] = self._read(node)

    def image(self) -> ModelImage:
        for name in self.unknown:
            raise refused(
                f"{self.name}, its input {name!r}",
                "how many columns it has is not known",
                "Name the columns: x[:, 0:5].",
            )
        offsets: dict[str, int] = {}
        total = 0
        for name, count in self.inputs.items():
            offsets[name] = total
            total += count
        # A model that was built for a preprocessor knows where in its order the features are.
        own = getattr(self.model, "mainspring_features", None)
        names, places = (default_names(total), None) if own is None else own
        for layer, pairs in self.reads.items():
            kind, _, *rest = self.network.layers[layer]
            numbers = [
                offsets[name] + column if places is None else places[name][column]
                for name, column in pairs
            ]
            self.network.layers[layer] = (kind, numbers, *rest)
        if self.last.layer != len(self.network.layers) - 1:
            self.network.add("join", [self.last.layer])
        outputs = self.network.widths[self.last.layer]
        if self.link == "softmax" and outputs < 2:
            raise refused("Softmax of one output", "it is always 1")
        self.link = getattr(self.model, "mainspring_link", self.link)
        classes = outputs if self.link == "softmax" else 0
        if self.link == "sigmoid" and outputs == 1:
            classes = 2
        description = f"torch {self.name}, {len(names)} features, {outputs} outputs, float32"
        return self.network.image(names, description, link=self.link, num_classes=classes)

    def _read(self, node: Any) -> Any:
        """Return what a node makes: an input, a value, or a constant tensor."""
        where = f"{self.name}.{node.target}" if node.op == "call_module" else f"{self.name}, {node}"
        if node.op == "placeholder":
            if len(self.inputs) == 2:
                raise refused(self.name, "it has more than two inputs")
            self.inputs[str(node.target)] = 0
            return Input(str(node.target))
        if node.op == "get_attr":
            return operator.attrgetter(node.target)(self.model)
        if node.op == "call_module":
            return self._module(node, self.model.get_submodule(node.target), where)
        name = node.target if node.op == "call_method" else node.target.__name__
        return self._function(node, name, where)

    def _module(self, node: Any, module: Any, where: str) -> Any:
        name = type(module).__name__
        if hasattr(type(module), "mainspring_layer"):
            return self._promised(node, type(module).mainspring_layer, where)
        if not type(module).__module__.startswith("torch.nn.modules."):
            raise refused(f"{where}, a {type(module).__qualname__},", "it is not torch's own")
        if name in _NOTHING:
            return self._same(node, node.args[0])
        if name == "Embedding":
            return self._embedding(node, module, where)
        if name == "Flatten":
            return self._flat(node, where)
        if name in ("Sigmoid", "Softmax") and self._is_last(node):
            return self._link(node, name.lower(), getattr(module, "dim", None), where)
        if name in ("Linear", "BatchNorm1d", "LayerNorm"):
            return self._weighted(node, module, where)
        value = self._value(node.args[0], where)
        if name == "GELU":
            return self._activated(node, value, _gelu(module.approximate))
        if name in _MODULE_FUNCTIONS:
            return self._activated(node, value, _MODULE_FUNCTIONS[name])
        if name in _SLOPES:
            function, parameter = _SLOPES[name]
            return self._activated(node, value, function, float(getattr(module, parameter)))
        raise refused(f"{where}, a torch {name},", "this module is not known")

    def _promised(self, node: Any, kind: str, where: str) -> Value:
        """Take a class by its word."""
        wanted = 3 if kind == "cross" else 1
        if kind not in _PROMISES or len(node.args) != wanted:
            known = " or ".join(repr(name) for name in _PROMISES)
            raise refused(
                where, f"its mainspring_layer is {kind!r}, expected {known} of {wanted} input(s)"
            )
        if kind == "embedding":
            return self._tables(node, self.model.get_submodule(node.target), where)
        if kind == "cross":
            return self._crossed(node, where)
        if kind == "norm":
            return self._norm_activation(node, self.model.get_submodule(node.target), where)
        vectors = self._value(node.args[0], where)
        if vectors.count < 2:
            raise refused(where, "it is given no vectors, rows of shape (count, width)")
        width = self.network.widths[vectors.layer] // vectors.count
        return self._made(node, self.network.add(kind, [vectors.layer], None, width))

    def _norm_activation(self, node: Any, module: Any, where: str) -> Value:
        """Read a layer norm with weight and bias, and the activation behind it."""
        arrays = numbers(module.weight), numbers(module.bias)
        width = len(arrays[0])
        value = self._value(node.args[0], where, width)
        self._need_flat(value, width, where)
        layer = self.network.add("norm", [value.layer], *arrays, float(module.eps))
        if module.activation != "none":
            layer = self.network.activate(layer, module.activation, 0.0, in_place=True)
        return self._made(node, layer)

    def _weighted(self, node: Any, module: Any, where: str) -> Value:
        if type(module).__name__ == "Linear":
            kind, width, epsilon = "dense", module.in_features, 0.0
            bias = np.zeros(module.out_features) if module.bias is None else numbers(module.bias)
            arrays = numbers(module.weight), bias
        elif type(module).__name__ == "BatchNorm1d":
            kind, width, epsilon = "scale", module.num_features, 0.0
            arrays = batch_norm(module, where, "float32")
        else:
            arrays = layer_norm(module, where)
            kind, width, epsilon = "norm", len(arrays[0]), float(module.eps)
        value = self._value(node.args[0], where, width)
        self._need_flat(value, width, where)
        return self._made(node, self.network.add(kind, [value.layer], *arrays, epsilon))

    def _function(self, node: Any, name: str, where: str) -> Any:
        first = self.values.get(node.args[0]) if is_node(node.args[:1]) else None
        if name in ("long", "int") and isinstance(first, Input):
            return first
        if name in _NO_FUNCTIONS:
            return self._same(node, node.args[0])
        if name == "getitem":
            return self._columns(first, node.args[1], where)
        if name in _PAIRS:
            return self._pair(node, _PAIRS[name], where)
        if name in ("sigmoid", "softmax") and self._is_last(node):
            return self._link(node, name, argument(node, 1, "dim"), where)
        if name in _FUNCTIONS or name in _SLOPE_NAMES or name == "gelu":
            return self._activation(node, name, where)
        shaping = {"flatten": self._flat, "linear": self._linear, "sum": self._summed}
        if name in shaping:
            return shaping[name](node, where)
        if name in ("squeeze", "unsqueeze"):
            return self._axis(node, name, where)
        if name in ("cat", "concat", "concatenate", "stack"):
            return self._joined(node, name, where)
        raise refused(where, f"the function {name} is not known")

    def _activation(self, node: Any, name: str, where: str) -> Value:
        value = self._value(node.args[0], where)
        if name == "gelu":
            return self._activated(node, value, _gelu(node.kwargs.get("approximate", "none")))
        if name in _FUNCTIONS:
            return self._activated(node, value, _FUNCTIONS[name])
        parameter, default = _SLOPE_NAMES[name]
        slope = argument(node, 1, parameter)
        return self._activated(node, value, name, default if slope is None else float(slope))

    def _linear(self, node: Any, where: str) -> Any:
        arguments = [argument(node, 1, "weight"), argument(node, 2, "bias")]
        weight, bias = (None if item is None else self.values[item] for item in arguments)
        if isinstance(weight, Input | Value) or isinstance(bias, Input | Value):
            raise refused(where, "its weights are no parameters")
        weight = numbers(weight)
        value = self._value(node.args[0], where, weight.shape[1])
        self._need_flat(value, weight.shape[1], where)
        bias = np.zeros(len(weight)) if bias is None else numbers(bias)
        return self._made(node, self.network.add("dense", [value.layer], weight, bias))

    def _is_last(self, node: Any) -> bool:
        return [user.op for user in node.users] == ["output"]

    def _link(self, node: Any, link: str, dim: Any, where: str) -> Value:
        if link == "softmax" and dim not in (1, -1):
            raise refused(where, "it is not over the outputs")
        self.link = link
        return self._value(node.args[0], where)

    def _activated(self, node: Any, value: Value, function: str, slope: float = 0.0) -> Value:
        in_place = value.readers == 1
        layer = self.network.activate(value.layer, function, slope, in_place=in_place)
        return self._made(node, layer, value.count)


def _gelu(approximate: str) -> str:
    return "gelu" if approximate == "none" else "gelu_tanh"
