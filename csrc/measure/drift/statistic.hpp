// The contract of a drift statistic: one struct, one file, one line in statistic_list.cpp.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "measure/drift/column_pair.hpp"

namespace mainspring {

/// Columns that a statistic is for.
enum class StatisticKind : uint8_t { kNumeric, kCategorical, kTwoCategories, kAny };

/// Whether every report has a statistic, or only those that ask for it.
enum class StatisticUse : uint8_t { kAlways, kAsked };

inline constexpr std::string_view kUnbounded = "from a sketch: nothing bounds its error";
inline constexpr std::string_view kAtLeast = "from a sketch: counts as alike as they can be";

struct StatisticValue {
  double value;  // NaN where one side has no values
  // Of a sketch: the value of the data is certainly in [low, high], NaN where nothing bounds that
  // end; both equal `value` where the profiles are exact. Of a rate: its confidence interval.
  double low;
  double high;
  // Of the statistic's own test, for a value of `low`: never smaller than the truth because of a
  // sketch. None: no test.
  std::optional<double> p_value = std::nullopt;
  std::string_view reason{};  // why there is no value, or no bound

  static StatisticValue exactly(double value) { return {value, value, value}; }
  static StatisticValue tested(double value, double p) { return {value, value, value, p}; }
  /// Certain up to `error`, never outside [smallest, largest].
  static StatisticValue within(double value, double error, double smallest, double largest) {
    return {value, std::max(smallest, value - error), std::min(largest, value + error)};
  }
  /// Of a sketch without bounds, and so without a test.
  static StatisticValue estimated(double value, const ColumnPair& pair,
                                  std::optional<double> p = std::nullopt) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    if (pair.exact()) return {value, value, value, p};
    return {value, kNan, kNan, std::nullopt, kUnbounded};
  }
  /// Of counts that were moved within their errors until both sides are as alike as they can be:
  /// what is tested is never more than the truth.
  static StatisticValue at_least(double value, const ColumnPair& pair,
                                 std::optional<double> p = std::nullopt) {
    if (pair.exact()) return {value, value, value, p};
    return {value, value, std::numeric_limits<double>::quiet_NaN(), p, kAtLeast};
  }
  static StatisticValue none(std::string_view why) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return {kNan, kNan, kNan, std::nullopt, why};
  }
};

inline constexpr std::string_view kNoRows = "a side has no rows";
inline constexpr std::string_view kNoValues = "a side has no values";

/// What the reference page of a statistic says, in plain text; empty: nothing to say.
struct StatisticNotes {
  std::string_view formula;
  std::string_view missing;
  std::string_view infinity{};
  std::string_view sketch;  // past the caps of a profile
  std::string_view test{};  // empty: has none, and is never judged
  std::string_view chance;  // what it is without drift, on average
  std::string_view source;
};

template <class S>
concept DriftStatistic = requires(const ColumnPair& pair, const DriftOptions& options) {
  { S::kName } -> std::convertible_to<std::string_view>;
  { S::kSummary } -> std::convertible_to<std::string_view>;
  { S::kKind } -> std::convertible_to<StatisticKind>;
  { S::kUse } -> std::convertible_to<StatisticUse>;
  { S::kNotes } -> std::convertible_to<StatisticNotes>;
  { S::value(pair, options) } -> std::same_as<StatisticValue>;
};

struct Statistic {
  std::string_view name;
  std::string_view summary;
  StatisticKind kind;
  StatisticUse use;
  StatisticNotes notes;
  StatisticValue (*value)(const ColumnPair&, const DriftOptions&);
};

template <DriftStatistic S>
consteval Statistic statistic_of() {
  return Statistic{S::kName, S::kSummary, S::kKind, S::kUse, S::kNotes, &S::value};
}

/// All statistics, in the order of reports.
std::span<const Statistic* const> statistic_list();
const Statistic* find_statistic(std::string_view name);

}  // namespace mainspring
