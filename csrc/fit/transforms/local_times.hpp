// What operators over dates share: local time, and dates that a user lists.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"

namespace mainspring {

/// A stream's times as its zone shows them, for as long as this lives: every operator of the column
/// shares one conversion.
class LocalTimes {
 public:
  LocalTimes(const Feature& feature, PlanBuilder& builder);
  ~LocalTimes();
  LocalTimes(const LocalTimes&) = delete;
  LocalTimes& operator=(const LocalTimes&) = delete;

  uint16_t slot() const { return slot_.number; }

 private:
  PlanBuilder& builder_;
  Slot slot_;
  bool converted_ = false;
};

/// A number from a time: the feature that `in` becomes, in a new slot.
Feature number_of_time(const Feature& in, const std::string& suffix, PlanBuilder& builder);

/// Throws Error(kSchema) unless the column that `param` names has times.
void check_times(std::string_view transform, std::string_view param, const Feature& key);

/// "2024-12-25" as days since 1970-01-01, ascending, each once. Throws Error(kParameter).
std::vector<int64_t> days_of_dates(std::string_view transform, std::string_view param,
                                   const std::vector<std::string>& dates);

/// "1111100", Monday first, as bits, Monday's the lowest. Throws Error(kParameter).
uint32_t week_of(std::string_view transform, const std::string& weekmask);

/// The days among them on which the week has business.
std::vector<int64_t> on_business(const std::vector<int64_t>& days, uint32_t week);

DataRange add_days(const std::vector<int64_t>& days, PlanBuilder& builder);

}  // namespace mainspring
