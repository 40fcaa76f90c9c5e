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
};

/// Smallest value of a part.
constexpr uint32_t date_part_first(DatePart part) {
  switch (part) {
    case DatePart::kQuarter:
    case DatePart::kMonth:
    case DatePart::kDay:
    case DatePart::kDayOfYear: return 1;
    default: return 0;
  }
}

/// Number of values of a part: the period of its cycle, except that a month has up to 31 days and a
/// year up to 366. 0 for the year, which has no end.
constexpr uint32_t date_part_count(DatePart part) {
  switch (part) {
    case DatePart::kYear: return 0;
    case DatePart::kQuarter: return 4;
    case DatePart::kMonth: return 12;
    case DatePart::kDay: return 31;
    case DatePart::kWeekday: return 7;
    case DatePart::kDayOfYear: return 366;
    case DatePart::kHour: return 24;
    case DatePart::kMinute:
    case DatePart::kSecond: return 60;
  }
  return 0;
}

}  // namespace mainspring
