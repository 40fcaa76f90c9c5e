// IEEE 754 half precision as Arrow stores it: read by its bits, since not every compiler and CPU of
// the edge has such a type.
#pragma once
#include <cstdint>

namespace mainspring {

struct Half {
  uint16_t bits;

  /// Exact for every half, subnormals and infinities too; a NaN gives a NaN.
  explicit operator double() const noexcept {
    constexpr double kSmallest = 1.0 / (1 << 24);  // the unit of subnormals
    const uint32_t exponent = (bits >> 10) & 0x1F;
    const uint32_t fraction = bits & 0x3FF;
    const uint64_t sign = static_cast<uint64_t>(bits >> 15) << 63;
    if (exponent == 0) {
      const double magnitude = static_cast<double>(fraction) * kSmallest;
      return sign != 0 ? -magnitude : magnitude;
    }
    const uint64_t wide_exponent = exponent == 0x1F ? 0x7FF : exponent + (1023 - 15);
    return __builtin_bit_cast(double, sign | wide_exponent << 52 | uint64_t{fraction} << 42);
  }
};

}  // namespace mainspring
