// The table is computed while this file is compiled: multiplying a long integer by five for the
// positive powers, dividing 2^1120 by five for the negative ones. Both keep every bit that counts,
// since the floor of a floor is the floor of the whole quotient.
#include "runtime/json/powers_of_ten.hpp"

#include "runtime/core/wide_multiply.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kNumWords = 36;

struct LongInteger {
  uint32_t words[kNumWords] = {};  // the lowest first

  constexpr void multiply_by_five() {
    uint64_t carry = 0;
    for (uint32_t& word : words) {
      carry += uint64_t{word} * 5;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }

  constexpr void divide_by_five() {
    uint64_t rest = 0;
    for (uint32_t i = kNumWords; i-- > 0;) {
      rest = rest << 32 | words[i];
      words[i] = static_cast<uint32_t>(rest / 5);
      rest %= 5;
    }
  }

  /// The 128 bits from the highest one that is set; zeros follow where there are fewer.
  constexpr PowerOfTen leading_bits() const {
    uint32_t top = kNumWords - 1;
    while (words[top] == 0) --top;
    uint32_t parts[5] = {};
    for (uint32_t i = 0; i < 5 && i <= top; ++i) parts[i] = words[top - i];
    const int shift = __builtin_clz(parts[0]);
    uint64_t shifted[4] = {};
    for (uint32_t i = 0; i < 4; ++i) {
      const uint64_t pair = uint64_t{parts[i]} << 32 | parts[i + 1];
      shifted[i] = (pair << shift) >> 32;
    }
    return {shifted[0] << 32 | shifted[1], shifted[2] << 32 | shifted[3]};
  }
};

#if defined(MAINSPRING_SMALL)
constexpr int32_t kStride = 27;  // 5^27 is the last power of five below 2^64
#else
constexpr int32_t kStride = 1;
#endif
constexpr int32_t floor_of_stride(int32_t exponent) {
  return (exponent - (exponent < 0 ? kStride - 1 : 0)) / kStride;
}
constexpr int32_t kFirstPower = floor_of_stride(kMinPowerOfTen);  // in strides
constexpr int32_t kLastPower = floor_of_stride(kMaxPowerOfTen);

/// 10^(kStride * k) for k from kFirstPower on.
struct Table {
  PowerOfTen powers[kLastPower - kFirstPower + 1];
};

consteval Table make_table() {
  Table table{};
  LongInteger power;
  power.words[0] = 1;
  for (int32_t exponent = 0; exponent <= kMaxPowerOfTen; ++exponent) {
    if (exponent % kStride == 0)
      table.powers[exponent / kStride - kFirstPower] = power.leading_bits();
    power.multiply_by_five();
  }
  LongInteger quotient;
  quotient.words[kNumWords - 1] = 1;
  for (int32_t exponent = -1; exponent >= kFirstPower * kStride; --exponent) {
    quotient.divide_by_five();
    if (exponent % kStride == 0) {
      table.powers[exponent / kStride - kFirstPower] = quotient.leading_bits();
    }
  }
  return table;
}

constexpr Table kTable = make_table();

}  // namespace

#if defined(MAINSPRING_SMALL)
PowerOfTen power_of_ten(int32_t exponent) noexcept {
  const int32_t strides = floor_of_stride(exponent);
  const PowerOfTen coarse = kTable.powers[strides - kFirstPower];
  uint64_t fine = 1;
  for (int32_t i = strides * kStride; i < exponent; ++i) fine *= 5;
  fine <<= __builtin_clzll(fine);
  const WideProduct upper = multiply_wide(fine, coarse.high);
  const WideProduct lower = multiply_wide(fine, coarse.low);
  PowerOfTen power{upper.high, upper.low + lower.high};
  if (power.low < lower.high) ++power.high;
  if (power.high >> 63 != 0) return power;
  return {power.high << 1 | power.low >> 63, power.low << 1 | lower.low >> 63};
}
#else
PowerOfTen power_of_ten(int32_t exponent) noexcept { return kTable.powers[exponent - kFirstPower]; }
#endif

}  // namespace mainspring
