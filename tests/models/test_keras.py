"""Keras files against Keras itself, against NumPy, and what is refused.

Keras runs on torch here. Where it is not installed, files are written by h5py in the layout that
Keras 3.15 was seen to write; the first test compares that layout with a file of its own.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring.models import from_keras

h5py = pytest.importorskip("h5py")
# torch's own, about NumPy's newer protocol.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
HAS_KERAS = all(importlib.util.find_spec(name) is not None for name in ("keras", "torch"))
needs_keras = pytest.mark.skipif(not HAS_KERAS, reason="keras on torch is not installed")


def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return importlib.import_module("keras")


def dense(name: str, weights: np.ndarray, bias: np.ndarray | None, activation: str) -> Any:
    config = {
        "name": name,
        "dtype": "float32",
        "units": weights.shape[1],
        "activation": activation,
        "use_bias": bias is not None,
    }
    return "Dense", config, [weights] + ([] if bias is None else [bias])


def file_of(
    layers: list[Any], width: int = 4, change: Callable[[Any, Any], None] | None = None
) -> bytes:
    """A file of (class, config, arrays) in the layout of Keras 3."""
    described = [
        {
            "module": "keras.layers",
            "class_name": "InputLayer",
            "config": {"batch_shape": [None, width], "dtype": "float32", "name": "input"},
            "registered_name": None,
        }
    ]
    stream = io.BytesIO()
    with h5py.File(stream, "w") as weights:
        used: dict[str, int] = {}
        for kind, config, arrays in layers:
            described.append(
                {
                    "module": "keras.layers",
                    "class_name": kind,
                    "config": {"dtype": "float32", **config},
                    "registered_name": None,
                }
            )
            snake = from_keras._snake_case(kind)
            count = used.get(snake, 0)
            used[snake] = count + 1
            group = weights.create_group(f"layers/{snake}{f'_{count}' if count else ''}/vars")
            group.attrs["name"] = config["name"]
            for number, array in enumerate(arrays):
                group[str(number)] = np.asarray(array, np.float32)
        config = {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": "sequential", "dtype": "float32", "layers": described},
        }
        if change is not None:
            change(config, weights)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", stream.getvalue())
    return out.getvalue()


def sample(seed: int = 0) -> list[Any]:
    generator = np.random.default_rng(seed)
    return [
        dense("first", generator.normal(size=(4, 6)), generator.normal(size=6), "relu"),
        ("Dropout", {"name": "drop", "rate": 0.5}, []),
        dense("second", generator.normal(size=(6, 3)), None, "softmax"),
    ]


def groups_of(contents: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
        found = {}
        file.visititems(lambda name, item: found.__setitem__(name, getattr(item, "shape", None)))
        return {name: shape for name, shape in found.items() if name.startswith("layers/")}


@needs_keras
def test_layout_of_these_tests_is_that_of_keras(tmp_path: Path) -> None:
    layers = keras().layers
    model = keras().Sequential(
        [
            keras().Input((4,)),
            layers.Dense(6, activation="relu", name="first"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(3, activation="softmax", use_bias=False, name="second"),
        ]
    )
    model.save(tmp_path / "model.keras")
    assert groups_of((tmp_path / "model.keras").read_bytes()) == groups_of(file_of(sample()))


def test_file_of_dense_layers_is_what_numpy_computes() -> None:
    layers = sample(3)
    first, bias, second = *layers[0][2], layers[2][2][0]
    rows = np.random.default_rng(4).normal(size=(50, 4)).astype(np.float32)
    predictor = ms.Predictor(file_of(layers))
    raw = np.maximum(rows @ first + bias, 0) @ second
    np.testing.assert_allclose(predictor.predict_raw(rows), raw, rtol=1e-5, atol=1e-5)
    exp = np.exp(raw - raw.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        predictor.predict_proba(rows), exp / exp.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-6
    )


ACTIVATIONS = ["relu", "sigmoid", "tanh", "silu", "gelu", "leaky_relu", "elu", "linear"]


def random_layers(generator: np.random.Generator, end: str) -> list[Any]:
    """Layers of Keras, of every kind that is read."""
    layers = keras().layers
    made: list[Any] = [keras().Input((5,))]
    start = generator.integers(3)
    if start == 1:
        scaler = layers.Normalization()
        scaler.adapt(generator.normal(size=(40, 5)) * 3)
        made.append(scaler)
    elif start == 2:
        made.append(layers.Rescaling(0.5, offset=-0.25))
    for _ in range(int(generator.integers(1, 4))):
        units = int(generator.integers(1, 18))
        use_bias = bool(generator.random() < 0.7)
        made.append(layers.Dense(units, str(generator.choice(ACTIVATIONS)), use_bias=use_bias))
        extra = [
            lambda: layers.BatchNormalization(scale=bool(generator.random() < 0.5)),
            lambda: layers.LayerNormalization(center=bool(generator.random() < 0.5)),
            lambda: layers.Dropout(0.3),
            lambda: layers.LeakyReLU(negative_slope=0.1),
            lambda: layers.ELU(alpha=0.7),
            lambda: layers.ReLU(),
            lambda: layers.Activation("tanh"),
            lambda: layers.Flatten(),
        ]
        made.append(extra[int(generator.integers(len(extra)))]())
    made.append(layers.Dense(int(generator.integers(2, 5)), end))
    return made


@pytest.mark.shows(
    "Keras",
    "layers",
    "drawn chains of dense layers, Sequential and functional",
    "float32",
)
@needs_keras
@settings(max_examples=12)
@given(
    end=st.sampled_from(["linear", "softmax", "sigmoid", "exponential"]),
    functional=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_models_of_dense_layers_are_keras_own(end: str, functional: bool, seed: int) -> None:
    generator = np.random.default_rng(seed)
    model = keras().Sequential(random_layers(generator, end))
    for weight in model.weights:
        values = generator.normal(size=weight.shape)
        if "variance" in weight.path:
            values = np.abs(values) + 0.2
        if "count" not in weight.path:
            weight.assign(values)
    if functional:
        model = keras().Model(model.inputs, model.outputs)
    rows = generator.normal(size=(30, 5)).astype(np.float32)
    expected = np.asarray(model.predict(rows, verbose=0))
    predictor = ms.Predictor(model)
    got = predictor.predict(rows).reshape(expected.shape)
    scale = np.maximum(np.abs(expected), 1)
    assert (np.abs(got - expected) / scale).max() < 5e-3 if end == "exponential" else 2e-4
    if end == "softmax":
        assert predictor.num_classes == expected.shape[1]


def test_names_and_paths(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(file_of(sample()))
    predictor = ms.Predictor(path)
    assert predictor.feature_names == [f"Column_{i}" for i in range(4)]
    assert predictor.description == "Keras Sequential, 4-6-3, float32"
    assert predictor.num_classes == 3


def layer_change(place: int, **changes: Any) -> Callable[[Any, Any], None]:
    def change(config: Any, _: Any) -> None:
        layer = config["config"]["layers"][place]
        for key, value in changes.items():
            (layer if key in layer else layer["config"])[key] = value

    return change


def drop(path: str) -> Callable[[Any, Any], None]:
    return lambda _, weights: weights.__delitem__(path)


def put(path: str, value: Any) -> Callable[[Any, Any], None]:
    def change(_: Any, weights: Any) -> None:
        del weights[path]
        weights[path] = value

    return change


REFUSALS: list[tuple[Callable[[Any, Any], None], type[Exception], str]] = [
    (layer_change(1, class_name="Conv1D"), ms.UnsupportedError, "a Conv1D, cannot be read"),
    (layer_change(1, registered_name="Mine"), ms.UnsupportedError, "not one of Keras's own"),
    (layer_change(1, module="mine"), ms.UnsupportedError, "not one of Keras's own"),
    (layer_change(1, activation="softplus"), ms.UnsupportedError, "activation is 'softplus'"),
    (layer_change(1, activation="softmax"), ms.UnsupportedError, "activation is 'softmax'"),
    (layer_change(1, dtype="mixed_bfloat16"), ms.UnsupportedError, "mixed_bfloat16"),
    (layer_change(1, units=7), ms.DataError, r"has shape (4, 6), expected (4, 7)"),
    (layer_change(1, units="many"), ms.DataError, "cannot be read (ValueError"),
    (layer_change(0, batch_shape=[None, 4, 2]), ms.UnsupportedError, "expected a row of numbers"),
    (layer_change(1, name="other"), ms.DataError, "the weights of layer 'other' are of 'first'"),
    (drop("layers/dense"), ms.DataError, "the weights lack layers/dense/vars"),
    (drop("layers/dense/vars/1"), ms.DataError, "has 1 arrays, expected 2"),
    (put("layers/dense/vars/1", np.full(6, np.nan)), ms.DataError, "not finite"),
    (put("layers/dense/vars/1", h5py.ExternalLink("x.h5", "/a")), ms.UnsupportedError, "a link"),
    (put("layers/dense/vars/1", h5py.SoftLink("/layers")), ms.UnsupportedError, "a link"),
    (lambda c, _: c.__setitem__("class_name", "Mine"), ms.UnsupportedError, "class Mine"),
    (lambda c, _: c["config"].__delitem__("layers"), ms.DataError, "cannot be read (KeyError"),
]


@pytest.mark.parametrize(("change", "error", "message"), REFUSALS)
def test_files_that_cannot_be_read_say_why(
    change: Callable[[Any, Any], None], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        ms.Predictor(file_of(sample(), change=change))
    assert message in str(raised.value)


def test_files_that_are_damaged_are_refused() -> None:
    whole = file_of(sample())
    generator = np.random.default_rng(1)
    accepted = 0
    for _ in range(150):
        mutant = bytearray(whole)
        for place in generator.integers(4, len(whole), int(generator.integers(1, 4))):
            mutant[place] = int(generator.integers(256))
        if generator.random() < 0.3:
            mutant = mutant[: int(generator.integers(4, len(whole)))]
        try:
            ms.Predictor(bytes(mutant))
            accepted += 1
        except (ms.DataError, ms.UnsupportedError):
            pass
    assert accepted < 100
    with pytest.raises(ms.DataError, match="cannot be read"):
        ms.Predictor(whole[:100])
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("a.txt", "b")
    with pytest.raises(ms.DataError, match=r"a zip without config\.json"):
        ms.Predictor(empty.getvalue())


@needs_keras
def test_models_that_are_no_chain_are_refused() -> None:
    layers = keras().layers
    one = keras().Input((4,))
    inner = layers.Dense(4)(one)
    cases = [
        (keras().Model(one, layers.Add()([inner, one])), "no chain"),
        (keras().Sequential([one, keras().Sequential([layers.Dense(2)])]), "a Sequential,"),
        (keras().Sequential([one, layers.Dropout(0.5)]), "no layer with weights"),
    ]
    for model, message in cases:
        with pytest.raises(ms.UnsupportedError, match=message):
            ms.Predictor(model)


def test_without_h5py_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = file_of(sample())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ms.MissingExtraError, match=r"pip install 'mainspring\[models\]'"):
        ms.Predictor(contents)
