"""Folders for AWS Lambda, Google Cloud Functions and Azure Functions: a bundle, and what answers.

What answers is the C library through ctypes and two Python files of the standard library alone, so
a package is small, starts in milliseconds and runs on any version of Python that a platform has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mainspring.c_interface import get_library_dir
from mainspring.errors import FileError, ParameterError, UnsupportedError
from mainspring.pack.contents import needed_models, shrink, source_folder

__all__ = ["PLATFORMS", "function_package"]

_LAMBDA = '''\
"""What AWS Lambda calls: set the function's handler to function.handler."""

import os.path

import mainspring_edge
from mainspring_functions import LambdaHandler

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.spring")
handler = LambdaHandler(mainspring_edge.load(MODEL))
'''
_DOCKERFILE = """\
# The same function as a container image; its base has the Lambda runtime's client.
FROM public.ecr.aws/lambda/python:3.13
COPY *.py *.so model.spring ${LAMBDA_TASK_ROOT}/
CMD ["function.handler"]
"""
_GCF = '''\
"""What Google Cloud Functions calls: deploy with --entry-point=predict."""

from pathlib import Path

import functions_framework
import mainspring_edge
from mainspring_functions import respond

predictor = mainspring_edge.load(Path(__file__).with_name("model.spring"))


@functions_framework.http
def predict(request):
    """Answer an HTTP request."""
    status, text = respond(predictor, request.method, request.get_data())
    return text, status, {"content-type": "application/json"}
'''
_AZURE = '''\
"""What Azure Functions calls: the route /api/predict."""

from pathlib import Path

import azure.functions as func
import mainspring_edge
from mainspring_functions import respond

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
predictor = mainspring_edge.load(Path(__file__).with_name("model.spring"))


@app.route(route="predict", methods=["GET", "POST"])
def predict(req: func.HttpRequest) -> func.HttpResponse:
    """Answer an HTTP request."""
    status, text = respond(predictor, req.method, req.get_body())
    return func.HttpResponse(text, status_code=status, mimetype="application/json")
'''
_AZURE_HOST = {
    "version": "2.0",
    "extensionBundle": {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    },
}

PLATFORMS: Mapping[str, Mapping[str, str]] = {
    "lambda": {"function.py": _LAMBDA, "Dockerfile": _DOCKERFILE},
    "gcf": {"main.py": _GCF, "requirements.txt": "functions-framework>=3\n"},
    "azure": {
        "function_app.py": _AZURE,
        "requirements.txt": "azure-functions>=1.18\n",
        "host.json": json.dumps(_AZURE_HOST, indent=2) + "\n",
    },
}


def function_package(
    bundle: bytes, platform: str, *, library: str | Path | None = None
) -> dict[str, bytes]:
    """Return the files of a folder that a platform takes as it is.

    Parameters
    ----------
    bundle : bytes
        The contents of a ``.spring`` file with a model.
    platform : str
        ``"lambda"``, ``"gcf"`` or ``"azure"``.
    library : path, optional
        The C library to put in, for another CPU than this machine's; by default the one of this
        package, for servers.

    Returns
    -------
    dict of str to bytes
        Contents by file name.

    Raises
    ------
    ParameterError
        When there is no such platform, or the library is none of Linux, which all platforms run.
    UnsupportedError
        When the bundle holds transforms only.
    FileError
        When the library cannot be read.
    BundleVersionError, BundleCorruptError
        When the bytes are no whole bundle that this version reads.
    """
    if platform not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        raise ParameterError(
            f"platform is {platform!r}, expected one of {known}.",
            expected=f"one of {known}",
            got=repr(platform),
        )
    small = shrink(bundle, keep_program=True, keep_statistics=True)
    if not needed_models(small):
        raise UnsupportedError(
            "The bundle holds transforms but no model; expected a Predictor's bundle. Save it from "
            "a Predictor.",
            expected="a bundle with a model",
            got="transforms only",
        )
    code = source_folder() / "python"
    native = Path(get_library_dir()) / "libmainspring.so" if library is None else Path(library)
    files = {name: text.encode() for name, text in PLATFORMS[platform].items()}
    names = ["mainspring_edge.py", "mainspring_functions.py"]
    if platform == "lambda":
        names.append("mainspring_batches.py")
    for name in names:
        files[name] = (code / name).read_bytes()
    files["libmainspring.so"] = _read_library(native)
    files["model.spring"] = small
    return files


def _read_library(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from error
    if not data.startswith(b"\x7fELF"):
        raise ParameterError(
            f"{path} is no shared library of Linux, which functions run on; expected "
            "libmainspring.so or libmainspring_edge.so, built for the function's CPU.",
            expected="a shared library of Linux",
            got=repr(data[:4]),
        )
    return data
