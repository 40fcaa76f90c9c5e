// The contract of a check: one struct, one file, one line in check_list.cpp.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
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
  double label_power_change_warn = 0.2;
  double correlation_fail = 0.999;
  double missing_auc_warn = 0.6;
  double missing_auc_fail = 0.8;
  double majority_warn = 0.99;
  double min_rows = 50;
  double duplicate_rows_warn = 0.01;
  double near_duplicate_rows_warn = 0.01;
  double conflicting_labels_warn = 0.001;
  double redundant_features_warn = 0.95;
  double row_order_warn = 0.001;
  double row_number_power_warn = 0.02;
  double identifier_power_warn = 0.02;
  double identifier_power_fail = 0.1;
  double missing_values_warn = 0.05;
  double outliers_warn = 0.01;
  double mixed_types_warn = 0.1;
  double text_lengths_warn = 0.001;
  double special_characters_warn = 0.001;
  double new_categories_warn = 0.001;
  double new_categories_fail = 0.05;
  double out_of_range_warn = 0.001;
  double split_duplicates_warn = 0.001;
  double split_duplicates_fail = 0.01;
  double test_rows_warn = 100;
  double test_share_warn = 0.01;
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
    CheckLimit{"label_power_change_warn", "change of that power from training to test",
               &CheckOptions::label_power_change_warn, 0, 1},
    CheckLimit{"correlation_fail", "absolute correlation of a feature with a numeric label",
               &CheckOptions::correlation_fail, 0, 1},
    CheckLimit{"missing_auc_warn", "AUC of a feature being missing",
               &CheckOptions::missing_auc_warn, 0.5, 1},
    CheckLimit{"missing_auc_fail", "the same, failing", &CheckOptions::missing_auc_fail, 0.5, 1},
    CheckLimit{"majority_warn", "share of the most frequent label", &CheckOptions::majority_warn, 0,
               1},
    CheckLimit{"min_rows", "labelled rows needed to judge a feature", &CheckOptions::min_rows, 1,
               1e15},
    CheckLimit{"duplicate_rows_warn", "share of rows that repeat another",
               &CheckOptions::duplicate_rows_warn, 0, 1},
    CheckLimit{"near_duplicate_rows_warn", "share of rows that repeat another but for little",
               &CheckOptions::near_duplicate_rows_warn, 0, 1},
    CheckLimit{"conflicting_labels_warn", "share of rows whose features have another label, too",
               &CheckOptions::conflicting_labels_warn, 0, 1},
    CheckLimit{"redundant_features_warn", "association of two features",
               &CheckOptions::redundant_features_warn, 0, 1},
    CheckLimit{"row_order_warn", "p-value of rows in no order; below it warns",
               &CheckOptions::row_order_warn, 0, 1},
    CheckLimit{"row_number_power_warn", "power of the row number over the label",
               &CheckOptions::row_number_power_warn, 0, 1},
    CheckLimit{"identifier_power_warn", "power of an identifier over the label",
               &CheckOptions::identifier_power_warn, 0, 1},
    CheckLimit{"identifier_power_fail", "the same, failing", &CheckOptions::identifier_power_fail,
               0, 1},
    CheckLimit{"missing_values_warn", "share of missing values", &CheckOptions::missing_values_warn,
               0, 1},
    CheckLimit{"outliers_warn", "share of values far out", &CheckOptions::outliers_warn, 0, 1},
    CheckLimit{"mixed_types_warn", "share of the rarer of numbers and words; up to it warns",
               &CheckOptions::mixed_types_warn, 0, 0.5},
    CheckLimit{"text_lengths_warn", "share of strings of a length far out",
               &CheckOptions::text_lengths_warn, 0, 1},
    CheckLimit{"special_characters_warn", "share of strings without a letter or digit",
               &CheckOptions::special_characters_warn, 0, 1},
    CheckLimit{"new_categories_warn", "share of test rows with a category that training lacks",
               &CheckOptions::new_categories_warn, 0, 1},
    CheckLimit{"new_categories_fail", "the same, failing", &CheckOptions::new_categories_fail, 0,
               1},
    CheckLimit{"out_of_range_warn", "share of test values beyond those of training",
               &CheckOptions::out_of_range_warn, 0, 1},
    CheckLimit{"split_duplicates_warn", "share of test rows that are in training, too",
               &CheckOptions::split_duplicates_warn, 0, 1},
    CheckLimit{"split_duplicates_fail", "the same, failing", &CheckOptions::split_duplicates_fail,
               0, 1},
    CheckLimit{"test_rows_warn", "rows of the test; below it warns", &CheckOptions::test_rows_warn,
               0, 1e15},
    CheckLimit{"test_share_warn", "rows of the test for each of training; below it warns",
               &CheckOptions::test_share_warn, 0, 1},
};

enum class Severity : uint8_t { kPass = 0, kWarn = 1, kFail = 2 };

/// When a feature's values become known, held against the time of prediction.
struct Availability {
  const RowColumn* prediction_time = nullptr;
  const RowColumn* known_time = nullptr;  // null: `offset` after the time of prediction
  double offset_us = 0;
};

/// A whole table, column by column.
struct CheckTable {
  std::vector<RowColumn> columns;    // all that can be read
  std::vector<uint32_t> features;    // which of them are features
  std::vector<std::string> missing;  // of a test table: features of training that it lacks, or has
                                     // as another kind
  Label label;
  std::vector<double> powers;  // of features over the label, by column; NaN: not measured
  RowColumn time;              // the time of prediction; without rows where none was named
  uint64_t num_rows = 0;
};

/// What a check may look at; what its scope does not name is null.
struct CheckInput {
  const Label* label = nullptr;
  const RowColumn* feature = nullptr;
  const Availability* availability = nullptr;
  const CheckTable* table = nullptr;        // of kTable; of kSplit, the training table
  const CheckTable* test = nullptr;         // of kSplit
  const RowColumn* test_feature = nullptr;  // of kPair, kGroup and kId; codes are those of feature
  const Label* test_label = nullptr;        // of the same
  // Of kFeature and kPair, see power_of; NaN where there are too few labelled rows to judge.
  double power = std::numeric_limits<double>::quiet_NaN();
  double test_power = std::numeric_limits<double>::quiet_NaN();
};

/// How often a check runs. kLabel, kTable: once for each table. kFeature: once for every feature.
/// kAvailability: once for every feature whose availability was declared. kPair: once for every
/// feature that training and test both have; kSplit: once when there is a test. kGroup, kId: once
/// for each column that was declared as such, when there is a test.
enum class CheckScope : uint8_t {
  kLabel,
  kFeature,
  kAvailability,
  kTable,
  kPair,
  kSplit,
  kGroup,
  kId
};

struct Finding {
  std::string_view check;
  std::string column;
  Severity severity = Severity::kPass;
  double value = 0;
  double limit = 0;
  std::string sentence{};
  uint64_t num_rows = 0;         // rows the finding speaks of
  std::vector<uint64_t> rows{};  // the first five of them
  bool of_test = false;
};

/// What the reference page of a check says, in plain text; empty: nothing to say.
struct CheckNotes {
  std::string_view formula;
  std::string_view missing;
  std::string_view source{};
  std::string_view why{};     // why it matters
  std::string_view remedy{};  // what to do
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

/// How many rows of examples a finding names.
inline constexpr size_t kShownRows = 5;

/// Sets severity and limit by a value that warns or fails above its limits.
void judge_above(double warn, double fail, Finding* finding);

/// A value as messages print it.
std::string short_text(double value);

}  // namespace mainspring
