// Ticks of the time units, and division towards minus infinity: times before 1970 are negative.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"

namespace mainspring {

inline constexpr int64_t kSecondsPerDay = 86400;

/// Ticks of a unit in one day; 0 for kNone.
constexpr int64_t ticks_per_day(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNone: return 0;
    case TimeUnit::kDay: return 1;
    case TimeUnit::kSecond: return kSecondsPerDay;
    case TimeUnit::kMilli: return kSecondsPerDay * 1000;
    case TimeUnit::kMicro: return kSecondsPerDay * 1000000;
    case TimeUnit::kNano: return kSecondsPerDay * 1000000000;
  }
  return 0;
}

/// Ticks in one day of the finest of two units and the second: both are whole numbers of them.
constexpr int64_t common_ticks_per_day(TimeUnit a, TimeUnit b) {
  const int64_t finer = ticks_per_day(a) > ticks_per_day(b) ? ticks_per_day(a) : ticks_per_day(b);
  return finer > kSecondsPerDay ? finer : kSecondsPerDay;
}

/// `divisor` above 0.
constexpr int64_t floor_divide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return quotient - (value % divisor < 0 ? 1 : 0);
}

}  // namespace mainspring
