// The grammar of RFC 8259, section 6 (T. Bray, 2017), and integers.
#include "runtime/json/number.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kMaxDigits = 19;  // any 19 digits fit uint64
constexpr int32_t kExponentCap = 100000;

bool is_digit(const uint8_t* at, const uint8_t* end) {
  return at != end && static_cast<uint8_t>(*at - '0') <= 9;
}

/// Digits from `at` on onto *value, which may wrap around.
const uint8_t* take_digits(const uint8_t* at, const uint8_t* end, uint64_t* value) {
  uint64_t sum = *value;
  for (; is_digit(at, end); ++at) sum = sum * 10 + (*at - '0');
  *value = sum;
  return at;
}

/// More than 19 digits: the first 19 behind leading zeros again, the rest into the exponent.
void keep_leading_digits(const uint8_t* at, NumberToken* token) {
  uint32_t count = 0;
  token->digits = 0;
  token->is_truncated = false;
  for (bool in_fraction = false; at != token->end && *at != 'e' && *at != 'E'; ++at) {
    if (*at == '.') {
      in_fraction = true;
      continue;
    }
    const auto digit = static_cast<uint8_t>(*at - '0');
    if (count < kMaxDigits) {
      token->digits = token->digits * 10 + digit;
      if (token->digits != 0) ++count;
      if (in_fraction) --token->exponent;
    } else {
      token->is_truncated |= digit != 0;
      if (!in_fraction) ++token->exponent;
    }
  }
}

}  // namespace

NumberScan scan_number(const uint8_t* at, const uint8_t* end, NumberToken* token) noexcept {
  token->begin = at;
  token->is_negative = *at == '-';
  token->is_integer = true;
  token->is_truncated = false;
  token->digits = 0;
  at += token->is_negative;
  const uint8_t* const first = at;
  at = take_digits(at, end, &token->digits);
  token->end = at;
  uint64_t num_digits = static_cast<uint64_t>(at - first);
  if (num_digits == 0) return NumberScan::kBad;
  if (*first == '0' && num_digits > 1) {
    token->end = first + 1;
    return NumberScan::kBad;
  }
  int32_t fraction = 0;
  if (at != end && *at == '.') {
    const uint8_t* const point = ++at;
    at = take_digits(at, end, &token->digits);
    token->end = at;
    if (at == point) return NumberScan::kBad;
    if (static_cast<uint64_t>(at - first) > kMaxNumberBytes) return NumberScan::kTooLong;
    fraction = static_cast<int32_t>(at - point);
    num_digits += static_cast<uint64_t>(fraction);
    token->is_integer = false;
  }
  int32_t exponent = 0;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    const bool is_negative = at != end && *at == '-';
    at += at != end && (*at == '-' || *at == '+');
    token->end = at;
    if (!is_digit(at, end)) return NumberScan::kBad;
    for (; is_digit(at, end); ++at) {
      if (exponent < kExponentCap) exponent = exponent * 10 + (*at - '0');
    }
    if (is_negative) exponent = -exponent;
    token->is_integer = false;
  }
  token->end = at;
  if (static_cast<uint64_t>(at - token->begin) > kMaxNumberBytes) return NumberScan::kTooLong;
  if (num_digits > kMaxDigits) {
    token->exponent = exponent;
    keep_leading_digits(first, token);
  } else {
    token->exponent = exponent - fraction;
  }
  return NumberScan::kOk;
}

bool to_uint64(const NumberToken& token, uint64_t* value) noexcept {
  if (!token.is_integer || (token.is_negative && token.digits != 0)) return false;
  *value = token.digits;
  if (token.exponent == 0) return true;
  if (token.exponent > 1) return false;  // 21 digits
  // Twenty digits: the last one is written last.
  const auto last = static_cast<uint64_t>(token.end[-1] - '0');
  return !__builtin_mul_overflow(token.digits, 10, value) &&
         !__builtin_add_overflow(*value, last, value);
}

bool to_int64(const NumberToken& token, int64_t* value) noexcept {
  constexpr uint64_t kLowest = uint64_t{1} << 63;  // the magnitude of INT64_MIN
  if (!token.is_integer || token.exponent != 0) return false;
  if (token.digits >= kLowest + (token.is_negative ? 1 : 0)) return false;
  *value = static_cast<int64_t>(token.is_negative ? 0 - token.digits : token.digits);
  return true;
}

}  // namespace mainspring
