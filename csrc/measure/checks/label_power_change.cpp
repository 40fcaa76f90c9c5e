// A feature that foretells the label in training and not in the test, or the other way round.
#include <algorithm>
#include <cmath>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

// What chance moves a power by, as a variance. Of classes: 4 A (1 - A) / m bounds that of 2 A - 1
// for an AUC of A, m the rows of the rarer class. Of ranks: that of a squared correlation.
double variance_of(double power, const Label& label) {
  if (label.task == Task::kRegression) {
    const double left = 1 - power;
    return 4 * power * left * left / static_cast<double>(label.num_rows);
  }
  const uint64_t others = label.num_rows - label.most_common;
  const uint64_t rarer = std::max<uint64_t>(1, std::min(others, label.most_common));
  return (1 - power * power) / static_cast<double>(rarer);
}

struct LabelPowerChange {
  static constexpr std::string_view kName = "label_power_change";
  static constexpr std::string_view kSummary =
      "Whether a feature foretells the label otherwise in the test than in training, beyond what "
      "chance does.";
  static constexpr CheckScope kScope = CheckScope::kPair;
  static constexpr CheckNotes kNotes{
      .formula =
          "|label_power in training - label_power in the test|, less 1.96 roots of the sum of both "
          "variances; a variance is (1 - power^2) / rows of the most frequent class or of all "
          "others, whichever are fewer; of regression 4 power (1 - power)^2 / rows",
      .missing = "as label_power",
      .source =
          "Z. W. Birnbaum and O. M. Klose 1957, doi:10.1214/aoms/1177706794 (the variance of an "
          "AUC)",
      .why =
          "A feature that is worth more in training is often made with the labels there; a model "
          "that trusts it does worse than it was measured to.",
      .remedy = "Find out how its values came about on both sides; leave it out, or split by time.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    Finding finding{kName, input.feature->name};
    finding.limit = options.label_power_change_warn;
    finding.num_rows = input.test_label->num_rows;
    if (std::isnan(input.power) || std::isnan(input.test_power)) {
      finding.sentence = "Too few labelled rows to judge on one side.";
      return finding;
    }
    if (input.label->task != input.test_label->task) {
      finding.sentence = "The label is of another kind in the test: powers cannot be compared.";
      return finding;
    }
    const double chance = std::sqrt(variance_of(input.power, *input.label) +
                                    variance_of(input.test_power, *input.test_label));
    finding.value = std::max(0.0, std::fabs(input.power - input.test_power) - 1.96 * chance);
    judge_above(options.label_power_change_warn, 2, &finding);
    finding.sentence = "Power " + short_text(input.power) + " over the label in training, " +
                       short_text(input.test_power) + " in the test.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kLabelPowerChange = check_of<LabelPowerChange>();

}  // namespace mainspring
