"""Serving with the engine alone: no NumPy, no pyarrow, nothing but this package and ``json``.

For functions, servers and small machines, where every import is paid for at each cold start. The
results are the same bits as those of :class:`mainspring.Predictor`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from mainspring._engine import Bundle

__all__ = ["RuntimePredictor", "load"]


def load(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> RuntimePredictor:
    """Open a bundle for serving.

    Parameters
    ----------
    source : path or bytes-like
        A ``.spring`` file, or its contents.

    Returns
    -------
    RuntimePredictor
        Holds a verified copy of the bytes; the file may change or go afterwards.

    Raises
    ------
    FileError
        When the file cannot be read.
    BundleVersionError, BundleCorruptError
        When it is not a whole bundle that this version reads.
    UnsupportedError
        When the bundle holds transforms only.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return RuntimePredictor(_engine.Bundle.open(bytes(source), "the bytes"), "the bytes")
    return RuntimePredictor(_engine.Bundle.load(source), str(source))


class RuntimePredictor:
    """A model with its transforms, ready to predict. Made by :func:`load`.

    Notes
    -----
    Immutable and safe to use from many threads. Nulls, ``None`` and NaN are all missing.
    """

    def __init__(self, bundle: Bundle, subject: str) -> None:
        if not bundle.has_model:
            raise errors.UnsupportedError(
                f"The bundle {subject} holds transforms but no model; expected a Predictor's "
                "bundle. Save it from a Predictor.",
                expected="a bundle with a model",
                got="transforms only",
            )
        import json

        self._bundle = bundle
        meta: dict[str, Any] = json.loads(bundle.meta)
        self._name = str(meta.get("name", subject))
        self._takes_columns = bool(meta.get("preprocessor", False))
        self._output_names = _output_names(meta, bundle.output_width("predict"))
        self._labels: list[Any] | None = bundle.labels
        self._takes_codes = bool(meta.get("model", {}).get("pandas_categorical"))

    @property
    def name(self) -> str:
        """What the predictor is called."""
        return self._name

    @property
    def input_names(self) -> list[str]:
        """Names of the columns that rows and tables must have."""
        return list(self._bundle.input_names)

    @property
    def feature_names(self) -> list[str]:
        """Names of the model's features, in order."""
        return list(self._bundle.feature_names)

    @property
    def output_names(self) -> list[str]:
        """Names of what ``predict`` returns, one for each value of a row."""
        return list(self._output_names)

    @property
    def bundle(self) -> Bundle:
        """The opened bundle, for the other parts of mainspring."""
        return self._bundle

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 when the model is not a classifier."""
        return int(self._bundle.num_classes)

    @property
    def classes_(self) -> list[Any] | None:
        """Labels of the classes, in the order of ``predict_proba``; None: not a classifier.

        int, float, bool or str. Where ``predict`` gives no labels, 0, 1, 2, ...
        """
        if self._labels is not None:
            return list(self._labels)
        return list(range(self.num_classes)) if self.num_classes else None

    def predict(self, data: object) -> memoryview[float] | list[Any]:
        """Predict what the source library's own ``predict`` returns.

        Parameters
        ----------
        data : object
            One of: a list of dicts; a dict (one row); JSON as bytes or str, a list of objects,
            ``{"rows": [...]}`` or one object; Arrow data (``__arrow_c_stream__`` or
            ``__arrow_c_array__``); without transforms also a two-dimensional buffer of float32 or
            float64 with any strides, the features in order. Values of dicts are as in
            :meth:`predict_row`; those of JSON are numbers, strings (base64 for binary columns),
            RFC 3339 text or an integer in the column's unit for times, true and false for columns
            that were fitted on bool, a list of these for columns of lists, and null where the
            value, the list or the element is missing.

        Returns
        -------
        memoryview of float64
            Shape (num_rows,), or (num_rows, width) for several outputs; (0,) for no rows. Fresh
            memory of its own; ``numpy.asarray`` takes it without a copy. Of a classifier whose own
            ``predict`` returns labels: a list of them.

        Raises
        ------
        SchemaError
            When a column is missing, has another type, or the matrix another width.
        DataError
            When a value cannot be taken; ``row`` and ``column`` say where.
        ParameterError
            When the data is nothing of the above.
        """
        scores = self._predict(data, "predict")
        labels = self._labels
        return scores if labels is None else [labels[int(number)] for number in scores]

    def predict_proba(self, data: object) -> memoryview[float]:
        """Predict the probability of every class.

        Parameters
        ----------
        data : object
            As in :meth:`predict`.

        Returns
        -------
        memoryview of float64
            Shape (num_rows, num_classes); for two classes 1 - p and p. (0,) for no rows.

        Raises
        ------
        UnsupportedError
            When the model is not a classifier, or one without probabilities.
        SchemaError, DataError, ParameterError
            As in :meth:`predict`.
        """
        return self._predict(data, "proba")

    def predict_raw(self, data: object) -> memoryview[float]:
        """Predict raw scores, before the link.

        Parameters
        ----------
        data : object
            As in :meth:`predict`.

        Returns
        -------
        memoryview of float64
            Shape (num_rows,), or (num_rows, num_outputs); (0,) for no rows.

        Raises
        ------
        SchemaError, DataError, ParameterError
            As in :meth:`predict`.
        """
        return self._predict(data, "raw")

    def predict_row(self, row: Mapping[str, object]) -> float | list[float] | int | bool | str:
        """Predict one row.

        Parameters
        ----------
        row : mapping
            Value of each input column by name; other names are ignored. ``None`` and NaN are
            missing; numbers and text may be NumPy's; a time is a ``datetime``, a ``date``, RFC 3339
            text, or an int in the column's unit. Times with an offset are converted to UTC; one
            without is taken as it is: as UTC where the column was fitted with a zone.

        Returns
        -------
        float, list of float, or a label
            The same bits as the row has in a batch; a list for several outputs; a label where
            :meth:`predict` gives them.

        Raises
        ------
        SchemaError
            When a column is missing.
        DataError
            When a value cannot be taken.
        """
        self.require_names()
        result: float | list[float] | int | bool | str = self._bundle.predict_row(row, "predict")
        return result

    def __repr__(self) -> str:
        return f"RuntimePredictor({self._name!r}: {len(self.input_names)} columns)"

    def _predict(self, data: object, kind: str) -> memoryview[float]:
        if isinstance(data, (str, bytes, bytearray)):
            self.require_names()
            # A lone surrogate of a str becomes bytes that are refused as no UTF-8.
            text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
            scores = memoryview(self._bundle.predict_json(text, kind)).cast("d")
            return self._shaped(scores, kind)
        if isinstance(data, dict):
            data = [data]
        if isinstance(data, list):
            self.require_names()
            out = self._room(len(data), kind)
            self._bundle.predict_rows(data, kind, out)
        elif (table := _table_of(data)) is not None:
            self.require_names()
            out = self._room(table.num_rows, kind)
            self._bundle.predict_table(table, kind, out)
        else:
            matrix = self._matrix_of(data)
            out = self._room(matrix.shape[0] if matrix.shape else 0, kind)
            self._bundle.predict_matrix(matrix, kind, out)
        return self._shaped(out, kind)

    def _room(self, num_rows: int, kind: str) -> memoryview[float]:
        width = self._bundle.output_width(kind)
        return memoryview(bytearray(num_rows * width * 8)).cast("d")

    def _shaped(self, out: memoryview[float], kind: str) -> memoryview[float]:
        width = self._bundle.output_width(kind)
        if width <= 1 or len(out) == 0:  # a memoryview has no shape with a zero in it
            return out
        return out.cast("B").cast("d", (len(out) // width, width))

    def _matrix_of(self, data: object) -> memoryview:
        expected = (
            "a list of dicts, a dict, JSON, or Arrow data"
            if self._takes_columns
            else "a list of dicts, a dict, JSON, Arrow data, or a two-dimensional float buffer"
        )
        if not self._takes_columns:
            try:
                return memoryview(data)  # type: ignore[arg-type]
            except TypeError:
                pass
        got = type(data).__name__
        raise errors.ParameterError(
            f"Predictor {self._name!r} cannot read data of type {got}, expected {expected}.",
            expected=expected,
            got=got,
        )

    def require_names(self) -> None:
        """Check that columns can be taken by name.

        Raises
        ------
        UnsupportedError
            When the model knows pandas categories by their codes only: columns would hold the
            categories, and be mixed up in silence.
        """
        if self._takes_codes and not self._takes_columns:
            raise errors.UnsupportedError(
                f"Predictor {self._name!r} was trained on pandas categories, and knows only their "
                "codes; columns by name cannot be taken. Pass a matrix with the codes in the "
                "order of feature_names.",
                expected="a matrix of codes",
                got="columns by name",
                hint="Use an ordinal() preprocessor instead of pandas categories.",
            )


def _output_names(meta: Mapping[str, Any], width: int) -> list[str]:
    """Read the names in the bundle; one made by hand may have none."""
    names = [str(name) for name in meta.get("outputs", [])]
    if len(names) == width:
        return names
    return ["prediction"] if width == 1 else [f"prediction_{number}" for number in range(width)]


def _table_of(data: object) -> Any:
    """Arrow data as the engine's table; None when it is none."""
    if isinstance(data, _engine.Table):
        return data
    if hasattr(data, "__arrow_c_stream__"):
        return _engine.Table.from_stream(data.__arrow_c_stream__())
    if hasattr(data, "__arrow_c_array__"):
        return _engine.Table.from_array(*data.__arrow_c_array__())
    return None
