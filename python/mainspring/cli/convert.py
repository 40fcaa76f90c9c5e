"""``mainspring convert``: a bundle of a model file of another library."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

import mainspring
from mainspring.cli.tables import require_ending
from mainspring.errors import SchemaError

if TYPE_CHECKING:
    from mainspring.profiles import Profile

__all__ = ["add_arguments", "run"]

# What libraries call columns that nobody named.
_UNNAMED = re.compile(r"(Column_|f|feature_|x)\d+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the model, the reference data, and where to write.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a model file of LightGBM (text), XGBoost (UBJSON or JSON), CatBoost (JSON), ONNX or "
        "Keras (.keras)",
    )
    parser.add_argument("-o", "--output", metavar="FILE.spring", required=True, help="the bundle")
    parser.add_argument(
        "--reference",
        metavar="DATA",
        help="a table, or a folder of them, with the columns of the model, as it was trained: the "
        "profile of it goes into the bundle, and drift is told against it",
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="what the predictor is called, in a server's paths and metrics too (default: as the "
        "bundle's file)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the model, profile the reference, write the bundle.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    require_ending(arguments.output, ".spring")
    name = arguments.name or Path(arguments.output).stem
    predictor = mainspring.Predictor(arguments.model, name=name)
    if arguments.reference is not None:
        profile = _profile(arguments.reference, predictor.input_names)
        predictor = mainspring.Predictor(arguments.model, name=name, profile=profile)
    predictor.save(arguments.output)
    print(f"{arguments.output}: {predictor!r}")
    if predictor.profile is None:
        print("no profile, so no drift can be told from it: --reference DATA adds one")
    else:
        num_rows = predictor.profile.num_rows
        print(f"profile of {num_rows:,} rows; `mainspring drift` compares with it")
    print(f"next: mainspring serve {arguments.output}")
    return 0


def _profile(reference: str, columns: list[str]) -> Profile:
    try:
        return mainspring.profile(reference, columns=columns)
    except SchemaError as error:
        if _UNNAMED.fullmatch(error.column or "") is None:
            raise
        raise SchemaError(
            f"{error} The model was trained without the names of its columns: train it with them "
            "(feature_name= of LightGBM, feature_names= of XGBoost), or call the columns of the "
            f"data {', '.join(columns[:3])}{', ...' if len(columns) > 3 else ''}, in their order.",
            column=error.column,
        ) from error
