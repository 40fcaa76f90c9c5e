"""Batches as tf.data, Keras trained on them, and the network back from its file."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
REASON = "not installed; run .ci/ecosystem tensorflow"
tf = pytest.importorskip("tensorflow", reason=f"tensorflow: {REASON}")
# Only now: other tests, where there is no TensorFlow, run Keras on torch.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
keras = pytest.importorskip("keras", reason=f"keras: {REASON}")

import mainspring as ms  # noqa: E402 - Keras reads its backend first
from mainspring import col  # noqa: E402
from mainspring.errors import ParameterError, UnsupportedError  # noqa: E402
from tests.docs import flights  # noqa: E402
from tests.integrations.pages import programs  # noqa: E402

# TensorFlow and Keras warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")
TABLE = pa.table(
    {
        "x": [1.0, 2.0, 3.0, 4.0, 5.0],
        "city": ["Rome", "Oslo", "Rome", "Bonn", "Rome"],
        "tags": [[1, 2], [], [3], [1], [2, 3, 1]],
        "late": [0, 1, 0, 1, 1],
        "weight": [1.0, 2.0, 1.0, 0.5, 1.0],
    }
)


def plain(element: Any) -> Any:
    if isinstance(element, dict):
        return {name: plain(value) for name, value in element.items()}
    if isinstance(element, tuple):
        return [plain(value) for value in element]
    return element.to_list() if isinstance(element, tf.RaggedTensor) else element.numpy().tolist()


def test_dataset_of_numbers_ids_and_lists_has_all_of_them() -> None:
    prep = ms.Preprocessor(col("x"), col("city").ordinal(), col("tags").ordinal()).fit(TABLE)
    batches = ms.train.ArrowBatches(TABLE, prep, 2, label="late", weight="weight", output="numpy")
    dataset = ms.train.tensorflow_dataset(batches)
    assert dataset.cardinality().numpy() == 3
    found = [plain(element) for element in dataset]
    wanted = []
    for batch in batches:
        values, offsets = batch.lists["tags"]
        lists = [values[a:b].tolist() for a, b in pairwise(offsets)]
        features = {"dense": batch.dense.tolist(), "ids": batch.ids.tolist(), "tags": lists}
        wanted.append([features, batch.label.tolist(), batch.weight.tolist()])
    assert found == wanted
    assert [len(element[1]) for element in found] == [2, 2, 1]
    assert found[0][0]["tags"][1] == []
    ids = dataset.element_spec[0]["ids"]
    assert (ids.dtype, ids.shape.as_list()) == (tf.int32, [None, 1])


def test_dataset_of_numbers_alone_is_a_matrix_and_each_epoch_is_shuffled_anew() -> None:
    rows = pa.table({"x": np.arange(100.0), "y": np.arange(100.0) * 2})
    prep = ms.Preprocessor("x").fit(rows)
    batches = ms.train.ArrowBatches(rows, prep, 8, "full", 3, label="y", output="numpy")
    dataset = ms.train.tensorflow_dataset(batches)
    epochs = [[plain(element) for element in dataset] for _ in range(2)]
    numbers = [[x for batch, _ in epoch for (x,) in batch] for epoch in epochs]
    labels = [[y for _, batch in epoch for y in batch] for epoch in epochs]
    assert sorted(numbers[0]) == sorted(numbers[1]) == list(range(100))
    assert numbers[0] != numbers[1] != list(range(100))
    assert labels == [[2 * x for x in epoch] for epoch in numbers]
    alone = ms.train.tensorflow_dataset(ms.train.ArrowBatches(rows, prep, 64, output="numpy"))
    assert [element.shape.as_list() for element in alone] == [[64, 1], [36, 1]]


@pytest.mark.parametrize(
    "label", [["late", "x"], np.arange(10.0).reshape(5, 2)], ids=["names", "matrix"]
)
def test_dataset_of_several_labels_has_a_column_of_each(label: Any) -> None:
    prep = ms.Preprocessor("x").fit(TABLE)
    batches = ms.train.ArrowBatches(TABLE, prep, 2, label=label, weight="weight", output="numpy")
    dataset = ms.train.tensorflow_dataset(batches)
    assert dataset.element_spec[1].shape.as_list() == [None, 2]
    given = label if isinstance(label, np.ndarray) else np.stack([TABLE[n] for n in label], 1)
    found = [plain(element) for element in dataset]
    assert [rows for element in found for rows in element[1]] == given.tolist()
    assert [weight for element in found for weight in element[2]] == TABLE["weight"].to_pylist()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(dataset, verbose=0).history["loss"]).all()


def test_dataset_of_a_stream_has_no_known_length() -> None:
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches())
    prep = ms.Preprocessor("x").fit(TABLE)
    stream = pa.Table.from_batches(reader).to_reader()
    batches = ms.train.ArrowBatches(stream, prep, 2, output="numpy")
    dataset = ms.train.tensorflow_dataset(batches)
    known = -2 if batches.num_rows is None else 3
    assert dataset.cardinality().numpy() == known
    assert sum(len(element) for element in dataset) == 5


def test_weights_without_labels_are_refused() -> None:
    batches = ms.train.ArrowBatches(
        TABLE, ms.Preprocessor("x").fit(TABLE), 2, weight="weight", output="numpy"
    )
    with pytest.raises(ParameterError, match="weights and no labels"):
        ms.train.tensorflow_dataset(batches)


def test_missing_label_when_iterated_is_named() -> None:
    rows = pa.table({"x": [1.0, 2.0], "late": [1.0, None]})
    batches = ms.train.ArrowBatches(
        rows, ms.Preprocessor("x").fit(rows), 2, label="late", output="numpy"
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="label at row 1 is missing"):
        list(ms.train.tensorflow_dataset(batches))


def test_network_with_ids_trains_on_the_dict_of_inputs() -> None:
    rows = flights.names()["train"]
    prep = ms.Preprocessor(
        col("wind_speed").impute("median").standardize(), col("carrier", "dest").ordinal()
    ).fit(rows)
    batches = ms.train.ArrowBatches(rows, prep, 256, "block", label="late", output="numpy")
    dense, ids = keras.Input((1,), name="dense"), keras.Input((2,), name="ids", dtype="int32")
    embedded = keras.layers.Embedding(max(batches.cardinalities), 4)(ids)
    hidden = keras.layers.Concatenate()([dense, keras.layers.Flatten()(embedded)])
    output = keras.layers.Dense(1, activation="sigmoid", name="late")(hidden)
    model = keras.Model({"dense": dense, "ids": ids}, output)
    model.compile("adam", "binary_crossentropy")
    history = model.fit(ms.train.tensorflow_dataset(batches), epochs=4, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < losses[0]


def test_program_of_the_page_trains_and_predicts_as_keras_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    names = flights.names()
    (program,) = programs("tensorflow.md")
    exec(program, names)
    features = names["prep"].transform(names["test"])
    wanted = names["model"].predict(features, verbose=0)[:, 0]
    assert wanted.std() > 0.01
    assert np.abs(names["late"] - wanted).max() < 1e-6
    loaded = ms.load("late.spring")
    assert (loaded.predict_proba(names["test"])[:, 1] == names["late"]).all()
    assert (
        ms.Predictor(names["model"], names["prep"]).predict_proba(names["test"])[:, 1]
        == names["late"]
    ).all()


def test_layer_that_is_not_known_is_refused_by_its_name(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8, 1)), keras.layers.LSTM(4), keras.layers.Dense(1)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(UnsupportedError, match=r"lstm|shape"):
        ms.Predictor(str(tmp_path / "model.keras"))
    (tmp_path / "saved").mkdir()
    model.export(str(tmp_path / "saved"), verbose=False)
    with pytest.raises(ms.MainspringError, match="saved"):
        ms.Predictor(str(tmp_path / "saved"))
