"""The hash and the checksum of bundles, bit by bit from their definitions."""

from __future__ import annotations

MASK = (1 << 64) - 1
FIRST = 0xA0761D6478BD642F
SECOND = 0xE7037ED1A0B428DB
THIRD = 0x8EBC6AF09C88C6E3


def fold(a: int, b: int) -> int:
    """Join both halves of the product with both factors."""
    product = a * b
    return (product & MASK) ^ (product >> 64) ^ a ^ b


def hash_bytes(data: bytes) -> int:
    """Hash pairs of zero-padded little-endian words; there is always a last pair."""
    state = SECOND ^ len(data)
    num_pairs = max(1, (len(data) + 15) // 16)
    padded = data.ljust(16 * num_pairs, b"\0")
    for i in range(num_pairs):
        a = int.from_bytes(padded[16 * i : 16 * i + 8], "little")
        b = int.from_bytes(padded[16 * i + 8 : 16 * i + 16], "little")
        state = fold(a ^ FIRST, b ^ state)
    return fold(state ^ THIRD, len(data) ^ FIRST)


def hash_u64(value: int) -> int:
    """One step of SplitMix64."""
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def combine_hashes(first: int, second: int) -> int:
    """Join two hashes; the order matters."""
    return fold(fold(first ^ FIRST, second ^ SECOND), THIRD)


def mix_row(seed: int, row: int) -> int:
    """Hash a row number under a seed."""
    return combine_hashes(hash_u64(seed), hash_u64(row))


def hash_bucket(hashed: int, buckets: int) -> int:
    """Scale a hash to [0, buckets)."""
    return hashed * buckets >> 64


def crc32c(data: bytes, crc: int = 0) -> int:
    """CRC-32C, one bit at a time (RFC 3720, appendix B.4)."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
