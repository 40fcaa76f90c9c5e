"""What a bundle says about its predictor in META: for people, and for tools that do not predict."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import errors

if TYPE_CHECKING:
    from mainspring._engine import Bundle, ModelImage

__all__ = ["canonical_json", "checked_name", "describe", "fitted_plan", "with_sums", "with_weights"]


def checked_name(name: str | None, model: object) -> str:
    """Return the name a predictor gets.

    Parameters
    ----------
    name : str, optional
        The caller's choice.
    model : object
        What the model is read from: of a path, the stem is the default.

    Returns
    -------
    str
        Not empty.

    Raises
    ------
    ParameterError
        When the choice is not a text, or empty.
    """
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


def describe(
    name: str, image: ModelImage, plan: Bundle | None, has_profile: bool
) -> dict[str, Any]:
    """Collect what META says; no time stamps, so that the same parts give the same bytes.

    Parameters
    ----------
    name : str
        What the predictor is called.
    image : ModelImage
        The model.
    plan : Bundle or None
        The fitted transforms, if any.
    has_profile : bool
        Whether the bundle holds a reference profile.

    Returns
    -------
    dict
        Plain JSON values.
    """
    from mainspring import __version__

    if plan is None:
        columns = [
            {"name": feature, "kind": "float", "type": "float64"} for feature in image.feature_names
        ]
    else:
        columns = [{key: column[key] for key in ("name", "kind", "type")} for column in plan.inputs]
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


def with_sums(image: ModelImage, sums: str) -> ModelImage:
    """Return a model that adds up as it is told.

    Parameters
    ----------
    image : ModelImage
        The model as its library adds it up.
    sums : {"library", "fixed"}
        As it is, or in fixed point.

    Returns
    -------
    ModelImage
        The same where nothing changes.

    Raises
    ------
    ParameterError
        When ``sums`` is something else.
    UnsupportedError
        When the model is no forest and sums are to be fixed.
    """
    if sums not in ("library", "fixed"):
        raise errors.ParameterError(
            f"sums is {sums!r}; expected 'library' or 'fixed'.",
            expected="'library' or 'fixed'",
            got=repr(sums),
        )
    return image if sums == "library" else image.with_fixed_sums()


def with_weights(image: ModelImage, weights: str) -> ModelImage:
    """Return a model whose layers hold their weights as they are told.

    Parameters
    ----------
    image : ModelImage
        The model as its library has it.
    weights : {"library", "bfloat16", "int8"}
        As they are, or in the layers of 8 or more outputs in a shorter type.

    Returns
    -------
    ModelImage
        The same where nothing changes.

    Raises
    ------
    ParameterError
        When ``weights`` is something else.
    UnsupportedError
        When the model has no such layer and weights are to be shorter.
    """
    if weights not in ("library", "bfloat16", "int8"):
        raise errors.ParameterError(
            f"weights is {weights!r}; expected 'library', 'bfloat16' or 'int8'.",
            expected="'library', 'bfloat16' or 'int8'",
            got=repr(weights),
        )
    return image if weights == "library" else image.with_weights(weights)


def _output_names(image: ModelImage) -> list[str]:
    if image.labels:
        return ["label"]
    word = "probability" if image.num_classes else "prediction"
    if image.num_outputs == 1:
        return [word]
    return [f"{word}_{number}" for number in range(image.num_outputs)]


def canonical_json(value: object) -> bytes:
    """Write JSON in one form only: sorted keys, no blanks, UTF-8.

    Parameters
    ----------
    value : object
        Plain JSON values, no NaN.

    Returns
    -------
    bytes
        The same for equal values.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def fitted_plan(preprocessor: object) -> Bundle:
    """Return the compiled plan of a preprocessor.

    Parameters
    ----------
    preprocessor : Preprocessor
        A fitted one.

    Returns
    -------
    Bundle
        Its transforms, without a model.

    Raises
    ------
    NotFittedError
        When it has not been fitted.
    ParameterError
        When it is something else.
    """
    try:
        bundle: Bundle = preprocessor.bundle  # type: ignore[attr-defined]
    except errors.NotFittedError:
        raise
    except AttributeError as error:
        got = type(preprocessor).__name__
        raise errors.ParameterError(
            f"The preprocessor is a {got}; expected a mainspring.Preprocessor.",
            expected="a Preprocessor",
            got=got,
        ) from error
    return bundle
