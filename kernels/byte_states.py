"""Optimizer states of one byte a number, in Triton: the codes of csrc/train/optimizers.

Floats of 3 bits of mantissa, each block of 256 over its largest magnitude; with a sign they have 4
bits of exponent, without one 5. Rounded up or down by chance.
"""

from __future__ import annotations

import triton
import triton.language as tl

from mainspring.kernels.random_bits import mixed

__all__ = ["SCALED", "narrow_bytes", "widen_bytes"]

SCALED = 256  # numbers that share a scale


@triton.jit
def widen_bytes(codes, scales, HAS_SIGN: tl.constexpr):
    """Return the numbers of codes; `scales` has the scale of each."""
    OFFSET: tl.constexpr = 1016 - (127 if HAS_SIGN else 255)
    byte = codes.to(tl.int32)
    code = byte & (127 if HAS_SIGN else 255)
    size = ((code + OFFSET) << 20).to(tl.float32, bitcast=True)
    value = tl.where(code == 0, 0.0, size)
    if HAS_SIGN:
        value = tl.where(byte > 127, -value, value)
    return scales * value


@triton.jit
def narrow_bytes(x, there, key, HAS_SIGN: tl.constexpr, BLOCK: tl.constexpr):
    """Return the codes of numbers, and the scale of each 256 of them.

    What is below the least code is by chance 0 with a sign, and the least without one: nothing is
    to be divided by the root of 0. A block with NaN or infinity is that times 1, one whose largest
    is subnormal is zeros.
    """
    MOST: tl.constexpr = 127 if HAS_SIGN else 255
    OFFSET: tl.constexpr = 1016 - MOST
    LEAST: tl.constexpr = 1.25 * 2.0**-16 if HAS_SIGN else 1.25 * 2.0**-32
    whole = x.to(tl.int32, bitcast=True)
    bits = tl.where(there, whole & 0x7FFFFFFF, 0)
    most = tl.max(tl.reshape(bits, (BLOCK // 256, 256)), 1)
    each = tl.reshape(tl.broadcast_to(most[:, None], (BLOCK // 256, 256)), (BLOCK,))
    normal = (each >= 0x00800000) & (each < 0x7F800000)
    scale = tl.where(normal, each, 0x3F800000).to(tl.float32, bitcast=True)
    size = tl.where(normal, bits, 0).to(tl.float32, bitcast=True) * (1.0 / scale)
    random = mixed(key + tl.arange(0, BLOCK).to(tl.uint32))
    code = ((size.to(tl.int32, bitcast=True) + (random >> 12).to(tl.int32)) >> 20) - OFFSET
    if HAS_SIGN:
        small = ((random >> 8).to(tl.float32) * (LEAST * 2.0**-24) < size).to(tl.int32)
    else:
        small = (size > 0).to(tl.int32)
    found = tl.where(size < LEAST, small, tl.minimum(code, MOST))
    if HAS_SIGN:
        found = found | ((whole >> 24) & 128)
    found = tl.where(normal, found, tl.where(each >= 0x7F800000, 1, 0))
    return found.to(tl.uint8), most.to(tl.float32, bitcast=True)
