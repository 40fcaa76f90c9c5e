"""The Predictor: transforms and a model as one object that predicts, saves and travels.

Everything it knows lies in the bytes of one bundle; the engine holds them opened and verified.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _arrow, _engine, errors
from mainspring.models import read_model

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring._engine import Bundle, ModelImage
    from mainspring.profiles import Profile
    from mainspring.transforms import Preprocessor

    Floats = npt.NDArray[np.float64]

__all__ = ["Predictor", "load"]

_MOST_NAMES = 5


class Predictor:
    """A model, with the transforms that make its features, ready to predict.

    Nulls and NaN are both missing. Without a preprocessor the model's own rules for missing values
    apply, bit for bit: raw scores equal the source library's, probabilities are within 2 ulp.
    Results do not depend on batch size, chunking, number of threads or CPU.

    Parameters
    ----------
    model : object
        What :func:`mainspring.models.read_model` takes: a ``lightgbm.Booster``, an
        ``LGBMRegressor`` or ``LGBMRanker``, or the path or text of a LightGBM model file.
    preprocessor : Preprocessor, optional
        Fitted transforms whose features the model was trained on, in their order. Without one,
        data is a feature matrix, or columns with the model's feature names.
    name : str, optional
        What the predictor is called in messages, reports and files. Default: the stem of the
        model's file, else ``"model"``.
    profile : Profile, optional
        Reference profile of the training data, for drift. Default: the preprocessor's, if any.

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

    def __init__(
        self,
        model: object,
        preprocessor: Preprocessor | None = None,
        *,
        name: str | None = None,
        profile: Profile | None = None,
    ) -> None:
        plan = None if preprocessor is None else _fitted_plan(preprocessor)
        image = read_model(model)
        if plan is not None:
            _check_features(list(plan.feature_names), list(image.feature_names))
        if profile is None and preprocessor is not None:
            profile = getattr(preprocessor, "profile", None)
        meta = _describe(_checked_name(name, model), image, plan, profile is not None)
        self._open(
            _engine.write_bundle(
                _canonical_json(meta),
                plan,
                None if plan is not None else list(image.feature_names),
                image.section,
                b"" if profile is None else profile.to_bytes(),
            ),
            f"predictor {meta['name']!r}",
        )

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
        predictor._open(bytes(data), subject)
        return predictor

    def _open(self, data: bytes, subject: str) -> None:
        self._take(_engine.Bundle.open(data, subject), subject)

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

    @property
    def profile(self) -> Profile | None:
        """Reference profile of the training data, or None. Decoded anew at each access."""
        data = self._bundle.profile
        if not data:
            return None
        from mainspring.profiles import Profile

        return Profile.from_bytes(data)

    def predict(self, data: object, out: Floats | None = None) -> Floats:
        """Predict what the source library's own ``predict`` returns.

        Parameters
        ----------
        data : Arrow data or array of shape (num_rows, num_features)
            Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
            DuckDB), or a list of dicts; columns are found by name, others are ignored. Without a
            preprocessor also a matrix whose columns are the features in order: float32 and float64
            with any strides are read in place, other numbers are copied.
        out : ndarray of float64, optional
            Where to write, C-contiguous and of the result's shape.

        Returns
        -------
        ndarray of float64
            Shape (num_rows,), or (num_rows, num_classes) for several outputs: the prediction after
            the link (probabilities of classifiers). ``out`` when given, else a new array.

        Raises
        ------
        SchemaError
            When a column is missing or has the wrong type, or the matrix the wrong shape.
        ParameterError
            When ``out`` does not fit.

        Notes
        -----
        A row costs one walk of every tree; blocks of rows go over the engine's threads.
        """
        return self._predict(data, "predict", out)

    def predict_proba(self, data: object, out: Floats | None = None) -> Floats:
        """Predict the probability of every class.

        Parameters
        ----------
        data, out
            As in :meth:`predict`.

        Returns
        -------
        ndarray of float64, shape (num_rows, num_classes)
            For two classes, 1 - p and p.

        Raises
        ------
        UnsupportedError
            When the model is not a classifier.
        SchemaError, ParameterError
            As in :meth:`predict`.
        """
        if self._bundle.output_width("proba") == 0:
            raise errors.UnsupportedError(
                f"Predictor {self.name!r} is not a classifier ({self.description}), so it has no "
                "class probabilities; expected a model with classes. Call predict.",
                expected="a classifier",
                got=self.description,
                hint="Call predict.",
            )
        return self._predict(data, "proba", out)

    def predict_raw(self, data: object, out: Floats | None = None) -> Floats:
        """Predict raw scores, before the link: bit for bit the source library's.

        Parameters
        ----------
        data, out
            As in :meth:`predict`.

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
        return self._predict(data, "raw", out)

    def predict_row(self, row: Mapping[str, object]) -> float | list[float]:
        """Predict one row.

        Parameters
        ----------
        row : mapping
            Value of each input column by name; None and NaN are missing, other names are ignored.

        Returns
        -------
        float or list of float
            The same bits as the row has in a batch; a list for several outputs.

        Raises
        ------
        SchemaError
            When a column is missing or a value has the wrong type.
        """
        self._refuse_category_names()
        if not isinstance(row, Mapping):
            raise errors.ParameterError(
                f"predict_row takes a mapping of column names to values, got "
                f"{type(row).__name__}. Pass a dict, or call predict for a batch.",
                expected="a mapping",
                got=type(row).__name__,
            )
        result: float | list[float] = self._bundle.predict_row(
            row if isinstance(row, dict) else dict(row), "predict"
        )
        return result

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

    def __repr__(self) -> str:
        kind = "columns" if self.has_preprocessor else "features"
        count = len(self.input_names)
        return f"Predictor({self.name!r}: {count} {kind}, {self.description})"

    def _predict(self, data: object, kind: str, out: Floats | None) -> Floats:
        width = self._bundle.output_width(kind)
        flat = width == 1 and kind != "proba"
        if not self.has_preprocessor and not _has_columns(data):
            matrix = self._as_matrix(data)
            result = _result(out, len(matrix), width, flat)
            self._bundle.predict_matrix(matrix, kind, result)
            return result
        self._refuse_category_names()
        table = _arrow.as_table(data)
        self._refuse_unnamed_model(table.column_names)
        result = _result(out, table.num_rows, width, flat)
        self._bundle.predict_table(table, kind, result)
        return result

    def _as_matrix(self, data: object) -> npt.NDArray[Any]:
        if hasattr(data, "tocsr"):
            raise errors.UnsupportedError(
                f"A sparse matrix ({type(data).__name__}) cannot be read; expected a dense one. "
                "Pass data.toarray().",
                expected="a dense matrix",
                got=type(data).__name__,
                hint="data.toarray()",
            )
        try:
            matrix = np.asarray(data)
        except ValueError as error:
            raise errors.SchemaError(
                f"The data is not a matrix ({error}); expected rows of {len(self.feature_names)} "
                "numbers each.",
                expected="a matrix",
            ) from error
        num_features = len(self.feature_names)
        if matrix.ndim != 2 or matrix.shape[1] != num_features:
            hint = "Use data.reshape(1, -1) for one row." if matrix.ndim == 1 else ""
            raise errors.SchemaError(
                f"The data has shape {matrix.shape}, expected (num_rows, {num_features}): the "
                f"features of the model in order. {hint}".rstrip(),
                expected=f"(num_rows, {num_features})",
                got=str(matrix.shape),
                hint=hint or None,
            )
        if matrix.dtype.kind not in "fiub":
            raise errors.SchemaError(
                f"The matrix has dtype {matrix.dtype}, expected numbers. Cast it to float64.",
                expected="numbers",
                got=str(matrix.dtype),
                hint="data.astype(float)",
            )
        if matrix.dtype in (np.float32, np.float64) and matrix.dtype.isnative:
            return matrix
        return matrix.astype(np.float64)

    def _refuse_category_names(self) -> None:
        """Columns hold categories, the model codes: a silent mix-up without this check."""
        if self._meta["model"]["pandas_categorical"] and not self.has_preprocessor:
            raise errors.UnsupportedError(
                f"Predictor {self.name!r} was trained on pandas categories, and knows only their "
                "codes; columns by name cannot be taken. Pass a matrix with the codes "
                "(frame[column].cat.codes) in the order of feature_names.",
                expected="a matrix of codes",
                got="columns by name",
                hint="Use an ordinal() preprocessor instead of pandas categories.",
            )

    def _refuse_unnamed_model(self, column_names: list[str]) -> None:
        names = self.feature_names
        if self.has_preprocessor or not _are_default(names) or names[0] in column_names:
            return
        raise errors.SchemaError(
            f"The model was trained without feature names, so columns "
            f"({_some_names(column_names)}) cannot be found by name; expected a matrix with "
            f"{len(names)} columns in training order. Pass data.to_numpy().",
            expected=f"a matrix of {len(names)} columns",
            got=_some_names(column_names),
            hint="data.to_numpy()",
        )


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
    """
    predictor = Predictor.__new__(Predictor)
    predictor._take(_engine.Bundle.load(os.fspath(path)), repr(os.fspath(path)))
    return predictor


def _fitted_plan(preprocessor: Preprocessor) -> Bundle:
    bundle = getattr(preprocessor, "bundle", None)
    if bundle is None:
        got = type(preprocessor).__name__
        raise errors.ParameterError(
            f"The preprocessor is a {got}; expected a mainspring.Preprocessor.",
            expected="a Preprocessor",
            got=got,
        )
    plan: Bundle = bundle
    return plan


def _checked_name(name: str | None, model: object) -> str:
    if name is None:
        is_path = isinstance(model, os.PathLike) or (isinstance(model, str) and "\n" not in model)
        return Path(os.fsdecode(model)).stem if is_path else "model"  # type: ignore[arg-type]
    if not isinstance(name, str) or not name:
        raise errors.ParameterError(
            f"The predictor's name is {name!r}; expected a text that is not empty.",
            expected="a text that is not empty",
            got=repr(name),
        )
    return name


def _describe(
    name: str, image: ModelImage, plan: Bundle | None, has_profile: bool
) -> dict[str, Any]:
    """Collect what META says. No time stamps: the same parts give the same bytes."""
    from mainspring import __version__

    if plan is None:
        columns = [
            {"name": feature, "kind": "float", "type": "double"} for feature in image.feature_names
        ]
    else:
        columns = _plan_columns(plan)
    return {
        "format": "spring",
        "name": name,
        "created_by": f"mainspring {__version__}",
        "columns": columns,
        "features": list(image.feature_names if plan is None else plan.feature_names),
        "preprocessor": plan is not None,
        "model": {
            "kind": image.kind,
            "description": image.description,
            "link": image.link,
            "num_outputs": image.num_outputs,
            "num_classes": image.num_classes,
            "num_trees": image.num_trees,
            "pandas_categorical": bool(image.pandas_categorical),
        },
        "outputs": _output_names(image),
        "profile": has_profile,
    }


def _plan_columns(plan: Bundle) -> list[dict[str, str]]:
    meta = json.loads(plan.meta) if plan.meta else {}
    types = {column["name"]: column.get("type", "") for column in meta.get("columns", [])}
    return [
        {"name": name, "kind": kind, "type": types.get(name, "")}
        for name, kind in zip(plan.input_names, plan.input_kinds, strict=True)
    ]


def _output_names(image: ModelImage) -> list[str]:
    word = "probability" if image.num_classes else "prediction"
    if image.num_outputs == 1:
        return [word]
    return [f"{word}_{number}" for number in range(image.num_outputs)]


def _canonical_json(value: object) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _are_default(names: list[str]) -> bool:
    """Say whether these are the names that LightGBM gives to columns without one."""
    return all(name == f"Column_{number}" for number, name in enumerate(names))


def _some_names(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _check_features(plan_names: list[str], model_names: list[str]) -> None:
    """Check that the model was trained on exactly these features.

    LightGBM writes blanks in names as underscores; a model trained on a bare matrix has no names,
    so that only their number can be compared.
    """
    if len(plan_names) != len(model_names):
        raise errors.SchemaError(
            f"The preprocessor makes {len(plan_names)} features, expected the model's "
            f"{len(model_names)}. Only in the preprocessor: "
            f"{_only_in(plan_names, model_names)}; only in the model: "
            f"{_only_in(model_names, plan_names)}. Train the model on "
            "preprocessor.fit_transform(...).",
            expected=f"{len(model_names)} features",
            got=f"{len(plan_names)} features",
        )
    if _are_default(model_names):
        return
    written = ["_".join(name.split(" ")) for name in plan_names]
    wrong = [
        f"{got!r} in place of {expected!r}"
        for got, expected in zip(written, model_names, strict=True)
        if got != expected
    ]
    if wrong:
        shown = ", ".join(wrong[:_MOST_NAMES])
        more = f" and {len(wrong) - _MOST_NAMES} more" if len(wrong) > _MOST_NAMES else ""
        raise errors.SchemaError(
            f"The preprocessor's features are not the model's, in its order: {shown}{more}. "
            "Train the model on preprocessor.fit_transform(...).",
            expected=_some_names(model_names),
            got=_some_names(plan_names),
        )


def _only_in(names: list[str], others: list[str]) -> str:
    known = set(others)
    return _some_names([name for name in names if name not in known]) or "none"


def _has_columns(data: object) -> bool:
    """Say whether data has named columns: Arrow, a table, (matrix, names) or a list of dicts."""
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return True
    if isinstance(data, _engine.Table | tuple):
        return True
    return isinstance(data, list) and bool(data) and isinstance(data[0], Mapping)


def _result(out: Floats | None, num_rows: int, width: int, flat: bool) -> Floats:
    shape = (num_rows,) if flat else (num_rows, width)
    if out is None:
        return np.empty(shape)
    if (
        not isinstance(out, np.ndarray)
        or out.dtype != np.float64
        or out.shape != shape
        or not out.flags.c_contiguous
        or not out.flags.writeable
    ):
        got = (
            f"{out.dtype} of shape {out.shape}"
            if isinstance(out, np.ndarray)
            else type(out).__name__
        )
        raise errors.ParameterError(
            f"out is {got}; expected a writable, C-contiguous float64 array of shape {shape}.",
            expected=f"float64 of shape {shape}",
            got=got,
        )
    return out
