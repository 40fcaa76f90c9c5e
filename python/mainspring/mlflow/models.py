"""A Predictor as a model of MLflow: its bundle is the artifact, a small file of code opens it."""

from __future__ import annotations

import os
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import Predictor, __version__, load
from mainspring.errors import MissingExtraError, ParameterError

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

__all__ = ["load_model", "log_model", "require_mlflow", "save_model", "signature_of"]

_ARTIFACT = "bundle"


def log_model(predictor: Predictor, name: str = "model", **options: Any) -> ModelInfo:
    """Log a predictor with the active run, or a new one.

    Parameters
    ----------
    predictor : Predictor
        What is logged: its bundle, which is read without running code of it.
    name : str, default "model"
        What the model is called in MLflow.
    **options
        Of ``mlflow.pyfunc.log_model``, such as ``registered_model_name``, ``input_example``,
        ``metadata`` and ``pip_requirements``, which by default are this version of mainspring
        beside that of MLflow.

    Returns
    -------
    mlflow.models.model.ModelInfo
        With ``model_uri``: what ``mlflow.pyfunc.load_model`` and :func:`load_model` take.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    ParameterError
        When it is no predictor, or an option is one that is decided here.

    Examples
    --------
    >>> import mainspring.mlflow
    >>> info = mainspring.mlflow.log_model(predictor, name="flights")  # doctest: +SKIP
    """
    mlflow = require_mlflow()
    with tempfile.TemporaryDirectory() as folder:
        arguments = _arguments(predictor, Path(folder), options)
        return mlflow.pyfunc.log_model(name=name, **arguments)


def save_model(predictor: Predictor, path: str | os.PathLike[str], **options: Any) -> None:
    """Write a predictor as a model of MLflow into a folder.

    Parameters
    ----------
    predictor : Predictor
        What is written.
    path : path
        A folder that is not there yet.
    **options
        Of ``mlflow.pyfunc.save_model``.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    ParameterError
        When it is no predictor, or an option is one that is decided here.
    """
    mlflow = require_mlflow()
    with tempfile.TemporaryDirectory() as folder:
        arguments = _arguments(predictor, Path(folder), options)
        mlflow.pyfunc.save_model(path=os.fspath(path), **arguments)


def load_model(model_uri: str) -> Predictor:
    """Load the predictor of a logged model; no code of the model runs.

    Parameters
    ----------
    model_uri : str
        Such as ``models:/flights/3``, ``models:/flights@live`` or ``runs:/ID/model``.

    Returns
    -------
    Predictor
        The one that was logged, with the same bits.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    ParameterError
        When the model was not logged from here.
    """
    mlflow = require_mlflow()
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=model_uri))
    flavor = mlflow.models.Model.load(str(folder)).flavors.get("python_function", {})
    artifact = flavor.get("artifacts", {}).get(_ARTIFACT)
    if artifact is None:
        raise ParameterError(
            f"The model {model_uri} has no bundle of mainspring. Log it with "
            "mainspring.mlflow.log_model.",
            expected="an artifact 'bundle'",
            got=", ".join(flavor.get("artifacts", {})) or "none",
        )
    return load(folder / artifact["path"])


def signature_of(predictor: Predictor) -> ModelSignature:
    """Say in MLflow's terms what a predictor takes and gives.

    Parameters
    ----------
    predictor : Predictor
        Any.

    Returns
    -------
    mlflow.models.ModelSignature
        Inputs: the columns that are read, with their types in training; integers of columns with
        missing values are doubles, as pandas holds them. Output: what ``predict`` gives. One
        parameter, ``kind``: "predict", "proba" or "raw".
    """
    require_mlflow()
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

    profile = predictor.profile
    missing = set()
    if profile is not None:
        missing = {name for name in profile.columns if profile.column(name).missing}
    columns: dict[str, Any] = {}
    for column in predictor.bundle.inputs:
        name = column["name"]
        columns.setdefault(name, _type_of(column["kind"], column["type"], name in missing))
    labels = predictor.classes_ if predictor.bundle.labels is not None else None
    width = predictor.bundle.output_width("predict")
    kind = np.dtype("float64") if labels is None else labels.dtype
    kind = np.dtype(str) if kind.kind == "U" else kind
    return ModelSignature(
        inputs=Schema([ColSpec(of, name) for name, of in columns.items()]),
        outputs=Schema([TensorSpec(kind, (-1,) if width == 1 else (-1, width))]),
        params=ParamSchema([ParamSpec("kind", "string", "predict")]),
    )


def require_mlflow() -> Any:
    """Import MLflow.

    Returns
    -------
    module
        With what this package uses of it.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        for name in ("mlflow.pyfunc", "mlflow.artifacts", "mlflow.models"):
            import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            "mainspring.mlflow needs MLflow 3.15 or later, which is not installed. Run: "
            "pip install 'mainspring[mlflow]'",
            hint="pip install 'mainspring[mlflow]'",
        ) from error
    return import_module("mlflow")


def _arguments(predictor: Predictor, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(predictor, Predictor):
        raise ParameterError(
            f"predictor must be a Predictor, got {type(predictor).__name__}. Make one of the "
            "model: mainspring.Predictor(model, preprocessor).",
            expected="Predictor",
            got=type(predictor).__name__,
        )
    decided = sorted({"python_model", "artifacts", "signature"} & set(options))
    if decided:
        raise ParameterError(
            f"{decided[0]} is decided by the predictor; leave it out.", got=decided[0]
        )
    bundle = folder / f"{_file_name(predictor.name)}.spring"
    predictor.save(bundle)
    return {
        "python_model": str(Path(__file__).with_name("pyfunc_model.py")),
        "artifacts": {_ARTIFACT: str(bundle)},
        "signature": signature_of(predictor),
        "pip_requirements": [f"mainspring=={__version__}"],
        **options,
    }


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)


def _type_of(kind: str, fitted: str, has_missing: bool) -> Any:
    """Return MLflow's type of a column by what reads it and what it was in training."""
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType, Array

    if kind.startswith("list<"):
        inner = fitted.removeprefix("list<").removesuffix(">")
        return Array(_type_of(kind[5:-1], inner, has_missing=False))
    if fitted == "bool":
        return AnyType() if has_missing else DataType.boolean
    if kind == "timestamp":
        # MLflow's datetime refuses times of a zone; a comma is before the zone's name.
        return AnyType() if "," in fitted else DataType.datetime
    if kind == "bytes":
        return DataType.binary if "binary" in fitted else DataType.string
    if "int" in fitted and not has_missing:
        return DataType.integer if fitted in _NARROW else DataType.long
    if fitted in ("float16", "halffloat", "float", "float32"):
        return DataType.float
    return DataType.double


_NARROW = ("int8", "int16", "int32", "uint8", "uint16")
