// Conversion to local time once for each column; dates and weeks as text.
#include "fit/transforms/local_times.hpp"

#include <algorithm>

#include "fit/transforms/param.hpp"
#include "host/error.hpp"
#include "runtime/json/parse_time.hpp"
#include "runtime/steps/calendar.hpp"
#include "runtime/steps/records.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {

LocalTimes::LocalTimes(const Feature& feature, PlanBuilder& builder)
    : builder_(builder), slot_(feature.slot) {
  const auto table = builder.zone_table(feature.time_zone);
  converted_ = table != nullptr;
  if (!converted_) return;
  const DataRange zone = builder.add_data(*table);
  slot_ = builder.emit_shared(
      local_time_record(feature.slot.number, 0, feature.unit, zone.offset, zone.length),
      ValueType::kI64);
}

LocalTimes::~LocalTimes() {
  if (converted_) builder_.release(slot_);
}

Feature number_of_time(const Feature& in, const std::string& suffix, PlanBuilder& builder) {
  Feature out = in;
  out.slot = builder.new_slot(ValueType::kF64);
  out.info = FeatureInfo{in.info.name + "_" + suffix};
  out.unit = TimeUnit::kNone;
  out.time_zone.clear();
  return out;
}

void check_times(std::string_view transform, std::string_view param, const Feature& key) {
  if (key.unit != TimeUnit::kNone) return;
  throw Error(ErrorKind::kSchema, "Column '" + key.column + "', " + std::string(param) + " of " +
                                      std::string(transform) +
                                      ", has no times, expected dates or timestamps. Cast it to a "
                                      "timestamp.")
      .column(key.column)
      .expected("a date or timestamp")
      .hint("Cast it to a timestamp.");
}

std::vector<int64_t> days_of_dates(std::string_view transform, std::string_view param,
                                   const std::vector<std::string>& dates) {
  constexpr size_t kDateLength = 10;  // without a time of the day
  std::vector<int64_t> days;
  for (const std::string& date : dates) {
    Instant instant{};
    if (date.size() != kDateLength || !parse_time(date.data(), date.size(), &instant)) {
      fail_param(transform, param, "dates such as '2024-12-25'", date);
    }
    days.push_back(floor_divide(instant.seconds, kSecondsPerDay));
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

uint32_t week_of(std::string_view transform, const std::string& weekmask) {
  uint32_t week = 0;
  bool good = weekmask.size() == kDaysPerWeek;
  for (size_t i = 0; i < weekmask.size(); ++i) {
    good = good && (weekmask[i] == '0' || weekmask[i] == '1');
    if (good && weekmask[i] == '1') week |= 1u << i;
  }
  if (!good || week == 0) {
    fail_param(transform, "weekmask",
               "seven digits 0 or 1, Monday first, not all 0, such as '1111100'", weekmask);
  }
  return week;
}

std::vector<int64_t> on_business(const std::vector<int64_t>& days, uint32_t week) {
  std::vector<int64_t> found;
  for (const int64_t day : days) {
    if ((week >> weekday_of_day(day)) & 1) found.push_back(day);
  }
  return found;
}

DataRange add_days(const std::vector<int64_t>& days, PlanBuilder& builder) {
  if (days.empty()) return {0, 0};
  return builder.add_data({reinterpret_cast<const uint8_t*>(days.data()), days.size() * 8});
}

}  // namespace mainspring
