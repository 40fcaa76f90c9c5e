"""The Predictor: transforms and a model as one object that predicts, saves and travels.

Everything it knows lies in the bytes of one bundle; the engine holds them opened and verified.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

from mainspring import _arrow, _engine, errors
from mainspring.models import read_model
from mainspring.models.derived import derive
from mainspring.models.explanation import Explanation, explain, make_explainer
from mainspring.models.feature_names import check_features, refuse_categories, refuse_unnamed_model
from mainspring.models.matrix import (
    as_csr,
    as_matrix,
    has_columns,
    is_sparse,
    label_array,
    matrix_scorers,
    result_array,
    scored_directly,
)
from mainspring.models.metadata import (
    canonical_json,
    checked_name,
    describe,
    fitted_plan,
    with_sums,
    with_weights,
)
from mainspring.models.output_kinds import KINDS, check_kind, method_of
from mainspring.models.pipelines import split_pipeline
from mainspring.models.row_scorer import Score, row_scorer
from mainspring.models.row_work import work_on
from mainspring.transforms._device import is_for_device
from mainspring.transforms._output import refuse_lists

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pyarrow import RecordBatchReader

    from mainspring._engine import Bundle, EarlyExits, Explainer
    from mainspring.profiles import Profile
    from mainspring.transforms import Preprocessor

    Floats = npt.NDArray[np.float64]

__all__ = ["Predictor", "load"]

# Models made of a predictor's trees that are kept beside it.
_MOST_DERIVED = 2


class Predictor:
    """A model, with the transforms that make its features, ready to predict.

    Nulls and NaN are both missing. Without a preprocessor the model's own rules for missing values
    apply; :doc:`/concepts/models` says how near its own scores are, those of trees bit for bit.
    Results do not depend on batch size, chunking, number of threads or CPU.

    Parameters
    ----------
    model : object
        What :func:`mainspring.models.read_model` takes: an object or a file of LightGBM, XGBoost,
        CatBoost or Keras, an ONNX file, a fitted estimator of scikit-learn, or a module of torch.
        The steps of a ``Pipeline`` before its model become the preprocessor, as
        :func:`mainspring.from_sklearn` makes it; scalers alone are part of the model.
    preprocessor : Preprocessor, optional
        Fitted transforms whose features the model was trained on, in their order. Without one,
        data is a feature matrix, or columns with the model's feature names; models of
        ``mainspring.train`` that fit transforms bring their own.
    name : str, optional
        What the predictor is called in messages, reports and files. Default: the stem of the
        model's file, else ``"model"``.
    profile : Profile, optional
        Reference profile of the training data, for drift. Default: the preprocessor's, if any.
    sums : {"library", "fixed"}, default "library"
        How the leaves of a forest are added up: as the source library does, for its own bits; or in
        fixed point, where the order does not matter and leaves are rounded once
        (:doc:`/concepts/forests` has the bound). For forests alone.
    weights : {"library", "bfloat16", "int8"}, default "library"
        What the layers of a chain (a linear model, a network without embeddings) hold their weights
        in: as the source library does, or in two bytes or one, for layers of 8 or more outputs.
        Scores are others then: :func:`mainspring.models.weights_report` says by how much.

    Raises
    ------
    NotFittedError
        When the preprocessor or the estimator has not been fitted.
    SchemaError
        When the preprocessor's features are not the model's; the message lists the differences.
    UnsupportedError, DataError, FileError
        When the model cannot be read; see :func:`mainspring.models.read_model`.

    Notes
    -----
    Immutable and safe to use from many threads. Pickles as the bytes of its bundle.

    Examples
    --------
    >>> import lightgbm, numpy as np, mainspring as ms
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, label=X[:, 0]), 5)
    >>> predictor = ms.Predictor(booster, name="first")
    >>> bool((predictor.predict(X) == booster.predict(X)).all())
    True
    """

    _bundle: Bundle
    _meta: dict[str, Any]
    _num_features: int
    _widths: dict[str, int]
    _labels: npt.NDArray[Any] | None
    _score_matrix: dict[str, Callable[[object], Floats | None]]
    _score_numbers: Callable[[object], Floats | None] | None
    _score_proba: Callable[[object], Floats | None] | None
    _derived: dict[tuple[str, int | None], Predictor]
    _explainer: Explainer | None
    _exits: EarlyExits | None

    def __init__(
        self,
        model: object,
        preprocessor: Preprocessor | None = None,
        *,
        name: str | None = None,
        profile: Profile | None = None,
        sums: str = "library",
        weights: str = "library",
    ) -> None:
        whole = model
        if preprocessor is None:  # models of mainspring.train have their own
            preprocessor = getattr(model, "__mainspring_preprocessor__", None)
        if preprocessor is None:
            preprocessor, model = self._split(model)
        plan = None if preprocessor is None else fitted_plan(preprocessor)
        image = with_weights(with_sums(read_model(model), sums), weights)
        if plan is not None:
            refuse_lists(plan, "a Predictor")
            check_features(list(plan.feature_names), list(image.feature_names))
            if image.embeddings:
                from mainspring.models.network import check_ids

                check_ids(plan, image)
        if profile is None and preprocessor is not None:
            profile = getattr(preprocessor, "profile", None)
        meta = describe(checked_name(name, whole), image, plan, profile is not None)
        data = _engine.write_bundle(
            canonical_json(meta),
            plan,
            None if plan is not None else list(image.feature_names),
            image.section,
            b"" if profile is None else profile.to_bytes(),
            image.labels,
        )
        subject = f"predictor {meta['name']!r}"
        bundle = _engine.Bundle.open(data, subject)
        history = getattr(preprocessor, "history", None)
        if history is not None:
            with_history = _engine.add_history(bundle, history.to_bytes())
            bundle = _engine.Bundle.open(with_history, subject)
        self._take(bundle, subject)

    @staticmethod
    def _split(model: object) -> tuple[Preprocessor | None, object]:
        """Turn the steps before the model of a scikit-learn Pipeline into a preprocessor."""
        head, model = split_pipeline(model)
        if head is None:
            return None, model
        from mainspring.transforms import from_sklearn

        return from_sklearn(head), model

    @classmethod
    def from_bytes(cls, data: bytes, *, subject: str = "the bytes") -> Predictor:
        """Open the bytes of a bundle.

        Parameters
        ----------
        data : bytes
            What :meth:`to_bytes` returned, or the contents of a ``.spring`` file.
        subject : str, default "the bytes"
            What messages call the source.

        Returns
        -------
        Predictor
            Holds a copy of the bytes.

        Raises
        ------
        BundleVersionError, BundleCorruptError
            When the bytes are not a whole bundle that this version reads.
        UnsupportedError
            When the bundle holds transforms only.
        """
        predictor = cls.__new__(cls)
        predictor._take(_engine.Bundle.open(bytes(data), subject), subject)
        return predictor

    def _take(self, bundle: Bundle, subject: str) -> None:
        if not bundle.has_model:
            raise errors.UnsupportedError(
                f"The bundle {subject} holds transforms but no model; expected a Predictor's "
                "bundle. Save it from a Predictor.",
                expected="a bundle with a model",
                got="transforms only",
            )
        self._bundle = bundle
        self._meta = json.loads(bundle.meta)
        self._num_features = bundle.num_features
        self._widths = {kind: bundle.output_width(kind) for kind in KINDS}
        self._labels = None if bundle.labels is None else self.classes_
        self._score_matrix = {}
        if not self.has_preprocessor:
            self._score_matrix = matrix_scorers(bundle, self._widths)
        # One row of a small model takes less time than a lookup and another call of Python.
        self._score_numbers = self._score_matrix.get("predict") if self._labels is None else None
        self._score_proba = self._score_matrix.get("proba")
        self._derived = {}
        self._explainer = None
        self._exits = None

    @property
    def name(self) -> str:
        """What the predictor is called."""
        return str(self._meta["name"])

    @property
    def feature_names(self) -> list[str]:
        """Names of the model's features, in order."""
        return list(self._bundle.feature_names)

    @property
    def input_names(self) -> list[str]:
        """Names of the columns that ``predict`` reads from a table."""
        return list(self._bundle.input_names)

    @property
    def output_names(self) -> list[str]:
        """Names of what ``predict`` returns, one for each value of a row."""
        return list(self._meta["outputs"])

    @property
    def bundle(self) -> Bundle:
        """The opened bundle, for the other parts of mainspring."""
        return self._bundle

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 when the model is not a classifier."""
        return int(self._bundle.num_classes)

    @property
    def has_preprocessor(self) -> bool:
        """Whether data goes through transforms before the model."""
        return bool(self._meta["preprocessor"])

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The compiled transforms, one description for each step, in the order they run."""
        return list(self._bundle.steps)

    @property
    def description(self) -> str:
        """One line about the model: its source, objective and size."""
        return str(self._meta["model"]["description"])

    def kernel_name(self, num_rows: int) -> str:
        """Say how a batch is scored; it follows from the model and the number of rows alone.

        Parameters
        ----------
        num_rows : int
            Rows of the batch, at least 1.

        Returns
        -------
        str
            In words, as ``"bit-sliced blocks"``.
        """
        return str(self._bundle.kernel_name(num_rows))

    @property
    def profile(self) -> Profile | None:
        """Reference profile of the training data, or None. Decoded anew at each access."""
        data = self._bundle.profile
        if not data:
            return None
        from mainspring.profiles import Profile

        return Profile.from_bytes(data)

    @property
    def classes_(self) -> npt.NDArray[Any] | None:
        """Labels of the classes, in the order of ``predict_proba``; None: not a classifier.

        int64, float64, bool or str. Where ``predict`` gives no labels, 0, 1, 2, ...
        """
        import numpy as np

        labels = self._bundle.labels
        if labels is not None:
            return np.array(labels)
        return np.arange(self.num_classes) if self.num_classes else None

    @scored_directly("_score_numbers")
    def predict(
        self,
        data: object,
        out: npt.NDArray[Any] | None = None,
        *,
        num_trees: int | None = None,
    ) -> npt.NDArray[Any]:
        """Predict what the source library's own ``predict`` returns.

        Parameters
        ----------
        data : Arrow data or array of shape (num_rows, num_features)
            Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
            DuckDB), or a list of dicts; columns are found by name, others are ignored. Without a
            preprocessor also a matrix whose columns are the features in order: float32 and float64
            with any strides are read in place, other numbers are copied. A linear model or a
            network also takes it sparse, in any format of SciPy or as a ``CsrMatrix``, and gives
            the bits of the dense rows. Columns and matrices on a GPU stay there, of forests:
            :doc:`/concepts/gpu`.
        out : ndarray, optional
            Where to write, C-contiguous and of the result's shape and type.
        num_trees : int, optional
            Predict with the first trees of a forest alone, as after so many rounds of training
            times the trees of a round; an average is over these. Default: all. The smaller model is
            made at the first call and kept for the next ones with this number.

        Returns
        -------
        ndarray
            Of a classifier whose own ``predict`` returns labels (an estimator): shape (num_rows,),
            the label of each row's class, of the type of :attr:`classes_`. Of any other model:
            float64 of shape (num_rows,), or (num_rows, num_outputs) for several outputs, the
            prediction after the link. ``out`` when given, else a new array.

        Raises
        ------
        SchemaError
            When a column is missing or has the wrong type, or the matrix the wrong shape.
        ParameterError
            When ``out`` does not fit, or the model has no such number of trees.

        Notes
        -----
        Blocks of rows go over the engine's threads; :meth:`kernel_name` says how they are scored.
        """
        if out is None and num_trees is None and self._score_numbers is not None:
            scores = self._score_numbers(data)
            if scores is not None:
                return scores
        if num_trees is not None:
            return self._made("trees", num_trees).predict(data, out)
        if self._labels is None:
            return self._predict(data, "predict", out)
        return label_array(self._labels, self._predict(data, "predict", None), out)

    @scored_directly("_score_proba")
    def predict_proba(
        self, data: object, out: Floats | None = None, *, num_trees: int | None = None
    ) -> Floats:
        """Predict the probability of every class.

        Parameters
        ----------
        data, out, num_trees
            As in :meth:`predict`.

        Returns
        -------
        ndarray of float64, shape (num_rows, num_classes)
            For two classes, 1 - p and p.

        Raises
        ------
        UnsupportedError
            When the model is not a classifier, or one without probabilities (of a hinge loss).
        SchemaError, ParameterError
            As in :meth:`predict`.
        """
        if out is None and num_trees is None and self._score_proba is not None:
            scores = self._score_proba(data)
            if scores is not None:
                return scores
        self._check_has_probabilities()
        if num_trees is not None:
            return self._made("trees", num_trees).predict_proba(data, out)
        return self._predict(data, "proba", out)

    def _check_has_probabilities(self) -> None:
        if self._widths["proba"] == 0:
            what = "a classifier without" if self.num_classes else "not a classifier and has no"
            raise errors.UnsupportedError(
                f"Predictor {self.name!r} is {what} class probabilities ({self.description}); "
                "expected a model that has them. Call predict.",
                expected="a classifier with probabilities",
                got=self.description,
                hint="Call predict.",
            )

    def predict_raw(
        self,
        data: object,
        out: Floats | None = None,
        *,
        num_trees: int | None = None,
        early_exit: float | None = None,
    ) -> Floats:
        """Predict raw scores, before the link: bit for bit the source library's.

        Parameters
        ----------
        data, out, num_trees
            As in :meth:`predict`.
        early_exit : float, optional
            A threshold that scores are going to be compared with, of a forest with one raw score.
            A row then takes no further trees once it is certain on which side of the threshold it
            is, and its score is a guess on that side: above the threshold exactly if the whole
            score is. :doc:`/concepts/forests` says when it is certain, and when this is worth
            while. Default: all trees for every row.

        Returns
        -------
        ndarray of float64
            Shape (num_rows,), or (num_rows, num_outputs) for several outputs. Of a LightGBM random
            forest, the sum over its trees, as ``raw_score=True`` gives there.

        Raises
        ------
        SchemaError, ParameterError
            As in :meth:`predict`.
        """
        if num_trees is not None:
            made = self._made("trees", num_trees)
            return made.predict_raw(data, out, early_exit=early_exit)
        if early_exit is not None:
            return self._predict_early(data, early_exit, out)
        return self._predict(data, "raw", out)

    def _predict_early(self, data: object, threshold: object, out: Floats | None) -> Floats:
        if isinstance(threshold, bool) or not isinstance(threshold, Real):
            raise errors.ParameterError(
                f"early_exit is {threshold!r}; expected a threshold on raw scores, a number.",
                expected="a number",
                got=repr(threshold),
            )
        if self._exits is None:
            self._exits = _engine.EarlyExits(self._bundle)
        return work_on(
            self._exits.work(float(threshold)),
            data,
            [] if self.has_preprocessor else self.feature_names,
            lambda num_rows: result_array(out, (num_rows,)),
            self._check_columns,
        )

    def leaf_index(self, data: object, *, num_trees: int | None = None) -> npt.NDArray[np.int32]:
        """Find the leaf of every tree that each row falls into.

        Parameters
        ----------
        data, num_trees
            As in :meth:`predict`.

        Returns
        -------
        ndarray of int32, shape (num_rows, num_trees)
            The source library's own numbers: of leaves from 0 on for LightGBM (``pred_leaf``) and
            CatBoost (``calc_leaf_indexes``, but for trees that are not symmetric of the model once
            it was saved as JSON), of nodes for XGBoost (``pred_leaf``) and scikit-learn
            (``apply``).

        Raises
        ------
        UnsupportedError
            When the model has no trees.
        SchemaError, ParameterError
            As in :meth:`predict`.

        Notes
        -----
        A model with the numbers in place of leaves' values is made at the first call and kept.
        """
        import numpy as np

        numbers = self._made("leaves", num_trees).predict_raw(data).astype(np.int32)
        return numbers if numbers.ndim == 2 else numbers[:, None]

    def explain(
        self, data: object, *, background: object = None, interactions: bool = False
    ) -> Explanation:
        """Say what each feature adds to the raw score of each row: exact Shapley values.

        Parameters
        ----------
        data : object
            As in :meth:`predict`.
        background : object, optional
            Rows, in any form that ``data`` may have, that stand for what is not known of a feature:
            contributions are averages over them, and the work is that many times as much. Default:
            what the trees know of the rows that they were trained with; the means of a linear
            model's features in :attr:`profile`, where there is no preprocessor.
        interactions : bool, default False
            Whether to part each contribution into those of the feature with every other one.

        Returns
        -------
        Explanation
            Contributions of the model's features (:attr:`feature_names`), and the base value.

        Raises
        ------
        SchemaError
            As :meth:`predict`, of the data and of the background.
        ParameterError
            When the background has no rows, or a linear model needs one.
        UnsupportedError
            When the model is a network with hidden layers, its trees have no covers and there is no
            background, are too deep, or have too many features for interactions.

        Notes
        -----
        Of a forest: TreeSHAP with path-dependent expectations, or interventional with a background;
        :doc:`/concepts/explanations` says what is computed and how exactly. Rows have the same bits
        alone and in a batch, on every CPU and for any number of threads.

        Examples
        --------
        >>> import lightgbm, numpy as np, mainspring as ms
        >>> X = np.random.default_rng(0).normal(size=(200, 3))
        >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, label=X[:, 0]), 5)
        >>> predictor = ms.Predictor(booster)
        >>> explanation = predictor.explain(X)
        >>> total = explanation.base_values + explanation.values.sum(axis=1)
        >>> bool(np.allclose(total, predictor.predict_raw(X)))
        True
        """
        features = [] if self.has_preprocessor else self.feature_names
        explainer = self._explainer
        if background is not None or explainer is None:
            explainer = make_explainer(
                self._bundle, features, background, self._feature_means, self._check_columns
            )
        if background is None:
            self._explainer = explainer
        return explain(
            explainer, features, self.feature_names, data, interactions, self._check_columns
        )

    def _feature_means(self) -> list[float]:
        """Return the means of the features in the profile; nothing where it does not know them."""
        profile = None if self.has_preprocessor else self.profile
        if profile is None or self._bundle.model_kind != "dense":
            return []
        known = set(profile.columns)
        means = [profile.column(name).mean for name in self.feature_names if name in known]
        known_means = [mean for mean in means if mean is not None]
        return known_means if len(known_means) == self._num_features else []

    def _made(self, what: str, num_trees: int | None) -> Predictor:
        """Return the predictor of a model made of this one's trees; the last few are kept."""
        key = (what, num_trees)
        made = self._derived.get(key)
        if made is None:
            data = derive(self._bundle, self._meta, what, num_trees)
            made = Predictor.from_bytes(data, subject=f"predictor {self.name!r}")
            kept = dict(list(self._derived.items())[-_MOST_DERIVED:])
            self._derived = {**kept, key: made}
        return made

    def predict_arrow(self, data: object, kind: str = "predict") -> _engine.ArrowColumns:
        """Predict into Arrow columns, which other libraries take without a copy.

        Parameters
        ----------
        data : Arrow data
            As in :meth:`predict`, but no matrix: columns are found by name. For a matrix pass
            ``(matrix, names)``.
        kind : {"predict", "proba", "raw"}, default "predict"
            What :meth:`predict`, :meth:`predict_proba` or :meth:`predict_raw` gives.

        Returns
        -------
        ArrowColumns
            Never null: float64, or the type of :attr:`classes_` for labels; named
            :attr:`output_names`, or ``probability_0``, ``raw_0`` and so on.
            ``pyarrow.record_batch``, ``polars.DataFrame`` and DuckDB share its memory.

        Raises
        ------
        SchemaError
            When a column is missing or has the wrong type.
        ParameterError
            When the kind is another.
        UnsupportedError
            When the model is not a classifier and ``kind`` is ``"proba"``.

        Notes
        -----
        The same bits as the arrays. Needs neither NumPy nor pyarrow for Arrow data.
        """
        self._check_columns()
        table = _arrow.as_table(data)
        if not self.has_preprocessor:
            refuse_unnamed_model(self.feature_names, table.column_names)
        names = self.column_names(kind)
        return self._bundle.predict_columns(table, kind, names)

    def predict_batches(
        self,
        data: object,
        kind: str = "predict",
        *,
        batch_rows: int | None = None,
        progress: bool = False,
    ) -> RecordBatchReader:
        """Predict data that does not have to fit in memory, part by part.

        Parameters
        ----------
        data : object
            Read once: a path of a Parquet, Arrow or CSV file or of a folder of them, a list of
            paths, a ``pyarrow.dataset.Dataset``, a reader, or an iterator over tables.
        kind : {"predict", "proba", "raw"}, default "predict"
            As in :meth:`predict_arrow`.
        batch_rows : int, optional
            Rows of every batch but the last. Default: what is fast, at most 65,536.
        progress : bool, default False
            Whether to show a progress bar, on terminals only.

        Returns
        -------
        pyarrow.RecordBatchReader
            What :meth:`predict_arrow` gives for the rows, in their order. Data is read as it is
            asked for.

        Raises
        ------
        SchemaError
            Where a column is missing or of the wrong type; the message names the file or batch.
        ParameterError, UnsupportedError
            As :meth:`predict_arrow`, and when ``batch_rows`` cannot be.
        """
        from mainspring.transforms._parts import stream_columns

        return stream_columns(
            data,
            self.input_names,
            lambda table: self.predict_arrow(table, kind),
            batch_rows=batch_rows,
            progress=progress,
            title="predict",
        )

    def transform_batches(
        self, data: object, *, batch_rows: int | None = None, progress: bool = False
    ) -> RecordBatchReader:
        """Compute the features that the model sees, part by part.

        Parameters
        ----------
        data, batch_rows, progress
            As in :meth:`predict_batches`.

        Returns
        -------
        pyarrow.RecordBatchReader
            The preprocessor's features: float32 numbers, null where missing, and int32 ids.

        Raises
        ------
        UnsupportedError
            When the predictor has no preprocessor.
        SchemaError, ParameterError
            As in :meth:`predict_batches`.
        """
        from mainspring.transforms._parts import stream_columns

        if not self.has_preprocessor:
            raise errors.UnsupportedError(
                f"Predictor {self.name!r} has no preprocessor: its columns are its features.",
                expected="a predictor with a preprocessor",
            )
        return stream_columns(
            data,
            self.input_names,
            self._bundle.transform_columns,
            batch_rows=batch_rows,
            progress=progress,
            title="transform",
        )

    def column_names(self, kind: str = "predict") -> list[str]:
        """Name the columns that :meth:`predict_arrow` gives.

        Parameters
        ----------
        kind : {"predict", "proba", "raw"}, default "predict"
            As there.

        Returns
        -------
        list of str
            :attr:`output_names`, or ``probability_0``, ``raw_0`` and so on.

        Raises
        ------
        ParameterError
            When the kind is another.
        """
        check_kind(kind)
        if kind == "predict":
            return self.output_names
        width = self._widths.get(kind, 0)
        word = "probability" if kind == "proba" else kind
        return [word] if width == 1 else [f"{word}_{number}" for number in range(width)]

    def predict_row(self, row: Mapping[str, object]) -> float | list[float] | int | bool | str:
        """Predict one row.

        Parameters
        ----------
        row : mapping
            Value of each input column by name; None and NaN are missing, other names are ignored.

        Returns
        -------
        float, list of float, or a label
            The same bits as the row has in a batch; a list for several outputs; an int, float, bool
            or str where :meth:`predict` gives labels.

        Raises
        ------
        SchemaError
            When a column is missing or a value has the wrong type.
        """
        self._check_columns()
        if not isinstance(row, Mapping):
            raise errors.ParameterError(
                f"predict_row takes a mapping of column names to values, got "
                f"{type(row).__name__}. Pass a dict, or call predict for a batch.",
                expected="a mapping",
                got=type(row).__name__,
            )
        result: float | list[float] | int | bool | str = self._bundle.predict_row(
            row if isinstance(row, dict) else dict(row), "predict"
        )
        return result

    def scorer(self, kind: str = "predict") -> Callable[[object], Score]:
        """Return a function that scores one row with the least overhead.

        Parameters
        ----------
        kind : {"predict", "proba", "raw"}, default "predict"
            As in :meth:`predict_arrow`.

        Returns
        -------
        callable
            Takes a dict from columns to values, as :meth:`predict_row`; without a preprocessor also
            a one-dimensional buffer or sequence of the features in order, float32 and float64 at no
            cost. Gives what :meth:`predict` or its like gives for the row, as a float, a list of
            floats or a label. Safe to call from many threads; it cannot be pickled.

        Raises
        ------
        ParameterError
            When there is no such kind. The function raises what :meth:`predict_row` raises, and
            SchemaError for a buffer of another length.
        UnsupportedError
            When the model has no probabilities.

        Examples
        --------
        >>> import lightgbm, numpy as np, mainspring as ms
        >>> X = np.random.default_rng(0).normal(size=(200, 3))
        >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, label=X[:, 0]), 5)
        >>> score = ms.Predictor(booster).scorer()
        >>> score(X[0]) == score({"Column_0": X[0, 0], "Column_1": X[0, 1], "Column_2": X[0, 2]})
        True
        """
        check_kind(kind)
        if kind == "proba":
            self._check_has_probabilities()
        features = [] if self.has_preprocessor else self.feature_names
        return row_scorer(
            self._bundle, kind, features, getattr(self, method_of(kind)), self._check_columns
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bundle to a file, atomically: the old file or the whole new one is there.

        Parameters
        ----------
        path : str or os.PathLike
            Customarily ``NAME.spring``.

        Raises
        ------
        FileError
            When the operating system refuses; nothing is left behind.
        """
        _engine.write_file(os.fspath(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the bytes of the bundle: the same predictor gives the same bytes.

        Returns
        -------
        bytes
            What :meth:`save` writes and :meth:`from_bytes` reads.
        """
        return bytes(self._bundle.to_bytes())

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self).from_bytes, (self.to_bytes(),))

    def _repr_html_(self) -> str:
        from mainspring.models.predictor_fragment import predictor_fragment

        return predictor_fragment(self)

    def __repr__(self) -> str:
        kind = "columns" if self.has_preprocessor else "features"
        count = len(self.input_names)
        return f"Predictor({self.name!r}: {count} {kind}, {self.description})"

    def _predict(self, data: object, kind: str, out: Floats | None) -> Floats:
        if out is None and kind in self._score_matrix:
            scores = self._score_matrix[kind](data)
            if scores is not None:
                return scores
        if is_for_device(data, None):
            return self._predict_on_device(data, kind, out)
        width = self._widths[kind]
        row_shape = () if width == 1 and kind != "proba" else (width,)
        if not self.has_preprocessor and not has_columns(data):
            if is_sparse(data) and _engine.takes_sparse(self._bundle):
                rows = as_csr(data, self._num_features)
                result = result_array(out, (len(rows[0]) - 1, *row_shape))
                _engine.predict_sparse(self._bundle, *rows, kind, result)
                return result
            matrix = as_matrix(data, self._num_features)
            result = result_array(out, (len(matrix), *row_shape))
            self._bundle.predict_matrix(matrix, kind, result)
            return result
        self._check_columns()
        if isinstance(data, list):
            result = result_array(out, (len(data), *row_shape))
            self._bundle.predict_rows(data, kind, result)
            return result
        table = _arrow.as_table(data)
        if not self.has_preprocessor:
            refuse_unnamed_model(self.feature_names, table.column_names)
        result = result_array(out, (table.num_rows, *row_shape))
        self._bundle.predict_table(table, kind, result)
        return result

    def _predict_on_device(self, data: object, kind: str, out: object) -> Floats:
        from mainspring.gpu.program import predict

        self._refuse_labels(kind)
        result: Floats = predict(self._bundle, data, kind, out=out)  # an array of the device
        return result

    def _refuse_labels(self, kind: str) -> None:
        if kind == "predict" and self._labels is not None:
            raise errors.UnsupportedError(
                f"Predictor {self.name!r} predicts labels, which a GPU does not hold. Call "
                "predict_proba or predict_raw.",
                hint="Call predict_proba or predict_raw.",
            )

    def _check_columns(self) -> None:
        if self._meta["model"]["pandas_categorical"] and not self.has_preprocessor:
            refuse_categories(self.name)


def load(path: str | os.PathLike[str]) -> Predictor:
    """Open a predictor that :meth:`Predictor.save` wrote.

    Parameters
    ----------
    path : str or os.PathLike
        The ``.spring`` file. It is read into private memory, so it may change or go afterwards.

    Returns
    -------
    Predictor
        Predicts the same bits as the one that was saved.

    Raises
    ------
    FileError
        When the file cannot be read.
    BundleVersionError, BundleCorruptError
        When it was written by a later format, or is truncated, changed or not a bundle.
    UnsupportedError
        When the bundle holds transforms only.

    Examples
    --------
    >>> import mainspring as ms
    >>> predictor = ms.load("late-flights.spring")  # doctest: +SKIP
    """
    predictor = Predictor.__new__(Predictor)
    predictor._take(_engine.Bundle.load(os.fspath(path)), repr(os.fspath(path)))
    return predictor
