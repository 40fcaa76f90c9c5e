// The contract of a drift statistic: one struct, one file, one line in statistic_list.cpp.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "measure/drift/column_pair.hpp"

namespace mainspring {

/// Columns that a statistic is for.
enum class StatisticKind : uint8_t { kNumeric, kCategorical, kAny };

struct StatisticValue {
  double value;  // NaN where one side has no values
  // Of a sketch: the value of the data is certainly in [low, high]; both equal `value` where the
  // profiles are exact. Of a rate: its confidence interval.
  double low;
  double high;
  // Of the statistic's own test, for a value of `low`: never smaller than the truth because of a
  // sketch. None: no test.
  std::optional<double> p_value = std::nullopt;

  static StatisticValue exactly(double value) { return {value, value, value}; }
  static StatisticValue tested(double value, double p) { return {value, value, value, p}; }
};

/// What the reference page of a statistic says, in plain text; empty: nothing to say.
struct StatisticNotes {
  std::string_view formula;
  std::string_view missing;
  std::string_view infinity{};
  std::string_view sketch;  // past the caps of a profile
  std::string_view test{};  // empty: has none, and is never judged
  std::string_view source;
};

template <class S>
concept DriftStatistic = requires(const ColumnPair& pair, const DriftOptions& options) {
  { S::kName } -> std::convertible_to<std::string_view>;
  { S::kSummary } -> std::convertible_to<std::string_view>;
  { S::kKind } -> std::convertible_to<StatisticKind>;
  { S::kNotes } -> std::convertible_to<StatisticNotes>;
  { S::value(pair, options) } -> std::same_as<StatisticValue>;
};

struct Statistic {
  std::string_view name;
  std::string_view summary;
  StatisticKind kind;
  StatisticNotes notes;
  StatisticValue (*value)(const ColumnPair&, const DriftOptions&);
};

template <DriftStatistic S>
consteval Statistic statistic_of() {
  return Statistic{S::kName, S::kSummary, S::kKind, S::kNotes, &S::value};
}

/// All statistics, in the order of reports.
std::span<const Statistic* const> statistic_list();
const Statistic* find_statistic(std::string_view name);

}  // namespace mainspring
