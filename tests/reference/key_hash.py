"""The hashes of docs/format.md, with Python's unbounded integers."""

from __future__ import annotations

_MASK = (1 << 64) - 1
_FIRST = 0xA0761D6478BD642F
_SECOND = 0xE7037ED1A0B428DB
_THIRD = 0x8EBC6AF09C88C6E3


def _fold(a: int, b: int) -> int:
    product = a * b
    return (product & _MASK) ^ a ^ (product >> 64) ^ b


def hash_bytes(key: bytes) -> int:
    state = _SECOND ^ len(key)
    padded = key + bytes(-len(key) % 16) if key else bytes(16)
    for at in range(0, len(padded), 16):
        a, b = (int.from_bytes(padded[i : i + 8], "little") for i in (at, at + 8))
        state = _fold(a ^ _FIRST, b ^ state)
    return _fold(state ^ _THIRD, len(key) ^ _FIRST)


def hash_u64(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & _MASK
    return value ^ value >> 31


def combine(first: int, second: int) -> int:
    return _fold(_fold(first ^ _FIRST, second ^ _SECOND), _THIRD)


def bucket(hash_: int, buckets: int) -> int:
    return hash_ * buckets >> 64
