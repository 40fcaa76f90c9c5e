// Exact arithmetic on a few 32-bit limbs. Dividing by 10^scale in steps of a single limb is long
// division at its simplest, and floors and remainders come out as those of one division: the value
// is rounded once, at the end. Most decimals never get here: with 53 bits of digits and a power of
// ten that a double holds, one division of doubles rounds correctly too.
#include "runtime/arrow/decimal.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kMaxLimbs = 64;
constexpr uint32_t kDigitBytes = 32;  // of the widest decimal
// Beyond these scales every value of 256 bits is 0 or infinity.
constexpr int32_t kMaxScale = 410;
constexpr int32_t kMinScale = -310;
constexpr uint32_t kStep = 9;  // the largest power of ten in a limb
constexpr uint32_t kPowers[kStep + 1] = {1,      10,      100,      1000,      10000,
                                         100000, 1000000, 10000000, 100000000, 1000000000};
constexpr int32_t kExactScale = 22;
constexpr double kExactPowers[kExactScale + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// A natural number; limbs[count - 1] is not 0.
struct Natural {
  uint32_t limbs[kMaxLimbs];
  uint32_t count;

  void trim() noexcept {
    while (count > 0 && limbs[count - 1] == 0) --count;
  }
  uint32_t num_bits() const noexcept {
    if (count == 0) return 0;
    return count * 32 - static_cast<uint32_t>(__builtin_clz(limbs[count - 1]));
  }
  void multiply(uint32_t factor) noexcept {
    uint64_t carry = 0;
    for (uint32_t i = 0; i < count; ++i) {
      carry += uint64_t{limbs[i]} * factor;
      limbs[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs[count++] = static_cast<uint32_t>(carry);
  }
  /// Floor; whether there was a remainder.
  bool divide(uint32_t divisor) noexcept {
    uint64_t rest = 0;
    for (uint32_t i = count; i-- > 0;) {
      rest = rest << 32 | limbs[i];
      limbs[i] = static_cast<uint32_t>(rest / divisor);
      rest %= divisor;
    }
    trim();
    return rest != 0;
  }
  void shift_limbs(uint32_t by) noexcept {
    for (uint32_t i = count; i-- > 0;) limbs[i + by] = limbs[i];
    for (uint32_t i = 0; i < by; ++i) limbs[i] = 0;
    count += by;
  }
};

/// The digits without their sign; whether there is one.
bool read_digits(const Decimal& decimal, Natural* out) noexcept {
  const uint32_t count = decimal.num_bytes / 4;
  out->count = count;
  for (uint32_t i = 0; i < count; ++i) out->limbs[i] = load<uint32_t>(decimal.digits + i * 4);
  const bool negative = (out->limbs[count - 1] >> 31) != 0;
  uint64_t carry = 1;
  for (uint32_t i = 0; negative && i < count; ++i) {
    carry += static_cast<uint32_t>(~out->limbs[i]);
    out->limbs[i] = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  out->trim();
  return negative;
}

void multiply_by_power(Natural* number, uint32_t power) noexcept {
  for (; power >= kStep; power -= kStep) number->multiply(kPowers[kStep]);
  number->multiply(kPowers[power]);
}

bool divide_by_power(Natural* number, uint32_t power) noexcept {
  bool rest = false;
  for (; power >= kStep; power -= kStep) rest |= number->divide(kPowers[kStep]);
  return rest | number->divide(kPowers[power]);
}

/// `top` * 2^exponent, plus something below 1 when `rest`, to the nearest double. The highest bit
/// of `top` is set.
double round(uint64_t top, int32_t exponent, bool rest) noexcept {
  const int32_t highest = exponent + 63;
  if (highest > 1023) return __builtin_inf();
  const int32_t kept = highest >= -1022 ? 53 : 53 - (-1022 - highest);
  if (kept < 0) return 0;
  const uint32_t dropped = static_cast<uint32_t>(64 - kept);
  const uint64_t mantissa = dropped == 64 ? 0 : top >> dropped;
  const uint64_t tail = dropped == 64 ? top : top << (64 - dropped);
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  const bool up = tail > kHalf || (tail == kHalf && (rest || (mantissa & 1) != 0));
  // The mantissa's highest bit adds one to the exponent, and so does a carry out of it.
  const uint64_t bias = kept == 53 ? static_cast<uint64_t>(highest + 1022) << 52 : 0;
  return __builtin_bit_cast(double, bias + mantissa + (up ? 1 : 0));
}

double round(const Natural& number, int32_t exponent, bool rest) noexcept {
  const auto limb = [&](uint32_t from_top) -> uint64_t {
    return from_top < number.count ? number.limbs[number.count - 1 - from_top] : 0;
  };
  const uint32_t lead = number.count * 32 - number.num_bits();
  const uint64_t top = (limb(0) << 32 | limb(1)) << lead | limb(2) << lead >> 32;
  rest |= static_cast<uint32_t>(limb(2) << lead) != 0;
  for (uint32_t i = 3; i < number.count && !rest; ++i) rest = limb(i) != 0;
  return round(top, exponent + static_cast<int32_t>(number.num_bits()) - 64, rest);
}

double magnitude(Natural* number, int32_t scale) noexcept {
  const uint32_t bits = number->num_bits();
  if (bits == 0 || scale > kMaxScale) return 0;
  if (scale < kMinScale) return __builtin_inf();
  if (bits <= 53 && scale <= kExactScale && scale >= -kExactScale) {
    const uint64_t high = number->count > 1 ? number->limbs[1] : 0;
    const double digits = static_cast<double>(high << 32 | number->limbs[0]);
    return scale >= 0 ? digits / kExactPowers[scale] : digits * kExactPowers[-scale];
  }
  if (scale <= 0) {
    multiply_by_power(number, static_cast<uint32_t>(-scale));
    return round(*number, 0, false);
  }
  // As many bits in front that the quotient has more than 64.
  const uint32_t power = static_cast<uint32_t>(scale);
  const uint32_t wanted = power * 3322 / 1000 + 1 + 66;
  const uint32_t shift = wanted > bits ? (wanted - bits + 31) / 32 : 0;
  number->shift_limbs(shift);
  const bool rest = divide_by_power(number, power);
  return round(*number, -static_cast<int32_t>(shift * 32), rest);
}

}  // namespace

double to_double(const Decimal& decimal) noexcept {
  static_assert(kDigitBytes * 8 + 1400 < kMaxLimbs * 32);
  Natural number;
  const bool negative = read_digits(decimal, &number);
  const double value = magnitude(&number, decimal.scale);
  return negative ? -value : value;
}

bool to_integer(const Decimal& decimal, int64_t* out) noexcept {
  constexpr int32_t kWideScale = 80;  // more digits than 256 bits have
  Natural number;
  const bool negative = read_digits(decimal, &number);
  *out = 0;
  if (number.count == 0) return true;
  if (decimal.scale > kWideScale || decimal.scale < -kWideScale) return false;
  if (decimal.scale > 0) {
    if (divide_by_power(&number, static_cast<uint32_t>(decimal.scale))) return false;
  } else {
    multiply_by_power(&number, static_cast<uint32_t>(-decimal.scale));
  }
  if (number.num_bits() > 63) return false;
  const uint64_t high = number.count > 1 ? number.limbs[1] : 0;
  const uint64_t low = number.count > 0 ? number.limbs[0] : 0;
  const auto value = static_cast<int64_t>(high << 32 | low);
  *out = negative ? -value : value;
  return true;
}

}  // namespace mainspring
