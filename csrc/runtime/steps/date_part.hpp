// The parts of a date that a plan can compute, and the range of each.
#pragma once
#include <cstdint>

namespace mainspring {

/// Stored in bundles, never changes.
enum class DatePart : uint32_t {
  kYear = 1,
  kQuarter = 2,    // 1-4
  kMonth = 3,      // 1-12
  kDay = 4,        // of the month, 1-31
  kWeekday = 5,    // Monday 0 - Sunday 6
  kDayOfYear = 6,  // 1-366
  kHour = 7,       // 0-23
  kMinute = 8,     // 0-59
  kSecond = 9,     // 0-59, fractions dropped
  kWeek = 10,      // of ISO 8601, 1-53: week 1 has the year's first Thursday
  kIsoYear = 11,   // the year that this week belongs to
  kDaysInMonth = 12,
  kIsMonthStart = 13,  // these: 1 or 0
  kIsMonthEnd = 14,
  kIsQuarterStart = 15,
  kIsQuarterEnd = 16,
  kIsYearStart = 17,
  kIsYearEnd = 18,
  kIsLeapYear = 19,
  kMicrosecond = 20,  // of the second, 0-999,999, fractions dropped
};
inline constexpr DatePart kLastDatePart = DatePart::kMicrosecond;

/// Smallest value of a part.
constexpr uint32_t date_part_first(DatePart part) {
  switch (part) {
    case DatePart::kQuarter:
    case DatePart::kMonth:
    case DatePart::kDay:
    case DatePart::kWeek:
    case DatePart::kDayOfYear: return 1;
    default: return 0;
  }
}

/// Number of values of a part: the period of its cycle, except that a month has up to 31 days and a
/// year up to 366 and 53 weeks. 0 for those that have no cycle or too many values.
constexpr uint32_t date_part_count(DatePart part) {
  switch (part) {
    case DatePart::kQuarter: return 4;
    case DatePart::kMonth: return 12;
    case DatePart::kDay: return 31;
    case DatePart::kWeekday: return 7;
    case DatePart::kDayOfYear: return 366;
    case DatePart::kWeek: return 53;
    case DatePart::kHour: return 24;
    case DatePart::kMinute:
    case DatePart::kSecond: return 60;
    default: return 0;
  }
}

}  // namespace mainspring
