// Times in the unit that a plan wants, and the parts of their dates, one row at a time: the rules
// of decode_timestamps.cpp and date_part.cpp.
#pragma once
#include "device_column.hpp"

namespace mainspring::gpu {

MAINSPRING_BOTH inline int64_t nanos_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kDay: return int64_t{86400} * 1000000000;
    case TimeUnit::kSecond: return 1000000000;
    case TimeUnit::kMilli: return 1000000;
    case TimeUnit::kMicro: return 1000;
    default: return 1;
  }
}

/// False, and 0, where missing, and where the unit wanted does not hold the time.
MAINSPRING_BOTH inline bool read_time(const DeviceColumn& column, uint64_t row, TimeUnit wanted,
                                      int64_t* value) {
  if (!read_integer(column, row, value)) return false;
  if (wanted == TimeUnit::kNone || wanted == column.unit) return true;
  const int64_t from = nanos_of(column.unit), to = nanos_of(wanted);
  if (from <= to) {
    *value = floor_divide(*value, to / from);
    return true;
  }
  const int64_t factor = from / to;
  const bool fits = *value >= INT64_MIN / factor && *value <= INT64_MAX / factor;
  *value = fits ? *value * factor : 0;
  return fits;
}

/// The days since 1970-01-01 of a time, and the second of its day, or for kMicrosecond the
/// microsecond of its second.
MAINSPRING_BOTH inline int64_t split_time(DatePart part, TimeUnit unit, int64_t time,
                                          uint32_t* second_of_day) {
  const int64_t day_ticks = ticks_per_day(unit);
  const int64_t days = floor_divide(time, day_ticks);
  *second_of_day = 0;
  if (unit == TimeUnit::kDay) return days;
  const int64_t second_ticks = day_ticks / kSecondsPerDay;
  if (part == DatePart::kMicrosecond) {
    const int64_t ticks = time - floor_divide(time, second_ticks) * second_ticks;
    *second_of_day =
        static_cast<uint32_t>(second_ticks > 1000000 ? ticks / (second_ticks / 1000000)
                                                     : ticks * (1000000 / second_ticks));
    return days;
  }
  const uint64_t ticks =
      static_cast<uint64_t>(time) - static_cast<uint64_t>(days) * static_cast<uint64_t>(day_ticks);
  *second_of_day = static_cast<uint32_t>(ticks / static_cast<uint64_t>(second_ticks));
  return days;
}

/// The part of near days.
MAINSPRING_BOTH inline int32_t near_part(DatePart part, int32_t days, uint32_t second) {
  switch (part) {
    case DatePart::kYear: return part_of<DatePart::kYear>(days, second);
    case DatePart::kQuarter: return part_of<DatePart::kQuarter>(days, second);
    case DatePart::kMonth: return part_of<DatePart::kMonth>(days, second);
    case DatePart::kDay: return part_of<DatePart::kDay>(days, second);
    case DatePart::kWeekday: return part_of<DatePart::kWeekday>(days, second);
    case DatePart::kDayOfYear: return part_of<DatePart::kDayOfYear>(days, second);
    case DatePart::kHour: return part_of<DatePart::kHour>(days, second);
    case DatePart::kMinute: return part_of<DatePart::kMinute>(days, second);
    case DatePart::kSecond: return part_of<DatePart::kSecond>(days, second);
    case DatePart::kWeek: return part_of<DatePart::kWeek>(days, second);
    case DatePart::kIsoYear: return part_of<DatePart::kIsoYear>(days, second);
    case DatePart::kDaysInMonth: return part_of<DatePart::kDaysInMonth>(days, second);
    case DatePart::kIsMonthStart: return part_of<DatePart::kIsMonthStart>(days, second);
    case DatePart::kIsMonthEnd: return part_of<DatePart::kIsMonthEnd>(days, second);
    case DatePart::kIsQuarterStart: return part_of<DatePart::kIsQuarterStart>(days, second);
    case DatePart::kIsQuarterEnd: return part_of<DatePart::kIsQuarterEnd>(days, second);
    case DatePart::kIsYearStart: return part_of<DatePart::kIsYearStart>(days, second);
    case DatePart::kIsYearEnd: return part_of<DatePart::kIsYearEnd>(days, second);
    case DatePart::kIsLeapYear: return part_of<DatePart::kIsLeapYear>(days, second);
    default: return part_of<DatePart::kMicrosecond>(days, second);
  }
}

/// The part as a number, or the payload's for it; NaN for days that no time in seconds has.
MAINSPRING_BOTH inline double date_part_value(DatePart part, TimeUnit unit, int64_t time,
                                              const double* payload) {
  constexpr int64_t kMaxDays = INT64_MAX / kSecondsPerDay + 1;
  uint32_t second;
  const int64_t days = split_time(part, unit, time, &second);
  if (days < -kMaxDays || days > kMaxDays) return kQuietNan;
  const bool near = days >= -kNearDays && days <= kNearDays;
  // 400 years are a whole number of weeks too: no part but the years sees the cycles.
  const int64_t cycles = near ? 0 : floor_divide(days, kCycleDays);
  const int32_t found = near_part(part, static_cast<int32_t>(days - cycles * kCycleDays), second);
  if (payload != nullptr) return payload[found - static_cast<int32_t>(date_part_first(part))];
  const bool counts = part == DatePart::kYear || part == DatePart::kIsoYear;
  return static_cast<double>(found + (counts ? cycles * kCycleYears : 0));
}

}  // namespace mainspring::gpu
