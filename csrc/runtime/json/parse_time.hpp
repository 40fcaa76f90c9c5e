// RFC 3339 text to an instant: how times are written in JSON and in dicts of one row.
#pragma once
#include <cstdint>

namespace mainspring {

/// Seconds since 1970-01-01T00:00 and nanoseconds in [0, 10^9) after them.
struct Instant {
  int64_t seconds;
  uint32_t nanos;
};

/// "2013-01-31", "2013-01-31T14:30:00", with a fraction (digits after the ninth are dropped) and an
/// offset ("Z", "+01:00") if there is one: then the instant is UTC, else the time as it is written.
/// A space or "t" may stand for "T", "z" for "Z"; seconds may be left out; a leap second is
/// the first of the next minute. False when the text is anything else.
bool parse_time(const char* text, uint64_t length, Instant* instant) noexcept;

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; month 1-12, day 1-31.
constexpr int64_t days_of(int64_t year, uint32_t month, uint32_t day) {
  const int64_t shifted = month <= 2 ? year - 1 : year;  // years begin in March
  const int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const auto year_of_era = static_cast<uint32_t>(shifted - era * 400);
  const uint32_t since_march = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + since_march;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace mainspring
