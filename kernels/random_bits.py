"""Random bits as functions of a seed and a place, the same on every device, in Triton."""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["mixed", "row_key", "start_of"]

_GOLDEN = 0x9E3779B97F4A7C15


def start_of(seed: int) -> int:
    """Return the seed's part of a row's key, as an int64."""
    value = seed * _GOLDEN & 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


@triton.jit
def row_key(start, row):
    """Return the key of a row, of 32 bits: SplitMix64's finalizer of seed and row."""
    k = start + row
    k = (k ^ ((k >> 30) & 0x3FFFFFFFF)) * -0x40A7B892E31B1A47
    k = (k ^ ((k >> 27) & 0x1FFFFFFFFF)) * -0x6B2FB644ECCEEE15
    k = k ^ ((k >> 31) & 0x1FFFFFFFF)
    return ((k >> 16) & 0xFFFFFFFF).to(tl.uint32)


@triton.jit
def mixed(r):
    """Return bits each of which depends on every bit of r: C. Wellons' lowbias32."""
    r = (r ^ (r >> 16)) * 0x7FEB352D
    r = (r ^ (r >> 15)) * 0x846CA68B
    return r ^ (r >> 16)
