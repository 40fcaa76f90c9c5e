"""What of a request stands outside its body, as the engine and the headers have it."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring import _engine
from mainspring.models.output_kinds import KINDS
from mainspring.serve.replies import JSON_TYPE, Refusal

__all__ = [
    "ARROW_TYPE",
    "BINARY_TYPE",
    "CONTENT_TYPES",
    "CSV_TYPE",
    "accepts_arrow",
    "form_of",
    "json_bytes_of",
]

ARROW_TYPE = b"application/vnd.apache.arrow.stream"
BINARY_TYPE = b"application/octet-stream"
CSV_TYPE = b"text/csv"
# Clients of these protocols leave the content type out, or send the one of binary data.
CONTENT_TYPES = {
    "rows": (JSON_TYPE, ARROW_TYPE),
    "infer": (JSON_TYPE, BINARY_TYPE, b""),
    "v1": (JSON_TYPE,),
    "invocations": (JSON_TYPE, CSV_TYPE, ARROW_TYPE),
}
_FORMS = {
    (protocol, kind, arrow): _engine.RequestForm(protocol, kind, arrow)
    for protocol in ("rows", "infer", "v1", "invocations", "arrow")
    for kind in KINDS
    for arrow in (False, True)
}


def form_of(protocol: str, kind: str, arrow_answer: bool = False) -> _engine.RequestForm:
    """Find what of a request stands outside its body.

    Parameters
    ----------
    protocol : str
        ``rows``, ``infer``, ``v1``, ``invocations`` or ``arrow``.
    kind : str
        ``predict``, ``proba`` or ``raw``.
    arrow_answer : bool, default False
        Answer Arrow with Arrow.

    Returns
    -------
    RequestForm
        The engine's.
    """
    return _FORMS[protocol, kind, arrow_answer]


def json_bytes_of(headers: Mapping[bytes, bytes]) -> int:
    """Read how much of an inference request is JSON.

    Parameters
    ----------
    headers : mapping of bytes to bytes
        Of the request.

    Returns
    -------
    int
        Bytes before the binary tensors; 0: there are none.

    Raises
    ------
    Refusal
        400 for a length that is none.
    """
    written = headers.get(b"inference-header-content-length")
    if written is None:
        return 0
    if not written.isdigit() or len(written) > 18 or int(written) == 0:
        raise Refusal(
            400,
            "Inference-Header-Content-Length is not the number of bytes of JSON before the binary "
            "data.",
        )
    return int(written)


def accepts_arrow(accept: bytes | None) -> bool:
    """Say whether Arrow is answered with Arrow: unless JSON alone is asked for.

    Parameters
    ----------
    accept : bytes or None
        The request's Accept.

    Returns
    -------
    bool
        False: answer in JSON.
    """
    if accept is None:
        return True
    return ARROW_TYPE in accept or b"*/*" in accept or JSON_TYPE not in accept
