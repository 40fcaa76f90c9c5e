// Steps over times, one row at a time: the local time of a zone, the time between two moments,
// holidays and business days, with the bits of
// csrc/runtime/steps/{local_time,elapsed,calendar}.cpp.
#pragma once
#include "device_plan.hpp"
#include "runtime/steps/calendar.hpp"
#include "runtime/steps/local_time.hpp"

namespace mainspring::gpu {

/// What a DeviceStep's integers[0] holds of several small numbers, a byte each.
MAINSPRING_BOTH inline uint32_t small_integer(const DeviceStep& step, uint32_t number) {
  return static_cast<uint32_t>(step.integers[0] >> (8 * number)) & 0xFF;
}

/// Whether a + b is no int64; else it is in *sum.
MAINSPRING_BOTH inline bool add_overflows(int64_t a, int64_t b, int64_t* sum) {
  if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return true;
  *sum = a + b;
  return false;
}

/// Seconds east of UTC at a moment: those of the last transition that is not behind it.
MAINSPRING_BOTH inline int64_t zone_offset(const void* data, int64_t seconds) {
  const auto* header = static_cast<const ZoneHeader*>(data);
  const auto* transitions = reinterpret_cast<const int64_t*>(header + 1);
  const auto* offsets = reinterpret_cast<const int32_t*>(transitions + header->num_transitions);
  uint32_t at = 0;  // transitions at or before `seconds`
  for (uint32_t left = header->num_transitions; left != 0;) {
    const uint32_t half = (left + 1) / 2;
    if (transitions[at + half - 1] <= seconds) at += half;
    left -= half;
  }
  return at == 0 ? header->first_offset : offsets[at - 1];
}

/// False, and 0, where the local time is none of int64.
MAINSPRING_BOTH inline bool local_time(const DeviceStep& step, int64_t time, int64_t* local) {
  const int64_t ticks =
      ticks_per_day(static_cast<TimeUnit>(small_integer(step, 0))) / kSecondsPerDay;
  *local = 0;
  const int64_t offset = zone_offset(step.data, floor_divide(time, ticks)) * ticks;
  return !add_overflows(time, offset, local);
}

MAINSPRING_BOTH inline bool scale_ticks(int64_t ticks, int64_t factor, int64_t* scaled) {
  if (ticks < INT64_MIN / factor || ticks > INT64_MAX / factor) return false;
  *scaled = ticks * factor;
  return true;
}

/// From the second moment to the first, in units of numbers[0] of the common tick.
MAINSPRING_BOTH inline double elapsed_time(const DeviceStep& step, int64_t end, int64_t begin) {
  const auto end_unit = static_cast<TimeUnit>(small_integer(step, 0));
  const auto begin_unit = static_cast<TimeUnit>(small_integer(step, 1));
  const int64_t ticks_a_day = common_ticks_per_day(end_unit, begin_unit);
  int64_t last = 0, first = 0, ticks = 0;
  const bool fits = scale_ticks(end, ticks_a_day / ticks_per_day(end_unit), &last) &&
                    scale_ticks(begin, ticks_a_day / ticks_per_day(begin_unit), &first) &&
                    (first == INT64_MIN ? last < 0 : !add_overflows(last, -first, &ticks));
  if (!fits) return kQuietNan;
  if (first == INT64_MIN) ticks = last - first;
  return canonical_nan((static_cast<double>(ticks) - 0.0) / step.numbers[0]);
}

/// The day of a time; false where it is none.
MAINSPRING_BOTH inline bool find_day(uint32_t unit, int64_t time, int64_t* day) {
  *day = floor_divide(time, ticks_per_day(static_cast<TimeUnit>(unit)));
  return *day >= -kLastDay && *day <= kLastDay;
}

/// Days of the step's list before a day.
MAINSPRING_BOTH inline uint64_t listed_before(const DeviceStep& step, int64_t day) {
  const auto* days = static_cast<const int64_t*>(step.data);
  uint64_t at = 0;
  for (uint64_t left = step.count; left != 0;) {
    const uint64_t half = (left + 1) / 2;
    if (days[at + half - 1] < day) at += half;
    left -= half;
  }
  return at;
}

MAINSPRING_BOTH inline bool is_listed(const DeviceStep& step, int64_t day) {
  const uint64_t at = listed_before(step, day);
  return at < step.count && static_cast<const int64_t*>(step.data)[at] == day;
}

MAINSPRING_BOTH inline int64_t count_bits(uint32_t week) {
  int64_t count = 0;
  for (uint32_t day = 0; day < kDaysPerWeek; ++day) count += (week >> day) & 1;
  return count;
}

/// Business days since a Monday long ago.
MAINSPRING_BOTH inline int64_t business_before(const DeviceStep& step, int64_t day) {
  const uint32_t week = small_integer(step, 2);
  return floor_divide(day + 3, kDaysPerWeek) * count_bits(week) +
         count_bits(week & ((1u << weekday_of_day(day)) - 1)) -
         static_cast<int64_t>(listed_before(step, day));
}

/// The answer about a day, and of kBusinessDays the day that is counted from.
MAINSPRING_BOTH inline double calendar_answer(const DeviceStep& step, int64_t day, int64_t begin) {
  const auto* days = static_cast<const int64_t*>(step.data);
  switch (static_cast<CalendarQuestion>(small_integer(step, 0))) {
    case CalendarQuestion::kIsListed: return is_listed(step, day) ? 1.0 : 0.0;
    case CalendarQuestion::kDaysToListed: {
      const uint64_t next = listed_before(step, day);
      return next < step.count ? static_cast<double>(days[next] - day) : kQuietNan;
    }
    case CalendarQuestion::kDaysSinceListed: {
      const uint64_t next = listed_before(step, day + 1);
      return next > 0 ? static_cast<double>(day - days[next - 1]) : kQuietNan;
    }
    case CalendarQuestion::kIsBusinessDay:
      return ((small_integer(step, 2) >> weekday_of_day(day)) & 1) != 0 && !is_listed(step, day)
                 ? 1.0
                 : 0.0;
    default:  // backwards the day that is left does not count, the one that is reached does
      return static_cast<double>(
          begin <= day ? business_before(step, day) - business_before(step, begin)
                       : business_before(step, day + 1) - business_before(step, begin + 1));
  }
}

}  // namespace mainspring::gpu
