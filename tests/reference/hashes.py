"""The hashes of docs/format.md with Python's unbounded integers."""

from __future__ import annotations

import struct

_FIRST, _SECOND, _THIRD = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3
_FOURTH, _START = 0x589965CC75374CC3, 0x1D8E4E27C47D124F
_WORD = (1 << 64) - 1
MISSING_HASH = 0x9E3779B97F4A7C15


def _fold(a: int, b: int) -> int:
    product = a * b
    return (product & _WORD) ^ a ^ (product >> 64) ^ b


def _halves(word: int) -> int:
    return (word & 0xFFFFFFFF) * (word >> 32)


def hash_bytes(data: bytes) -> int:
    """Blocks of four zero-padded words; the length goes into each of them."""
    state = _START
    padded = data + bytes(-len(data) % 32) if data else bytes(32)
    for at in range(0, len(padded), 32):
        a, b, c, d = struct.unpack_from("<4Q", padded, at)
        x = ((_halves(a ^ _FIRST) + b) & _WORD) ^ ((_halves(c ^ _THIRD) + d + _FIRST) & _WORD)
        y = ((_halves(b ^ _SECOND) + a) & _WORD) ^ ((_halves(d ^ _FOURTH) + c + _SECOND) & _WORD)
        state = _fold(x ^ len(data), y ^ state)
    return state


def hash_u64(value: int) -> int:
    """One step of SplitMix64 on the value's low 64 bits."""
    value = (value + MISSING_HASH) & _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return value ^ (value >> 31)


def hash_value(value: object) -> int:
    """The hash step: bytes, integers, floats with -0 as 0, None."""
    if value is None:
        return MISSING_HASH
    if isinstance(value, bytes):
        return hash_bytes(value)
    if isinstance(value, int):
        return hash_u64(value & _WORD)
    assert isinstance(value, float)
    if value != value:
        return MISSING_HASH
    return hash_u64(struct.unpack("<Q", struct.pack("<d", value + 0.0))[0])


def combine_hashes(first: int, second: int) -> int:
    """Of a pair, in order."""
    return _fold(_fold(first ^ _FIRST, second ^ _SECOND), _THIRD)


def hash_bucket(value: int, buckets: int) -> int:
    """From the high bits."""
    return value * buckets >> 64


def mix_row(seed: int, row: int) -> int:
    """Hash a row number under a seed."""
    return combine_hashes(hash_u64(seed), hash_u64(row))


def spread_unseen(hashed: int, id_: int, buckets: int) -> int:
    """Several ids instead of the one of what a lookup does not know."""
    if id_ == 1:
        return 1 + hash_bucket(hashed, buckets)
    return id_ and id_ + buckets - 1
