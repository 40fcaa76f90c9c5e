// The payload of the step parse_datetime: formats of times, one after the other, as a sequence of
// items.
//
// An item is a byte; kLiteral is followed by the number of its bytes, 1 to 255, and by them. A
// format ends with kEnd, the payload with the last format. The items are those of strptime in the C
// locale (POSIX.1-2017); fit/plan/time_format.cpp writes them.
#pragma once
#include <cstdint>

namespace mainspring {

enum class TimeItem : uint8_t {
  kEnd = 0,
  kLiteral = 1,     // ASCII letters of either case
  kWhitespace = 2,  // one or more
  kYear = 3,        // four digits
  kShortYear = 4,   // two digits: 69 to 99 are 1969 to 1999, the others from 2000 on
  kMonth = 5,       // one or two digits, as day, hours, minute and second
  kDay = 6,         // a space may stand for the first digit
  kHour = 7,        // 0 to 23
  kHour12 = 8,      // 1 to 12
  kMinute = 9,
  kSecond = 10,
  kFraction = 11,             // of a second: one to six digits
  kHalfOfDay = 12,            // AM or PM
  kMonthAbbreviation = 13,    // Jan
  kMonthName = 14,            // January
  kWeekdayAbbreviation = 15,  // Mon; not compared with the date
  kWeekdayName = 16,          // Monday
  kOffset = 17,     // "Z", "+01:00", "+0100", with seconds or without: then the time is UTC
  kDayOfYear = 18,  // one to three digits
  kIso8601 = 19,    // a date, maybe a time of the day, maybe an offset (read_iso)
};
inline constexpr TimeItem kLastTimeItem = TimeItem::kIso8601;

}  // namespace mainspring
