// The shortest decimal that reads back as the same float64, after R. Giulietti, "The Schubfach way
// to render doubles" (2020): of all decimals in the rounding interval the shortest, of those the
// nearest, found with one 64 x 128 bit multiplication for each bound.
#include <bit>

#include "runtime/core/memory.hpp"
#include "runtime/core/wide_multiply.hpp"
#include "runtime/json/number.hpp"
#include "runtime/json/powers_of_ten.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kHiddenBit = uint64_t{1} << 52;

struct Decimal {
  uint64_t digits;
  int32_t exponent;
};

/// floor(value * power / 2^128) for a power of 128 bits; the lowest bit also stands for all that
/// was cut off.
uint64_t multiply_to_odd(PowerOfTen power, uint64_t value) {
  const WideProduct low = multiply_wide(power.low, value);
  const WideProduct high = multiply_wide(power.high, value);
  const uint64_t middle = high.low + low.high;
  const uint64_t carry = middle < high.low ? 1 : 0;
  return (high.high + carry) | (middle > 1 ? 1 : 0);
}

PowerOfTen rounded_up(int32_t exponent) {
  PowerOfTen power = power_of_ten(exponent);
  if (exponent >= 0 && exponent <= kMaxExactPowerOfTen) return power;
  if (++power.low == 0) ++power.high;
  return power;
}

/// floor(log10(2^e)), or of 3/4 * 2^e for a power of two, whose lower neighbour is nearer.
int32_t floor_log10(int32_t e, bool is_power_of_two) {
  return (e * 1262611 - (is_power_of_two ? 524031 : 0)) >> 22;
}

Decimal shortest(uint64_t bits) {
  const uint64_t fraction = bits & (kHiddenBit - 1);
  const auto biased = static_cast<int32_t>(bits >> 52 & 0x7FF);
  const uint64_t c = biased != 0 ? kHiddenBit | fraction : fraction;
  const int32_t q = (biased != 0 ? biased : 1) - 1075;  // the value is c * 2^q
  const bool is_power_of_two = fraction == 0 && biased > 1;
  const int32_t k = floor_log10(q, is_power_of_two);
  const int32_t shift = q + log2_of_power(-k) + 1;
  const PowerOfTen power = rounded_up(-k);
  // Four times the value and the ends of its rounding interval, in units of 10^k.
  const uint64_t value = multiply_to_odd(power, 4 * c << shift);
  const uint64_t left = multiply_to_odd(power, (4 * c - (is_power_of_two ? 1 : 2)) << shift);
  const uint64_t right = multiply_to_odd(power, (4 * c + 2) << shift);
  const uint64_t open = c & 1;  // the ends round to even: they belong to even floats only
  const uint64_t first = left + open;
  const uint64_t last = right - open;
  const uint64_t whole = value / 4;
  if (whole >= 10) {
    const uint64_t tens = whole / 10;
    const bool lower_is_inside = first <= 40 * tens;
    const bool upper_is_inside = 40 * tens + 40 <= last;
    if (lower_is_inside != upper_is_inside) return {tens + (upper_is_inside ? 1 : 0), k + 1};
  }
  const bool lower_is_inside = first <= 4 * whole;
  const bool upper_is_inside = 4 * whole + 4 <= last;
  if (lower_is_inside != upper_is_inside) return {whole + (upper_is_inside ? 1 : 0), k};
  const uint64_t middle = 4 * whole + 2;
  const bool up = value > middle || (value == middle && (whole & 1) != 0);
  return {whole + (up ? 1 : 0), k};
}

char* put_zeros(char* out, int32_t count) {
  for (; count > 0; --count) *out++ = '0';
  return out;
}

char* put_digits(char* out, const char* digits, int32_t count) {
  copy_bytes(out, digits, static_cast<uint64_t>(count));
  return out + count;
}

char* put_exponent(char* out, int32_t exponent) {
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  const auto size = static_cast<uint64_t>(exponent < 0 ? -exponent : exponent);
  if (size < 10) *out++ = '0';
  return out + write_uint64(size, out);
}

}  // namespace

uint32_t write_uint64(uint64_t value, char* out) noexcept {
  char reversed[20];
  uint32_t count = 0;
  do {
    reversed[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (uint32_t i = 0; i < count; ++i) out[i] = reversed[count - 1 - i];
  return count;
}

uint32_t write_double(double value, char* out) noexcept {
  const auto bits = std::bit_cast<uint64_t>(value);
  char* at = out;
  if (bits >> 63 != 0) *at++ = '-';
  if (bits << 1 == 0) return static_cast<uint32_t>(put_digits(at, "0.0", 3) - out);
  Decimal decimal = shortest(bits & ~(uint64_t{1} << 63));
  while (decimal.digits % 10 == 0) {
    decimal.digits /= 10;
    ++decimal.exponent;
  }
  char digits[20];
  const auto count = static_cast<int32_t>(write_uint64(decimal.digits, digits));
  const int32_t point = count + decimal.exponent;  // digits before the point
  if (point <= -4 || point > 16) {
    *at++ = digits[0];
    if (count > 1) *at++ = '.';
    at = put_digits(at, digits + 1, count - 1);
    at = put_exponent(at, point - 1);
  } else if (point <= 0) {
    at = put_digits(at, "0.", 2);
    at = put_zeros(at, -point);
    at = put_digits(at, digits, count);
  } else if (point >= count) {
    at = put_digits(at, digits, count);
    at = put_zeros(at, point - count);
    at = put_digits(at, ".0", 2);
  } else {
    at = put_digits(at, digits, point);
    *at++ = '.';
    at = put_digits(at, digits + point, count - point);
  }
  return static_cast<uint32_t>(at - out);
}

}  // namespace mainspring
