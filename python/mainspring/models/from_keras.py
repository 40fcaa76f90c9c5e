"""Keras models of dense layers: ``.keras`` files without Keras or TensorFlow, and models in memory.

Such a file is a zip of a description in JSON and of weights in HDF5, which h5py reads. Where the
weights of a layer lie follows from the names of the classes: ``layers/dense``, ``layers/dense_1``
and so on, in the order of the layers.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.layers import LayerChain, default_names

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "read_contents", "recognises"]

_MOST_BYTES = 2**32
_MOST_CONFIG_BYTES = 2**26
# What zipfile, json, h5py and a description of another shape raise over a damaged file.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
_NOTHING = frozenset(
    ("ActivityRegularization", "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout")
)
_PLAIN = {
    "relu": "relu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
}
_SLOPES = {"leaky_relu": ("leaky_relu", 0.2), "elu": ("elu", 1.0)}
_LINKS = {"softmax": "softmax", "sigmoid": "sigmoid", "exponential": "exp"}
# Keras's epsilon() under the divisor of a Normalization.
_SMALLEST_DIVISOR = 1e-7
_LAYERS = "Dense, Normalization, Rescaling, BatchNormalization, LayerNormalization, Dropout, "
_LAYERS += "Flatten, Activation, ReLU, LeakyReLU, ELU and Softmax"


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing Keras.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for every ``keras.Model``; ``read`` refuses layers it does not know by name.
    """
    return any(
        base.__name__ == "Model" and base.__module__ == "keras.src.models.model"
        for base in type(model).__mro__
    )


def read(model: Any) -> ModelImage:
    """Read a model in memory, as it would be saved.

    Parameters
    ----------
    model : keras.Sequential or keras.Model
        A chain of layers, built.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(str(path))
        return read_contents(path.read_bytes(), "The Keras model")


def read_contents(contents: bytes, subject: str) -> ModelImage:
    """Read the contents of a ``.keras`` file.

    Parameters
    ----------
    contents : bytes
        A zip.
    subject : str
        What messages call it.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.

    Raises
    ------
    MissingExtraError
        When h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise errors.MissingExtraError(
            f"{subject} is a Keras file, whose weights need h5py. Run: pip install "
            "'mainspring[models]'",
            expected="h5py",
            hint="pip install 'mainspring[models]'",
        ) from error
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            config = json.loads(_member(archive, "config.json", _MOST_CONFIG_BYTES, subject))
            weights = _member(archive, "model.weights.h5", _MOST_BYTES, subject)
        with h5py.File(io.BytesIO(weights), "r") as file:
            return _Reader(h5py, file, subject).read(config)
    except errors.MainspringError:
        raise
    except _DAMAGE as error:
        raise errors.DataError(
            f"{subject} cannot be read ({type(error).__name__}: {error}). Save the model again.",
            hint="Save the model again.",
        ) from error


def _member(archive: zipfile.ZipFile, name: str, most: int, subject: str) -> bytes:
    if name not in archive.namelist():
        raise errors.DataError(
            f"{subject} is a zip without {name}; expected a file that Keras 3 saved.",
            expected=name,
            hint="Save the model as model.keras.",
        )
    size = archive.getinfo(name).file_size
    if size > most:
        raise errors.DataError(
            f"{subject} has a {name} of {size} bytes; expected at most {most}.",
            expected=f"at most {most} bytes",
            got=f"{size} bytes",
        )
    return archive.read(name)


def _snake_case(name: str) -> str:
    """Return a class's name as Keras writes it in its files."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class _Reader:
    """Layers in order, their weights beside them."""

    def __init__(self, h5py: Any, file: Any, subject: str) -> None:
        self._h5py = h5py
        self._file = file
        self._subject = subject
        self._used: dict[str, int] = {}
        self._width = 0

    def _refused(self, what: str, reason: str) -> errors.UnsupportedError:
        return errors.UnsupportedError(
            f"{self._subject}: {what} cannot be read: {reason}.", got=what
        )

    def _damaged(self, what: str) -> errors.DataError:
        return errors.DataError(
            f"{self._subject}: {what}. Save the model again.", hint="Save the model again."
        )

    def read(self, config: dict[str, Any]) -> ModelImage:
        kind = config["class_name"]
        if kind not in ("Sequential", "Functional"):
            raise self._refused(f"a model of class {kind}", "only Sequential and chains are known")
        layers = config["config"]["layers"]
        if kind == "Functional":
            self._check_chain(config["config"], layers)
        names = [self._place(layer) for layer in layers]
        chain = LayerChain(self._element(layers))
        link = "identity"
        for number, (layer, place) in enumerate(zip(layers, names, strict=True)):
            rest = layers[number + 1 :]
            is_last = all(later["class_name"] in _NOTHING for later in rest)
            link = self._add(chain, layer, place, is_last=is_last)
        if not chain.layers:
            raise self._refused("the model", "it has no layer with weights")
        outputs = chain.num_outputs
        if link == "softmax" and outputs < 2:
            raise self._refused("softmax of one output", "it is always 1")
        classes = outputs if link == "softmax" else 2 if link == "sigmoid" and outputs == 1 else 0
        num_features = chain.layers[0][1].shape[-1]
        sizes = "-".join(str(len(layer[2])) for layer in chain.layers if layer[0] == "dense")
        description = f"Keras {kind}, {num_features}-{sizes}, {chain.element}"
        return chain.image(default_names(num_features), description, link=link, num_classes=classes)

    def _place(self, layer: dict[str, Any]) -> str:
        """Return the group of a layer's weights: its class, and how many of it came before."""
        name = _snake_case(layer["class_name"])
        count = self._used.get(name, 0)
        self._used[name] = count + 1
        return f"layers/{name}_{count}" if count else f"layers/{name}"

    def _check_chain(self, config: dict[str, Any], layers: list[Any]) -> None:
        """Check that every layer reads the one before it, and nothing else."""
        ends = [config["input_layers"], config["output_layers"]]
        ends = [end[0] if end and isinstance(end[0], list) else end for end in ends]
        names = [layer["config"]["name"] for layer in layers]
        fits = ends == [[names[0], 0, 0], [names[-1], 0, 0]]
        for number, layer in enumerate(layers):
            nodes = layer["inbound_nodes"]
            if number == 0:
                fits = fits and not nodes
                continue
            fits = fits and len(nodes) == 1 and len(nodes[0]["args"]) == 1
            fits = fits and isinstance(nodes[0]["args"][0], dict)
            if fits:
                history = nodes[0]["args"][0]["config"]["keras_history"]
                fits = history == [names[number - 1], 0, 0]
        if not fits:
            raise self._refused("the model", "its layers are no chain from one input to one output")

    def _element(self, layers: list[Any]) -> str:
        types = set()
        for layer in layers:
            dtype = layer["config"].get("dtype", "float32")
            types.add(dtype if isinstance(dtype, str) else dtype["config"]["name"])
        if len(types) != 1 or not types <= {"float32", "float64"}:
            got = ", ".join(sorted(types))
            raise self._refused(f"a model of {got}", "expected float32 or float64 throughout")
        element: str = types.pop()
        return element

    def _weights(self, place: str, layer: dict[str, Any], shapes: list[tuple[int, ...]]) -> Any:
        """Return a layer's arrays, which have these shapes."""
        path = f"{place}/vars"
        group = self._inside(path)
        stated = group.attrs.get("name")
        if stated is not None and stated != layer["config"]["name"]:
            raise self._damaged(
                f"the weights of layer {layer['config']['name']!r} are of {stated!r}"
            )
        if len(group) != len(shapes):
            raise self._damaged(f"{path} has {len(group)} arrays, expected {len(shapes)}")
        arrays = []
        for number, shape in enumerate(shapes):
            data = self._inside(f"{path}/{number}")
            if not isinstance(data, self._h5py.Dataset) or data.external or data.is_virtual:
                raise self._refused(f"{path}/{number}", "it is no array within the file")
            if data.shape != shape:
                raise self._damaged(f"{path}/{number} has shape {data.shape}, expected {shape}")
            arrays.append(np.asarray(data, np.float64))
        return arrays

    def _inside(self, path: str) -> Any:
        """Follow a path by hard links alone: others may lead out of the file."""
        at = self._file
        for name in path.split("/"):
            link = at.get(name, getlink=True)
            if link is None:
                raise self._damaged(f"the weights lack {path}")
            if type(link) is not self._h5py.HardLink:
                raise self._refused(path, "it is a link")
            at = at[name]
        return at

    def _add(self, chain: LayerChain, layer: dict[str, Any], place: str, *, is_last: bool) -> str:
        """Append a layer; return the link that it is."""
        kind, config = layer["class_name"], layer["config"]
        what = f"layer {config.get('name')!r}, a {kind},"
        if layer.get("registered_name") is not None or layer["module"] != "keras.layers":
            raise self._refused(what, "it is not one of Keras's own")
        if kind in _NOTHING:
            return "identity"
        if kind == "InputLayer":
            shape = config["batch_shape"]
            if len(shape) != 2 or not isinstance(shape[1], int):
                raise self._refused(what, f"its shape is {shape}, expected a row of numbers")
            self._width = shape[1]
            return "identity"
        if self._width == 0:
            raise self._refused(what, "the model states no number of features")
        if kind == "Dense":
            return self._add_dense(chain, layer, place, what, is_last=is_last)
        if kind in ("BatchNormalization", "LayerNormalization"):
            self._add_norm(chain, layer, place, what)
            return "identity"
        if kind == "Normalization":
            self._add_scaler(chain, layer, place, what)
            return "identity"
        if kind == "Rescaling":
            ones = np.ones(self._width)
            chain.add("scale", ones * config["scale"], ones * config["offset"])
            return "identity"
        if kind == "Flatten":
            return "identity"
        return self._activate(chain, *self._function(kind, config, what), what, is_last=is_last)

    def _function(self, kind: str, config: dict[str, Any], what: str) -> tuple[Any, float | None]:
        """Return the activation that a layer of its own is, and its slope."""
        if kind == "Activation":
            return config["activation"], None
        if kind == "ReLU":
            slope = config.get("negative_slope", 0.0) or 0.0
            if config.get("max_value") is not None or config.get("threshold", 0.0) != 0:
                raise self._refused(what, "it has a maximum or a threshold")
            return ("leaky_relu", float(slope)) if slope else ("relu", None)
        if kind == "LeakyReLU":
            return "leaky_relu", float(config["negative_slope"])
        if kind == "ELU":
            return "elu", float(config["alpha"])
        if kind == "Softmax" and config.get("axis", -1) in (-1, 1):
            return "softmax", None
        raise self._refused(what, f"only {_LAYERS} are known")

    def _activate(
        self, chain: LayerChain, name: Any, slope: float | None, what: str, *, is_last: bool
    ) -> str:
        if name in (None, "linear"):
            return "identity"
        if isinstance(name, str) and is_last and name in _LINKS and chain.layers:
            return _LINKS[name]
        if not isinstance(name, str) or (name not in _PLAIN and name not in _SLOPES):
            raise self._refused(what, f"its activation is {name!r}")
        if not chain.layers:
            chain.add("scale", np.ones(self._width), np.zeros(self._width))
        if name in _PLAIN:
            chain.activate(_PLAIN[name])
        else:
            activation, usual = _SLOPES[name]
            chain.activate(activation, usual if slope is None else slope)
        return "identity"

    def _add_dense(
        self, chain: LayerChain, layer: dict[str, Any], place: str, what: str, *, is_last: bool
    ) -> str:
        config = layer["config"]
        if config.get("lora_rank") or config.get("quantization_config"):
            raise self._refused(what, "it is quantized, or has LoRA weights")
        units = int(config["units"])
        shapes: list[tuple[int, ...]] = [(self._width, units)]
        if config["use_bias"]:
            shapes.append((units,))
        arrays = self._weights(place, layer, shapes)
        chain.add("dense", arrays[0].T, arrays[1] if config["use_bias"] else np.zeros(units))
        self._width = units
        return self._activate(chain, config["activation"], None, what, is_last=is_last)

    def _add_norm(self, chain: LayerChain, layer: dict[str, Any], place: str, what: str) -> None:
        config, count = layer["config"], self._width
        is_batch = layer["class_name"] == "BatchNormalization"
        axis = config["axis"]
        if axis not in (-1, 1, [-1], [1]) or config.get("rms_scaling") or config.get("renorm"):
            raise self._refused(what, "it normalizes in another way than over the last axis")
        given = [config["scale"], config["center"]] + [True, True] * is_batch
        arrays = iter(self._weights(place, layer, [(count,)] * sum(map(bool, given))))
        defaults = [np.ones(count), np.zeros(count), np.zeros(count), np.ones(count)]
        used = [
            next(arrays) if is_given else default
            for is_given, default in zip(given, defaults, strict=False)
        ]
        epsilon = float(config["epsilon"])
        if not is_batch:
            chain.add("norm", used[0], used[1], epsilon)
            return
        dtype = np.dtype(chain.element)
        gamma, beta, mean, variance = (array.astype(dtype) for array in used)
        alpha = gamma / np.sqrt(variance + dtype.type(epsilon))
        chain.add("scale", alpha, beta - mean * alpha)

    def _add_scaler(self, chain: LayerChain, layer: dict[str, Any], place: str, what: str) -> None:
        config, count = layer["config"], self._width
        if config.get("invert") or config["axis"] not in (-1, 1, [-1], [1]):
            raise self._refused(what, "it is inverted, or of another axis than the last")
        if config.get("mean") is not None:
            mean = np.broadcast_to(np.ravel(np.asarray(config["mean"], np.float64)), count)
            variance = np.broadcast_to(np.ravel(np.asarray(config["variance"], np.float64)), count)
        else:
            mean, variance, _ = self._weights(place, layer, [(count,), (count,), ()])
        root = np.sqrt(np.asarray(variance, chain.element))
        divisor = np.maximum(root, np.dtype(chain.element).type(_SMALLEST_DIVISOR))
        chain.add("center", mean, divisor)
