"""Compressed bodies: gzip and deflate, in and out."""

from __future__ import annotations

import zlib

from mainspring.serve.replies import Refusal, RequestBody

__all__ = ["compress", "decompress", "wanted_encoding"]

# Less gains nothing: a compressed answer of this size is hardly shorter, and costs more to make.
MIN_BYTES = 1024
# Deflate cannot make a text shorter than this (RFC 1951: 258 bytes in two bits); a stream whose end
# claims more is cut or changed.
_MOST_GROWTH = 1032
_WINDOW = {b"gzip": 31, b"deflate": 15}


def decompress(body: RequestBody, encoding: bytes, max_bytes: int) -> bytes:
    """Undo a Content-Encoding.

    Parameters
    ----------
    body : bytes or bytearray
        As it came.
    encoding : bytes
        ``gzip`` or ``deflate``, in lower case.
    max_bytes : int
        What comes out may not be longer; no more than this is ever kept.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    Refusal
        415 for another encoding, 400 for a body that is not what it says, 413 for one too long.
    """
    window = _WINDOW.get(encoding)
    if window is None:
        got = encoding[:60].decode("ascii", "replace")
        raise Refusal(415, f"Content-Encoding is {got}; expected gzip, deflate or none.")
    name = encoding.decode()
    if encoding == b"gzip" and max_bytes < _length_at_end(body) <= _MOST_GROWTH * len(body):
        raise _too_long(max_bytes)  # it says so itself, and is not unpacked to see
    if encoding == b"deflate" and body[:1] and (body[0] & 0x0F) != 8:
        window = -15  # without the header that RFC 9110 asks for, as some clients send it
    engine = zlib.decompressobj(window)
    try:
        content = engine.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise Refusal(400, f"The body is not {name}: {error}.") from error
    is_too_long = len(content) > max_bytes
    if is_too_long or not engine.eof or engine.unused_data:
        del content  # the traceback would keep it
        if is_too_long:
            raise _too_long(max_bytes)
        raise Refusal(400, f"The body is not one whole {name} stream.")
    return content


def _too_long(max_bytes: int) -> Refusal:
    return Refusal(
        413, f"The body is longer than {max_bytes} bytes when unpacked. Send fewer rows."
    )


def _length_at_end(body: RequestBody) -> int:
    """Read the length of the content, modulo 2^32, that a gzip stream ends with (RFC 1952)."""
    return int.from_bytes(body[-4:], "little")


def wanted_encoding(accepted: bytes | None, num_bytes: int) -> bytes | None:
    """Choose how an answer is compressed.

    Parameters
    ----------
    accepted : bytes or None
        The request's Accept-Encoding.
    num_bytes : int
        Length of the answer.

    Returns
    -------
    bytes or None
        ``gzip``, ``deflate``, or None for neither.
    """
    if accepted is None or num_bytes < MIN_BYTES:
        return None
    offers = {}
    for part in accepted.lower().split(b","):
        name, _, weight = part.partition(b";")
        offers[name.strip()] = weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.000")
    for name in (b"gzip", b"deflate"):
        if offers.get(name, False):
            return name
    return None


def compress(content: bytes, encoding: bytes) -> bytes:
    """Make the content of an answer smaller.

    Parameters
    ----------
    content : bytes
        What to send.
    encoding : bytes
        ``gzip`` or ``deflate``.

    Returns
    -------
    bytes
        The compressed content; fast rather than small.
    """
    engine = zlib.compressobj(1, zlib.DEFLATED, _WINDOW[encoding])
    return engine.compress(content) + engine.flush()
