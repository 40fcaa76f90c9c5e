// A feature that is missing when the label says so was written after the label was known.
#include <algorithm>
#include <cmath>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

// AUC of "is missing" for the rows that `positive` says, whichever way round is larger.
template <class Fn>
double missing_auc(const RowColumn& feature, const Label& label, Fn positive) {
  double rows[2] = {0, 0};
  double missing[2] = {0, 0};
  for (uint64_t row = 0; row < feature.num_rows(); ++row) {
    if (!label.labelled(row)) continue;
    const int side = positive(row) ? 1 : 0;
    rows[side] += 1;
    missing[side] += feature.missing(row) ? 1 : 0;
  }
  if (rows[0] == 0 || rows[1] == 0) return 0.5;
  return 0.5 + 0.5 * std::fabs(missing[1] / rows[1] - missing[0] / rows[0]);
}

double largest_auc(const RowColumn& feature, const Label& label) {
  if (label.task == Task::kRegression) {
    return missing_auc(feature, label, [&](uint64_t row) { return label.ranks[row] > 0.5; });
  }
  // A class of a handful of rows is missing together by chance.
  constexpr uint64_t kMinClassRows = 30;
  double largest = 0.5;
  for (uint32_t of = 0; of < label.class_rows.size(); ++of) {
    if (label.class_rows[of] < kMinClassRows && label.task == Task::kMulticlass) continue;
    largest = std::max(largest, missing_auc(feature, label, [&](uint64_t row) {
                         return label.classes[row] == of;
                       }));
    if (label.task == Task::kBinary) break;
  }
  return largest;
}

struct MissingLeak {
  static constexpr std::string_view kName = "missing_leak";
  static constexpr std::string_view kSummary =
      "AUC with which a feature being missing tells classes apart (the largest over classes; for "
      "regression, labels above the median from those below).";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "1/2 + |P(missing | class) - P(missing | other classes)| / 2, the largest over classes "
          "of 30 rows or more; of two classes, one against the other",
      .missing = "rows without a label are left out; of a feature, missing is what is measured",
      .source = "H. B. Mann and D. R. Whitney 1947, doi:10.1214/aoms/1177730491 (the AUC)",
      .why = "What is filled in only once the label is known tells it.",
      .remedy = "Leave the feature out, or use the value that was there before.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    const Label& label = *input.label;
    Finding finding{kName, feature.name};
    finding.value = 0.5;
    finding.limit = options.missing_auc_warn;
    finding.num_rows = label.num_rows;
    if (static_cast<double>(label.num_rows) < options.min_rows) {
      finding.sentence = "Too few labelled rows to judge: " + std::to_string(label.num_rows) +
                         " of " + short_text(options.min_rows) + ".";
      return finding;
    }
    finding.value = largest_auc(feature, label);
    const std::string auc = short_text(finding.value);
    if (finding.value > options.missing_auc_fail) {
      finding.severity = Severity::kFail;
      finding.limit = options.missing_auc_fail;
      finding.sentence = "That it is missing alone tells the label (AUC " + auc +
                         "): it is filled in after the label is known.";
    } else if (finding.value > options.missing_auc_warn) {
      finding.severity = Severity::kWarn;
      finding.sentence = "That it is missing says much about the label (AUC " + auc + ").";
    } else {
      finding.sentence = "Missing rows say little about the label (AUC " + auc + ").";
    }
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kMissingLeak = check_of<MissingLeak>();

}  // namespace mainspring
