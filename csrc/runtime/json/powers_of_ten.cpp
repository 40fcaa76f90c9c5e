// The table is computed while this file is compiled: multiplying a long integer by five for the
// positive powers, dividing 2^1120 by five for the negative ones. Both keep every bit that counts,
// since the floor of a floor is the floor of the whole quotient.
#include "runtime/json/powers_of_ten.hpp"

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

struct Table {
  PowerOfTen powers[kMaxPowerOfTen - kMinPowerOfTen + 1];
};

consteval Table make_table() {
  Table table{};
  LongInteger power;
  power.words[0] = 1;
  for (int32_t exponent = 0; exponent <= kMaxPowerOfTen; ++exponent) {
    table.powers[exponent - kMinPowerOfTen] = power.leading_bits();
    power.multiply_by_five();
  }
  LongInteger quotient;
  quotient.words[kNumWords - 1] = 1;
  for (int32_t exponent = -1; exponent >= kMinPowerOfTen; --exponent) {
    quotient.divide_by_five();
    table.powers[exponent - kMinPowerOfTen] = quotient.leading_bits();
  }
  return table;
}

constexpr Table kTable = make_table();

}  // namespace

PowerOfTen power_of_ten(int32_t exponent) noexcept {
  return kTable.powers[exponent - kMinPowerOfTen];
}

}  // namespace mainspring
