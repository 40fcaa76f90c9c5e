// Decimal to the nearest float64. Up to 2^53 and 10^22 one rounded operation is exact (W. Clinger,
// 1990, doi:10.1145/93542.93557); otherwise the digits times a 128-bit power of ten bound the value
// from below and above (after D. Lemire, 2021, doi:10.1002/spe.2984), and where the two bounds
// round to different floats long integers decide.
#include <bit>

#include "runtime/core/wide_multiply.hpp"
#include "runtime/json/number.hpp"
#include "runtime/json/powers_of_ten.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kInfinityBits = uint64_t{0x7FF} << 52;
constexpr int32_t kMinExponent = -1022;  // of a normal float64
constexpr int32_t kMaxExactTens = 22;
constexpr double kTens[kMaxExactTens + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// (high * 2^64 + low) * 2^exponent, and `sticky`: something is above zero beyond the low bit.
struct Wide {
  uint64_t high;
  uint64_t low;
  int32_t exponent;
  bool sticky;
};

/// The bits of the nearest float64, ties to even; kInfinityBits or more when there is none.
uint64_t round(Wide value) {
  if (value.high >> 63 == 0) {
    value.high = value.high << 1 | value.low >> 63;
    value.low <<= 1;
    --value.exponent;
  }
  const int32_t top = value.exponent + 127;  // value lies in [2^top, 2^(top + 1))
  const int32_t kept = top >= kMinExponent ? 53 : 53 + top - kMinExponent;
  if (kept < 0) return 0;
  const uint64_t mantissa = kept == 0 ? 0 : value.high >> (64 - kept);
  const uint64_t rest = value.high << kept;
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  const bool beyond = value.low != 0 || value.sticky;
  const bool up = rest > kHalf || (rest == kHalf && (beyond || (mantissa & 1) != 0));
  const int32_t biased = top >= kMinExponent ? top - kMinExponent : 0;
  return (static_cast<uint64_t>(biased) << 52) + mantissa + (up ? 1 : 0);
}

/// digits * 10^exponent from below, times 2^-64 so that 128 bits are left.
Wide scale(uint64_t digits, int32_t exponent) {
  const int shift = std::countl_zero(digits);
  const PowerOfTen power = power_of_ten(exponent);
  const WideProduct upper = multiply_wide(digits << shift, power.high);
  const WideProduct lower = multiply_wide(digits << shift, power.low);
  Wide value{upper.high, upper.low + lower.high, log2_of_power(exponent) - 63 - shift,
             lower.low != 0};
  if (value.low < lower.high) ++value.high;
  return value;
}

/// The bits of the float64 nearest to a token above zero.
uint64_t nearest(const NumberToken& token) {
  const Wide below = scale(token.digits, token.exponent);
  const uint64_t low = round(below);
  const bool is_exact_power = token.exponent >= 0 && token.exponent <= kMaxExactPowerOfTen;
  if (is_exact_power && !token.is_truncated) return low;
  Wide above = token.is_truncated ? scale(token.digits + 1, token.exponent) : below;
  // The digits are below 2^64, so the product is no more units too small than the power is.
  above.sticky = true;
  above.low += kMaxPowerError;
  if (above.low < kMaxPowerError) ++above.high;
  const uint64_t high = round(above);
  if (low == high) return low;
  const int side = compare_with_middle(token, low);
  return side > 0 || (side == 0 && (low & 1) != 0) ? low + 1 : low;
}

}  // namespace

bool to_double(const NumberToken& token, double* value) noexcept {
  double size = 0;
  if (token.digits == 0 || token.exponent < kMinPowerOfTen) {
    // Nineteen digits times 10^-344 are less than half of the smallest float64.
  } else if (token.exponent > 308) {
    return false;
  } else if (!token.is_truncated && token.exponent == 0) {
    size = static_cast<double>(token.digits);
  } else if (!token.is_truncated && token.digits <= uint64_t{1} << 53 &&
             token.exponent >= -kMaxExactTens && token.exponent <= kMaxExactTens) {
    size = static_cast<double>(token.digits);
    size = token.exponent < 0 ? size / kTens[-token.exponent] : size * kTens[token.exponent];
  } else {
    const uint64_t bits = nearest(token);
    if (bits >= kInfinityBits) return false;
    size = std::bit_cast<double>(bits);
  }
  *value = token.is_negative ? -size : size;
  return true;
}

}  // namespace mainspring
