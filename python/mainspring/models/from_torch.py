"""torch modules as they predict in eval mode: chains of dense layers, and what torch.fx can trace.

torch is never imported: who has a module has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.models.from_torch_graph import read_graph
from mainspring.models.layers import LayerChain, default_names
from mainspring.models.torch_modules import batch_norm, layer_norm, numbers, refused

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]

_SIMPLE = {"ReLU": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "SiLU": "silu"}
_SLOPES = {"LeakyReLU": ("leaky_relu", "negative_slope"), "ELU": ("elu", "alpha")}
_NOTHING = frozenset(("AlphaDropout", "Dropout", "Dropout1d", "Identity"))
_MODULES = "Linear, BatchNorm1d, LayerNorm, Dropout, Identity, Flatten, ReLU, LeakyReLU, ELU, "
_MODULES += "GELU, SiLU, Sigmoid, Tanh, and Softmax at the end"


def _name(module: object) -> str:
    """Return the name of torch's own class; a subclass may do anything, and has none."""
    kind = type(module)
    return kind.__name__ if kind.__module__.startswith("torch.nn.modules.") else ""


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing torch.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for every ``torch.nn.Module``; ``read`` refuses those it does not know by name.
    """
    return any(
        base.__name__ == "Module" and base.__module__ == "torch.nn.modules.module"
        for base in type(model).__mro__
    )


def read(model: Any) -> ModelImage:
    """Read a module: a Sequential of dense layers, or a network of layers that read each other.

    Parameters
    ----------
    model : torch.nn.Module
        Read as in eval mode, whatever mode it is in.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors. A Sigmoid or Softmax
        at the end becomes the link, so that raw scores are logits.
    """
    modules = list(_flattened(model, type(model).__name__))
    own = all(type(module).__module__.startswith("torch.nn.modules.") for module, _ in modules)
    tensors = {str(tensor.dtype) for tensor in model.parameters()}
    if len(tensors) != 1 or not tensors <= {"torch.float32", "torch.float64"}:
        got = ", ".join(sorted(tensors)) or "no parameters"
        raise refused("The module", f"its parameters are {got}", "Convert it: model.float().")
    if not own or any(_name(module) == "Embedding" for module, _ in modules):
        if tensors != {"torch.float32"}:
            raise refused("The module", "its parameters are float64", "Convert it: model.float().")
        return read_graph(model)
    chain = LayerChain(tensors.pop().removeprefix("torch."))
    link = "identity"
    if modules and _name(modules[-1][0]) == "Softmax" and modules[-1][0].dim in (1, -1):
        modules.pop()
        link = "softmax"
    elif modules and _name(modules[-1][0]) == "Sigmoid":
        modules.pop()
        link = "sigmoid"
    for module, where in modules:
        _add(chain, module, where)
    if not chain.layers:
        raise refused("The module", "it has no Linear", "")
    outputs = chain.num_outputs
    if link == "softmax" and outputs < 2:
        raise refused("Softmax of one output", "it is always 1", "")
    classes = outputs if link == "softmax" else 2 if link == "sigmoid" and outputs == 1 else 0
    first = chain.layers[0]
    num_features = first[1].shape[-1]
    sizes = "-".join(str(len(layer[2])) for layer in chain.layers if layer[0] == "dense")
    return chain.image(
        default_names(num_features),
        f"torch Sequential, {num_features}-{sizes}, {chain.element}",
        link=link,
        num_classes=classes,
    )


def _flattened(module: Any, where: str) -> Any:
    if _name(module) != "Sequential":
        yield module, where
        return
    for name, child in module.named_children():
        yield from _flattened(child, f"{where}[{name}]")


def _add(chain: LayerChain, module: Any, where: str) -> None:
    name = _name(module)
    if module._forward_hooks or module._forward_pre_hooks:
        raise refused(where, "it has forward hooks, which may do anything", "Remove them.")
    if name in _NOTHING:
        return
    if name == "Flatten" and module.start_dim == 1 and module.end_dim in (1, -1):
        return
    if name == "Linear":
        weights = numbers(module.weight)
        bias = np.zeros(len(weights)) if module.bias is None else numbers(module.bias)
        chain.add("dense", weights, bias)
    elif name == "BatchNorm1d":
        chain.add("scale", *batch_norm(module, where, chain.element))
    elif name == "LayerNorm":
        chain.add("norm", *layer_norm(module, where), float(module.eps))
    elif name == "GELU":
        _need_layer(chain, where)
        chain.activate("gelu" if module.approximate == "none" else "gelu_tanh")
    elif name in _SIMPLE or name in _SLOPES:
        _need_layer(chain, where)
        activation, parameter = _SLOPES.get(name, (_SIMPLE.get(name, ""), ""))
        chain.activate(activation, float(getattr(module, parameter)) if parameter else 0.0)
    else:
        got = f"{type(module).__module__}.{type(module).__qualname__}"
        raise refused(f"{where}, a {got},", f"only {_MODULES} are known", "")


def _need_layer(chain: LayerChain, where: str) -> None:
    if not chain.layers:
        raise refused(where, "it stands before the first Linear", "")
