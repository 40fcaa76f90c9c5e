// Periods are numbered by local dates; each begins at an instant that the zone's table tells.
#include "history/calendar.hpp"

#include <algorithm>

#include "runtime/core/window_sum.hpp"

namespace mainspring {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
// No local clock is further from UTC.
constexpr int64_t kFurthest = 26 * 3600 * kSecond;

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

int64_t bounded(GridInteger value) {
  return value < INT64_MIN + 1 ? INT64_MIN + 1
         : value > INT64_MAX   ? INT64_MAX
                               : static_cast<int64_t>(value);
}

/// The segment of equal offset that an instant lies in: 0 is before the first transition.
size_t segment_of(const HistoryZone& zone, int64_t at) {
  const int64_t seconds = floor_divide(at, kSecond);
  return static_cast<size_t>(
      std::upper_bound(zone.transitions.begin(), zone.transitions.end(), seconds) -
      zone.transitions.begin());
}

int64_t offset_of(const HistoryZone& zone, size_t segment) {
  return (segment == 0 ? zone.first_offset : zone.offsets[segment - 1]) * kSecond;
}

/// The first instant of a local date, in days since 1970.
int64_t start_of_day(const HistoryZone& zone, int64_t day) {
  const GridInteger midnight = static_cast<GridInteger>(day) * kDay;
  for (size_t segment = segment_of(zone, bounded(midnight - kFurthest));; ++segment) {
    const GridInteger begins =
        segment == 0 ? static_cast<GridInteger>(INT64_MIN) * 2
                     : static_cast<GridInteger>(zone.transitions[segment - 1]) * kSecond;
    const GridInteger here = std::max(midnight - offset_of(zone, segment), begins);
    const bool is_last = segment == zone.transitions.size();
    if (is_last || here < static_cast<GridInteger>(zone.transitions[segment]) * kSecond) {
      return bounded(here);
    }
  }
}

/// The last local date that has begun: dates go only forward, also where clocks are put back over
/// midnight.
int64_t day_of(const HistoryZone& zone, int64_t at) {
  const GridInteger local = static_cast<GridInteger>(at) + offset_of(zone, segment_of(zone, at));
  int64_t day = floor_divide(bounded(local), kDay);
  while (start_of_day(zone, day + 1) <= at && start_of_day(zone, day + 1) != INT64_MAX) ++day;
  return day;
}

/// Months since the year 0 of a day, and back; the civil calendar (Howard Hinnant, 2013).
int64_t month_of(int64_t day) {
  const int64_t shifted = day + 719'468;
  const int64_t era = floor_divide(shifted, 146'097);
  const int64_t of_era = shifted - era * 146'097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t from_march = (5 * of_year + 2) / 153;
  return (year + era * 400) * 12 + from_march + 2;
}

int64_t first_day_of_month(int64_t month) {
  const int64_t shifted = month - 2;  // from March on
  const int64_t year = floor_divide(shifted, 12), from_march = shifted - year * 12;
  const int64_t era = floor_divide(year, 400), of_era = year - era * 400;
  const int64_t day = (153 * from_march + 2) / 5;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719'468;
}

int64_t period_of(CalendarUnit unit, int64_t day) {
  switch (unit) {
    case CalendarUnit::kDay: return day;
    case CalendarUnit::kWeek: return floor_divide(day + 3, 7);  // 1970 began on a Thursday
    case CalendarUnit::kMonth: return month_of(day);
    case CalendarUnit::kYear: return floor_divide(month_of(day), 12);
  }
  return day;
}

int64_t first_day(CalendarUnit unit, int64_t period) {
  switch (unit) {
    case CalendarUnit::kDay: return period;
    case CalendarUnit::kWeek: return period * 7 - 3;
    case CalendarUnit::kMonth: return first_day_of_month(period);
    case CalendarUnit::kYear: return first_day_of_month(period * 12);
  }
  return period;
}

CalendarUnit unit_of_frame(const HistoryFrame& frame) {
  return static_cast<CalendarUnit>(frame.width);
}

}  // namespace

void calendar_range(const HistoryZone& zone, const HistoryFrame& frame, int64_t at, int64_t* first,
                    int64_t* end) {
  const CalendarUnit unit = unit_of_frame(frame);
  const int64_t period = period_of(unit, day_of(zone, at));
  const auto start = [&](int64_t back) {
    return start_of_day(zone, first_day(unit, period - back));
  };
  *first = start(frame.lag + frame.rows - 1);
  *end = frame.lag == 0 ? at : start(frame.lag - 1);
}

int64_t calendar_entry(const HistoryZone& zone, const HistoryFrame& frame, int64_t time) {
  if (frame.lag == 0) return time == INT64_MAX ? time : time + 1;
  const CalendarUnit unit = unit_of_frame(frame);
  const int64_t period = period_of(unit, day_of(zone, time));
  return start_of_day(zone, first_day(unit, period + frame.lag));
}

int64_t calendar_reach(const HistoryFrame& frame) {
  constexpr int64_t kDays[] = {1, 7, 31, 366};
  return ((frame.lag + frame.rows) * kDays[frame.width - 1] + 2) * kDay;
}

}  // namespace mainspring
