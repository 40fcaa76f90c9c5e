// A feature that never changes.
#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct ConstantFeature {
  static constexpr std::string_view kName = "constant_feature";
  static constexpr std::string_view kSummary =
      "Whether a feature has at most one value beside missing.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula = "1 where no two present values differ, else 0",
      .missing = "missing rows are left out; a feature without a value is constant",
      .why = "A constant teaches nothing, and hides a feed that has stopped.",
      .remedy = "Leave it out, or mend its feed.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    finding.limit = 0;
    uint64_t first = feature.num_rows(), present = 0;
    bool varies = false;
    for (uint64_t row = 0; row < feature.num_rows(); ++row) {
      if (feature.missing(row)) continue;
      ++present;
      if (first == feature.num_rows()) first = row;
      varies = varies || (feature.has_codes() ? feature.codes[row] != feature.codes[first]
                                              : feature.numbers[row] != feature.numbers[first]);
    }
    finding.num_rows = present;
    finding.value = varies ? 0 : 1;
    judge_above(0.5, 2, &finding);
    finding.limit = 0;
    finding.sentence = varies         ? "It varies."
                       : present == 0 ? "It has no value at all."
                                      : "Every value is the same.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kConstantFeature = check_of<ConstantFeature>();

}  // namespace mainspring
