"""Batches as a ``tf.data.Dataset``, which Keras takes as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainspring.train.batches import ArrowBatches

__all__ = ["tensorflow_dataset"]


def tensorflow_dataset(batches: ArrowBatches) -> Any:
    """Return batches as a dataset of TensorFlow.

    Each iteration over it is an epoch of the batches: what they shuffle, transform ahead and divide
    between ranks, they do here too.

    Parameters
    ----------
    batches : ArrowBatches
        What to iterate over.

    Returns
    -------
    tf.data.Dataset
        Of ``features``, ``(features, label)`` or ``(features, label, weight)``, as Keras takes
        them. ``features`` is the float32 matrix where all of them are numbers, else a dict:
        ``"dense"`` (float32), ``"ids"`` (int32) and for each column of lists a
        ``tf.RaggedTensor`` by its name. The cardinality is ``len(batches)`` where that is known.

    Raises
    ------
    ParameterError
        When there are weights without labels, which Keras has no place for.
    MissingExtraError
        When TensorFlow is not installed.

    Notes
    -----
    TensorFlow copies each batch. An error while iterating reaches the caller as one of TensorFlow's
    with the text of ours in it.

    Examples
    --------
    >>> batches = ms.train.ArrowBatches(table, prep, label="late")        # doctest: +SKIP
    >>> model.fit(ms.train.tensorflow_dataset(batches), epochs=3)         # doctest: +SKIP
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise errors.MissingExtraError(
            "tensorflow_dataset needs TensorFlow, which is not installed. "
            "Run: pip install 'mainspring[tensorflow]'",
            hint="pip install 'mainspring[tensorflow]'",
        ) from error
    if batches.has_weight and not batches.has_label:
        raise errors.ParameterError(
            "The batches have weights and no labels; expected a label beside a weight.",
            expected="a label beside a weight",
        )

    def spec(dtype: Any, *shape: int) -> Any:
        return tf.TensorSpec((None, *shape), dtype)

    features: dict[str, Any] = {}
    if batches.dense_names:
        features["dense"] = spec(tf.float32, len(batches.dense_names))
    if batches.id_names:
        features["ids"] = spec(tf.int32, len(batches.id_names))
    ragged = tf.RaggedTensorSpec((None, None), tf.int32, ragged_rank=1)
    features |= dict.fromkeys(batches.list_names, ragged)
    numbers = ["label"] * batches.has_label + ["weight"] * batches.has_weight
    is_matrix = set(features) == {"dense"}
    several = (len(batches.label_names),) if len(batches.label_names) > 1 else ()
    rest = (spec(tf.float32, *(several if name == "label" else ())) for name in numbers)
    kinds = (features["dense"] if is_matrix else features, *rest)

    def elements() -> Iterator[Any]:
        for batch in batches:
            made = {name: np.asarray(getattr(batch, name)) for name in ("dense", "ids")}
            made = {name: array for name, array in made.items() if name in features}
            for name, (values, offsets) in batch.lists.items():
                made[name] = tf.RaggedTensor.from_row_splits(
                    np.asarray(values, np.int32), np.asarray(offsets, np.int64)
                )
            beside = (np.asarray(getattr(batch, name)) for name in numbers)
            element = (made["dense"] if is_matrix else made, *beside)
            yield element if numbers else element[0]

    dataset = tf.data.Dataset.from_generator(
        elements, output_signature=kinds if numbers else kinds[0]
    )
    if batches.num_rows is None:
        return dataset
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))
