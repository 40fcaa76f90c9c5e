// The label itself among the features, as it is or in another dress.
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

// Rows where both are there, and whether they are equal in all of them.
bool is_copy(const RowColumn& feature, const Label& label, uint64_t* shared) {
  *shared = 0;
  for (uint64_t row = 0; row < feature.num_rows(); ++row) {
    if (feature.missing(row) || !label.labelled(row)) continue;
    ++*shared;
    if (feature.numbers[row] != label.column.numbers[row]) return false;
  }
  return true;
}

// Pearson's r over finite pairs; 0 when either is constant.
double correlation(const RowColumn& feature, const Label& label) {
  const auto usable = [&](uint64_t row) {
    return std::isfinite(feature.numbers[row]) && std::isfinite(label.column.numbers[row]);
  };
  double rows = 0, x_sum = 0, y_sum = 0;
  for (uint64_t row = 0; row < feature.num_rows(); ++row) {
    if (!usable(row)) continue;
    rows += 1;
    x_sum += feature.numbers[row];
    y_sum += label.column.numbers[row];
  }
  if (rows < 2) return 0;
  const double x_mean = x_sum / rows, y_mean = y_sum / rows;
  double xx = 0, xy = 0, yy = 0;
  for (uint64_t row = 0; row < feature.num_rows(); ++row) {
    if (!usable(row)) continue;
    const double x = feature.numbers[row] - x_mean;
    const double y = label.column.numbers[row] - y_mean;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xx > 0 && yy > 0 && std::isfinite(xx * yy) ? xy / std::sqrt(xx * yy) : 0;
}

// Each value of the feature (missing is one of them) goes with one class and each class with one
// value.
bool is_bijection(const RowColumn& feature, const Label& label) {
  constexpr uint64_t kMissing = 0x7FF8000000000001ull;
  std::unordered_map<uint64_t, uint32_t> class_of;
  std::unordered_map<uint32_t, uint64_t> value_of;
  for (uint64_t row = 0; row < feature.num_rows(); ++row) {
    if (label.classes[row] == Label::kNone) continue;
    uint64_t value = kMissing;
    if (feature.has_codes()) {
      value = feature.codes[row];
    } else if (!feature.missing(row)) {
      const double number = feature.numbers[row] + 0.0;
      std::memcpy(&value, &number, sizeof(value));
    }
    if (class_of.try_emplace(value, label.classes[row]).first->second != label.classes[row] ||
        value_of.try_emplace(label.classes[row], value).first->second != value) {
      return false;
    }
  }
  return class_of.size() > 1;
}

struct TargetInFeatures {
  static constexpr std::string_view kName = "target_in_features";
  static constexpr std::string_view kSummary =
      "Fails for a feature that equals the label, is a straight line of it (|r| above "
      "correlation_fail), or stands one to one for its classes.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "whether feature = label in all rows that have both; |r|, Pearson's correlation over "
          "finite pairs; whether each value goes with one class and each class with one value",
      .missing =
          "rows without a label are left out; of a feature, missing is a value that may stand for "
          "a class",
      .source =
          "S. Kaufman, S. Rosset, C. Perlich and O. Stitelman 2012, "
          "doi:10.1145/2382577.2382579",
      .why = "A model that is given the answer is perfect in tests and useless in use.",
      .remedy = "Leave the feature out.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    const Label& label = *input.label;
    Finding finding{kName, feature.name};
    finding.limit = options.correlation_fail;
    finding.num_rows = label.num_rows;
    if (static_cast<double>(label.num_rows) < options.min_rows ||
        label.most_common == label.num_rows) {
      finding.sentence = "Too few labelled rows to judge, or all with the same label.";
      return finding;
    }
    const auto fail = [&](double value, const std::string& sentence) {
      finding.severity = Severity::kFail;
      finding.value = value;
      finding.sentence = sentence;
      return finding;
    };
    if (!feature.has_codes() && !label.column.has_codes()) {
      uint64_t shared = 0;
      if (is_copy(feature, label, &shared) && static_cast<double>(shared) >= options.min_rows) {
        return fail(
            1, "It equals the label in all " + std::to_string(shared) + " rows that have both.");
      }
      finding.value = std::fabs(correlation(feature, label));
    }
    if (label.task != Task::kRegression && is_bijection(feature, label)) {
      return fail(1, "Each of its values stands for one label, and each label for one value.");
    }
    if (finding.value > options.correlation_fail) {
      return fail(finding.value,
                  "It is a straight line of the label (|r| = " + short_text(finding.value) + ").");
    }
    finding.sentence = "It is no copy of the label.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTargetInFeatures = check_of<TargetInFeatures>();

}  // namespace mainspring
