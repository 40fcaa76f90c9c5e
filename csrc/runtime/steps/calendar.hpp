// Questions about days that the step for holidays and business days answers, and the weekday of a
// day.
#pragma once
#include <cstdint>

#include "runtime/steps/time_units.hpp"

namespace mainspring {

/// Stored in bundles, never changes.
enum class CalendarQuestion : uint32_t {
  kIsListed = 1,         // 1 where the day is in the list, else 0
  kDaysToListed = 2,     // days to the next one of the list, 0 on it; missing behind the last
  kDaysSinceListed = 3,  // days since the last one, 0 on it; missing before the first
  kIsBusinessDay = 4,    // 1 where the week has business and the day is not in the list
  kBusinessDays = 5,     // business days from the second input's day on, before the first one's
};

inline constexpr int64_t kDaysPerWeek = 7;
/// Days beyond this are no time in seconds either: missing, as everywhere.
inline constexpr int64_t kLastDay = INT64_MAX / kSecondsPerDay + 1;

/// Monday 0 to Sunday 6; 1970-01-01 was a Thursday.
constexpr uint32_t weekday_of_day(int64_t day) {
  return static_cast<uint32_t>(day + 3 - floor_divide(day + 3, kDaysPerWeek) * kDaysPerWeek);
}

}  // namespace mainspring
