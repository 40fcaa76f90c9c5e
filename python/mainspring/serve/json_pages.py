"""What the pages of a server share: JSON in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mainspring.serve.replies import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["MAX_ADMIN_BYTES", "headers_of", "json_response", "read_object"]

MAX_ADMIN_BYTES = 1 << 16


def json_response(value: object, status: int = 200) -> Response:
    """Answer with JSON.

    Parameters
    ----------
    value : object
        What to write.
    status : int, default 200
        HTTP status.

    Returns
    -------
    Response
        To send.
    """
    from starlette.responses import Response

    return Response(json.dumps(value, ensure_ascii=False), status, media_type="application/json")


def headers_of(request: Request) -> dict[bytes, bytes]:
    """Give the headers of a request.

    Parameters
    ----------
    request : Request
        Of Starlette.

    Returns
    -------
    dict of bytes to bytes
        In lower case; of several of one name the last.
    """
    return dict(request.scope["headers"])


async def read_object(request: Request) -> dict[str, Any]:
    """Read the small JSON object that a request may hold.

    Parameters
    ----------
    request : Request
        Whose body is wanted.

    Returns
    -------
    dict
        Empty without a body.

    Raises
    ------
    Refusal
        400 when it is something else, 413 when it is too long.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_ADMIN_BYTES:
            raise Refusal(413, f"The body is longer than {MAX_ADMIN_BYTES} bytes.")
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The body is not JSON.") from error
    if not isinstance(value, dict):
        raise Refusal(400, "The body is not a JSON object.")
    return value
