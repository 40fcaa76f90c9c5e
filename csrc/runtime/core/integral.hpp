// Numbers of any type as the integers that vocabularies, crosses and buckets know: one rule for
// tables and for JSON.
#pragma once
#include <cstdint>

namespace mainspring {

/// What stands for a number that is no int64: valid, and in no vocabulary.
inline constexpr int64_t kNotAnInteger = INT64_MIN;

constexpr int64_t integer_of(uint64_t value) noexcept {
  return value <= static_cast<uint64_t>(INT64_MAX) ? static_cast<int64_t>(value) : kNotAnInteger;
}

/// The value of an integral float; NaN, fractions and what int64 does not hold are no integers.
constexpr int64_t integer_of(double value) noexcept {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63: the first float above int64
  if (!(value >= -kLimit && value < kLimit)) return kNotAnInteger;
  const int64_t whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? whole : kNotAnInteger;
}

}  // namespace mainspring
