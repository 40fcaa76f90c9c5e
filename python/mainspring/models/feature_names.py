"""Comparing the names of features that transforms make with those a model was trained on."""

from __future__ import annotations

from typing import Any

from mainspring import errors

__all__ = [
    "are_default",
    "check_features",
    "estimator_names",
    "refuse_categories",
    "refuse_unnamed_model",
    "some_names",
]

_MOST_NAMES = 5


def are_default(names: list[str]) -> bool:
    """Say whether these are the names that LightGBM gives to columns without one.

    Parameters
    ----------
    names : list of str
        A model's feature names.

    Returns
    -------
    bool
        True for Column_0, Column_1 and so on.
    """
    return all(name == f"Column_{number}" for number, name in enumerate(names))


def some_names(names: list[str]) -> str:
    """Write names for a message: at most five, then how many more.

    Parameters
    ----------
    names : list of str
        Any number of names.

    Returns
    -------
    str
        Quoted, separated by commas; "none" when there are none.
    """
    if not names:
        return "none"
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def check_features(plan_names: list[str], model_names: list[str]) -> None:
    """Check that the model was trained on exactly these features.

    LightGBM writes blanks in names as underscores; a model trained on a bare matrix has no names,
    so that only their number can be compared.

    Parameters
    ----------
    plan_names : list of str
        Features that the preprocessor makes, in order.
    model_names : list of str
        Features of the model, in order.

    Raises
    ------
    SchemaError
        When number, names or order differ; the message lists the differences.
    """
    if len(plan_names) != len(model_names):
        raise errors.SchemaError(
            f"The number of features that the preprocessor makes is {len(plan_names)}, expected "
            f"the model's {len(model_names)}. Only in the preprocessor: "
            f"{_only_in(plan_names, model_names)}; only in the model: "
            f"{_only_in(model_names, plan_names)}. Train the model on "
            "preprocessor.fit_transform(...).",
            expected=f"{len(model_names)} features",
            got=f"{len(plan_names)} features",
        )
    if are_default(model_names):
        return
    wrong = [
        f"{got!r} in place of {expected!r}"
        for got, expected in zip(plan_names, model_names, strict=True)
        if expected not in (got, "_".join(got.split(" ")))
    ]
    if wrong:
        shown = ", ".join(wrong[:_MOST_NAMES])
        more = f" and {len(wrong) - _MOST_NAMES} more" if len(wrong) > _MOST_NAMES else ""
        raise errors.SchemaError(
            f"The preprocessor's features are not the model's, in its order: {shown}{more}. "
            "Train the model on preprocessor.fit_transform(...).",
            expected=some_names(model_names),
            got=some_names(plan_names),
        )


def _only_in(names: list[str], others: list[str]) -> str:
    known = set(others)
    return some_names([name for name in names if name not in known])


def refuse_unnamed_model(names: list[str], column_names: list[str]) -> None:
    """Refuse to find columns by name for a model that was trained without names.

    Parameters
    ----------
    names : list of str
        Feature names of the model.
    column_names : list of str
        Columns of the data.

    Raises
    ------
    SchemaError
        When the names are LightGBM's default ones and the data has no such column.
    """
    if not are_default(names) or names[0] in column_names:
        return
    raise errors.SchemaError(
        f"The model was trained without feature names, so columns "
        f"({some_names(column_names)}) cannot be found by name; expected a matrix with "
        f"{len(names)} columns in training order. Pass data.to_numpy().",
        expected=f"a matrix of {len(names)} columns",
        got=some_names(column_names),
        hint="data.to_numpy()",
    )


def refuse_categories(name: str) -> None:
    """Refuse columns by name for a model of pandas categories: columns hold values, it knows codes.

    Parameters
    ----------
    name : str
        What the predictor is called.

    Raises
    ------
    UnsupportedError
        Always: to take one for the other would be wrong without a sign of it.
    """
    raise errors.UnsupportedError(
        f"Predictor {name!r} was trained on pandas categories, and knows only their "
        "codes; columns by name cannot be taken. Pass a matrix with the codes "
        "(frame[column].cat.codes) in the order of feature_names.",
        expected="a matrix of codes",
        got="columns by name",
        hint="Use an ordinal() preprocessor instead of pandas categories.",
    )


def estimator_names(model: Any) -> list[str]:
    """Return the names of an estimator's features, or those of a matrix without names.

    Parameters
    ----------
    model : estimator
        A fitted one.

    Returns
    -------
    list of str
        In the order of the columns.
    """
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return [f"Column_{number}" for number in range(model.n_features_in_)]
    return [str(name) for name in names]
