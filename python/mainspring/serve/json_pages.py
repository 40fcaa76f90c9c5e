"""What the pages of a server share: JSON in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mainspring.serve.replies import Refusal, too_long

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = [
    "MAX_ADMIN_BYTES",
    "body_of",
    "headers_of",
    "json_response",
    "parse_json",
    "read_object",
]

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


async def body_of(request: Request, max_bytes: int) -> bytes:
    """Read a body as it comes.

    Parameters
    ----------
    request : Request
        Whose body is wanted.
    max_bytes : int
        What is allowed.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    Refusal
        413 as soon as it is longer.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise too_long(max_bytes)
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """Read JSON that somebody sent.

    Parameters
    ----------
    body : bytes
        UTF-8.

    Returns
    -------
    object
        What it says.

    Raises
    ------
    Refusal
        400 with the byte at which it is no JSON.
    """
    try:
        return json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refusal(400, f"The body is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        byte = len(error.doc[: error.pos].encode())
        raise Refusal(400, f"The body is not JSON at byte {byte}: {error.msg}.") from error
    except (ValueError, RecursionError) as error:  # a number, or a nesting, without end
        raise Refusal(400, "The body is JSON that is too deep or has too long a number.") from error


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
    body = await body_of(request, MAX_ADMIN_BYTES)
    if not body.strip():
        return {}
    value = parse_json(body)
    if not isinstance(value, dict):
        raise Refusal(400, "The body is not a JSON object.")
    return value
