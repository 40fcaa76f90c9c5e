// The exact last word on rounding: a decimal against the middle of two floats, as long integers.
// Both sides are made whole by multiplying with powers of two and five.
#include "runtime/json/number.hpp"

namespace mainspring {
namespace {

// The longest number has 1024 digits, 3402 bits; a middle below one adds up to 1075 bits.
constexpr uint32_t kNumWords = 144;

struct LongInteger {
  uint32_t words[kNumWords];  // the lowest first; those from `count` on are not set
  uint32_t count = 0;

  void multiply_add(uint32_t factor, uint32_t summand) {
    uint64_t carry = summand;
    for (uint32_t i = 0; i < count; ++i) {
      carry += uint64_t{words[i]} * factor;
      words[i] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0 && count < kNumWords) words[count++] = static_cast<uint32_t>(carry);
  }

  void multiply_by_five(uint32_t times) {
    constexpr uint32_t kThirteen = 1220703125;  // 5^13
    for (; times >= 13; times -= 13) multiply_add(kThirteen, 0);
    for (; times > 0; --times) multiply_add(5, 0);
  }

  void shift_left(uint32_t bits) {
    multiply_add(uint32_t{1} << (bits % 32), 0);
    const uint32_t whole = bits / 32;
    if (whole == 0 || count == 0 || count + whole > kNumWords) return;
    for (uint32_t i = count; i-- > 0;) words[i + whole] = words[i];
    for (uint32_t i = 0; i < whole; ++i) words[i] = 0;
    count += whole;
  }
};

int compare(const LongInteger& a, const LongInteger& b) {
  if (a.count != b.count) return a.count < b.count ? -1 : 1;
  for (uint32_t i = a.count; i-- > 0;) {
    if (a.words[i] != b.words[i]) return a.words[i] < b.words[i] ? -1 : 1;
  }
  return 0;
}

/// All digits of the token as one integer; returns how many stand behind the point.
int32_t read_digits(const NumberToken& token, LongInteger* out) {
  int32_t num_behind = 0;
  bool in_fraction = false;
  for (const uint8_t* at = token.begin; at != token.end && *at != 'e' && *at != 'E'; ++at) {
    if (*at == '.') in_fraction = true;
    if (*at == '.' || *at == '-') continue;
    out->multiply_add(10, static_cast<uint32_t>(*at - '0'));
    num_behind += in_fraction ? 1 : 0;
  }
  return num_behind;
}

/// The exponent that is written; small here, or the token would be zero or too large.
int32_t written_exponent(const NumberToken& token) {
  const uint8_t* at = token.begin;
  while (at != token.end && *at != 'e' && *at != 'E') ++at;
  if (at == token.end) return 0;
  const bool is_negative = *++at == '-';
  int32_t exponent = 0;
  for (; at != token.end; ++at) {
    if (*at >= '0') exponent = exponent * 10 + (*at - '0');
  }
  return is_negative ? -exponent : exponent;
}

}  // namespace

int compare_with_middle(const NumberToken& token, uint64_t low_bits) noexcept {
  LongInteger decimal;
  const int32_t num_behind = read_digits(token, &decimal);
  const int32_t tens = written_exponent(token) - num_behind;

  const auto biased = static_cast<int32_t>(low_bits >> 52);
  uint64_t mantissa = low_bits & ((uint64_t{1} << 52) - 1);
  if (biased != 0) mantissa |= uint64_t{1} << 52;
  const uint64_t middle_bits = 2 * mantissa + 1;
  LongInteger middle;
  middle.words[0] = static_cast<uint32_t>(middle_bits);
  middle.words[1] = static_cast<uint32_t>(middle_bits >> 32);
  middle.count = middle.words[1] != 0 ? 2 : 1;
  const int32_t twos = (biased != 0 ? biased : 1) - 1075 - 1;  // of middle_bits

  if (tens >= 0) {
    decimal.multiply_by_five(static_cast<uint32_t>(tens));
  } else {
    middle.multiply_by_five(static_cast<uint32_t>(-tens));
  }
  const int32_t shift = tens - twos;
  if (shift >= 0) {
    decimal.shift_left(static_cast<uint32_t>(shift));
  } else {
    middle.shift_left(static_cast<uint32_t>(-shift));
  }
  return compare(decimal, middle);
}

}  // namespace mainspring
