// Arrow decimals as numbers: digits / 10^scale, rounded once.
#pragma once
#include <cstdint>

namespace mainspring {

/// A decimal where it lies: a little-endian two's complement integer of 4, 8, 16 or 32 bytes, and
/// its scale, which may be negative.
struct Decimal {
  const uint8_t* digits;
  uint32_t num_bytes;
  int32_t scale;
};

/// The nearest double, ties to even: what reading the decimal's text as a float gives. Beyond the
/// largest double infinity, below the smallest a zero of its sign.
double to_double(const Decimal& decimal) noexcept;

/// False when the decimal is not whole, or not above -2^63 and below 2^63.
bool to_integer(const Decimal& decimal, int64_t* out) noexcept;

}  // namespace mainspring
