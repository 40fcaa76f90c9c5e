// The contract of a check: one struct, one file, one line in check_list.cpp.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/checks/label.hpp"

namespace mainspring {

/// Every limit, with its default.
struct CheckOptions {
  double label_power_warn = 0.7;
  double label_power_fail = 0.95;
  double correlation_fail = 0.999;
  double missing_auc_warn = 0.6;
  double missing_auc_fail = 0.8;
  double majority_warn = 0.99;
  double min_rows = 50;
};

struct CheckLimit {
  std::string_view name;
  std::string_view summary;
  double CheckOptions::* value;
  double smallest;
  double largest;
};

inline constexpr std::array kCheckLimits{
    CheckLimit{"label_power_warn", "power of one feature over the label",
               &CheckOptions::label_power_warn, 0, 1},
    CheckLimit{"label_power_fail", "the same, failing", &CheckOptions::label_power_fail, 0, 1},
    CheckLimit{"correlation_fail", "absolute correlation of a feature with a numeric label",
               &CheckOptions::correlation_fail, 0, 1},
    CheckLimit{"missing_auc_warn", "AUC of a feature being missing",
               &CheckOptions::missing_auc_warn, 0.5, 1},
    CheckLimit{"missing_auc_fail", "the same, failing", &CheckOptions::missing_auc_fail, 0.5, 1},
    CheckLimit{"majority_warn", "share of the most frequent label", &CheckOptions::majority_warn, 0,
               1},
    CheckLimit{"min_rows", "labelled rows needed to judge a feature", &CheckOptions::min_rows, 1,
               1e15},
};

enum class Severity : uint8_t { kPass = 0, kWarn = 1, kFail = 2 };

/// When a feature's values become known, held against the time of prediction.
struct Availability {
  const RowColumn* prediction_time = nullptr;
  const RowColumn* known_time = nullptr;  // null: `offset` after the time of prediction
  double offset_us = 0;
};

/// What a check may look at; what its scope does not name is null.
struct CheckInput {
  const Label* label = nullptr;
  const RowColumn* feature = nullptr;
  const Availability* availability = nullptr;
};

/// kFeature: once for every feature. kLabel: once. kAvailability: once for every feature whose
/// availability was declared; the label may be null.
enum class CheckScope : uint8_t { kLabel, kFeature, kAvailability };

struct Finding {
  std::string_view check;
  std::string column;
  Severity severity = Severity::kPass;
  double value = 0;
  double limit = 0;
  std::string sentence{};
  uint64_t num_rows = 0;         // rows the finding speaks of
  std::vector<uint64_t> rows{};  // the first five of them
};

/// What the reference page of a check says, in plain text; empty: nothing to say.
struct CheckNotes {
  std::string_view formula;
  std::string_view missing;
  std::string_view source{};
};

template <class C>
concept Check = requires(const CheckInput& input, const CheckOptions& options) {
  { C::kName } -> std::convertible_to<std::string_view>;
  { C::kSummary } -> std::convertible_to<std::string_view>;
  { C::kScope } -> std::convertible_to<CheckScope>;
  { C::kNotes } -> std::convertible_to<CheckNotes>;
  { C::run(input, options) } -> std::same_as<Finding>;
};

/// A row of the list of checks.
struct CheckEntry {
  std::string_view name;
  std::string_view summary;
  CheckScope scope;
  CheckNotes notes;
  Finding (*run)(const CheckInput&, const CheckOptions&);
};

template <Check C>
consteval CheckEntry check_of() {
  return CheckEntry{C::kName, C::kSummary, C::kScope, C::kNotes, &C::run};
}

std::span<const CheckEntry* const> check_list();

/// A value as messages print it.
std::string short_text(double value);

}  // namespace mainspring
