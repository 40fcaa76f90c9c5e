// Powers of ten with 128 bits of mantissa: what decimal text and binary floats are converted with.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr int32_t kMinPowerOfTen = -343;
inline constexpr int32_t kMaxPowerOfTen = 324;
/// 10^0 to 10^55 fit 128 bits: they alone are not truncated.
inline constexpr int32_t kMaxExactPowerOfTen = 55;

/// power_of_ten() is less than so many units of `low` too small. A device has no room for a number
/// for each power: it multiplies two, each of them truncated, and the product once more.
#if defined(MAINSPRING_SMALL)
inline constexpr uint64_t kMaxPowerError = 4;
#else
inline constexpr uint64_t kMaxPowerError = 1;
#endif

/// 10^e = (high * 2^64 + low) * 2^(log2_of_power(e) - 127), rounded towards zero, but for
/// kMaxPowerError; the top bit of `high` is set.
struct PowerOfTen {
  uint64_t high;
  uint64_t low;
};

/// kMinPowerOfTen <= exponent <= kMaxPowerOfTen.
PowerOfTen power_of_ten(int32_t exponent) noexcept;

/// floor(log2(10^exponent)) for |exponent| <= 1233.
constexpr int32_t log2_of_power(int32_t exponent) noexcept { return (exponent * 1741647) >> 19; }

}  // namespace mainspring
