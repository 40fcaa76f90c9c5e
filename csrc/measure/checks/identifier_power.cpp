// Identifiers that know the label.
#include "measure/checks/check.hpp"
#include "measure/checks/power_of.hpp"

namespace mainspring {

namespace {

struct IdentifierPower {
  static constexpr std::string_view kName = "identifier_power";
  static constexpr std::string_view kSummary =
      "How well a declared identifier alone foretells the label.";
  static constexpr CheckScope kScope = CheckScope::kId;
  static constexpr CheckNotes kNotes{
      .formula = "label_power of the identifier in training",
      .missing = "rows without a label are left out; a missing identifier is a bin",
      .why = "An identifier that knows the label was given after it, or in its order.",
      .remedy = "Leave it out of the features; split by time.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    Finding finding{kName, input.feature->name};
    finding.limit = options.identifier_power_warn;
    finding.num_rows = input.label->num_rows;
    if (static_cast<double>(input.label->num_rows) < options.min_rows) {
      finding.sentence = "Too few labelled rows to judge.";
      return finding;
    }
    finding.value = power_of(*input.feature, *input.label);
    judge_above(options.identifier_power_warn, options.identifier_power_fail, &finding);
    finding.sentence = "Power " + short_text(finding.value) + " over the label.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kIdentifierPower = check_of<IdentifierPower>();

}  // namespace mainspring
