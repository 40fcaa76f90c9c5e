// A label that hardly varies cannot be learnt.
#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct ConstantLabel {
  static constexpr std::string_view kName = "constant_label";
  static constexpr std::string_view kSummary =
      "Share of the most frequent label: fails when every label is the same, warns above "
      "majority_warn.";
  static constexpr CheckScope kScope = CheckScope::kLabel;
  static constexpr CheckNotes kNotes{
      .formula = "rows of the most frequent label / labelled rows",
      .missing = "rows without a label are left out",
      .why = "A label that hardly varies cannot be learnt, and accuracy says nothing of it.",
      .remedy = "Look at the feed; sample the rare class up, or choose a metric that sees it.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const Label& label = *input.label;
    Finding finding{kName, label.column.name};
    finding.limit = options.majority_warn;
    finding.num_rows = label.num_rows;
    if (label.num_rows == 0) {
      finding.severity = Severity::kFail;
      finding.value = 1;
      finding.sentence = "No row has a label.";
      return finding;
    }
    const double share =
        static_cast<double>(label.most_common) / static_cast<double>(label.num_rows);
    finding.value = share;
    const std::string which =
        label.most_common_value.empty() ? "one value" : label.most_common_value;
    if (label.most_common == label.num_rows) {
      finding.severity = Severity::kFail;
      finding.limit = 1;
      finding.sentence = "Every label is " + which + ": there is nothing to learn.";
    } else if (share > options.majority_warn) {
      finding.severity = Severity::kWarn;
      finding.sentence = short_text(100 * share) + " % of the labels are " + which +
                         ": sample the rare ones up, or choose a metric that sees them.";
    } else {
      finding.sentence = short_text(100 * share) + " % of the labels are " + which + ".";
    }
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kConstantLabel = check_of<ConstantLabel>();

}  // namespace mainspring
