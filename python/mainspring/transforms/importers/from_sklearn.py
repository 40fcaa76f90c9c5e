"""The way in from scikit-learn: a fitted transformer becomes a fitted Preprocessor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.transforms.importers.refusals import class_name, refused
from mainspring.transforms.importers.sklearn_composition import convert
from mainspring.transforms.importers.streams import Column, Plan
from mainspring.transforms.preprocessor import Preprocessor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainspring.transforms.importers.streams import Stream

__all__ = ["from_sklearn"]


def from_sklearn(transformer: Any, *, columns: Sequence[str] | None = None) -> Preprocessor:
    """Convert a fitted transformer of scikit-learn into a fitted preprocessor: the same numbers.

    Reads what was learnt; neither scikit-learn nor the training data is needed afterwards. Nulls
    and NaN are both missing. Where scikit-learn raises an error over a row's value, the result is
    missing, or 0 in all features of a one-hot encoding.

    Parameters
    ----------
    transformer : scikit-learn transformer
        Fitted: ``SimpleImputer``, ``StandardScaler``, ``MinMaxScaler``, ``RobustScaler``,
        ``MaxAbsScaler``, ``OrdinalEncoder``, ``OneHotEncoder``, ``TargetEncoder``,
        ``KBinsDiscretizer``, ``QuantileTransformer``, ``PowerTransformer``,
        ``FunctionTransformer`` of ``numpy.log1p`` or None, and ``ColumnTransformer``,
        ``Pipeline`` and ``FeatureUnion`` of these in any nesting.
    columns : sequence of str, optional
        Names of the columns for what was fitted on a matrix without names. Default: ``x0``,
        ``x1``, ...; what was fitted on a table has its names.

    Returns
    -------
    Preprocessor
        Transforms tables, goes into a :class:`Predictor` and a bundle. It has neither expressions
        nor a profile, and cannot be fitted again. Its features have the names of
        ``get_feature_names_out()``.

    Raises
    ------
    UnsupportedError
        When a transformer or a parameter has no equal in the engine; the message says which, where
        it stands, and why. Nothing is converted then.
    NotFittedError
        When a transformer is not fitted.
    ParameterError
        When ``columns`` do not fit the transformer.

    Notes
    -----
    Features are float32: scikit-learn's float64 results rounded once. See the page *With
    scikit-learn* for the versions that are tested and the few places that may differ in a last
    digit.

    Examples
    --------
    >>> import mainspring as ms, pandas as pd
    >>> from sklearn.preprocessing import StandardScaler
    >>> table = pd.DataFrame({"x": [1.0, 3.0]})
    >>> prep = ms.from_sklearn(StandardScaler().fit(table))
    >>> prep.transform(table).tolist()
    [[-1.0], [1.0]]
    """
    name = class_name(transformer)
    if not hasattr(transformer, "fit"):
        raise refused(name, "it is no estimator", "Pass a fitted transformer.")
    names = _column_names(transformer, columns)
    plan = Plan()
    inputs: list[Stream] = [Column(column, name, column) for column in names]
    streams = convert(plan, transformer, inputs, "")
    if not streams:
        raise refused(name, "it gives no feature")
    for stream in streams:
        if isinstance(stream, Column) and stream.is_text:
            raise refused(
                stream.origin,
                f"column {stream.column!r} leaves it as strings, and features are numbers",
                "Put an encoder behind it.",
            )
    features = _feature_names(transformer, streams, columns)
    return Preprocessor._from_plan(plan.finish(streams, features), f"from_sklearn({name})")


def _column_names(transformer: Any, columns: Sequence[str] | None) -> list[str]:
    """Return the names of the input's columns."""
    part = _knowing_part(transformer)
    known = getattr(part, "feature_names_in_", None)
    count = getattr(part, "n_features_in_", None)
    if known is not None:
        if columns is not None and list(columns) != list(known):
            raise errors.ParameterError(
                f"from_sklearn: {class_name(transformer)} was fitted on columns of other names "
                "than columns has. Leave columns out.",
                expected=_listed(list(known)),
                got=_listed(list(columns)),
                hint="Leave columns out.",
            )
        return [str(name) for name in known]
    if count is None:
        # Of a transformer that learns nothing from its columns.
        if columns is None:
            raise errors.NotFittedError(
                f"from_sklearn: {class_name(transformer)} does not say how many columns it was "
                "fitted on. Fit it, or pass columns.",
                expected="a fitted transformer",
                got=class_name(transformer),
                hint="Fit it, or pass columns.",
            )
        return list(columns)
    if columns is None:
        return [f"x{place}" for place in range(count)]
    if len(columns) != count or not all(isinstance(name, str) and name for name in columns):
        raise errors.ParameterError(
            f"from_sklearn: columns must be {count} names, as many as "
            f"{class_name(transformer)} was fitted on, got {_listed(list(columns))}.",
            expected=f"{count} names",
            got=_listed(list(columns)),
        )
    return list(columns)


def _listed(names: list[Any]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more


def _knowing_part(transformer: Any) -> Any:
    """Return the first part that says which columns it was fitted on; None without one.

    A part that does not say so passes its columns through, to the next one.
    """
    if hasattr(transformer, "n_features_in_"):
        return transformer
    name = "steps" if hasattr(transformer, "steps") else "transformer_list"
    for _, part in getattr(transformer, name, ()):
        known = None if part is None or isinstance(part, str) else _knowing_part(part)
        if known is not None:
            return known
    return None


def _feature_names(
    transformer: Any, streams: Sequence[Stream], columns: Sequence[str] | None
) -> list[str]:
    """Return scikit-learn's names; where it has none, or some twice, names of our own."""
    try:
        names = list(transformer.get_feature_names_out(None if columns is None else list(columns)))
    except (AttributeError, TypeError, ValueError):  # a part that does not name its features
        names = [stream.name for stream in streams]
    names = [str(name) for name in names]
    if len(names) != len(streams):
        raise refused(
            class_name(transformer),
            f"it names {len(names)} features, and the conversion has {len(streams)}",
        )
    taken: set[str] = set()
    for place, name in enumerate(names):
        if name in taken:
            names[place] = f"{name}__{place}"
        taken.add(names[place])
    return names
