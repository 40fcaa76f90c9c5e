"""From a model to a service: a version in a repository, and the one that is served."""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import mainspring as ms
from mainspring._files import replace_file
from mainspring.errors import FileError, ParameterError, StepError

__all__ = ["deploy", "register", "register_mlflow"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def register(predictor: ms.Predictor, *, folder: str, name: str) -> dict[str, Any]:
    """Add a version to a repository, a folder as ``mainspring serve --reload-dir`` watches it.

    A server that watches this folder serves the version from its next look on. The bytes that are
    the newest version already are not added again.

    Parameters
    ----------
    predictor : Predictor
        The model.
    folder : str
        The repository.
    name : str
        Of the model.

    Returns
    -------
    dict
        ``name``, ``version`` and ``sha256``; the file is ``NAME/VERSION.spring``.

    Raises
    ------
    FileError
        When it cannot be written.
    """
    models = Path(folder) / _checked(name)
    data = predictor.to_bytes()
    digest = hashlib.sha256(data).hexdigest()
    fresh = models / f".{uuid.uuid4().hex[:8]}.partial"
    try:
        models.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.stem) for path in models.glob("*.spring") if path.stem.isdigit()]
        version = max(numbers, default=0)
        if version and (models / f"{version}.spring").read_bytes() == data:
            return {"name": name, "version": version, "sha256": digest}
        fresh.write_bytes(data)
        while True:
            version += 1
            with suppress(FileExistsError):  # another process took the number
                os.link(fresh, models / f"{version}.spring")
                break
    except OSError as error:
        raise FileError(f"{models} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            fresh.unlink()
    return {"name": name, "version": version, "sha256": digest}


def register_mlflow(predictor: ms.Predictor, *, name: str, tracking_uri: str) -> dict[str, Any]:
    """Log a model with MLflow, and register it.

    Parameters
    ----------
    predictor : Predictor
        The model.
    name : str
        Of the registered model.
    tracking_uri : str
        Such as ``sqlite:///mlflow.db``.

    Returns
    -------
    dict
        ``name``, ``version`` and ``uri``.

    Raises
    ------
    MissingExtraError
        When MLflow is not installed.
    """
    from mainspring.mlflow.models import log_model, require_mlflow

    require_mlflow().set_tracking_uri(tracking_uri)
    info = log_model(predictor, registered_model_name=name)
    return {"name": name, "version": info.registered_model_version, "uri": info.model_uri}


def deploy(
    predictor: ms.Predictor, *, folder: str, name: str, url: str | None = None
) -> dict[str, Any]:
    """Make a model the one that is served: its file takes the place of the old one at once.

    Add it with ``cache=False``, so that a model that was served before can be served again.

    Parameters
    ----------
    predictor : Predictor
        The model.
    folder : str
        The folder that a server watches (``mainspring serve --reload-dir``); it swaps models
        between two requests. Made where it is not there.
    name : str
        Of the model; the file is ``NAME.spring``.
    url : str, optional
        The server, such as ``http://localhost:8080``: it is told to look now, and an error if it
        does not serve the model.

    Returns
    -------
    dict
        ``name`` and ``sha256``.

    Raises
    ------
    FileError
        When it cannot be written.
    StepError
        When the server refuses the model or cannot be reached; the file is in its place then.
    """
    data = predictor.to_bytes()
    path = Path(folder) / f"{_checked(name)}.spring"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}.") from error
    replace_file(str(path), lambda partial: partial.write_bytes(data))
    if url is not None:
        _load(url, name)
    return {"name": name, "sha256": hashlib.sha256(data).hexdigest()}


register.__paths__ = ("folder",)  # type: ignore[attr-defined]
deploy.__paths__ = ("folder",)  # type: ignore[attr-defined]


def _load(url: str, name: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise ParameterError(f"url: expected http:// or https://, got {url[:40]!r}.", got=url[:40])
    address = f"{url.rstrip('/')}/v2/repository/models/{name}/load"
    request = urllib.request.Request(address, data=b"{}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30):
            return
    except urllib.error.HTTPError as error:
        with suppress(ValueError, KeyError, TypeError):
            raise StepError(
                f"The server does not serve {name!r}: {json.loads(error.read())['error']}"
            ) from error
        raise StepError(f"The server does not serve {name!r}: HTTP {error.code}.") from error
    except OSError as error:
        raise StepError(f"The server at {url} cannot be reached: {error}.") from error


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"name: {name[:60]!r} cannot be a model's; expected letters, digits, '_', '-' and '.'.",
            expected="letters, digits, '_', '-' and '.'",
            got=name[:60],
        )
    return name
