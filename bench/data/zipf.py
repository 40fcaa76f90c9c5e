"""Columns of strings whose categories are as unequal as those of real data."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["long_tokens", "short_tokens", "zipf_codes"]

_ALPHABET = np.frombuffer(
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", dtype=np.uint8
)
_SHORTEST, _LONGEST = 4, 40
# Odd, so that multiplying by it permutes the numbers below any power of two.
_SCRAMBLE = 2654435761


def zipf_codes(
    random: np.random.Generator, rows: int, size: int, exponent: float
) -> npt.NDArray[np.int32]:
    """Draw category numbers; number k is as likely as ``1 / (k + 1) ** exponent``."""
    weights = 1.0 / np.arange(1, size + 1) ** exponent
    cumulative = np.cumsum(weights / weights.sum())
    codes = np.searchsorted(cumulative, random.random(rows), side="right")
    return np.minimum(codes, size - 1).astype(np.int32)


def short_tokens(size: int, salt: int) -> pa.StringArray:
    """Make distinct tokens of eight hexadecimal digits."""
    numbers = (np.arange(size, dtype=np.uint64) * _SCRAMBLE + 40503 * salt) & 0xFFFFFFFF
    digits = numbers.astype(">u4").tobytes().hex().encode()
    offsets = np.arange(0, 8 * size + 1, 8, dtype=np.int32)
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(digits))


def long_tokens(size: int, salt: int) -> pa.StringArray:
    """Make distinct tokens of 4 to 40 bytes, 16 on average; they differ in their last four."""
    random = np.random.default_rng([salt, size])
    extra = _LONGEST - _SHORTEST + 1
    lengths = _SHORTEST + (extra * random.random(size) ** 2).astype(np.int32)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    text = _ALPHABET[random.integers(0, 64, offsets[-1])]
    numbers = (np.arange(size, dtype=np.uint64) * _SCRAMBLE + 40503 * salt) & 0xFFFFFF
    for place in range(4):
        text[offsets[1:] - 4 + place] = _ALPHABET[(numbers >> (6 * place)) & 63]
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(text))
