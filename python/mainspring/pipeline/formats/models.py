"""Boosters of LightGBM and XGBoost in the libraries' own forms; LightGBM's text says it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mainspring.errors import MissingExtraError

__all__ = ["READERS", "write"]


def write(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write a Booster.

    Parameters
    ----------
    value : object
        Anything.
    folder : Path
        Where files go.

    Returns
    -------
    dict or None
        None when it is no Booster.
    """
    library = type(value).__module__.partition(".")[0]
    if type(value).__name__ != "Booster" or library not in ("lightgbm", "xgboost"):
        return None
    if library == "lightgbm":
        (folder / "model.txt").write_text(value.model_to_string(), encoding="utf-8")
    else:
        (folder / "model.ubj").write_bytes(value.save_raw("ubj"))
    return {"kind": library}


def _read_lightgbm(_: dict[str, Any], folder: Path) -> Any:
    try:
        import lightgbm
    except ImportError as error:
        raise _missing("lightgbm") from error
    return lightgbm.Booster(model_str=(folder / "model.txt").read_text(encoding="utf-8"))


def _read_xgboost(_: dict[str, Any], folder: Path) -> Any:
    try:
        import xgboost
    except ImportError as error:
        raise _missing("xgboost") from error
    return xgboost.Booster(model_file=bytearray((folder / "model.ubj").read_bytes()))


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(
        f"The result is a model of {package}, which is not installed. Run: pip install {package}",
        hint=f"pip install {package}",
    )


READERS = {"lightgbm": _read_lightgbm, "xgboost": _read_xgboost}
