// JSON numbers: the token by the strict grammar, and what it is as an integer or a float.
#pragma once
#include <cstdint>

namespace mainspring {

/// A longer number is refused, so that the work for one is bounded.
inline constexpr uint64_t kMaxNumberBytes = 1024;

/// A number as it is written: `digits` * 10^exponent, where `digits` are the first 19 that count.
struct NumberToken {
  const uint8_t* begin;
  const uint8_t* end;
  uint64_t digits;
  int32_t exponent;
  bool is_negative;
  bool is_integer;    // neither a fraction nor an exponent is written
  bool is_truncated;  // more than 19 digits count
};

enum class NumberScan : uint8_t { kOk, kBad, kTooLong };

/// Reads the number that begins at `at` < `end`; token->end is behind it, or the byte that is
/// wrong.
NumberScan scan_number(const uint8_t* at, const uint8_t* end, NumberToken* token) noexcept;

/// The nearest float64, ties to even: exact for every token. False when it is beyond the largest.
bool to_double(const NumberToken& token, double* value) noexcept;

/// False when the token is no integer, or beyond int64.
bool to_int64(const NumberToken& token, int64_t* value) noexcept;
/// False when the token is no integer, negative (but for -0), or beyond uint64.
bool to_uint64(const NumberToken& token, uint64_t* value) noexcept;

/// Whether a token is above the middle between the float64 `low` and the next larger one: 1, below:
/// -1, or is the middle: 0. By long integers; `low` is not negative and the token's sign does not
/// count.
int compare_with_middle(const NumberToken& token, uint64_t low_bits) noexcept;

/// The longest text that write_double makes.
inline constexpr uint32_t kMaxDoubleText = 25;

/// The shortest text that reads back as `value` (finite), the nearest of those: "0.1", "1e-05",
/// "3.0". Returns its length, at most kMaxDoubleText.
uint32_t write_double(double value, char* out) noexcept;

/// Decimal digits of an integer, at most 20. Returns their number.
uint32_t write_uint64(uint64_t value, char* out) noexcept;

}  // namespace mainspring
