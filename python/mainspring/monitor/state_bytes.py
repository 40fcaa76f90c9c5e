"""States as bytes: sections with a checksum, so that what was cut or changed is not read."""

from __future__ import annotations

import struct
import zlib

from mainspring.errors import BundleCorruptError

__all__ = ["read_state", "write_state"]


def write_state(magic: bytes, version: int, sections: list[bytes]) -> bytes:
    """Put sections behind one another, with a checksum.

    Parameters
    ----------
    magic : bytes
        Four of them: what the state is of.
    version : int
        Of its form.
    sections : list of bytes
        What it holds.

    Returns
    -------
    bytes
        What :func:`read_state` reads.
    """
    body = struct.pack("<I", version)
    body += b"".join(struct.pack("<Q", len(section)) + section for section in sections)
    return magic + struct.pack("<I", zlib.crc32(body)) + body


def read_state(magic: bytes, version: int, data: bytes, count: int, what: str) -> list[bytes]:
    """Take the sections of a state apart.

    Parameters
    ----------
    magic : bytes
        What it must be of.
    version : int
        The form that is known.
    data : bytes
        The state.
    count : int
        How many sections there must be.
    what : str
        What the bytes are, when they are something else.

    Returns
    -------
    list of bytes
        The sections.

    Raises
    ------
    BundleCorruptError
        When the bytes are something else, cut or changed.
    """
    sound = len(data) >= 12 and data[:4] == magic
    if not sound or struct.unpack_from("<II", data, 4) != (zlib.crc32(data[8:]), version):
        raise BundleCorruptError(f"The bytes are {what}, or were cut or changed.")
    sections, at = [], 12
    while at + 8 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        sections.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    if len(sections) != count or at != len(data):
        raise BundleCorruptError(f"The bytes are {what}, or were cut or changed.")
    return sections
